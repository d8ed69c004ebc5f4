/** A request's body, kept whole so that it can be sent again, within limits. Copied once, from the socket into its place. */
import type { IncomingMessage } from 'node:http';

const MiB = 1_048_576;
/** The API's own limit for Messages. */
const bodyBytesMax = 32 * MiB;
const allBodiesMax = 256 * MiB;

export type BodyRead = Buffer | 'tooLarge' | 'full' | 'gone';

/** All bodies that are held at this moment. */
export class Bodies {
  #held = 0;

  /** Resolves when the body is whole, or with why it is not. */
  read(request: IncomingMessage): Promise<BodyRead> {
    const declared = Number(request.headers['content-length'] ?? -1);
    if (declared > bodyBytesMax) return Promise.resolve('tooLarge');
    if (this.#held + Math.max(0, declared) > allBodiesMax) return Promise.resolve('full');
    return declared >= 0 ? this.#known(request, declared) : this.#unknown(request);
  }

  release(body: Buffer): void {
    this.#held -= body.length;
  }

  #known(request: IncomingMessage, length: number): Promise<BodyRead> {
    return new Promise((resolve) => {
      let whole: Buffer | undefined;
      let filled = 0;
      request.on('data', (chunk: Buffer) => {
        // It came in one piece: that piece is the body.
        if (chunk.length === length) whole = chunk;
        else {
          whole ??= Buffer.allocUnsafeSlow(length);
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

  #unknown(request: IncomingMessage): Promise<BodyRead> {
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
