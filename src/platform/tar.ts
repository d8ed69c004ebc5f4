/** A tar file of plain files (POSIX ustar), so that standard tools can read a backup. */
import { createReadStream, type Stats, statSync } from 'node:fs';

export interface TarFile {
  /** Relative, with slashes. */
  readonly path: string;
  readonly size: number;
  readonly chunks: AsyncIterable<Buffer>;
}

const block = 512;
const pathBytesMax = 100;
const zeros = Buffer.alloc(block);
const plainFile = '0';

/** One file of the archive, from the disk. */
export async function* tarred(path: string, from: string): AsyncIterable<Buffer> {
  const stats = statSync(from);
  yield header(path, stats.size, stats);
  let left = stats.size;
  for await (const chunk of createReadStream(from) as AsyncIterable<Buffer>) {
    // A file that grew meanwhile is truncated to the size in its header.
    const taken = chunk.subarray(0, left);
    left -= taken.length;
    if (taken.length > 0) yield taken;
    if (left === 0) break;
  }
  if (left > 0) throw new Error(`${from} became shorter while it was read`);
  yield padding(stats.size);
}

/** One file of the archive, from memory. */
export function tarredText(path: string, text: string, at: number): Buffer {
  const body = Buffer.from(text);
  return Buffer.concat([header(path, body.length, { mtimeMs: at }), body, padding(body.length)]);
}

export const tarEnd = Buffer.alloc(2 * block);

function padding(size: number): Buffer {
  return zeros.subarray(0, (block - (size % block)) % block);
}

function header(path: string, size: number, { mtimeMs }: Pick<Stats, 'mtimeMs'>): Buffer {
  if (Buffer.byteLength(path) > pathBytesMax) throw new Error(`the name ${path} is too long for an archive`);
  const bytes = Buffer.alloc(block);
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`;
  bytes.write(path, 0);
  bytes.write(octal(0o600, 8), 100);
  bytes.write(octal(0, 8), 108);
  bytes.write(octal(0, 8), 116);
  bytes.write(octal(size, 12), 124);
  bytes.write(octal(Math.floor(mtimeMs / 1_000), 12), 136);
  bytes.write(' '.repeat(8), 148);
  bytes.write(plainFile, 156);
  bytes.write('ustar\x0000', 257);
  bytes.write(`${sumOf(bytes).toString(8).padStart(6, '0')}\0 `, 148);
  return bytes;
}

function sumOf(bytes: Buffer): number {
  return bytes.reduce((sum, byte) => sum + byte, 0);
}

/** The files of an archive, in order; each must be read to its end before the next. @throws for any other format */
export async function* untarred(stream: AsyncIterable<Buffer>): AsyncIterable<TarFile> {
  const reader = new BlockReader(stream);
  for (;;) {
    const head = await reader.take(block);
    if (head === undefined || head.every((byte) => byte === 0)) return;
    const { path, size } = readHeader(head);
    let left = size;
    const chunks = (async function* () {
      while (left > 0) {
        const chunk = await reader.some(left);
        if (chunk === undefined) throw new Error('it ends in the middle of a file');
        left -= chunk.length;
        yield chunk;
      }
    })();
    yield { path, size, chunks };
    for await (const _ of chunks);
    await reader.take(padding(size).length);
  }
}

function readHeader(head: Buffer): { readonly path: string; readonly size: number } {
  const text = (from: number, length: number) => {
    const field = head.toString('utf8', from, from + length);
    return field.slice(0, field.includes('\0') ? field.indexOf('\0') : length);
  };
  const summed = Buffer.from(head);
  summed.fill(' ', 148, 156);
  const size = octalIn(text(124, 12));
  if (octalIn(text(148, 8)) !== sumOf(summed) || size === undefined) throw new Error('it is no tar archive');
  // Links and devices could point outside of the folder: they are refused.
  if (text(156, 1) !== plainFile) throw new Error('something in it is no plain file');
  if (text(345, 155) !== '') throw new Error('a name in it is too long');
  return { path: text(0, pathBytesMax), size };
}

/** Undefined unless it is a plain octal number: other encodings are for sizes beyond any backup. */
function octalIn(text: string): number | undefined {
  return /^ *[0-7]{1,11} *$/.test(text) ? Number.parseInt(text, 8) : undefined;
}

class BlockReader {
  readonly #stream: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: AsyncIterable<Buffer>) {
    this.#stream = stream[Symbol.asyncIterator]();
  }

  /** Up to so many bytes; undefined at the end. */
  async some(most: number): Promise<Buffer | undefined> {
    if (this.#rest.length === 0) {
      const { value, done } = await this.#stream.next();
      if (done) return undefined;
      this.#rest = value;
    }
    const taken = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(taken.length);
    return taken;
  }

  /** Exactly so many bytes; undefined at the end. */
  async take(length: number): Promise<Buffer | undefined> {
    const parts: Buffer[] = [];
    for (let left = length; left > 0; ) {
      const part = await this.some(left);
      if (part === undefined && parts.length === 0) return undefined;
      if (part === undefined) throw new Error('it ends too soon');
      parts.push(part);
      left -= part.length;
    }
    return Buffer.concat(parts);
  }
}
