/** A line to one endpoint, for as long as a probe lasts, over the client that carries traffic: what a probe sees, a request would see. */

import { HeldBytes } from '../src/proxy/admission/held-bytes.ts';
import { plainText } from '../src/proxy/response/encoding.ts';
import { StreamWatch } from '../src/proxy/response/sse.ts';
import { Connection } from '../src/proxy/upstream/connection.ts';
import { Deadline } from '../src/proxy/upstream/deadline.ts';
import { codeOf, dial, dialTargetBehind } from '../src/proxy/upstream/dial.ts';
import { fieldLines, type Head, headOf } from '../src/proxy/upstream/headers.ts';
import type { AnswerSink, TransportError } from '../src/proxy/upstream/upstream.ts';
import type { Stage } from './verdict.ts';

export interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Flat pairs. */
  readonly headers: readonly string[];
  readonly body: string | null;
  /** More is not read: what it answers is some words, or the beginning of a list. */
  readonly bytesMax: number;
  /** Its beginning says enough, with any status. */
  readonly takesPart: boolean;
  /** A stream was asked for: when it begins, and when it is whole, is looked at as it comes. */
  readonly wantsStream: boolean;
}

export interface Reply {
  readonly status: number;
  readonly header: (name: string) => string | null;
  /** As much as was read of it. */
  readonly body: string;
  /** There was more. */
  readonly isAborted: boolean;
  /** From when the connection was there to the end of the answer. */
  readonly responseMs: number;
  /** To its first content; null where none was seen to come. */
  readonly ttftMs: number | null;
}

/** A call without a whole answer. `code` is the system's or the parser's, `QCC_…` this file's, `EPROXY` the proxy's own fault. */
export class CallFailed extends Error {
  readonly code: string;
  readonly stage: Stage;

  constructor(code: string, stage: Stage) {
    super(code);
    this.code = code;
    this.stage = stage;
  }
}

export interface Limits {
  readonly dialMs: number;
  /** From when the connection is there. */
  readonly answerMs: number;
}

const ok = 200;
// Some leave the connection open after the last event: what follows is nothing.
const lingerMs = 100;
const nothing = () => {};

/**
 * Connections of its own: an idle one of an earlier probe may be dead without a sign, and its end would look like the
 * endpoint's. Calls are made one after the other, each on a connection of its own: one that the endpoint is about to close would
 * look like a fault. `close` ends what runs, dialling too.
 */
export class Line {
  readonly #target: ReturnType<typeof dialTargetBehind>;
  #hangUp: () => void = nothing;

  /** @param proxy an HTTP proxy to go through, or null */
  constructor(origin: string, proxy: string | null) {
    this.#target = dialTargetBehind(origin, proxy);
  }

  /** Resolves when a connection is there: TCP, and TLS where the endpoint has it. Nothing is sent. @throws {CallFailed} */
  dial(dialMs: number): Promise<number> {
    const startedAt = performance.now();
    return new Promise((resolve, reject) => {
      const read = () => true;
      this.#hangUp = dial(this.#target, dialMs, read, (error, socket) => {
        socket?.destroy();
        if (error) reject(new CallFailed(dialCode(codeOf(error)), 'dialling'));
        else resolve(passedMs(startedAt));
      });
    });
  }

  /** @throws {CallFailed} */
  call(call: Call, limits: Limits): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const connection = new Connection(this.#target, limits.dialMs, (idle) => idle.destroy(), nothing);
      const exchange = new Exchange(call, limits.answerMs, { resolve, reject, hangUp: () => connection.destroy() });
      this.#hangUp = () => connection.destroy();
      const body = call.body === null ? null : Buffer.from(call.body);
      // The origin is that of the connection, which belongs to no other.
      const { method, path, headers } = call;
      const fields = fieldLines(headers);
      connection.start({ origin: '', method, path, fields, body, fresh: true, by: exchange }, exchange);
    });
  }

  close(): void {
    this.#hangUp();
  }
}

interface Settle {
  resolve(reply: Reply): void;
  reject(error: unknown): void;
  /** Nothing more is wanted of the other side. */
  hangUp(): void;
}

/** One call on its way: the client tells it what happens, and it settles once. */
class Exchange implements AnswerSink {
  readonly #call: Call;
  readonly #answerMs: number;
  readonly #settle: Settle;
  readonly #held = new HeldBytes();
  #then: () => void = () => this.#fail('QCC_TIMEOUT');
  readonly #deadline = new Deadline(() => this.#then());
  #stage: Stage = 'dialling';
  #over = false;
  #startedAt = performance.now();
  #head: Head | undefined;
  #isAborted = false;
  readonly #watch = new StreamWatch();
  #ttftMs: number | null = null;
  #wholeMs: number | null = null;

  constructor(call: Call, answerMs: number, settle: Settle) {
    this.#call = call;
    this.#answerMs = answerMs;
    this.#settle = settle;
  }

  /** The connection is there, and has taken the request. */
  sent(): void {
    this.#stage = 'waiting';
    this.#startedAt = performance.now();
    this.#deadline.arm(this.#answerMs);
  }

  head(status: number, pairs: readonly string[]): void {
    this.#stage = 'reading';
    this.#head = headOf(status, pairs);
  }

  data(chunk: Buffer): boolean {
    if (this.#over) return true;
    const { bytesMax, takesPart, wantsStream } = this.#call;
    const room = bytesMax - this.#held.length;
    this.#held.add(chunk.length > room ? chunk.subarray(0, room) : chunk);
    if (chunk.length > room) {
      this.#isAborted = true;
      if (takesPart || this.#head?.status !== ok) this.end();
      else this.#fail('QCC_ANSWER_TOO_LARGE');
    } else if (wantsStream) this.#look(chunk);
    return true;
  }

  end(): void {
    const head = this.#head;
    if (!head || !this.#finish()) return;
    this.#settle.resolve({
      status: head.status,
      header: head.get,
      // A compressed answer was not asked for; clients take one all the same.
      body: plainText(Buffer.concat(this.#held.take()), head.encoding, this.#call.bytesMax),
      isAborted: this.#isAborted,
      responseMs: this.#wholeMs ?? passedMs(this.#startedAt),
      ttftMs: this.#ttftMs,
    });
    this.#settle.hangUp();
  }

  failed({ code }: TransportError): void {
    this.#fail(this.#stage === 'dialling' ? dialCode(code) : code);
  }

  fault(error: unknown): void {
    if (this.#finish()) this.#settle.reject(error);
  }

  #look(chunk: Buffer): void {
    this.#watch.see(chunk);
    if (this.#watch.commitState === 'committable') this.#ttftMs ??= passedMs(this.#startedAt);
    if (!this.#watch.stopped || this.#wholeMs !== null) return;
    this.#wholeMs = passedMs(this.#startedAt);
    this.#then = () => this.end();
    this.#deadline.arm(lingerMs);
  }

  #fail(code: string): void {
    if (this.#wholeMs !== null && !this.#over) {
      this.end();
      return;
    }
    if (!this.#finish()) return;
    this.#settle.reject(new CallFailed(code, this.#stage));
    this.#settle.hangUp();
  }

  /** False when it is over already. */
  #finish(): boolean {
    if (this.#over) return false;
    this.#over = true;
    this.#deadline.clear();
    return true;
  }
}

/** Whether the time that a dial has, or the system's own, was up. */
function dialCode(code: string): string {
  return code === 'ETIMEDOUT' ? 'QCC_TIMEOUT' : code;
}

function passedMs(startedAt: number): number {
  return Math.round(performance.now() - startedAt);
}
