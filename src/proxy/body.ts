/** A request's body, kept whole so that it can be sent again, within limits. Copied once, from the socket into its place. */
import type { ClientRequest } from './client.ts';

const MiB = 1_048_576;
/** The API's own limit for Messages. */
const bodyBytesMax = 32 * MiB;
const allBodiesMax = 256 * MiB;
const slabMin = 65_536;
const slabMax = 4 * MiB;
const freeBytesMax = 32 * MiB;

export type BodyRead = Buffer | 'tooLarge' | 'full' | 'gone';

/** All bodies that are held at this moment. */
export class Bodies {
  readonly #slabs = new Slabs();
  #held = 0;

  /** Resolves when the body is whole, or with why it is not. `length` as the request declares it. */
  read(request: ClientRequest, length: string | undefined): Promise<BodyRead> {
    const declared = Number(length ?? -1);
    if (declared > bodyBytesMax) return Promise.resolve('tooLarge');
    if (this.#held + Math.max(0, declared) > allBodiesMax) return Promise.resolve('full');
    return declared >= 0 ? this.#known(request, declared) : this.#unknown(request);
  }

  /** Nobody may look at the body after this: its place is given to the next one. */
  release(body: Buffer): void {
    this.#held -= body.length;
    this.#slabs.giveBack(body);
  }

  #known(request: ClientRequest, length: number): Promise<BodyRead> {
    return new Promise((resolve) => {
      let whole: Buffer | undefined;
      let filled = 0;
      request.on('data', (chunk: Buffer) => {
        // It came in one piece: that piece is the body.
        if (chunk.length === length) whole = chunk;
        else {
          whole ??= this.#slabs.take(length);
          chunk.copy(whole, filled);
        }
        filled += chunk.length;
      });
      request.on('end', () => {
        this.#held += length;
        resolve(whole ?? Buffer.alloc(0));
      });
      request.on('error', () => resolve('gone'));
      request.on('close', () => resolve('gone'));
    });
  }

  #unknown(request: ClientRequest): Promise<BodyRead> {
    return new Promise((resolve) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > bodyBytesMax) resolve('tooLarge');
        else chunks.push(chunk);
      });
      request.on('end', () => {
        const body = Buffer.concat(chunks);
        if (bytes <= bodyBytesMax) this.#held += body.length;
        resolve(body);
      });
      request.on('error', () => resolve('gone'));
      request.on('close', () => resolve('gone'));
    });
  }
}

/**
 * Places for large bodies, used again: memory of this size that comes and goes with each request makes the collector run
 * ten times as often (measured).
 */
class Slabs {
  readonly #free = new Map<number, ArrayBuffer[]>();
  readonly #ours = new WeakSet<ArrayBufferLike>();
  #freeBytes = 0;

  take(length: number): Buffer {
    if (length < slabMin || length > slabMax) return Buffer.allocUnsafeSlow(length);
    const size = 2 ** Math.ceil(Math.log2(length));
    let slab = this.#free.get(size)?.pop();
    if (slab) this.#freeBytes -= size;
    else {
      slab = new ArrayBuffer(size);
      this.#ours.add(slab);
    }
    return Buffer.from(slab, 0, length);
  }

  giveBack({ buffer }: Buffer): void {
    const size = buffer.byteLength;
    if (!this.#ours.has(buffer) || this.#freeBytes + size > freeBytesMax) return;
    const free = this.#free.get(size);
    if (free) free.push(buffer as ArrayBuffer);
    else this.#free.set(size, [buffer as ArrayBuffer]);
    this.#freeBytes += size;
  }
}
