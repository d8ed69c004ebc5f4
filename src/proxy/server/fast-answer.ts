/** An answer of the fast path: written on the socket itself. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { writeTurns } from '../../platform/write-turns.ts';
import type { ClientAnswer } from '../request/client.ts';

/** What an answer needs of the connection that carries it. */
interface Carrier {
  readonly isDraining: boolean;
  /** How an answer's head ends when the connection stays. */
  readonly keptAlive: string;
  /** The request, or its answer, is over. */
  halfOver(): void;
}

export class FastAnswer implements ClientAnswer {
  sendDate = true;
  chunkedEncoding = true;
  headersSent = false;
  writableFinished = false;
  /** The connection ends with it. */
  isLast = false;
  readonly socket: Socket;
  readonly #connection: Carrier;
  readonly #onClose: (() => void)[] = [];
  /** Goes out with the first bytes of the body. */
  #head = '';
  #isChunked = false;

  constructor(socket: Socket, connection: Carrier) {
    this.socket = socket;
    this.#connection = connection;
  }

  get destroyed(): boolean {
    return this.socket.destroyed;
  }

  /** The values are those of a strictly read answer, or our own: none holds a line's end. */
  writeHead(status: number, pairs: readonly string[]): void {
    let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\n`;
    let isFramed = status === 204 || status === 304;
    for (let i = 0; i < pairs.length; i += 2) {
      const name = pairs[i] as string;
      head += `${name}: ${pairs[i + 1]}\r\n`;
      const field = framing[name.length];
      if (field !== undefined && field === name.toLowerCase() && this.#note(field, pairs[i + 1] as string))
        isFramed = true;
    }
    if (!isFramed) {
      this.#isChunked = true;
      head += 'transfer-encoding: chunked\r\n';
    }
    if (this.sendDate) head += `Date: ${new Date().toUTCString()}\r\n`;
    if (this.#connection.isDraining && !this.isLast) {
      this.isLast = true;
      head += 'Connection: close\r\n';
    }
    this.#head = this.isLast ? `${head}\r\n` : head + this.#connection.keptAlive;
    this.headersSent = true;
  }

  /** True: the field says where the body ends. */
  #note(field: string, value: string): boolean {
    if (field === 'connection') this.isLast = value === 'close';
    else if (field === 'date') this.sendDate = false;
    else {
      this.#isChunked = field === 'transfer-encoding';
      return true;
    }
    return false;
  }

  flushHeaders(): void {
    if (this.#head === '') return;
    this.socket.write(this.#head, 'latin1');
    this.#head = '';
  }

  write(bytes: Buffer | string): boolean {
    if (bytes.length === 0 || this.writableFinished) return true;
    if (!this.#isChunked || !this.chunkedEncoding) return this.#send(bytes);
    this.socket.cork();
    this.#send(`${bytes.length.toString(16)}\r\n`);
    this.#send(bytes);
    const hasRoom = this.#send('\r\n');
    this.socket.uncork();
    return hasRoom;
  }

  /** Strings are of one byte a letter. */
  end(bytes: Buffer | string = ''): void {
    if (this.writableFinished) return;
    writeTurns.begin(this.socket);
    if (bytes.length > 0) this.write(bytes);
    else this.flushHeaders();
    if (this.#isChunked && this.chunkedEncoding) this.#send('0\r\n\r\n');
    this.writableFinished = true;
    this.#connection.halfOver();
  }

  destroy(): void {
    this.socket.destroy();
  }

  on(_: 'close', listener: () => void): void {
    this.#onClose.push(listener);
  }

  once(_: 'drain', listener: () => void): void {
    this.socket.once('drain', listener);
  }

  /** The connection is gone before the answer was. */
  close(): void {
    for (const listener of this.#onClose.splice(0)) listener();
  }

  #send(bytes: Buffer | string): boolean {
    const head = this.#head;
    this.#head = '';
    if (typeof bytes === 'string') return this.socket.write(head + bytes, 'latin1');
    if (head === '') return this.socket.write(bytes);
    this.socket.cork();
    this.socket.write(head, 'latin1');
    const hasRoom = this.socket.write(bytes);
    this.socket.uncork();
    return hasRoom;
  }
}

/** By their lengths, which spares most names the comparison. */
const framing: readonly (string | undefined)[] = Array.from({ length: 'transfer-encoding'.length + 1 }, (_, length) =>
  ['content-length', 'transfer-encoding', 'connection', 'date'].find((name) => name.length === length),
);
