/** The trailer of each block of a table: its compression, and a checksum that detects even one changed byte. */

// A block's type, and its checksum.
export const trailerBytes = 5;
export const plain = 0;
export const snappy = 1;
// CRC-32C, Castagnoli's polynomial, reflected.
const polynomial = 0x82f63b78;
// LevelDB masks checksums, because data that contains its own checksums is a problem for CRCs: it rotates them, and adds this.
const maskDelta = 0xa282ead8;

const slices = 8;
const tables = tablesOf();

// By the highest byte of a table entry: the entry's index. No two have the same.
const startedBy = startsOf();

function startsOf(): Uint8Array {
  const starts = new Uint8Array(256);
  for (const [i, value] of (tables[0] ?? new Uint32Array(0)).entries()) starts[value >>> 24] = i;
  return starts;
}

/** Eight bytes at a time: three times as fast as byte by byte. */
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

export function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + maskDelta) >>> 0;
}

function unmasked(said: number): number {
  const turned = (said - maskDelta) >>> 0;
  return ((turned >>> 17) | (turned << 15)) >>> 0;
}

/** The position and the former value of the single changed byte, the block's checksum included. */
export function changedByte(bytes: Buffer, size: number): { readonly at: number; readonly was: number } | undefined {
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
  // CRCs are linear, so that the difference of the checksums can be traced back, byte by byte, to a single changed byte.
  for (let at = size; at >= 0; at--) {
    const byte = startedBy[wrong >>> 24] ?? 0;
    const before = (wrong ^ (table[byte] as number)) >>> 0;
    if (before === 0) return { at, was: (bytes[at] ?? 0) ^ byte };
    wrong = ((before << 8) | byte) >>> 0;
  }
  return undefined;
}

/** The index of the block's type; undefined: no block ends before `until`. */
export function endOfBlock(bytes: Buffer, from: number, until: number): number | undefined {
  const [table] = tables as unknown as [Record<number, number>];
  let crc = 0xffffffff;
  for (let at = from; at + trailerBytes <= until; at++) {
    const byte = bytes[at] ?? 0;
    crc = (table[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8);
    // The compression byte has one of two values.
    if (byte <= snappy && masked((crc ^ 0xffffffff) >>> 0) === bytes.readUInt32LE(at + 1)) return at;
  }
  return undefined;
}
