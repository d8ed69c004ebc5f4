/**
 * Verifies LevelDB's tables by the checksum of each of their blocks. LevelDB does not check them when it reads for us: a flipped byte shows
 * only when just that fact is read, and one in the index of a table hides facts silently.
 */
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { changedByte, crc32c, endOfBlock, masked, plain, snappy, trailerBytes } from './block-checksum.ts';
import { blockBytesMax, type Unpacked, unpacked, unpackedPart, varintAt } from './snappy.ts';

const tableName = /^\d+\.(?:ldb|sst)$/;
const footerBytes = 48;
const magic = 0xdb4775248b80fb57n;
const magicBytes = 8;
// LevelDB adds to each key whether it was put or deleted, and a sequence number.
const tagBytes = 8;
const put = 1;
// After a block without a detectable end: how large a block may be that is searched for at each offset, and how many bytes are searched in
// total (a second or two).
const strayMax = 65_536;
const stepsMax = 300_000_000;
// Blocks have some 2 KB and follow each other. A buffer for each would be garbage as large as the log, which the process keeps (measured:
// 70 MB of a log of 233), and a read for each would be a hundred times as many.
const windowBytes = 262_144;

/** Why a table is damaged; undefined when it is intact. `gone`: merged into another meanwhile, or deleted. */
export type Finding = 'damaged' | 'unreadable' | 'gone' | undefined;

export function tablesIn(dir: string): readonly string[] {
  // A log in memory has none; a missing folder is reported when the log is opened.
  return existsSync(dir) ? readdirSync(dir).filter((name) => tableName.test(name)) : [];
}

/** @param rest called after each number of bytes: for reading slowly */
export function checkTable(path: string, rest: (bytes: number) => void = () => {}): Finding {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'gone' : 'unreadable';
  }
  try {
    const found = fstatSync(file);
    if (!found.isFile()) return 'unreadable';
    return areWhole(new Table(file, found.size, rest)) ? undefined : 'damaged';
  } catch {
    return 'unreadable';
  } finally {
    closeSync(file);
  }
}

/** The names of damaged tables in a folder. */
export function damagedTables(dir: string): readonly string[] {
  return tablesIn(dir).filter((name) => {
    const finding = checkTable(join(dir, name));
    return finding === 'damaged' || finding === 'unreadable';
  });
}

interface Handle {
  readonly offset: number;
  readonly size: number;
}

/** The part of a table that was read last, in memory that is used again by all of them. */
const window = { bytes: undefined as Buffer | undefined, of: undefined as Table | undefined, from: 0, to: 0 };

class Table {
  readonly #file: number;
  readonly #size: number;
  readonly #rest: (bytes: number) => void;

  constructor(file: number, size: number, rest: (bytes: number) => void) {
    this.#file = file;
    this.#size = size;
    this.#rest = rest;
  }

  footer(): Buffer | undefined {
    return this.#at(this.#size - footerBytes, footerBytes);
  }

  /** The uncompressed bytes of a block; undefined when its checksum is wrong. */
  block({ offset, size }: Handle): Buffer | undefined {
    const bytes = this.#at(offset, size + trailerBytes);
    if (!bytes) return undefined;
    if (masked(crc32c(bytes.subarray(0, size + 1))) !== bytes.readUInt32LE(size + 1)) return undefined;
    const packed = bytes.subarray(0, size);
    if (bytes[size] === plain) return packed;
    return bytes[size] === snappy ? unpacked(packed) : undefined;
  }

  /** The bytes of a block, as far as possible, whatever its checksum says. */
  asFarAsPossible({ offset, size }: Handle): Buffer | undefined {
    const bytes = this.#at(offset, size + trailerBytes);
    if (!bytes) return undefined;
    return bytes[size] === plain ? bytes.subarray(0, size) : unpackedPart(bytes.subarray(0, size)).bytes;
  }

  /** Scans the whole table, when its index is useless. */
  all(): Buffer {
    return this.#at(0, Math.min(this.#size, blockBytesMax)) ?? Buffer.alloc(0);
  }

  /** Whether a block's checksum is right, without decoding it. */
  isWhole({ offset, size }: Handle): boolean {
    const bytes = this.#glimpse(offset, size + trailerBytes);
    return bytes !== undefined && masked(crc32c(bytes.subarray(0, size + 1))) === bytes.readUInt32LE(size + 1);
  }

  /** Restores the original value of one changed byte. */
  mend(handle: Handle): void {
    const { offset, size } = handle;
    const bytes = this.#at(offset, size + trailerBytes);
    const found = bytes && changedByte(bytes, size);
    if (found) writeSync(this.#file, Buffer.of(found.was), 0, 1, offset + found.at);
  }

  #at(offset: number, length: number): Buffer | undefined {
    if (!this.#has(offset, length)) return undefined;
    return this.#fill(Buffer.allocUnsafe(length), offset, length);
  }

  /** Valid until the next call, for whatever table. */
  #glimpse(offset: number, length: number): Buffer | undefined {
    if (length > windowBytes) return this.#at(offset, length);
    if (!this.#has(offset, length)) return undefined;
    window.bytes ??= Buffer.allocUnsafeSlow(windowBytes);
    if (window.of !== this || offset < window.from || offset + length > window.to) {
      window.of = undefined;
      const to = Math.min(this.#size, offset + windowBytes);
      if (!this.#fill(window.bytes, offset, to - offset)) return undefined;
      Object.assign(window, { of: this, from: offset, to });
    }
    return window.bytes.subarray(offset - window.from, offset - window.from + length);
  }

  #has(offset: number, length: number): boolean {
    return offset >= 0 && length >= 0 && offset + length <= this.#size;
  }

  #fill(bytes: Buffer, offset: number, length: number): Buffer | undefined {
    for (let filled = 0; filled < length; ) {
      const read = readSync(this.#file, bytes, filled, length - filled, offset + filled);
      if (read === 0) return undefined;
      filled += read;
    }
    this.#rest(length);
    return bytes;
  }
}

/**
 * Corrects each block in which one byte was changed: a checksum tells which one, and its value. Only for a copy. Blocks with more changed
 * bytes stay as they are.
 */
export function mendTable(path: string): void {
  const file = openSync(path, 'r+');
  try {
    const table = new Table(file, fstatSync(file).size, () => {});
    const ends = endsOf(table);
    if (!ends) return;
    for (const { handle, isIndex } of [
      { handle: ends.index, isIndex: true },
      { handle: ends.meta, isIndex: false },
    ]) {
      table.mend(handle);
      const block = table.block(handle);
      const handles = block && (isIndex ? dataIn(table, handle) : handlesIn(block));
      for (const one of handles ?? []) table.mend(one);
    }
  } finally {
    closeSync(file);
  }
}

function areWhole(table: Table): boolean {
  const ends = endsOf(table);
  const handles = ends && dataIn(table, ends.index);
  const filters = ends && table.block(ends.meta);
  const others = filters && handlesIn(filters);
  if (!handles || !others) return false;
  return [...handles, ...others].every((handle) => table.isWhole(handle));
}

function endsOf(table: Table): { readonly meta: Handle; readonly index: Handle } | undefined {
  const footer = table.footer();
  if (footer?.readBigUInt64LE(footerBytes - magicBytes) !== magic) return undefined;
  const meta = handleAt(footer, 0);
  const index = meta && handleAt(footer, meta.end);
  // Between the handles and the end of their space there is only padding.
  if (!index || footer.subarray(index.end, footerBytes - magicBytes).some((byte) => byte !== 0)) return undefined;
  return { meta, index };
}

/** The places of the data blocks. LevelDB ends its process over a key that is shorter than its own suffix. */
function dataIn(table: Table, index: Handle): readonly Handle[] | undefined {
  const block = table.block(index);
  const isSane = block && [...recordsIn(block)].every(({ key }) => key.length >= tagBytes);
  return isSane ? handlesIn(block) : undefined;
}

/** An entry of a table; by its sequence number newer entries replace older ones. */
export interface TableEntry {
  readonly key: Buffer;
  readonly value: Buffer;
  /** False for a deletion. */
  readonly isPut: boolean;
  /** The checksum of its block is right, so that its key is the one that was written. */
  readonly isSure: boolean;
}

/**
 * The content of a table, without LevelDB, which ends its process over some damage. Of a damaged block, everything that can be decoded: the
 * caller verifies values by their own checksums.
 */
export function* entriesIn(path: string): Iterable<TableEntry> {
  const file = openSync(path, 'r');
  try {
    const table = new Table(file, fstatSync(file).size, () => {});
    for (const { bytes, isWhole } of blocksOf(table))
      for (const { key, value } of recordsIn(bytes))
        if (key.length >= tagBytes)
          yield {
            key: key.subarray(0, -tagBytes),
            value,
            isPut: key[key.length - tagBytes] === put,
            isSure: isWhole,
          };
  } finally {
    closeSync(file);
  }
}

function* blocksOf(table: Table): Iterable<Unpacked> {
  const ends = endsOf(table);
  const handles = ends && dataIn(table, ends.index);
  if (!handles) {
    yield* blocksFound(table.all());
    return;
  }
  for (const handle of handles) {
    const whole = table.block(handle);
    const bytes = whole ?? table.asFarAsPossible(handle);
    if (bytes) yield { bytes, isWhole: whole !== undefined };
  }
}

/** Without an index: blocks follow each other, and each ends where its checksum is right. */
function* blocksFound(bytes: Buffer): Iterable<Unpacked> {
  let [left, isAtEdge] = [stepsMax, true];
  for (let at = 0; at + trailerBytes <= bytes.length && left > 0; ) {
    const end = endOfBlock(bytes, at, isAtEdge ? bytes.length : Math.min(bytes.length, at + strayMax));
    left -= end === undefined && !isAtEdge ? strayMax : 0;
    isAtEdge = end !== undefined;
    if (end === undefined) {
      at++;
      continue;
    }
    const packed = bytes.subarray(at, end);
    const found = bytes[end] === plain ? { bytes: packed, isWhole: true } : unpackedPart(packed);
    yield found;
    at = end + trailerBytes;
  }
}

/** Two varints. */
function handleAt(bytes: Buffer, at: number): (Handle & { readonly end: number }) | undefined {
  const offset = varintAt(bytes, at);
  const size = offset && varintAt(bytes, offset.end);
  return size && { offset: offset.value, size: size.value, end: size.end };
}

interface Entry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** Keys and values of a block. Each sixteenth is a restart point: after an unreadable entry, reading continues at the next one. */
function* recordsIn(block: Buffer): Iterable<Entry> {
  const { until, starts } = restartsOf(block);
  for (let at: number | undefined = 0, key: Buffer = Buffer.alloc(0); at !== undefined && at < until; ) {
    const found = recordAt(block, at, until, key);
    if (!found) {
      const before: number = at;
      at = starts.find((start) => start > before);
      key = Buffer.alloc(0);
      continue;
    }
    yield found;
    at = found.end;
    key = found.key;
  }
}

function recordAt(block: Buffer, at: number, until: number, before: Buffer): (Entry & { end: number }) | undefined {
  const shared = varintAt(block, at);
  const own = shared && varintAt(block, shared.end);
  const value = own && varintAt(block, own.end);
  if (!value) return undefined;
  const from = value.end + own.value;
  const end = from + value.value;
  if (shared.value > before.length || end > until) return undefined;
  const key = Buffer.concat([before.subarray(0, shared.value), block.subarray(value.end, from)]);
  return { key, value: block.subarray(from, end), end };
}

/** The offsets of records with a full key, and of the end of all records. */
function restartsOf(block: Buffer): { readonly until: number; readonly starts: readonly number[] } {
  const count = block.length < 4 ? 0 : block.readUInt32LE(block.length - 4);
  const until = block.length - 4 - 4 * count;
  // A truncated block has lost its list.
  if (count === 0 || until < 0) return { until: block.length, starts: [] };
  const starts = Array.from({ length: count }, (_, i) => block.readUInt32LE(until + 4 * i));
  return { until, starts: starts.sort((a, b) => a - b) };
}

/** The values of a block's entries, each a handle; undefined when they are not. */
function handlesIn(block: Buffer): readonly Handle[] | undefined {
  if (block.length < 4) return undefined;
  const restarts = block.readUInt32LE(block.length - 4);
  const until = block.length - 4 - 4 * restarts;
  const handles: Handle[] = [];
  for (let at = 0; at < until; ) {
    const shared = varintAt(block, at);
    const own = shared && varintAt(block, shared.end);
    const value = own && varintAt(block, own.end);
    if (!value) return undefined;
    const handle = handleAt(block, value.end + own.value);
    if (!handle) return undefined;
    handles.push(handle);
    at = value.end + own.value + value.value;
  }
  return until < 0 ? undefined : handles;
}
