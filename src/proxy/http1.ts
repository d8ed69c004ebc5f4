/**
 * The bytes of an HTTP/1.1 answer (RFC 9112), read strictly: what is not exactly an answer is junk, and ends its connection.
 * Written for one job, because a parser for every case costs a fifth of a request: answers only, bodies lent and never copied.
 */

import { eachField } from './head-lines.ts';
import { remembering } from './remembering.ts';

/** Hears of one answer: head, data…, end. */
export interface AnswerReader {
  head(status: number, pairs: readonly string[]): void;
  /** The bytes are lent: they are somebody else's when the call returns. */
  data(bytes: Buffer): void;
  end(): void;
}

/** `code` is what llhttp calls the same fault. */
export class Junk extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

const headBytesMax = 65_536;
const trailerBytesMax = 16_384;
// An extension nobody asked for; more of it is an attempt at something.
const chunkLineMax = 4_096;
const cr = 0x0d;
const lf = 0x0a;
const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const token = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
// No control characters, but for the tab, and for CR and LF together.
const wholeHead = /^(?:[\t\x20-\x7e\x80-\xff]|\r\n)*$/;
const headEnd = Buffer.from('\r\n\r\n');
const beginning = Buffer.from('HTTP/1.');

type State = 'idle' | 'head' | 'known' | 'toTheEnd' | 'chunkSize' | 'chunkData' | 'chunkEnd' | 'trailer';

export class AnswerParser {
  #state: State = 'idle';
  #reader: AnswerReader | undefined;
  #isHead = false;
  #keeps = false;
  #idleMs: number | null = null;
  /** The beginning of a head or of a chunk's line that came in pieces. */
  #held: Buffer | undefined;
  #length = -1;
  #isChunked = false;
  #left = 0;
  #trailerBytes = 0;

  /** Whether the connection may carry another request, once the answer has ended. */
  get keepsAlive(): boolean {
    return this.#keeps;
  }

  /** How long the other side will keep it, when it said so. */
  get keepsForMs(): number | null {
    return this.#idleMs;
  }

  get isIdle(): boolean {
    return this.#state === 'idle';
  }

  begin(method: string, reader: AnswerReader): void {
    this.#state = 'head';
    this.#reader = reader;
    this.#isHead = method === 'HEAD';
    this.#held = undefined;
    this.#idleMs = null;
  }

  /** @throws {Junk} for what is no answer, and for bytes that nobody asked for */
  feed(bytes: Buffer): void {
    if (this.isIdle) throw new Junk('HPE_CLOSED_CONNECTION');
    let at = 0;
    while (at < bytes.length && !this.isIdle) {
      switch (this.#state) {
        case 'head':
          at = this.#head(bytes, at);
          break;
        case 'known':
          at = this.#known(bytes, at);
          break;
        case 'toTheEnd':
          this.#reader?.data(at === 0 ? bytes : bytes.subarray(at));
          return;
        case 'chunkData':
          at = this.#chunkData(bytes, at);
          break;
        default:
          at = this.#chunkLine(bytes, at);
      }
    }
    if (!this.isIdle) return;
    // More than was asked for: nothing that comes here later could be told from it.
    if (at < bytes.length) this.#keeps = false;
    this.#over();
  }

  /** The other side has closed. True when that is how the answer ends. */
  close(): boolean {
    if (this.#state !== 'toTheEnd') return false;
    this.#state = 'idle';
    this.#over();
    return true;
  }

  #over(): void {
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.end();
  }

  /** Joins what was held with what came, up to a limit. */
  #joined(bytes: Buffer, at: number): Buffer {
    const rest = at === 0 ? bytes : bytes.subarray(at);
    return this.#held ? Buffer.concat([this.#held, rest]) : rest;
  }

  #head(bytes: Buffer, at: number): number {
    const before = this.#held?.length ?? 0;
    const text = this.#joined(bytes, at);
    const known = Math.min(text.length, beginning.length);
    if (text.compare(beginning, 0, known, 0, known) !== 0) throw new Junk('HPE_INVALID_CONSTANT');
    const end = text.indexOf(headEnd);
    if (end > headBytesMax || (end < 0 && text.length > headBytesMax)) throw new Junk('HPE_HEADER_OVERFLOW');
    if (end < 0) {
      const newline = text.indexOf(lf);
      if (newline >= 0 && text[newline - 1] !== cr) throw new Junk('HPE_CR_EXPECTED');
      this.#held = Buffer.from(text);
      return bytes.length;
    }
    this.#held = undefined;
    this.#begin(text.toString('latin1', 0, end));
    return at + end + headEnd.length - before;
  }

  #begin(text: string): void {
    const lineEnd = text.indexOf('\r\n');
    const line = statusLine.exec(lineEnd < 0 ? text : text.slice(0, lineEnd));
    if (!line) throw new Junk('HPE_INVALID_CONSTANT');
    const status = Number(line[2]);
    if (status === 101) throw new Junk('HPE_INVALID_STATUS');
    // 100, 102, 103: the answer is still to come.
    if (status < 200) return;
    this.#keeps = line[1] === '1';
    this.#length = -1;
    this.#isChunked = false;
    const pairs: string[] = [];
    if (lineEnd >= 0) this.#fields(text, lineEnd + 2, pairs);
    if (this.#isChunked && this.#length >= 0) throw new Junk('HPE_UNEXPECTED_CONTENT_LENGTH');
    this.#reader?.head(status, pairs);
    if (this.#isHead || status === 204 || status === 304 || this.#length === 0) this.#state = 'idle';
    else if (this.#isChunked) this.#state = 'chunkSize';
    else if (this.#length > 0) {
      this.#state = 'known';
      this.#left = this.#length;
    } else {
      this.#state = 'toTheEnd';
      this.#keeps = false;
    }
  }

  #fields(text: string, from: number, pairs: string[]): void {
    if (!wholeHead.test(text)) throw new Junk('HPE_INVALID_HEADER_TOKEN');
    eachField(text, from, (name, value) => {
      pairs.push(name, value);
      this.#field(meaningOf(name), value);
      return true;
    });
  }

  #field(meaning: Meaning, value: string): void {
    switch (meaning) {
      case 'length':
        if (this.#length >= 0 || !/^\d{1,15}$/.test(value)) throw new Junk('HPE_UNEXPECTED_CONTENT_LENGTH');
        this.#length = Number(value);
        return;
      case 'coding':
        if (this.#isChunked || value.toLowerCase() !== 'chunked') throw new Junk('HPE_INVALID_TRANSFER_ENCODING');
        this.#isChunked = true;
        return;
      case 'connection':
        this.#connection(value.toLowerCase());
        return;
      case 'keepAlive':
        this.#idleMs = keepAliveMs(value);
        return;
      case 'invalid':
        throw new Junk('HPE_INVALID_HEADER_TOKEN');
      default:
    }
  }

  #connection(value: string): void {
    if (value === 'keep-alive') this.#keeps = true;
    else if (/(^|,)\s*close\s*(,|$)/.test(value)) this.#keeps = false;
  }

  #known(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#left);
    this.#left -= end - at;
    this.#reader?.data(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end));
    if (this.#left === 0) this.#state = 'idle';
    return end;
  }

  #chunkData(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#left);
    this.#left -= end - at;
    if (this.#left === 0) this.#state = 'chunkEnd';
    this.#reader?.data(bytes.subarray(at, end));
    return end;
  }

  /** One line of the framing: a size, the empty one after a chunk, a trailer. */
  #chunkLine(bytes: Buffer, at: number): number {
    const newline = bytes.indexOf(lf, at);
    const before = this.#held?.length ?? 0;
    const length = before + (newline < 0 ? bytes.length : newline) - at;
    if (length > chunkLineMax) throw new Junk('HPE_INVALID_CHUNK_SIZE');
    if (newline < 0) {
      this.#held = Buffer.from(this.#joined(bytes, at));
      return bytes.length;
    }
    const line = before === 0 ? bytes.toString('latin1', at, newline) : this.#whole(bytes, at, newline);
    this.#held = undefined;
    if (line.charCodeAt(line.length - 1) !== cr) throw new Junk('HPE_CR_EXPECTED');
    this.#lineOfChunk(line.slice(0, -1));
    return newline + 1;
  }

  #whole(bytes: Buffer, at: number, newline: number): string {
    return this.#joined(bytes.subarray(0, newline), at).toString('latin1');
  }

  #lineOfChunk(line: string): void {
    if (this.#state === 'chunkEnd') {
      if (line !== '') throw new Junk('HPE_STRICT');
      this.#state = 'chunkSize';
    } else if (this.#state === 'chunkSize') {
      const size = /^([0-9a-fA-F]{1,12})[\t ]*(;[^\0\r\n]*)?$/.exec(line);
      if (!size) throw new Junk('HPE_INVALID_CHUNK_SIZE');
      this.#left = Number.parseInt(size[1] as string, 16);
      this.#trailerBytes = 0;
      this.#state = this.#left === 0 ? 'trailer' : 'chunkData';
    } else if (line === '') this.#state = 'idle';
    else {
      this.#trailerBytes += line.length;
      if (this.#trailerBytes > trailerBytesMax) throw new Junk('HPE_HEADER_OVERFLOW');
    }
  }
}

type Meaning = 'length' | 'coding' | 'connection' | 'keepAlive' | 'other' | 'invalid';

const framing: ReadonlyMap<string, Meaning> = new Map([
  ['content-length', 'length'],
  ['transfer-encoding', 'coding'],
  ['connection', 'connection'],
  ['keep-alive', 'keepAlive'],
]);

const meaningOf = remembering((name): Meaning => (token.test(name) ? (framing.get(name) ?? 'other') : 'invalid'));

function keepAliveMs(value: string): number | null {
  const seconds = /timeout=(\d{1,6})/i.exec(value)?.[1];
  return seconds === undefined ? null : Number(seconds) * 1_000;
}
