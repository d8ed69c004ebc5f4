/**
 * An answer that came compressed, though that was not asked for: its bytes pass as they are, and what is in them is looked at
 * beside that, piece by piece. A piece goes on when all that is in it was seen; until then no more is read. Off the main thread,
 * and bounded: a few bytes may hold gigabytes.
 */
import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';

// Events that are like each other shrink to a tenth, pings to a hundredth. Gzip gets to a thousandth of zeros, brotli much further.
const ratioMax = 128;
const freeBytes = 1_048_576;

/** Who hears of it, in this order: text…, piece; text…, piece. */
export interface Unpacks {
  /** Some of what is in the piece that comes next. */
  text(bytes: Buffer): void;
  /** A piece as it came, all of whose text was told. True: the next one may come. */
  piece(bytes: Buffer): boolean;
  /** It cannot be read, or it is a bomb: nothing more is told. */
  unreadable(piece: Buffer): void;
  readOn(): void;
  /** Something of the above threw. */
  fault(error: unknown): void;
}

export class Unpacking {
  /** Bytes of text so far. */
  length = 0;
  readonly #encoding: string;
  readonly #hears: Unpacks;
  readonly #waiting: (Buffer | (() => void))[] = [];
  #stream: Transform | undefined;
  #piece: Buffer | undefined;
  #packed = 0;
  /** What is compressed has ended; what follows is nothing. */
  #hasEnded = false;
  /** Nothing more will come. */
  #isLast = false;
  #isOver = false;

  constructor(encoding: string, hears: Unpacks) {
    this.#encoding = encoding;
    this.#hears = hears;
  }

  /** The bytes are lent. Never more at once. */
  take(bytes: Buffer): false {
    this.#waiting.push(Buffer.from(bytes));
    this.#next();
    return false;
  }

  /** Runs when all that came was looked at. */
  last(run: () => void): void {
    this.#isLast = true;
    this.#waiting.push(run);
    this.#next();
  }

  close(): void {
    this.#isOver = true;
    this.#piece = undefined;
    this.#waiting.length = 0;
    this.#stream?.destroy();
  }

  #next(): void {
    while (!this.#piece && !this.#isOver) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      if (typeof next === 'function') next();
      else this.#begin(next);
    }
  }

  #begin(piece: Buffer): void {
    this.#piece = piece;
    this.#packed += piece.length;
    if (this.#hasEnded) {
      this.#seen();
      return;
    }
    this.#stream ??= this.#open(piece);
    if (this.#stream) this.#stream.write(piece, () => this.#door(() => this.#written(piece)));
    else this.#unreadable();
  }

  #open(first: Buffer): Transform | undefined {
    const stream = decoderOf(this.#encoding, first);
    stream?.on('data', (text: Buffer) => this.#door(() => this.#text(text)));
    stream?.on('end', () => this.#door(() => this.#ended()));
    stream?.on('error', () => this.#door(() => this.#unreadable()));
    return stream;
  }

  #text(text: Buffer): void {
    if (this.#isOver) return;
    this.length += text.length;
    if (this.length > freeBytes + ratioMax * this.#packed) this.#unreadable();
    else this.#hears.text(text);
  }

  /** Its text may still lie in the stream. */
  #written(piece: Buffer): void {
    if (this.#isOver || this.#piece !== piece) return;
    if (this.#stream?.readableLength) setImmediate(() => this.#door(() => this.#written(piece)));
    else this.#seenOne();
  }

  #ended(): void {
    this.#hasEnded = true;
    if (this.#piece) this.#seenOne();
  }

  #seenOne(): void {
    this.#seen();
    this.#next();
  }

  #seen(): void {
    const piece = this.#piece as Buffer;
    this.#piece = undefined;
    const mayReadOn = this.#hears.piece(piece);
    if (mayReadOn && this.#waiting.length === 0 && !this.#isLast && !this.#isOver) this.#hears.readOn();
  }

  #unreadable(): void {
    const piece = this.#piece;
    if (this.#isOver) return;
    this.close();
    this.#hears.unreadable(piece ?? nothing);
  }

  #door(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#hears.fault(error);
    }
  }
}

const nothing = Buffer.alloc(0);
const { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } = zlib;
/** Node has it from 22.15 on. */
const { createZstdDecompress } = zlib as unknown as { readonly createZstdDecompress?: () => Transform };

/** Undefined: an encoding that is not read here, or several of them. */
function decoderOf(encoding: string, first: Buffer): Transform | undefined {
  switch (encoding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'br':
      return createBrotliDecompress();
    case 'deflate':
      // RFC 9110 means zlib's format; some send it bare, and clients read both.
      return ((first[0] ?? 0) & 0x0f) === 8 ? createInflate() : createInflateRaw();
    case 'zstd':
      return createZstdDecompress?.();
    default:
      return undefined;
  }
}
