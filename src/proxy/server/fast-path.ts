/**
 * The fast path: the request that Claude Code makes all day is read and answered on the socket itself. node:http's parser,
 * objects and events cost as much as all the rest of such a request (measured). Whatever differs in the slightest is handed to
 * node:http, bytes and all, and its connection stays there: it has the tolerance, and the words for refusals.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { secondMs } from '../../../events/units.ts';
import type { ClientAnswer, ClientRequest } from '../request/client.ts';
import { type FastHead, fastHead } from '../upstream/fast-head.ts';
import { FastAnswer } from './fast-answer.ts';
import { FastRequest } from './fast-request.ts';
import { KnownHead, SharedHeads } from './known-head.ts';

/** In seconds: a connection that says nothing, that keeps its body back, that is idle between two requests. */
export interface Patience {
  readonly first: number;
  readonly body: number;
  readonly idle: number;
}

/** What becomes of a request whose head has come. */
export interface Exchanges {
  /** False: it is left to node:http. */
  letsIn(known: KnownHead, socket: Socket): boolean;
  serve(known: KnownHead, request: ClientRequest, answer: ClientAnswer): void;
}

// So long a head is shared after its connection has gone.
const shareForS = 60;

/** Before node:http at the same server: it sees each connection first. */
export class FastPath {
  readonly patience: Patience;
  readonly exchanges: Exchanges;
  readonly heads = new SharedHeads();
  readonly keptAlive: string;
  readonly #server: Server;
  readonly #ordinary: readonly ((socket: Socket) => void)[];
  readonly #connections = new Set<FastConnection>();
  readonly #sweep: NodeJS.Timeout;
  /** Seconds since the start: instants as fine as what they are for. */
  now = 0;
  isOver = false;

  /** @param event with which the server tells of a connection that can be read */
  constructor(server: Server, event: 'connection' | 'secureConnection', patience: Patience, exchanges: Exchanges) {
    this.#server = server;
    this.patience = patience;
    this.exchanges = exchanges;
    this.keptAlive = `Connection: keep-alive\r\nKeep-Alive: timeout=${patience.idle}\r\n\r\n`;
    this.#ordinary = server.listeners(event) as ((socket: Socket) => void)[];
    server.removeAllListeners(event);
    server.on(event, (socket: Socket) => {
      // For as long as it lives, on either path: node:http takes its own handler off with an upgrade, and a reset without one
      // ends the process.
      socket.on('error', ignored);
      this.#connections.add(new FastConnection(socket, this));
    });
    this.#sweep = setInterval(() => this.#dropLate(), secondMs).unref();
  }

  /** The connection begins anew with these bytes. */
  handOff(connection: FastConnection, socket: Socket, bytes: Buffer): void {
    this.#connections.delete(connection);
    socket.pause();
    socket.unshift(bytes);
    for (const listener of this.#ordinary) listener.call(this.#server, socket);
    socket.resume();
  }

  forget(connection: FastConnection): void {
    this.#connections.delete(connection);
  }

  /** Answers that run go on to their end, and their connections with them. */
  drain(): void {
    this.isOver = true;
    for (const connection of this.#connections) connection.dropIdle();
  }

  /** Those that are between two requests, and have been for so long: other clients need the room. */
  dropQuiet(quietS: number): void {
    for (const connection of this.#connections) connection.dropQuiet(this.now - quietS);
  }

  close(): void {
    clearInterval(this.#sweep);
    for (const connection of this.#connections) connection.destroy();
  }

  #dropLate(): void {
    this.now++;
    if (this.now % shareForS === 0) this.heads.forget();
    for (const connection of this.#connections) connection.dropLate(this.now);
  }
}

class FastConnection {
  readonly #socket: Socket;
  readonly #fastPath: FastPath;
  #request: FastRequest | undefined;
  #answer: FastAnswer | undefined;
  /** The head of its last request. */
  #known: KnownHead | undefined;
  /** What came before its turn: the next request of an impatient client. */
  #held: Buffer | undefined;
  #until: number;
  #quietSince: number;
  readonly #read = (bytes: Buffer) => {
    try {
      this.#take(bytes);
    } catch (error) {
      this.#fault(error);
    }
  };
  readonly #closed = () => this.#close();
  readonly #ended = () => this.destroy();

  constructor(socket: Socket, fastPath: FastPath) {
    this.#socket = socket;
    this.#fastPath = fastPath;
    this.#until = fastPath.now + fastPath.patience.first;
    this.#quietSince = fastPath.now;
    socket.on('data', this.#read).on('end', this.#ended).on('close', this.#closed);
  }

  get isDraining(): boolean {
    return this.#fastPath.isOver;
  }

  /** How an answer's head ends when the connection stays. */
  get keptAlive(): string {
    return this.#fastPath.keptAlive;
  }

  dropLate(now: number): void {
    if (now <= this.#until || this.#request?.hasCome) return;
    // As node:http: who has begun to say something is told why.
    if (this.#request && !this.#answer?.headersSent)
      this.#socket.write('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n', 'latin1');
    this.#socket.destroySoon();
  }

  dropIdle(): void {
    if (!this.#request) this.destroy();
  }

  dropQuiet(before: number): void {
    if (!this.#request && this.#quietSince <= before) this.destroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  #take(bytes: Buffer): void {
    const request = this.#request;
    if (!request) this.#begin(bytes);
    else {
      this.#hold(request.take(bytes));
      request.waitUnlessRead();
    }
  }

  #begin(bytes: Buffer): void {
    const head = this.#headIn(bytes);
    if (!head || !this.#known) {
      this.#socket.off('data', this.#read).off('end', this.#ended).off('close', this.#closed);
      this.#fastPath.handOff(this, this.#socket, bytes);
      return;
    }
    const request = new FastRequest(head, this);
    const answer = new FastAnswer(this.#socket, this);
    this.#request = request;
    this.#answer = answer;
    this.#until = this.#fastPath.now + this.#fastPath.patience.body;
    this.#hold(request.take(head.end === bytes.length ? nothing : bytes.subarray(head.end)));
    this.#fastPath.exchanges.serve(this.#known, request, answer);
    request.waitUnlessRead();
  }

  /** Undefined: it is another request than the fast path's, or one that is not let in. */
  #headIn(bytes: Buffer): FastHead | undefined {
    const { exchanges, heads } = this.#fastPath;
    const again = this.#known?.again(bytes);
    if (this.#known && again) return exchanges.letsIn(this.#known, this.#socket) ? again : undefined;
    const head = fastHead(bytes);
    const known = head && new KnownHead(bytes, head);
    if (!known || !exchanges.letsIn(known, this.#socket)) return undefined;
    this.#known = heads.shared(known);
    return this.#known === known ? head : this.#known.again(bytes);
  }

  #hold(rest: Buffer): void {
    if (rest.length === 0) return;
    this.#held = this.#held ? Buffer.concat([this.#held, rest]) : rest;
    this.#socket.pause();
  }

  /** After an unexpected error: its client sees an end of it, and so does all that runs for that client. */
  door(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#fault(error);
    }
  }

  #fault(error: unknown): never {
    this.#socket.destroy();
    throw error;
  }

  /** Half of an exchange is over. When both are, the next one may begin. */
  halfOver(): void {
    if (!this.#request?.complete || !this.#answer?.writableFinished) return;
    if (this.#fastPath.isOver || this.#answer.isLast) {
      this.#socket.destroySoon();
      return;
    }
    this.#request = undefined;
    this.#answer = undefined;
    if (!this.#known?.isKept) this.#known = undefined;
    this.#until = this.#fastPath.now + this.#fastPath.patience.idle;
    this.#quietSince = this.#fastPath.now;
    const held = this.#held;
    if (!held) return;
    this.#held = undefined;
    // Not inside of the call that ended the answer.
    setImmediate(() => {
      if (this.#socket.destroyed) return;
      this.#socket.resume();
      this.#read(held);
    });
  }

  #close(): void {
    this.#fastPath.forget(this);
    this.#request?.close();
    this.#answer?.close();
  }
}

const nothing = Buffer.alloc(0);
const ignored = () => {};
