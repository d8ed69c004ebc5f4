/**
 * One attempt of a queued request, at one endpoint. No client waits for it, so it is made beside the main loop; what proves an
 * answer is what proves it to a client. Data in, data out: the answer's bytes go back as they come, as many as there is
 * credit for, and nothing is kept between two attempts.
 */
import type { MessagePort } from 'node:worker_threads';
import type { Millis } from '../events/fact.ts';
import type { Auth } from '../events/profile.ts';
import type { CallReason } from '../events/reason.ts';
import type { Usage } from '../events/request.ts';
import type { Verdict } from '../machines/classify.ts';
import { Answer } from '../src/proxy/response/answer.ts';
import type { Outcome } from '../src/proxy/response/outcome.ts';
import type { Receiver } from '../src/proxy/response/receiver.ts';
import { fieldLines, headersUp } from '../src/proxy/upstream/headers.ts';
import { type AnswerSink, Upstreams } from '../src/proxy/upstream/upstream.ts';

export interface RetryJob {
  readonly origin: string;
  /** With the path of the base URL before it and the query behind. */
  readonly path: string;
  readonly method: string;
  /** End-to-end ones of the client, as flat pairs, without a credential. */
  readonly headers: readonly string[];
  readonly auth: Auth;
  readonly key: string;
  readonly allowPlaintext: boolean;
  readonly body: Uint8Array;
  readonly wantsStream: boolean;
  /** A Messages call, whose failures are told apart. */
  readonly isMessages: boolean;
  readonly isCount: boolean;
  readonly model: string | null;
  /** The endpoint has answered messages before. */
  readonly hasAnswered: boolean;
  readonly limits: RetryLimits;
}

export interface RetryLimits {
  readonly connectMs: Millis;
  readonly headersMs: Millis;
  readonly firstContentMs: Millis;
  readonly idleMs: Millis;
  readonly totalMs: Millis;
}

interface Seen {
  /** Null: there was no answer at all. */
  readonly status: number | null;
  readonly ttfbMs: Millis | null;
}

export type RetryResult =
  /** All of it was handed over. */
  | (Seen & {
      readonly kind: 'answered';
      readonly ttftMs: Millis | null;
      readonly bytes: number;
      readonly usage: Usage | null;
    })
  /** Nothing was handed over. `verdict.failure` null: the request is refused for what it is, with these headers and body. */
  | (Seen & {
      readonly kind: 'failed';
      readonly verdict: Verdict;
      readonly detail: CallReason;
      /** The system's code, where no answer came. */
      readonly code: string | null;
      readonly headers: readonly string[];
      readonly body: Uint8Array;
    })
  /** What was handed over is the beginning of an answer that has no end. */
  | (Seen & {
      readonly kind: 'broken';
      readonly detail: CallReason;
      readonly bytes: number;
      readonly usage: Usage | null;
    })
  | (Seen & { readonly kind: 'cancelled' });

/** What comes back over the port, in this order: `answering`, `proven`, `bytes`…, `over`. */
export type FromRetry =
  | { readonly kind: 'answering'; readonly status: number }
  | { readonly kind: 'proven'; readonly status: number; readonly headers: readonly string[] }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'over'; readonly result: RetryResult };

/** What goes over it: so many bytes were taken, an end, or that the machine has slept. */
export type ToRetry = number | 'stop' | 'wokeUp';

export interface RetryTask {
  readonly job: RetryJob;
  readonly port: MessagePort;
}

/** What may be on its way at once: more only waits in memory, on the other side. */
export const creditBytes = 262_144;
const sliceBytes = 65_536;

export default async function task({ job, port }: RetryTask): Promise<void> {
  const receiver = new PortReceiver(port);
  const body = bytesOf(job);
  const asked = { ...job, body, isHead: false, now: Date.now, added: () => [] };
  const answer = new Answer(receiver, asked, limitsOf(job));
  let isStopped = false;
  const stop = () => {
    isStopped = true;
    answer.cancel();
    receiver.drop();
  };
  port.on('message', (message: ToRetry) => {
    if (message === 'stop') stop();
    else if (message === 'wokeUp') answer.resume();
    else receiver.credited(message);
  });
  port.once('close', stop);
  // Connections of its own, as a probe has them: an idle one may be dead without a sign.
  const upstreams = new Upstreams();
  try {
    send(job, upstreams, answer, port);
    const result = resultOf(await answer.outcome, answer);
    await receiver.drained();
    post(port, { kind: 'over', result: isStopped ? { ...seen(answer), kind: 'cancelled' } : result });
  } finally {
    upstreams.close();
    port.off('close', stop);
    port.close();
  }
}

function bytesOf({ body: { buffer, byteOffset, byteLength } }: RetryJob): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}

/** No client waits: no newlines. */
function limitsOf({ limits }: RetryJob) {
  return { ...limits, commitMs: null };
}

function send(job: RetryJob, upstreams: Upstreams, answer: Answer, port: MessagePort): void {
  const { origin, path, method, auth, key } = job;
  upstreams.configure(job.limits.connectMs);
  if (!job.allowPlaintext && upstreams.isExposed(origin)) {
    answer.failed({ code: 'CERT_PLAINTEXT', reused: false, proxy: null });
    return;
  }
  const sink: AnswerSink = {
    head(status, pairs, resume) {
      post(port, { kind: 'answering', status });
      answer.head(status, pairs, resume);
    },
    data: (bytes) => answer.data(bytes),
    end: () => answer.end(),
    failed: (error) => answer.failed(error),
    fault: (error) => answer.fault(error),
  };
  const fields = fieldLines(headersUp(job.headers, undefined, auth, key));
  answer.started(upstreams.send({ origin, path, method, fields, body: bytesOf(job), fresh: true }, sink));
}

function seen({ answerHead: head, ttfbMs }: Answer): Seen {
  return { status: head?.status ?? null, ttfbMs };
}

function resultOf(outcome: Outcome, answer: Answer): RetryResult {
  const { ttftMs, bytes, usage } = answer;
  switch (outcome.kind) {
    case 'served':
      return { ...seen(answer), kind: 'answered', ttftMs, bytes, usage };
    case 'broken':
      return { ...seen(answer), kind: 'broken', detail: outcome.detail, bytes, usage };
    case 'cancelled':
      return { ...seen(answer), kind: 'cancelled' };
    case 'failed': {
      const { verdict, detail, code, head, body } = outcome;
      return { ...seen(answer), kind: 'failed', verdict, detail, code, headers: head?.pairs ?? [], body };
    }
  }
}

/** Hands an answer over a port, as far as there is credit. */
class PortReceiver implements Receiver {
  isBegun = false;
  readonly #port: MessagePort;
  #credit = creditBytes;
  /** Of an answer that is all there: what is not handed over yet. */
  #rest: readonly Buffer[] = [];
  #goOn: () => void = () => {};

  constructor(port: MessagePort) {
    this.#port = port;
  }

  begin(status: number, headers: readonly string[]): void {
    this.isBegun = true;
    post(this.#port, { kind: 'proven', status, headers });
  }

  bytes(chunk: Buffer): boolean {
    // Memory of its own: these bytes are lent, and what is sent is taken from here.
    const own = new Uint8Array(chunk);
    post(this.#port, { kind: 'bytes', bytes: own }, [own.buffer]);
    this.#credit -= chunk.length;
    return this.#credit > 0;
  }

  onRoom(goOn: () => void): void {
    this.#goOn = goOn;
  }

  credited(bytes: number): void {
    this.#credit += bytes;
    if (this.#credit > 0) this.#goOn();
  }

  whole(status: number, headers: readonly string[], pieces: readonly Buffer[]): void {
    this.begin(status, headers);
    this.#rest = pieces;
  }

  /** Resolves when all is handed over, or dropped. */
  async drained(): Promise<void> {
    for (const piece of this.#rest) {
      for (let at = 0; at < piece.length && this.#rest.length > 0; at += sliceBytes) {
        const hasRoom = this.bytes(piece.subarray(at, at + sliceBytes));
        if (!hasRoom) await new Promise<void>((resolve) => this.onRoom(resolve));
      }
    }
  }

  drop(): void {
    this.#rest = [];
    this.#goOn();
  }

  // How it ends, and that it is held, is told by the result.
  end(): void {}
  commitEarly(): void {}
  keepAlive(): void {}
  abort(): void {}
}

function post(port: MessagePort, message: FromRetry, moved: readonly ArrayBuffer[] = []): void {
  port.postMessage(message, moved);
}
