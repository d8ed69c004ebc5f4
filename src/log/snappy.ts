/**
 * Snappy's format, in which LevelDB compresses its blocks: decoded without a library, so that damaged blocks can be decoded as far as
 * possible.
 */

// An index of a table of 8 MB is some hundred kilobytes; a length above this is not genuine.
export const blockBytesMax = 67_108_864;

export interface Unpacked {
  readonly bytes: Buffer;
  readonly isWhole: boolean;
}

/** A varint: seven bits a byte, the lowest first; ten bytes at most. */
export function varintAt(bytes: Buffer, from: number): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  for (let i = 0; i < 10; i++) {
    const byte = bytes[from + i];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: from + i + 1 };
  }
  return undefined;
}

/** Snappy: literals, and copies of earlier output. Undefined for invalid data. */
export function unpacked(packed: Buffer): Buffer | undefined {
  const { bytes, isWhole } = unpackedPart(packed);
  return isWhole ? bytes : undefined;
}

/** Decodes as far as possible. */
export function unpackedPart(packed: Buffer): Unpacked {
  const length = varintAt(packed, 0);
  if (!length || length.value > blockBytesMax) return { bytes: Buffer.alloc(0), isWhole: false };
  const out = Buffer.allocUnsafe(length.value);
  let filled = 0;
  for (let at = length.end; at < packed.length; ) {
    const piece = pieceAt(packed, at);
    if (!piece || filled + piece.size > out.length || piece.back > filled) break;
    at = piece.end;
    if (piece.back === 0) filled += packed.copy(out, filled, at - piece.size, at);
    // Byte by byte: a copy may overlap its own output.
    else for (let i = 0; i < piece.size; i++, filled++) out[filled] = out[filled - piece.back] ?? 0;
  }
  return { bytes: out.subarray(0, filled), isWhole: filled === out.length };
}

interface Piece {
  readonly size: number;
  /** How far back the copied bytes begin; 0 for a literal, whose bytes end at `end`. */
  readonly back: number;
  readonly end: number;
}

/** The lowest two bits of a tag: a literal, or the size of a copy's offset. */
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

// A length above this gives the number of bytes that hold the real length.
const smallMax = 59;

function literalAt(packed: Buffer, size: number, at: number): Piece | undefined {
  const extra = Math.max(0, size - smallMax);
  if (at + extra > packed.length) return undefined;
  const whole = (extra === 0 ? size : packed.readUIntLE(at, extra)) + 1;
  const end = at + extra + whole;
  return end > packed.length ? undefined : { size: whole, back: 0, end };
}
