/**
 * How a blob is written: a head and bytes, in frames of which each proves itself and its place (AES-256-GCM, the STREAM
 * construction), and an end that proves the whole. A blob that was cut, put together anew or given another name is seen.
 *
 *     magic, salt │ frame 0: the head │ frame 1 … n: bytes │ end: frames before it, bytes in all
 *     frame: length of the text │ text, encrypted │ tag
 */
import { createHmac, randomBytes } from 'node:crypto';
import { QccError } from '../errors/qcc-error.ts';
import { decrypt, encrypt, keyBytes, nonceBytes, open, seal, tagBytes } from '../platform/aes-gcm.ts';
import { free } from '../platform/large-memory.ts';

/** More at once keeps the loop from its other work; less costs more in tags and calls. */
export const frameBytesMax = 65_536;
const magic = Buffer.from('QCB1');
const saltBytes = 32;
export const preambleBytes = magic.length + saltBytes;
const lengthBytes = 4;
const totalBytes = 8;
/** What a frame adds to its bytes. */
export const frameExtra = lengthBytes + tagBytes;
export const endBytes = frameExtra + totalBytes;

/** What a blob's end says of it. */
export interface End {
  readonly frames: number;
  /** Without the head. */
  readonly bytes: number;
}

/** What was kept is gone, or is not, byte for byte, what was written. */
export class BlobLost extends QccError {
  constructor(why: 'gone' | 'cut' | 'damaged' | 'aborted') {
    super('QCC_BLOB_LOST', { why });
  }
}

/** Makes the frames of one blob, in order. */
export class Sealer {
  readonly preamble: Buffer;
  readonly #key: Buffer;
  #frames = 0;
  #bytes = 0;

  constructor(dataKey: Buffer, name: string) {
    this.preamble = Buffer.concat([magic, randomBytes(saltBytes)]);
    this.#key = blobKey(dataKey, this.preamble, name);
  }

  head(text: Buffer): Buffer {
    const frame = Buffer.allocUnsafe(text.length + frameExtra);
    this.#frame(text, text.length, frame);
    return frame;
  }

  /**
   * As many frames as these bytes need, in one piece.
   * @param frames where they are made, when there is a place for them: as long as `framesLength` says
   */
  bytes(bytes: Buffer, frames: Buffer = Buffer.allocUnsafe(framesLength(bytes.length))): Buffer {
    this.#bytes += bytes.length;
    for (let from = 0, at = 0; from < bytes.length; from += frameBytesMax) {
      const text = bytes.subarray(from, from + frameBytesMax);
      this.#frame(text, text.length, frames.subarray(at, at + text.length + frameExtra));
      at += text.length + frameExtra;
    }
    return frames;
  }

  end(): Buffer {
    const total = Buffer.alloc(totalBytes);
    total.writeBigUInt64BE(BigInt(this.#bytes));
    const frame = Buffer.allocUnsafe(endBytes);
    this.#frame(total, this.#frames, frame, true);
    return frame;
  }

  /** @param told what stands before the text: its length or, at the end, how many frames there were */
  #frame(text: Buffer, told: number, into: Buffer, isEnd = false): void {
    const { encrypted, tag } = encrypt(this.#key, nonceOf(this.#frames, isEnd), text);
    into.writeUInt32BE(told);
    encrypted.copy(into, lengthBytes);
    free(encrypted);
    tag.copy(into, lengthBytes + text.length);
    this.#frames++;
  }
}

/** How long so many bytes are in frames. */
export function framesLength(bytes: number): number {
  return bytes + Math.ceil(bytes / frameBytesMax) * frameExtra;
}

/** Reads the frames of one blob, in order. Each method throws `BlobLost`. */
export class Opener {
  readonly #key: Buffer;
  #frames: number;

  /** @param frames how many were opened before */
  constructor(dataKey: Buffer, name: string, preamble: Buffer, frames = 0) {
    this.#frames = frames;
    if (preamble.length !== preambleBytes || !preamble.subarray(0, magic.length).equals(magic))
      throw new BlobLost('damaged');
    this.#key = blobKey(dataKey, preamble, name);
  }

  /** The length of the frame that begins here, or undefined where `bytes` do not hold all of it. */
  static lengthOf(bytes: Buffer): number | undefined {
    if (bytes.length < lengthBytes) return undefined;
    const length = bytes.readUInt32BE() + frameExtra;
    return bytes.length < length ? undefined : length;
  }

  /** @param frame as long as `lengthOf` says */
  frame(frame: Buffer): Buffer {
    const text = this.#opened(frame, this.#frames, false);
    this.#frames++;
    return text;
  }

  /** May be asked at any time: a blob with a true end was written to its end. */
  end(frame: Buffer): End {
    if (frame.length !== endBytes) throw new BlobLost('cut');
    const frames = frame.readUInt32BE();
    return { frames, bytes: Number(this.#opened(frame, frames, true).readBigUInt64BE()) };
  }

  #opened(frame: Buffer, place: number, isEnd: boolean): Buffer {
    try {
      return decrypt(this.#key, nonceOf(place, isEnd), frame.subarray(lengthBytes));
    } catch {
      throw new BlobLost('damaged');
    }
  }
}

/** How long a blob is, on the disk. */
export function sizeOf(headLength: number, { frames, bytes }: End): number {
  return preambleBytes + frames * frameExtra + headLength + bytes + endBytes;
}

/** The name is part of it: a blob under another name is none. */
function blobKey(dataKey: Buffer, preamble: Buffer, name: string): Buffer {
  return createHmac('sha256', dataKey).update(preamble).update(name).digest();
}

/** Unique as long as its key is used for one blob only: the place of the frame, and whether it is the end. */
function nonceOf(place: number, isEnd: boolean): Buffer {
  const nonce = Buffer.alloc(nonceBytes);
  nonce.writeUInt8(isEnd ? 1 : 0);
  nonce.writeUInt32BE(place, nonceBytes - lengthBytes);
  return nonce;
}

/** A data key under the key of the installation, as it lies on the disk. */
export function wrapKey(wrapping: Buffer, dataKey: Buffer, item: string): Buffer {
  return seal(wrapping, dataKey, item);
}

export function unwrapKey(wrapping: Buffer, wrapped: Buffer, item: string): Buffer {
  if (wrapped.length !== nonceBytes + keyBytes + tagBytes) throw new BlobLost('damaged');
  try {
    return open(wrapping, wrapped, item);
  } catch {
    throw new BlobLost('damaged');
  }
}
