/** Snappy's format, in which LevelDB packs its blocks: read without a library, as far as what came to harm can be read. */

// An index of a table of 8 MB is some hundred kilobytes; a number that asks for more memory than this is none.
export const blockBytesMax = 67_108_864;

export interface Unpacked {
  readonly bytes: Buffer;
  readonly isWhole: boolean;
}

/** Seven bits a byte, the lowest first; ten bytes at most. */
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

/** Snappy: pieces as they are, and pieces that stood before. Undefined for what is none. */
export function unpacked(packed: Buffer): Buffer | undefined {
  const { bytes, isWhole } = unpackedPart(packed);
  return isWhole ? bytes : undefined;
}

/** As far as it can be read. */
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
