/** Where an answer goes. It hears nothing before the answer has passed the commit gate. */
import { free } from '../../platform/large-memory.ts';
import type { ClientAnswer } from '../request/client.ts';
import type { LargeAnswer } from './large-answers.ts';

export interface Receiver {
  /** Something of this answer has gone out: it cannot be taken back, and no other one can follow. */
  readonly isBegun: boolean;
  /** An answer whose bytes follow as they come. `length`: how many, when that is known. */
  begin(status: number, pairs: readonly string[], length: number | null): void;
  /**
   * The bytes are lent for the call. False: no more of them, until `onRoom` calls back.
   * @param framed the same bytes as chunks (RFC 9112, 7.1), where they came so
   */
  bytes(chunk: Buffer, framed?: Buffer): boolean;
  onRoom(goOn: () => void): void;
  end(): void;
  /** An answer that is all there; its head too, unless it has begun. `length`: what the head says, which for HEAD is not the body's. */
  whole(status: number, pairs: readonly string[], pieces: readonly Buffer[], length: number, held?: LargeAnswer): void;
  /** Begins a JSON answer that is still to come, and keeps the other side waiting with what JSON allows. */
  commitEarly(pairs: readonly string[]): void;
  keepAlive(): void;
  /** An end that is none: what was given goes out, and the other side sees that the rest is missing. */
  abort(): void;
}

// Below this a string that leaves with the head is cheaper than a write of its own.
const joinMax = 16_384;

/** A client of the data port. */
export class HttpReceiver implements Receiver {
  readonly #response: ClientAnswer;
  readonly #asked: { begun(): void } | null;
  #framed = false;

  /** @param asked is told that something has gone out which cannot be taken back, while the rest is still to come */
  constructor(response: ClientAnswer, asked: { begun(): void } | null) {
    this.#response = response;
    this.#asked = asked;
  }

  get isBegun(): boolean {
    return this.#response.headersSent;
  }

  begin(status: number, pairs: readonly string[], length: number | null): void {
    const response = this.#response;
    response.sendDate = false;
    if (length !== null) response.writeHead(status, [...pairs, 'content-length', String(length)]);
    else {
      response.writeHead(status, [...pairs, 'transfer-encoding', 'chunked']);
      response.flushHeaders();
      // From here on each piece is framed by hand, in one buffer and one write, instead of the four of node:http.
      response.chunkedEncoding = false;
      this.#framed = true;
    }
    this.#asked?.begun();
  }

  bytes(chunk: Buffer, framed?: Buffer): boolean {
    if (!this.#framed) return this.#response.write(Buffer.from(chunk));
    if (framed !== undefined) return this.#response.write(Buffer.from(framed));
    if (chunk.length === 0) return true;
    const size = `${chunk.length.toString(16)}\r\n`;
    const frame = Buffer.allocUnsafe(size.length + chunk.length + 2);
    frame.write(size, 'latin1');
    chunk.copy(frame, size.length);
    frame[frame.length - 2] = 0x0d;
    frame[frame.length - 1] = 0x0a;
    return this.#response.write(frame);
  }

  onRoom(goOn: () => void): void {
    this.#response.once('drain', goOn);
  }

  end(): void {
    if (this.#framed) this.#response.write('0\r\n\r\n', 'latin1');
    this.#response.end();
  }

  whole(status: number, pairs: readonly string[], pieces: readonly Buffer[], length: number, held?: LargeAnswer): void {
    const response = this.#response;
    response.sendDate = false;
    if (!this.isBegun) response.writeHead(status, [...pairs, 'content-length', String(length)]);
    const [body] = pieces;
    // As a string it leaves together with the head, in one write instead of two.
    if (body && pieces.length === 1 && body.length <= joinMax) {
      response.end(body.toString('latin1'), 'latin1');
      held?.release(pieces);
    } else pour(response, pieces, held);
  }

  commitEarly(pairs: readonly string[]): void {
    this.#response.writeHead(200, ['content-type', 'application/json', ...pairs]);
    this.keepAlive();
    this.#asked?.begun();
  }

  /** Leading white space is legal JSON, and the only thing that keeps the client waiting past 300 s (measured). */
  keepAlive(): void {
    this.#response.write('\n');
  }

  abort(): void {
    const { socket } = this.#response;
    if (socket) socket.destroySoon();
    else this.#response.destroy();
  }
}

/** Piece by piece, as the client takes them: so it is seen whether it does, and what it has taken is released. */
function pour(response: ClientAnswer, pieces: readonly Buffer[], held: LargeAnswer | undefined): void {
  let next = 0;
  const on = () => {
    try {
      goOn();
    } catch (error) {
      // Its client must not wait for the rest.
      response.destroy();
      throw error;
    }
  };
  const goOn = () => {
    held?.taken();
    // Nothing of it is on its way any more: its memory may be used again.
    const last = pieces[next - 1];
    if (last && held && response.socket?.writableLength === 0) free(last);
    while (next < pieces.length) {
      if (response.write(pieces[next++] as Buffer)) continue;
      response.once('drain', on);
      return;
    }
    response.end();
    held?.release([]);
  };
  if (response.destroyed) {
    held?.release(pieces);
    return;
  }
  // What is on its way at that moment is the system's still, and left to the collector.
  response.on('close', () => held?.release(pieces.slice(next)));
  held?.goesOut(() => response.destroy());
  on();
}
