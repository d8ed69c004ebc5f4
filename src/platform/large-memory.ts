/**
 * Memory of large buffers: reused, or freed at once. It is outside of the heap, but still counts towards the next collection: a few
 * megabytes of unreferenced buffers cost a pause of 5 to 20 ms (measured).
 */
import { MessageChannel } from 'node:worker_threads';
import { MiB } from '../../events/units.ts';

const slabMin = 65_536;
const slabMax = 4 * MiB;

/** A pool of large buffers. */
export class Slabs {
  readonly #spare = new Map<number, ArrayBuffer[]>();
  readonly #ours = new WeakSet<ArrayBufferLike>();
  readonly #spareBytesMax: number;
  #spareBytes = 0;

  /** @param spareBytesMax how much unused memory the pool keeps */
  constructor(spareBytesMax: number) {
    this.#spareBytesMax = spareBytesMax;
  }

  /** The unused memory that the pool keeps. */
  get spareBytes(): number {
    return this.#spareBytes;
  }

  /** Frees all unused memory. */
  freeSpare(): void {
    for (const spare of this.#spare.values()) for (const slab of spare.splice(0)) free(Buffer.from(slab));
    this.#spareBytes = 0;
  }

  /** The size that is allocated for this length. */
  sizeFor(length: number): number {
    return length < slabMin || length > slabMax ? length : 2 ** Math.ceil(Math.log2(length));
  }

  take(length: number): Buffer {
    if (length < slabMin) return Buffer.allocUnsafeSlow(length);
    if (length > slabMax) {
      // Not zero-filled: pages that are not written to take no memory.
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

  /** Keeps the buffer for reuse, or frees it at once. A buffer from elsewhere is freed unless it shares its memory. */
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

// Smaller buffers are collected before they add up; and Node's own pool, which many buffers share, is smaller.
const worthBytes = 16_384;
// A buffer that is transferred to a closed port is freed when the call returns.
const nowhere = new MessageChannel().port1;
nowhere.close();

/** Frees the memory: the bytes must not be used after this. A buffer that shares its memory with others stays. */
export function free(bytes: Buffer): void {
  const { buffer, length } = bytes;
  const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === length;
  if (isWhole && length >= worthBytes) nowhere.postMessage(null, [buffer]);
}
