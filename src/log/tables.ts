/**
 * LevelDB's tables, by the checksum that each of their blocks has. LevelDB looks at none of them when it reads for us: a flipped
 * byte is heard of when somebody asks for just that fact, and one in the index of a table hides facts without a word.
 */
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const tableName = /^\d+\.(?:ldb|sst)$/;
const footerBytes = 48;
const magic = 0xdb4775248b80fb57n;
const magicBytes = 8;
// A block's type, and its checksum.
const trailerBytes = 5;
const plain = 0;
const snappy = 1;
// Each key ends with what LevelDB adds to it: whether it is put or taken away, and in which order.
const tagBytes = 8;
const put = 1;
// Behind a block whose end cannot be found: how large one may be that is looked for at each place, and how many bytes are looked at in
// all (a second or two).
const strayMax = 65_536;
const stepsMax = 300_000_000;
// An index of a table of 8 MB is some hundred kilobytes; a number that asks for more memory than this is none.
const blockBytesMax = 67_108_864;
// CRC-32C, Castagnoli's polynomial, reflected.
const polynomial = 0x82f63b78;
// A checksum of something that holds checksums: LevelDB turns it, and adds this.
const maskDelta = 0xa282ead8;

/** Why a table is not what was written; undefined when it is. `gone`: merged into another meanwhile, or deleted. */
export type Finding = 'damaged' | 'unreadable' | 'gone' | undefined;

export function tablesIn(dir: string): readonly string[] {
  // A log in memory has none, and one that is gone is told by whoever opens it.
  return existsSync(dir) ? readdirSync(dir).filter((name) => tableName.test(name)) : [];
}

/** @param rest called after so many bytes were read: for whoever reads slowly */
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

/** Names of tables in a folder that are not what was written. */
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

  /** The bytes of a block, as they were before they were packed; undefined when its checksum is not theirs. */
  block({ offset, size }: Handle): Buffer | undefined {
    const bytes = this.#at(offset, size + trailerBytes);
    if (!bytes) return undefined;
    if (masked(crc32c(bytes.subarray(0, size + 1))) !== bytes.readUInt32LE(size + 1)) return undefined;
    const packed = bytes.subarray(0, size);
    if (bytes[size] === plain) return packed;
    return bytes[size] === snappy ? unpacked(packed) : undefined;
  }

  /** The bytes of a block, as far as they can be had, whatever its checksum says. */
  asFarAsPossible({ offset, size }: Handle): Buffer | undefined {
    const bytes = this.#at(offset, size + trailerBytes);
    if (!bytes) return undefined;
    return bytes[size] === plain ? bytes.subarray(0, size) : unpackedPart(bytes.subarray(0, size)).bytes;
  }

  /** All of it, for a table whose index is of no use. */
  all(): Buffer {
    return this.#at(0, Math.min(this.#size, blockBytesMax)) ?? Buffer.alloc(0);
  }

  /** Whether its checksum is its own, where nobody needs what is in it. */
  isWhole({ offset, size }: Handle): boolean {
    const bytes = this.#at(offset, size + trailerBytes);
    return bytes !== undefined && masked(crc32c(bytes.subarray(0, size + 1))) === bytes.readUInt32LE(size + 1);
  }

  /** Writes what one changed byte must have been. */
  mend(handle: Handle): void {
    const { offset, size } = handle;
    const bytes = this.#at(offset, size + trailerBytes);
    const found = bytes && changedByte(bytes, size);
    if (found) writeSync(this.#file, Buffer.of(found.was), 0, 1, offset + found.at);
  }

  #at(offset: number, length: number): Buffer | undefined {
    if (offset < 0 || length < 0 || offset + length > this.#size) return undefined;
    const bytes = Buffer.allocUnsafe(length);
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
 * Puts right each block in which one byte was changed: a checksum says which, and what it was. Only for a copy.
 * What has changed in more bytes than one stays as it is.
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

/** Where the byte stands that alone is another one, its block's checksum included, and what it was. */
function changedByte(bytes: Buffer, size: number): { readonly at: number; readonly was: number } | undefined {
  const [table] = tables as unknown as [Record<number, number>];
  const crc = crc32c(bytes.subarray(0, size + 1));
  const said = bytes.readUInt32LE(size + 1);
  let wrong = crc ^ unmasked(said);
  if (wrong === 0) return undefined;
  const right = Buffer.alloc(4);
  right.writeUInt32LE(masked(crc));
  const inSum = [0, 1, 2, 3].filter((i) => right[i] !== bytes[size + 1 + i]);
  const [only = 0] = inSum;
  if (inSum.length === 1) return { at: size + 1 + only, was: right[only] ?? 0 };
  // A difference goes through the checksum on its own: it is followed back, byte by byte, to where it is one byte's.
  for (let at = size; at >= 0; at--) {
    const byte = startedBy[wrong >>> 24] ?? 0;
    const before = (wrong ^ (table[byte] as number)) >>> 0;
    if (before === 0) return { at, was: (bytes[at] ?? 0) ^ byte };
    wrong = ((before << 8) | byte) >>> 0;
  }
  return undefined;
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
  // Between the handles and the end of their room there is nothing.
  if (!index || footer.subarray(index.end, footerBytes - magicBytes).some((byte) => byte !== 0)) return undefined;
  return { meta, index };
}

/** Where the blocks of entries stand. LevelDB ends its process over a key that is shorter than its own end. */
function dataIn(table: Table, index: Handle): readonly Handle[] | undefined {
  const block = table.block(index);
  const isSane = block && [...recordsIn(block)].every(({ key }) => key.length >= tagBytes);
  return isSane ? handlesIn(block) : undefined;
}

/** An entry of a table, by whose order newer ones go over older ones. */
export interface TableEntry {
  readonly key: Buffer;
  readonly value: Buffer;
  /** False where it says that there is nothing any more. */
  readonly isPut: boolean;
  /** The checksum of its block is right: its key is the one that was written. */
  readonly isSure: boolean;
}

/**
 * What a table gives, without LevelDB, which ends its process over some damages. Of a block that is not whole, whatever can be made out:
 * it is for whoever looks at the values by their own checksums.
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

interface Block {
  readonly bytes: Buffer;
  readonly isWhole: boolean;
}

function* blocksOf(table: Table): Iterable<Block> {
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

/** With no index: one stands behind the other, and each ends where its checksum fits. */
function* blocksFound(bytes: Buffer): Iterable<Block> {
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

function endOfBlock(bytes: Buffer, from: number, until: number): number | undefined {
  const [table] = tables as unknown as [Record<number, number>];
  let crc = 0xffffffff;
  for (let at = from; at + trailerBytes <= until; at++) {
    const byte = bytes[at] ?? 0;
    crc = (table[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8);
    // A byte that says how it is packed is one of two.
    if (byte <= snappy && masked((crc ^ 0xffffffff) >>> 0) === bytes.readUInt32LE(at + 1)) return at;
  }
  return undefined;
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

/** Keys and values of a block. Each sixteenth begins anew: where one cannot be read, it goes on with the next of these. */
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

/** Where records begin whose key is written out, and where all of them end. */
function restartsOf(block: Buffer): { readonly until: number; readonly starts: readonly number[] } {
  const count = block.length < 4 ? 0 : block.readUInt32LE(block.length - 4);
  const until = block.length - 4 - 4 * count;
  // What was cut has lost its list.
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

/** Seven bits a byte, the lowest first; ten bytes at most. */
function varintAt(bytes: Buffer, from: number): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  for (let i = 0; i < 10; i++) {
    const byte = bytes[from + i];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: from + i + 1 };
  }
  return undefined;
}

/** Snappy: pieces as they are, and pieces that stood before. Undefined for what is none. */
function unpacked(packed: Buffer): Buffer | undefined {
  const { bytes, isWhole } = unpackedPart(packed);
  return isWhole ? bytes : undefined;
}

/** As far as it can be read. */
function unpackedPart(packed: Buffer): Block {
  const length = varintAt(packed, 0);
  if (!length || length.value > blockBytesMax) return { bytes: Buffer.alloc(0), isWhole: false };
  const out = Buffer.allocUnsafe(length.value);
  let filled = 0;
  for (let at = length.end; at < packed.length; ) {
    const piece = pieceAt(packed, at);
    if (!piece || filled + piece.size > out.length || piece.back > filled) break;
    at = piece.end;
    if (piece.back === 0) filled += packed.copy(out, filled, at - piece.size, at);
    // One by one: a piece may go on into what it makes itself.
    else for (let i = 0; i < piece.size; i++, filled++) out[filled] = out[filled - piece.back] ?? 0;
  }
  return { bytes: out.subarray(0, filled), isWhole: filled === out.length };
}

interface Piece {
  readonly size: number;
  /** How far behind it stands; 0 when it stands right here, before `end`. */
  readonly back: number;
  readonly end: number;
}

/** The lowest two bits of its first byte say what it is: as it is, or how long the number is that leads back. */
function pieceAt(packed: Buffer, from: number): Piece | undefined {
  const tag = packed[from] ?? 0;
  const at = from + 1;
  const kind = tag & 3;
  if (kind === 0) return literalAt(packed, tag >> 2, at);
  const end = at + ([0, 1, 2, 4][kind] ?? 0);
  if (end > packed.length) return undefined;
  const number = packed.readUIntLE(at, end - at);
  const back = kind === 1 ? ((tag >> 5) << 8) | number : number;
  return back === 0 ? undefined : { size: kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1, back, end };
}

// A size above this says how many bytes its number has.
const smallMax = 59;

function literalAt(packed: Buffer, size: number, at: number): Piece | undefined {
  const extra = Math.max(0, size - smallMax);
  if (at + extra > packed.length) return undefined;
  const whole = (extra === 0 ? size : packed.readUIntLE(at, extra)) + 1;
  const end = at + extra + whole;
  return end > packed.length ? undefined : { size: whole, back: 0, end };
}

const slices = 8;
const tables = tablesOf();

// By the highest byte of an entry of the first: which entry that is. No two have the same.
const startedBy = startsOf();

function startsOf(): Uint8Array {
  const starts = new Uint8Array(256);
  for (const [i, value] of (tables[0] ?? new Uint32Array(0)).entries()) starts[value >>> 24] = i;
  return starts;
}

/** For eight bytes at a time: three times as fast as one by one. */
function tablesOf(): readonly Uint32Array[] {
  const all = Array.from({ length: slices }, () => new Uint32Array(256));
  const [first = new Uint32Array(256)] = all;
  for (let i = 0; i < 256; i++) {
    let value = i;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
    first[i] = value >>> 0;
  }
  for (let i = 0; i < 256; i++)
    for (let slice = 1; slice < slices; slice++) {
      const before = all[slice - 1]?.[i] ?? 0;
      (all[slice] as Uint32Array)[i] = ((first[before & 0xff] ?? 0) ^ (before >>> 8)) >>> 0;
    }
  return all;
}

export function crc32c(bytes: Buffer): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as unknown as Record<number, number>[] as [
    Record<number, number>,
    Record<number, number>,
    Record<number, number>,
    Record<number, number>,
    Record<number, number>,
    Record<number, number>,
    Record<number, number>,
    Record<number, number>,
  ];
  let crc = 0xffffffff;
  let at = 0;
  const even = bytes.length - (bytes.length % slices);
  for (; at < even; at += slices) {
    const low = crc ^ bytes.readUInt32LE(at);
    const high = bytes.readUInt32LE(at + 4);
    crc =
      (t7[low & 0xff] as number) ^
      (t6[(low >>> 8) & 0xff] as number) ^
      (t5[(low >>> 16) & 0xff] as number) ^
      (t4[low >>> 24] as number) ^
      (t3[high & 0xff] as number) ^
      (t2[(high >>> 8) & 0xff] as number) ^
      (t1[(high >>> 16) & 0xff] as number) ^
      (t0[high >>> 24] as number);
  }
  for (; at < bytes.length; at++) crc = (t0[(crc ^ (bytes[at] ?? 0)) & 0xff] as number) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + maskDelta) >>> 0;
}

function unmasked(said: number): number {
  const turned = (said - maskDelta) >>> 0;
  return ((turned >>> 17) | (turned << 15)) >>> 0;
}
