/** A request of the fast path: its body, as it comes on the socket. */
import type { ClientRequest } from '../request/client.ts';
import type { FastHead } from '../upstream/fast-head.ts';

/** What a request needs of the connection that carries it. */
interface Carrier {
  pause(): void;
  resume(): void;
  destroy(): void;
  /** Runs what is called later: an error in it ends the connection. */
  door(run: () => void): void;
  /** The request, or its answer, is over. */
  halfOver(): void;
}

export class FastRequest implements ClientRequest {
  readonly method = 'POST';
  readonly rawHeaders: readonly string[];
  readonly length: number;
  complete = false;
  readonly #connection: Carrier;
  #left: number;
  #flows = false;
  #isPaused = false;
  #come: Buffer[] = [];
  #onData: (chunk: Buffer) => void = ignored;
  #onEnd: () => void = ignored;
  readonly #onClose: (() => void)[] = [];

  constructor({ rawHeaders, length }: FastHead, connection: Carrier) {
    this.rawHeaders = rawHeaders;
    this.length = length;
    this.#left = length;
    this.#connection = connection;
  }

  /** All of the body is here, read or not. */
  get hasCome(): boolean {
    return this.#left === 0;
  }

  /** Gives back what is not of this body. */
  take(bytes: Buffer): Buffer {
    const mine = bytes.length > this.#left ? bytes.subarray(0, this.#left) : bytes;
    this.#left -= mine.length;
    if (mine.length > 0) this.#come.push(mine);
    if (this.#flows) this.#flow();
    return mine === bytes ? nothing : bytes.subarray(mine.length);
  }

  /** While it is not read, as much is held as came in one piece. */
  waitUnlessRead(): void {
    if (this.#flows || this.#left === 0) return;
    this.#isPaused = true;
    this.#connection.pause();
  }

  takeWhole(): Buffer | undefined {
    if (this.#left > 0 || this.#flows || this.#come.length !== 1) return undefined;
    const [whole] = this.#come;
    this.#come = [];
    this.#flows = true;
    this.complete = true;
    return whole;
  }

  on(event: 'data' | 'end' | 'error' | 'close', listener: (chunk: Buffer) => void): void {
    if (event === 'end') this.#onEnd = listener as () => void;
    else if (event === 'close') this.#onClose.push(listener as () => void);
    else if (event === 'data') {
      this.#onData = listener;
      this.resume();
    }
  }

  once(_: 'close', listener: () => void): void {
    this.#onClose.push(listener);
  }

  resume(): void {
    if (this.#flows || this.complete) return;
    this.#flows = true;
    // As a stream: the reader asks for bytes, and says next what is to happen at their end.
    queueMicrotask(() =>
      this.#connection.door(() => {
        this.#flow();
        if (this.#isPaused) this.#connection.resume();
      }),
    );
  }

  destroy(): void {
    this.#connection.destroy();
  }

  /** The connection is gone. */
  close(): void {
    for (const listener of this.#onClose.splice(0)) listener();
  }

  #flow(): void {
    const come = this.#come;
    this.#come = [];
    for (const chunk of come) this.#onData(chunk);
    if (this.#left > 0 || this.complete) return;
    this.complete = true;
    this.#onEnd();
    this.close();
    this.#connection.halfOver();
  }
}

const nothing = Buffer.alloc(0);
const ignored = () => {};
