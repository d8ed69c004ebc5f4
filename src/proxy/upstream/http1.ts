/**
 * The bytes of an HTTP/1.1 answer (RFC 9112), read strictly: what is not exactly an answer is junk, and ends its connection.
 * Written for one job, because a parser for every case costs a fifth of a request: answers only, bodies lent and never copied.
 */

import { keepAliveMs, keepsAlive, type Meaning } from './answer-fields.ts';
import type { AnswerReader } from './answer-reader.ts';
import { Chunks } from './chunks.ts';
import { KnownLines } from './known-lines.ts';
import { ParseError } from './parse-error.ts';

// Clients in Node take heads of 16 KiB (llhttp), and die of more; with what the gateway adds to it, this one is not larger.
const headBytesMax = 14_336;
const trailerBytesMax = 16_384;
// 103 once or twice, 102 every ten seconds for as long as an answer may take; more is a flood.
const interimMax = 100;
const cr = 0x0d;
const lf = 0x0a;
const usualLine = 'HTTP/1.1 200 OK';
const statusLine = /^HTTP\/1\.[01] [1-9]\d\d(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const headEnd = Buffer.from('\r\n\r\n');
const beginning = Buffer.from('HTTP/1.');

type State = 'idle' | 'head' | 'known' | 'toTheEnd' | 'chunks' | 'trailer';

export class AnswerParser {
  #state: State = 'idle';
  #reader: AnswerReader | undefined;
  #isHead = false;
  #keeps = false;
  #idleMs: number | null = null;
  /** The beginning of a head or of a trailer's line that came in pieces. */
  #held: Buffer | undefined;
  #length = -1;
  #isChunked = false;
  #left = 0;
  readonly #chunks = new Chunks();
  #trailerBytes = 0;
  #interims = 0;
  readonly #lines: KnownLines;

  /** @param lines of the heads that came from there before */
  constructor(lines = new KnownLines()) {
    this.#lines = lines;
  }

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
    this.#interims = 0;
  }

  /** @throws {ParseError} for what is no answer, and for bytes that were not asked for */
  feed(bytes: Buffer): void {
    if (this.isIdle) throw new ParseError('HPE_CLOSED_CONNECTION');
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
        case 'chunks':
          at = this.#chunks.feed(bytes, at, this.#reader as AnswerReader);
          if (this.#chunks.areOver) this.#state = 'trailer';
          break;
        default:
          at = this.#trailerLine(bytes, at);
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
    if (text.compare(beginning, 0, known, 0, known) !== 0) throw new ParseError('HPE_INVALID_CONSTANT');
    const end = text.indexOf(headEnd);
    if (end > headBytesMax || (end < 0 && text.length > headBytesMax)) throw new ParseError('HPE_HEADER_OVERFLOW');
    if (end < 0) {
      const newline = text.indexOf(lf);
      if (newline >= 0 && text[newline - 1] !== cr) throw new ParseError('HPE_CR_EXPECTED');
      this.#held = Buffer.from(text);
      return bytes.length;
    }
    this.#held = undefined;
    this.#begin(text.toString('latin1', 0, end + '\r\n'.length));
    return at + end + headEnd.length - before;
  }

  /** @param text each of its lines has its end */
  #begin(text: string): void {
    const lineEnd = text.indexOf('\r\n');
    const line = text.slice(0, lineEnd);
    if (line !== usualLine && !statusLine.test(line)) throw new ParseError('HPE_INVALID_CONSTANT');
    const status = Number(line.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length));
    if (status === 101) throw new ParseError('HPE_INVALID_STATUS');
    // 100, 102, 103: the answer is still to come.
    if (status < 200) {
      if (++this.#interims > interimMax) throw new ParseError('HPE_INVALID_STATUS');
      return;
    }
    this.#keeps = line.startsWith('HTTP/1.1');
    this.#length = -1;
    this.#isChunked = false;
    const pairs: string[] = [];
    this.#lines.each(text, lineEnd + 2, ({ name, value, meaning }) => {
      pairs.push(name, value);
      this.#field(meaning, value);
    });
    if (this.#isChunked && this.#length >= 0) throw new ParseError('HPE_UNEXPECTED_CONTENT_LENGTH');
    this.#reader?.head(status, pairs);
    this.#beginBody(status);
  }

  #beginBody(status: number): void {
    if (this.#isHead || status === 204 || status === 304 || this.#length === 0) this.#state = 'idle';
    else if (this.#isChunked) {
      this.#state = 'chunks';
      this.#chunks.begin();
      this.#trailerBytes = 0;
    } else if (this.#length > 0) {
      this.#state = 'known';
      this.#left = this.#length;
    } else {
      this.#state = 'toTheEnd';
      this.#keeps = false;
    }
  }

  #field(meaning: Meaning, value: string): void {
    switch (meaning) {
      case 'length':
        if (this.#length >= 0 || !/^\d{1,15}$/.test(value)) throw new ParseError('HPE_UNEXPECTED_CONTENT_LENGTH');
        this.#length = Number(value);
        return;
      case 'coding':
        if (this.#isChunked || value.toLowerCase() !== 'chunked') throw new ParseError('HPE_INVALID_TRANSFER_ENCODING');
        this.#isChunked = true;
        return;
      case 'connection':
        this.#keeps = keepsAlive(value.toLowerCase(), this.#keeps);
        return;
      case 'keepAlive':
        this.#idleMs = keepAliveMs(value);
        return;
      case 'invalid':
        throw new ParseError('HPE_INVALID_HEADER_TOKEN');
      default:
    }
  }

  #known(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#left);
    this.#left -= end - at;
    this.#reader?.data(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end));
    if (this.#left === 0) this.#state = 'idle';
    return end;
  }

  #trailerLine(bytes: Buffer, at: number): number {
    const newline = bytes.indexOf(lf, at);
    const end = newline < 0 ? bytes.length : newline + 1;
    this.#trailerBytes += end - at;
    if (this.#trailerBytes > trailerBytesMax) throw new ParseError('HPE_HEADER_OVERFLOW');
    const line = this.#joined(bytes.subarray(0, end), at);
    if (newline < 0) {
      this.#held = Buffer.from(line);
      return end;
    }
    this.#held = undefined;
    if (line[line.length - 2] !== cr) throw new ParseError('HPE_CR_EXPECTED');
    if (line.length === 2) this.#state = 'idle';
    return end;
  }
}
