/**
 * The bytes of an HTTP/1.1 answer (RFC 9112), read strictly: what is not exactly an answer is junk, and ends its connection.
 * Written for one job, because a parser for every case costs a fifth of a request: answers only, bodies lent and never copied.
 */

import { keepAliveMs, keepsAlive, type Meaning, meaningOf } from './answer-fields.ts';
import type { AnswerReader } from './answer-reader.ts';
import { eachField } from './head-lines.ts';

/** `code` is what llhttp calls the same fault. */
export class ParseError extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

// Clients in Node take heads of 16 KiB (llhttp), and die of more; with what the gateway adds to it, this one is not larger.
const headBytesMax = 14_336;
const trailerBytesMax = 16_384;
// Extensions that were not asked for; more of them, all in all, is an attempt at something. As llhttp.
const extensionBytesMax = 16_384;
// 103 once or twice, 102 every ten seconds for as long as an answer may take; more is a flood.
const interimMax = 100;
const sizeDigitsMax = 12;
// A piece of this size and more is told as it lies; smaller ones that came together are told together. One byte a chunk is legal.
const gatherMax = 1_024;
// One for all: what is gathered is told before the call ends.
const gathered = Buffer.allocUnsafeSlow(65_536);
const cr = 0x0d;
const lf = 0x0a;
const usualLine = 'HTTP/1.1 200 OK';
const statusLine = /^HTTP\/1\.[01] [1-9]\d\d(?: [\t\x20-\x7e\x80-\xff]*)?$/;
// No control characters, but for the tab, and for CR and LF together.
const wholeHead = /^(?:[\t\x20-\x7e\x80-\xff]|\r\n)*$/;
const headEnd = Buffer.from('\r\n\r\n');
const beginning = Buffer.from('HTTP/1.');

type State = 'idle' | 'head' | 'known' | 'toTheEnd' | 'chunks' | 'trailer';

/** Where in its chunks an answer is. */
const sizeStart = 0;
const size = 1;
const sizeBlank = 2;
const extension = 3;
const sizeEnd = 4;
const chunkData = 5;
const dataEnd = 6;
const dataLineEnd = 7;

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
  #chunk = sizeStart;
  #digits = 0;
  #extensionBytes = 0;
  #trailerBytes = 0;
  #interims = 0;

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
          at = this.#chunks(bytes, at);
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
    this.#begin(text.toString('latin1', 0, end));
    return at + end + headEnd.length - before;
  }

  #begin(text: string): void {
    const lineEnd = text.indexOf('\r\n');
    const line = lineEnd < 0 ? text : text.slice(0, lineEnd);
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
    if (lineEnd >= 0) this.#fields(text, lineEnd + 2, pairs);
    if (this.#isChunked && this.#length >= 0) throw new ParseError('HPE_UNEXPECTED_CONTENT_LENGTH');
    this.#reader?.head(status, pairs);
    this.#beginBody(status);
  }

  #beginBody(status: number): void {
    if (this.#isHead || status === 204 || status === 304 || this.#length === 0) this.#state = 'idle';
    else if (this.#isChunked) {
      this.#state = 'chunks';
      this.#chunk = sizeStart;
      this.#extensionBytes = 0;
      this.#trailerBytes = 0;
    } else if (this.#length > 0) {
      this.#state = 'known';
      this.#left = this.#length;
    } else {
      this.#state = 'toTheEnd';
      this.#keeps = false;
    }
  }

  #fields(text: string, from: number, pairs: string[]): void {
    if (!wholeHead.test(text)) throw new ParseError('HPE_INVALID_HEADER_TOKEN');
    eachField(text, from, (name, value) => {
      pairs.push(name, value);
      this.#field(meaningOf(name), value);
      return true;
    });
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

  /** Byte by byte: a chunk may be one byte, and its line longer than that. What is small and came together is told together. */
  #chunks(bytes: Buffer, from: number): number {
    let at = from;
    let filled = 0;
    while (at < bytes.length) {
      if (this.#chunk !== chunkData) {
        this.#framing(bytes[at++] as number);
        if (this.#state === 'trailer') break;
        continue;
      }
      const end = Math.min(bytes.length, at + this.#left);
      const length = end - at;
      this.#left -= length;
      if (this.#left === 0) this.#chunk = dataEnd;
      if (filled + length > gathered.length) filled = this.#tell(filled);
      if (length >= gatherMax) {
        filled = this.#tell(filled);
        this.#reader?.data(bytes.subarray(at, end));
      } else filled = gather(bytes, at, end, filled);
      at = end;
    }
    this.#tell(filled);
    return at;
  }

  #tell(filled: number): 0 {
    if (filled > 0) this.#reader?.data(gathered.subarray(0, filled));
    return 0;
  }

  #framing(byte: number): void {
    switch (this.#chunk) {
      case sizeStart:
        this.#left = 0;
        this.#digits = 0;
        this.#chunk = size;
        this.#digit(byte);
        return;
      case size:
        if (!this.#afterSize(byte)) this.#digit(byte);
        return;
      case sizeBlank:
        if (!this.#afterSize(byte)) throw new ParseError('HPE_INVALID_CHUNK_SIZE');
        return;
      case extension:
        this.#extension(byte);
        return;
      case sizeEnd:
        this.#sizeOver(byte);
        return;
      case dataEnd:
        if (byte !== cr) throw new ParseError(byte === lf ? 'HPE_CR_EXPECTED' : 'HPE_STRICT');
        this.#chunk = dataLineEnd;
        return;
      default:
        if (byte !== lf) throw new ParseError('HPE_STRICT');
        this.#chunk = sizeStart;
    }
  }

  #sizeOver(byte: number): void {
    if (byte !== lf) throw new ParseError('HPE_INVALID_CHUNK_SIZE');
    if (this.#left === 0) this.#state = 'trailer';
    this.#chunk = chunkData;
  }

  #extension(byte: number): void {
    if (byte === cr) this.#chunk = sizeEnd;
    else if (byte === lf) throw new ParseError('HPE_CR_EXPECTED');
    else if (byte === 0) throw new ParseError('HPE_INVALID_CHUNK_SIZE');
    else if (++this.#extensionBytes > extensionBytesMax) throw new ParseError('HPE_CHUNK_EXTENSIONS_OVERFLOW');
  }

  /** True: the digits are over. */
  #afterSize(byte: number): boolean {
    if (byte === cr) this.#chunk = sizeEnd;
    else if (byte === 0x3b) this.#chunk = extension;
    else if (byte === 0x20 || byte === 0x09) {
      this.#chunk = sizeBlank;
      if (++this.#extensionBytes > extensionBytesMax) throw new ParseError('HPE_CHUNK_EXTENSIONS_OVERFLOW');
    } else if (byte === lf) throw new ParseError('HPE_CR_EXPECTED');
    else return false;
    return true;
  }

  #digit(byte: number): void {
    const letter = byte | 0x20;
    const isLetter = letter >= 0x61 && letter <= 0x66;
    if (!isLetter && (byte < 0x30 || byte > 0x39)) throw new ParseError('HPE_INVALID_CHUNK_SIZE');
    if (++this.#digits > sizeDigitsMax) throw new ParseError('HPE_INVALID_CHUNK_SIZE');
    this.#left = this.#left * 16 + (isLetter ? letter - 0x57 : byte - 0x30);
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

function gather(bytes: Buffer, from: number, to: number, filled: number): number {
  let end = filled;
  // Shorter than what a call of `copy` costs.
  if (to - from <= 16) for (let at = from; at < to; at++) gathered[end++] = bytes[at] as number;
  else end += bytes.copy(gathered, end, from, to);
  return end;
}
