/** Calls of endpoints, over connections that are kept. Bytes come as they are, nothing is decoded or followed. */
import type { Readable } from 'node:stream';
import { isLoopback } from '../../config/network/base-url.ts';
import { Connection } from './connection.ts';
import { type DialTarget, dialTargetOf } from './dial.ts';

export interface Call {
  readonly origin: string;
  readonly path: string;
  readonly method: string;
  /** Its header's fields, each with its line's end: `fieldLines` makes them. */
  readonly fields: string;
  readonly body: Buffer | Readable | null;
  /** A connection of its own, for the second try after a stale one. */
  readonly fresh: boolean;
  /** Is told that the body is with the system: its memory is not looked at any more. */
  readonly by?: { sent(): void } | null;
}

/** What hears of the answer, in this order: head, data…, end; or failed at any point. */
export interface AnswerSink {
  head(status: number, pairs: readonly string[], resume: () => void): void;
  /**
   * The bytes are lent for the call: who keeps them copies them. False: hold the upstream back until `resume`.
   * @param framed the same bytes as the chunks that they came in, where those may be passed on as they are
   */
  data(bytes: Buffer, framed?: Buffer): boolean;
  end(): void;
  failed(error: TransportError): void;
  /** An unexpected error in a callback: the caller is told so, and the endpoint is not to blame. */
  fault(error: unknown): void;
}

export interface TransportError {
  readonly code: string;
  /** The connection had served before: its end may have nothing to do with this call. */
  readonly reused: boolean;
  /** The HTTP proxy on the way, without its credentials; null when there is none. */
  readonly proxy: string | null;
}

/** Ends the call now; the sink hears nothing more. */
export type Abort = () => void;

// Upstreams close idle connections after 30 s and more; ours go first.
const keepAliveMs = 30_000;
// What an upstream says of its own patience is cut by what an answer may take to get here.
const marginMs = 1_000;
const sweepMs = 10_000;
// A name that has moved to another address is found within this time, however busy its connections are.
const ageMaxMs = 600_000;

export class Upstreams {
  readonly #targets = new Map<string, Origin>();
  readonly #exposed = new Map<string, boolean>();
  readonly #sweep = setInterval(() => this.#dropExpired(), sweepMs).unref();
  #connectMs = 0;
  /** Of all origins together. */
  readonly #open: Open = { now: 0, most: Number.POSITIVE_INFINITY };

  /**
   * New limits hold for new connections; calls that run end as they are.
   * @param openMax how many may be there at once: those that are idle make room
   */
  configure(connectMs: number, openMax = Number.POSITIVE_INFINITY): void {
    this.#open.most = openMax;
    if (connectMs === this.#connectMs) return;
    this.#connectMs = connectMs;
    this.drain();
  }

  /** Whether what is sent there could be read on its way. */
  isExposed(origin: string): boolean {
    let exposed = this.#exposed.get(origin);
    if (exposed === undefined) {
      exposed = origin.startsWith('http:') && !isLoopback(new URL(origin).hostname);
      this.#exposed.set(origin, exposed);
    }
    return exposed;
  }

  send(call: Call, sink: AnswerSink): Abort {
    let origin = this.#targets.get(call.origin);
    if (!origin) {
      origin = new Origin(dialTargetOf(call.origin, process.env), this.#open);
      this.#targets.set(call.origin, origin);
    }
    const connection = (call.fresh ? undefined : origin.take()) ?? this.#connect(origin);
    connection.start(call, sink);
    return () => connection.abort(sink);
  }

  #connect(origin: Origin): Connection {
    if (this.#open.now >= this.#open.most) this.#makeRoom();
    return origin.connect(this.#connectMs);
  }

  #makeRoom(): void {
    for (const origin of this.#targets.values()) if (origin.dropOldest()) return;
  }

  close(): void {
    clearInterval(this.#sweep);
    this.drain();
  }

  /** Idle connections are closed; calls that run end as they are. */
  drain(): void {
    for (const origin of this.#targets.values()) origin.drain();
    this.#targets.clear();
  }

  #dropExpired(): void {
    for (const origin of this.#targets.values()) origin.dropExpired();
  }
}

interface Open {
  now: number;
  most: number;
}

/** The connections to one origin: the one that was used last is used next, the others may grow old. */
class Origin {
  readonly #target: DialTarget;
  readonly #idle: { readonly connection: Connection; readonly until: number }[] = [];
  readonly #open: Open;
  #isOver = false;

  constructor(target: DialTarget, open: Open) {
    this.#target = target;
    this.#open = open;
  }

  take(): Connection | undefined {
    for (;;) {
      const last = this.#idle.pop();
      if (!last) return undefined;
      if (!last.connection.isDead && last.until > performance.now()) return last.connection;
      last.connection.destroy();
    }
  }

  connect(connectMs: number): Connection {
    const oldAt = performance.now() + ageMaxMs;
    this.#open.now++;
    const idle = (connection: Connection) => {
      const told = connection.keepsForMs;
      const forMs = told === null ? keepAliveMs : Math.min(keepAliveMs, told - marginMs);
      if (this.#isOver || forMs <= 0 || performance.now() > oldAt) connection.destroy();
      else this.#idle.push({ connection, until: performance.now() + forMs });
    };
    return new Connection(this.#target, connectMs, idle, () => void this.#open.now--);
  }

  /** False where none is idle. */
  dropOldest(): boolean {
    const oldest = this.#idle.shift();
    oldest?.connection.destroy();
    return oldest !== undefined;
  }

  drain(): void {
    this.#isOver = true;
    for (const { connection } of this.#idle.splice(0)) connection.destroy();
  }

  dropExpired(): void {
    const now = performance.now();
    let kept = 0;
    // There may be as many as there were streams.
    for (const one of this.#idle) {
      if (!one.connection.isDead && one.until > now) this.#idle[kept++] = one;
      else one.connection.destroy();
    }
    this.#idle.length = kept;
  }
}
