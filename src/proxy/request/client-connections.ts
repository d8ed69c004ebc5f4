/**
 * The connections of clients: how many there may be, who is over it, and who takes nothing of what is there for him.
 *
 * They are as many as the settings promise to serve, and as the system's open files allow. A few more are kept for the gateway's own
 * pages, so that a gateway which is full can say so; whatever else comes on one of those is turned away with a reason.
 */
import type { Server, Socket } from 'node:net';
import type { Millis } from '../../../events/fact.ts';
import { secondMs } from '../../../events/units.ts';

// Connections that are kept open between two requests, and those of programs that watch.
const besides = 512;
// For the pages. Where there are few, a quarter: all of them want an open file.
const pages = { most: 16, share: 0.25 };
// A client over the limit must begin its request at once.
const overMs = 2 * secondMs;
// Between two requests, or in the middle of a body; a client that is quiet for so long makes room for new ones.
const quietS = 5;
const quietEveryMs = secondMs;
// So often at most it is told that there are too many, or that a client was disconnected.
const tellEveryMs = 60 * secondMs;
const lookEveryMs = 5 * secondMs;
// A client that takes nothing for so long, while there is something for it, is stopped or gone. Endpoints give up sooner.
const stalledMs = 300 * secondMs;
// What may wait for clients, all in all. Over it, clients that have taken nothing for a while go, the longest first.
const unreadBytesMax = 256 * 1_048_576;
const unreadMs = 10 * secondMs;

/** What there is of open files, as far as the data port has to know. */
export interface OpenFiles {
  readonly connectionsMax: number;
  /** None are left: new clients are turned away. */
  readonly isShort: boolean;
  readonly shortages: number;
  /** The code of a failure that may have been for want of one. */
  heard(code: string | null): void;
  changed: () => void;
}

export interface ConnectionRules {
  readonly maxConcurrent: number;
  readonly maxWaiting: number;
}

export interface ConnectionCounts {
  readonly open: number;
  /** Clients that are served. */
  readonly max: number;
  /** Closed or turned away, because there were so many. */
  readonly dropped: number;
  /** Cut, because they took nothing. */
  readonly stalled: number;
}

interface Waiting {
  /** Bytes that it has taken, and since when no more. */
  readonly taken: number;
  readonly since: Millis;
}

export class ClientConnections {
  readonly #server: Server;
  readonly #files: OpenFiles | undefined;
  readonly #tell: (sentence: string) => void;
  readonly #dropQuiet: (quietS: number) => void;
  /** All of them: an upgrade and a handshake that hangs are in no list of node:http's, and a stop must not wait for them. */
  readonly #sockets = new Set<Socket>();
  /** Those that can be read: the same, or what TLS makes of them. */
  readonly #readable = new Set<Socket>();
  readonly #over = new WeakSet<object>();
  readonly #look: NodeJS.Timeout;
  #waiting = new Map<Socket, Waiting>();
  #rules: ConnectionRules = { maxConcurrent: 0, maxWaiting: 0 };
  #dropped = 0;
  #stalled = 0;
  #quietAt = Number.NEGATIVE_INFINITY;
  readonly #toldAt = { full: Number.NEGATIVE_INFINITY, stalled: Number.NEGATIVE_INFINITY };

  /**
   * @param event with which the server tells of a connection that can be read
   * @param dropQuiet closes those of whom nothing has come for so long, between two requests or in the middle of one
   */
  constructor(
    server: Server,
    event: 'connection' | 'secureConnection',
    how: {
      readonly files: OpenFiles | undefined;
      readonly tell: (sentence: string) => void;
      readonly dropQuiet: (quietS: number) => void;
    },
  ) {
    this.#server = server;
    this.#files = how.files;
    this.#tell = how.tell;
    this.#dropQuiet = how.dropQuiet;
    if (how.files) how.files.changed = () => this.#limit();
    // Before the listeners that serve them.
    server.prependListener(event, (socket: Socket) => this.#readableNow(socket));
    server.prependListener('connection', (socket: Socket) => this.#connected(socket));
    server.on('drop', () => this.turnedAway());
    this.#look = setInterval(() => this.look(performance.now()), lookEveryMs).unref();
  }

  get counts(): ConnectionCounts {
    return { open: this.#sockets.size, max: this.max, dropped: this.#dropped, stalled: this.#stalled };
  }

  /** Clients that are served at once. */
  get max(): number {
    return this.#most - this.#forPages;
  }

  configure(rules: ConnectionRules): void {
    const wants = rules.maxConcurrent;
    const isNew = wants !== this.#rules.maxConcurrent;
    this.#rules = rules;
    this.#limit();
    if (isNew && this.max < wants)
      this.#tell(`open files allow ${this.max} clients, and proxy.max_concurrent is ${wants} - run: ulimit -n`);
  }

  /** Whether it is there for the gateway's own pages only. */
  isOver(socket: object): boolean {
    return this.#over.has(socket);
  }

  close(): void {
    clearInterval(this.#look);
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Who takes nothing of what is there for him. */
  look(now: Millis): void {
    const waiting = new Map<Socket, Waiting>();
    let unread = 0;
    for (const socket of this.#readable) {
      const length = socket.writableLength;
      if (length === 0 || socket.destroyed) continue;
      const taken = socket.bytesWritten - length;
      const before = this.#waiting.get(socket);
      const since = before?.taken === taken ? before.since : now;
      if (now - since >= stalledMs) this.#abort(socket, now);
      else {
        unread += length;
        waiting.set(socket, { taken, since });
      }
    }
    this.#waiting = waiting;
    if (unread > unreadBytesMax) this.#abortLongest(unread, now);
  }

  #abortLongest(unread: number, now: Millis): void {
    let left = unread;
    const longest = [...this.#waiting].sort(([, a], [, b]) => a.since - b.since);
    for (const [socket, { since }] of longest) {
      if (left <= unreadBytesMax || now - since < unreadMs) return;
      left -= socket.writableLength;
      this.#waiting.delete(socket);
      this.#abort(socket, now);
    }
  }

  #abort(socket: Socket, now: Millis): void {
    this.#stalled++;
    socket.destroy();
    this.#tellOnce('stalled', now, `${this.#stalled} clients were cut: they took nothing of their answers for minutes`);
  }

  /** All that are let in, those for the pages too. */
  get #most(): number {
    const { maxConcurrent, maxWaiting } = this.#rules;
    return Math.min(
      maxConcurrent + maxWaiting + besides + pages.most,
      this.#files?.connectionsMax ?? Number.POSITIVE_INFINITY,
    );
  }

  get #forPages(): number {
    return Math.min(pages.most, Math.floor(this.#most * pages.share));
  }

  /** Without open files a new client is closed at once: one is no room, and 0 would be no limit. */
  #limit(): void {
    this.#server.maxConnections = this.#files?.isShort ? 1 : this.#most;
  }

  #connected(socket: Socket): void {
    socket.on('error', ignored);
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #readableNow(socket: Socket): void {
    this.#readable.add(socket);
    socket.once('close', () => this.#readable.delete(socket));
    if (this.#sockets.size <= this.max) return;
    this.#over.add(socket);
    const timer = setTimeout(() => socket.destroy(), overMs);
    socket.once('close', () => clearTimeout(timer));
    this.#makeRoom();
  }

  #makeRoom(): void {
    const now = performance.now();
    if (now - this.#quietAt < quietEveryMs) return;
    this.#quietAt = now;
    this.#dropQuiet(quietS);
  }

  /** A client came, and there were too many. */
  turnedAway(): void {
    this.#dropped++;
    this.#makeRoom();
    const byFiles = this.#files !== undefined && this.#most === this.#files.connectionsMax;
    const remedy = byFiles ? 'ulimit -n' : `qcc config set proxy.max_concurrent ${2 * this.#rules.maxConcurrent}`;
    const sentence = `${this.max} clients are connected, and more are turned away - run: ${remedy}`;
    this.#tellOnce('full', performance.now(), sentence);
  }

  #tellOnce(what: 'full' | 'stalled', now: Millis, sentence: string): void {
    if (now - this.#toldAt[what] < tellEveryMs) return;
    this.#toldAt[what] = now;
    this.#tell(sentence);
  }
}

function ignored(): void {}
