/**
 * The chunks of an answer (RFC 9112, 7.1), read strictly. Those that came whole, as nearly all of a stream do, are told together with their
 * frames: who sends them on in chunks need not make the frames anew.
 */
import type { AnswerReader } from './answer-reader.ts';
import { ParseError } from './parse-error.ts';

// Extensions that were not asked for; more of them, all in all, is an attempt at something. As llhttp.
const extensionBytesMax = 16_384;
const sizeDigitsMax = 12;
// A piece of this size and more is told as it lies; smaller ones that came together are told together. One byte a chunk is legal.
const gatherMax = 1_024;
// The frames of smaller chunks are not passed on: they would be as much as what is in them.
const framedMin = 48;
// One for all: what is gathered is told before the call ends.
const gathered = Buffer.allocUnsafeSlow(65_536);
const cr = 0x0d;
const lf = 0x0a;

/** Where in its chunks an answer is. */
const sizeStart = 0;
const size = 1;
const sizeBlank = 2;
const extension = 3;
const sizeEnd = 4;
const chunkData = 5;
const dataEnd = 6;
const dataLineEnd = 7;
const over = 8;

export class Chunks {
  #at = sizeStart;
  #left = 0;
  #digits = 0;
  #extensionBytes = 0;

  /** The last one has come: what follows is the trailer. */
  get areOver(): boolean {
    return this.#at === over;
  }

  begin(): void {
    this.#at = sizeStart;
    this.#extensionBytes = 0;
  }

  /** @returns how far the bytes were read */
  feed(bytes: Buffer, from: number, reader: AnswerReader): number {
    const at = this.#at === sizeStart ? this.#whole(bytes, from, reader) : from;
    return at === bytes.length ? at : this.#pieces(bytes, at, reader);
  }

  /** Chunks that are all there, one behind the other. */
  #whole(bytes: Buffer, from: number, reader: AnswerReader): number {
    if (bytes.length - from > gathered.length) return from;
    let at = from;
    let chunks = 0;
    let filled = 0;
    for (let end = endAt(bytes, at); end >= 0; end = endAt(bytes, at)) {
      // Usually there is one, and that is told as it lies.
      if (chunks === 1) filled = bytes.copy(gathered, 0, dataAt(bytes, from), at - 2);
      if (chunks > 0) filled += bytes.copy(gathered, filled, dataAt(bytes, at), end - 2);
      chunks++;
      at = end;
    }
    if (chunks === 0) return from;
    const told = chunks === 1 ? bytes.subarray(dataAt(bytes, from), at - 2) : gathered.subarray(0, filled);
    reader.data(told, from === 0 && at === bytes.length ? bytes : bytes.subarray(from, at));
    return at;
  }

  /** Byte by byte: a chunk may be one byte, and its line longer than that. What is small and came together is told together. */
  #pieces(bytes: Buffer, from: number, reader: AnswerReader): number {
    let at = from;
    let filled = 0;
    const tell = () => {
      if (filled > 0) reader.data(gathered.subarray(0, filled));
      filled = 0;
    };
    while (at < bytes.length) {
      if (this.#at !== chunkData) {
        this.#framing(bytes[at++] as number);
        if (this.areOver) break;
        continue;
      }
      const end = Math.min(bytes.length, at + this.#left);
      const length = end - at;
      this.#left -= length;
      if (this.#left === 0) this.#at = dataEnd;
      if (filled + length > gathered.length) tell();
      if (length >= gatherMax) {
        tell();
        reader.data(bytes.subarray(at, end));
      } else filled = gather(bytes, at, end, filled);
      at = end;
    }
    tell();
    return at;
  }

  #framing(byte: number): void {
    switch (this.#at) {
      case sizeStart:
        this.#left = 0;
        this.#digits = 0;
        this.#at = size;
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
        this.#at = dataLineEnd;
        return;
      default:
        if (byte !== lf) throw new ParseError('HPE_STRICT');
        this.#at = sizeStart;
    }
  }

  #sizeOver(byte: number): void {
    if (byte !== lf) throw new ParseError('HPE_INVALID_CHUNK_SIZE');
    this.#at = this.#left === 0 ? over : chunkData;
  }

  #extension(byte: number): void {
    if (byte === cr) this.#at = sizeEnd;
    else if (byte === lf) throw new ParseError('HPE_CR_EXPECTED');
    else if (byte === 0) throw new ParseError('HPE_INVALID_CHUNK_SIZE');
    else if (++this.#extensionBytes > extensionBytesMax) throw new ParseError('HPE_CHUNK_EXTENSIONS_OVERFLOW');
  }

  /** True: the digits are over. */
  #afterSize(byte: number): boolean {
    if (byte === cr) this.#at = sizeEnd;
    else if (byte === 0x3b) this.#at = extension;
    else if (byte === 0x20 || byte === 0x09) {
      this.#at = sizeBlank;
      if (++this.#extensionBytes > extensionBytesMax) throw new ParseError('HPE_CHUNK_EXTENSIONS_OVERFLOW');
    } else if (byte === lf) throw new ParseError('HPE_CR_EXPECTED');
    else return false;
    return true;
  }

  #digit(byte: number): void {
    const digit = hexDigit(byte);
    if (digit < 0 || ++this.#digits > sizeDigitsMax) throw new ParseError('HPE_INVALID_CHUNK_SIZE');
    this.#left = this.#left * 16 + digit;
  }
}

/** Where a chunk's bytes begin, if its line is all there and holds a size without leading zeros and nothing else; -1 otherwise. */
function dataAt(bytes: Buffer, lineAt: number): number {
  let at = lineAt;
  if (bytes[at] === 0x30) return -1;
  while (hexDigit(bytes[at] ?? 0) >= 0) at++;
  const digits = at - lineAt;
  return digits > 0 && digits <= sizeDigitsMax && bytes[at] === cr && bytes[at + 1] === lf ? at + 2 : -1;
}

/** Where a chunk ends, if it is all there and large enough for its frame to be passed on; -1 otherwise. */
function endAt(bytes: Buffer, lineAt: number): number {
  const from = dataAt(bytes, lineAt);
  let length = 0;
  for (let at = lineAt; at < from - 2; at++) length = length * 16 + hexDigit(bytes[at] as number);
  const to = from + length;
  return length >= framedMin && bytes[to] === cr && bytes[to + 1] === lf ? to + 2 : -1;
}

/** -1: it is none. */
function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

function gather(bytes: Buffer, from: number, to: number, filled: number): number {
  let end = filled;
  // Shorter than what a call of `copy` costs.
  if (to - from <= 16) for (let at = from; at < to; at++) gathered[end++] = bytes[at] as number;
  else end += bytes.copy(gathered, end, from, to);
  return end;
}
