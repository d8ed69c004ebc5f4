/**
 * Memory of large buffers: used again, or given back at once. It lies outside of the heap, and all the same counts towards the
 * next collection until that comes: a few megabytes of buffers that nobody has any more cost a pause of 5 to 20 ms (measured).
 */
import { MessageChannel } from 'node:worker_threads';
import { MiB } from '../../events/units.ts';

const slabMin = 65_536;
const slabMax = 4 * MiB;

/** Places for large bytes, used again. */
export class Slabs {
  readonly #spare = new Map<number, ArrayBuffer[]>();
  readonly #ours = new WeakSet<ArrayBufferLike>();
  readonly #spareBytesMax: number;
  #spareBytes = 0;

  /** @param spareBytesMax how much is kept for those who come later */
  constructor(spareBytesMax: number) {
    this.#spareBytesMax = spareBytesMax;
  }

  /** Of what nobody has at this moment. */
  get spareBytes(): number {
    return this.#spareBytes;
  }

  /** All that nobody has. */
  freeSpare(): void {
    for (const spare of this.#spare.values()) for (const slab of spare.splice(0)) free(Buffer.from(slab));
    this.#spareBytes = 0;
  }

  /** The memory that a place of this length takes. */
  sizeFor(length: number): number {
    return length < slabMin || length > slabMax ? length : 2 ** Math.ceil(Math.log2(length));
  }

  take(length: number): Buffer {
    if (length < slabMin) return Buffer.allocUnsafeSlow(length);
    if (length > slabMax) {
      // Not filled with zeros: what is not written to yet takes no memory.
      const large = Buffer.allocUnsafeSlow(length);
      this.#ours.add(large.buffer);
      return large;
    }
    const size = this.sizeFor(length);
    let slab = this.#spare.get(size)?.pop();
    if (slab) this.#spareBytes -= size;
    else {
      slab = new ArrayBuffer(size);
      this.#ours.add(slab);
    }
    return Buffer.from(slab, 0, length);
  }

  /** Kept for the next one, or freed at once. What is not of here is freed where nobody else has a part of it. */
  giveBack(bytes: Buffer): void {
    const { buffer } = bytes;
    const size = buffer.byteLength;
    if (!this.#ours.has(buffer)) free(bytes);
    else if (size > slabMax || this.#spareBytes + size > this.#spareBytesMax) free(Buffer.from(buffer));
    else {
      const spare = this.#spare.get(size);
      if (spare) spare.push(buffer as ArrayBuffer);
      else this.#spare.set(size, [buffer as ArrayBuffer]);
      this.#spareBytes += size;
    }
  }
}

// Less than this is collected sooner than it adds up; and Node's pool, which many share, is smaller.
const worthBytes = 16_384;
// What is handed over to a port that is closed belongs to nobody, and is gone when the call returns.
const nowhere = new MessageChannel().port1;
nowhere.close();

/** Nobody may look at these bytes after this. What has its memory in common with others stays. */
export function free(bytes: Buffer): void {
  const { buffer, length } = bytes;
  const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === length;
  if (isWhole && length >= worthBytes) nowhere.postMessage(null, [buffer]);
}
