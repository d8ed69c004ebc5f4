/** A request's body, kept whole so that it can be sent again, within limits. Copied once, from the socket into its place. */
import { free, Slabs } from '../large-memory.ts';
import type { ClientRequest } from './client.ts';

const MiB = 1_048_576;
/** The API's own limit for Messages. */
const bodyBytesMax = 32 * MiB;
const allBodiesMax = 256 * MiB;
// Of memory that no body has at this moment.
const spareBytesMax = 32 * MiB;

export type BodyRead = Buffer | 'tooLarge' | 'full' | 'gone';

/** All bodies that are held at this moment. */
export class Bodies {
  readonly #slabs = new Slabs(spareBytesMax);
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
        const at = filled;
        filled += chunk.length;
        // It came in one piece: that piece is the body.
        if (chunk.length === length) whole = chunk;
        else {
          whole ??= this.#slabs.take(length);
          chunk.copy(whole, at);
          free(chunk);
        }
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
