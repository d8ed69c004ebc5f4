/**
 * One attempt's answer on its way to whoever receives it. Nothing is given on until it has proven itself; from then on bytes
 * pass as they come, with backpressure, and an end that is none is seen to be none.
 */
import type { Failure } from '../../events/endpoint.ts';
import type { Millis } from '../../events/fact.ts';
import type { Attempt, Usage } from '../../events/request.ts';
import {
  classifyEnvelope,
  classifyStatus,
  classifyTransport,
  errorTypeIn,
  type Verdict,
} from '../../machines/classify.ts';
import { isProxyDown } from '../../machines/network.ts';
import { type Head, headOf } from './headers.ts';
import type { Receiver } from './receiver.ts';
import { countIn, proofOf, StreamWatch } from './sse.ts';
import type { Abort, AnswerSink, TransportError } from './upstream.ts';

const MiB = 1_048_576;
// An Anthropic answer is smaller; a runaway relay is not.
const jsonBytesMax = 64 * MiB;
const errorBytesMax = MiB;
// A stream that has no content after this much has something else in it; all of it is looked at again with each event.
const heldBytesMax = MiB / 4;
const newlineEveryMs = 10_000;
// A connection that did not survive a sleep of this machine gives no sign; one that did has pings at least.
const afterSleepMs = 10_000;

export interface Limits {
  readonly headersMs: Millis;
  readonly firstContentMs: Millis;
  readonly idleMs: Millis;
  readonly totalMs: Millis;
  /** A JSON answer that is not there by then: 200 is committed, and newlines keep the client waiting. Null: nobody waits. */
  readonly commitMs: Millis | null;
}

export interface Asked {
  readonly wantsStream: boolean;
  readonly isMessages: boolean;
  /** An answer that has no body, whatever it says of its length. */
  readonly isHead: boolean;
  readonly model: string | null;
  readonly now: () => Millis;
  /** Our own headers, as flat pairs. */
  readonly added: (ttfbMs: Millis) => string[];
}

export type Outcome =
  /** The answer went out whole. */
  | { readonly kind: 'served'; readonly status: number }
  /** Nobody has seen anything; another endpoint may be asked. `head` and `body` are there for an answer that had a status. */
  | {
      readonly kind: 'failed';
      readonly verdict: Verdict;
      readonly head: Head | null;
      readonly body: Buffer;
      readonly detail: string;
      /** The system's, where no answer came; null otherwise. */
      readonly code: string | null;
      readonly stale: boolean;
    }
  /** Content was given on, and the rest will not come: the receiver is cut. */
  | { readonly kind: 'broken'; readonly detail: string }
  | { readonly kind: 'cancelled' };

/** As it stands in the request's fact. */
export function outcomeWord(outcome: Outcome): Attempt['outcome'] {
  if (outcome.kind === 'served') return 'answered';
  if (outcome.kind === 'cancelled') return 'cancelled';
  if (outcome.kind === 'broken') return 'brokenAnswer';
  // What is the client's own affair was answered, as far as the endpoint goes.
  return outcome.verdict.failure ?? 'answered';
}

/** Something came, or nothing came in time: no code of the system's says why. */
const answered = { code: null, stale: false };

const nothingAfterSleep = 'nothing came after this machine had slept';

type Phase = 'waiting' | 'error' | 'json' | 'judging' | 'relaying' | 'over';

export class Answer implements AnswerSink {
  readonly outcome: Promise<Outcome>;
  place = -1;
  ttfbMs: Millis | null = null;
  ttftMs: Millis | null = null;
  bytes = 0;
  usage: Usage | null = null;
  head_: Head | null = null;
  #phase: Phase = 'waiting';
  #settle: (outcome: Outcome) => void = () => {};
  #abort: Abort = () => {};
  #resume: () => void = () => {};
  #held: Buffer[] = [];
  #heldBytes = 0;
  #pinged = false;
  #extended = false;
  #committed = false;
  #startUsage = '';
  #timer: NodeJS.Timeout | undefined;
  #newlines: NodeJS.Timeout | undefined;
  /** Runs after a sleep, until a byte comes. */
  #asleep: NodeJS.Timeout | undefined;
  readonly #watch = new StreamWatch();
  readonly #startedAt: Millis;
  readonly #receiver: Receiver;
  readonly #asked: Asked;
  readonly #limits: Limits;

  constructor(receiver: Receiver, asked: Asked, limits: Limits) {
    this.#receiver = receiver;
    this.#asked = asked;
    this.#limits = limits;
    this.#startedAt = asked.now();
    this.outcome = new Promise((resolve) => {
      this.#settle = resolve;
    });
    // Not streaming, an endpoint thinks before it says a word: only the whole has a limit.
    this.#arm(asked.wantsStream ? limits.headersMs : limits.totalMs);
    const { commitMs } = limits;
    if (commitMs !== null && !asked.wantsStream && asked.isMessages)
      this.#newlines = setTimeout(() => this.#commit(commitMs), commitMs);
  }

  started(abort: Abort): void {
    if (this.#phase === 'over') abort();
    else this.#abort = abort;
  }

  /** The client has gone: the endpoint is told at once, and is not to blame. */
  cancel(): void {
    this.#end({ kind: 'cancelled' });
    this.#abort();
  }

  /** The machine has slept. Who asked for no stream gets no byte before the whole: that says nothing. */
  wokeUp(): void {
    if (!this.#asked.wantsStream || this.#phase === 'over') return;
    clearTimeout(this.#asleep);
    this.#asleep = setTimeout(() => this.#lost(), afterSleepMs);
  }

  head(status: number, raw: readonly string[], resume: () => void): void {
    if (this.#asleep) this.#isAlive();
    const head = headOf(status, raw);
    this.head_ = head;
    this.#resume = resume;
    this.ttfbMs = this.#asked.now() - this.#startedAt;
    if (status < 200 || status > 299) this.#phase = 'error';
    else if (head.isEncoded && !this.#committed) this.#pass();
    else if (head.contentType.startsWith('text/event-stream')) {
      this.#phase = 'judging';
      this.#arm(this.#limits.firstContentMs);
    } else this.#phase = 'json';
    // A second head would stand in the middle of the first one's body, and an error would look like an answer.
    if (this.#committed && this.#phase !== 'json') this.#fail('badAnswer', 'no JSON, where JSON had begun');
  }

  data(chunk: Buffer): boolean {
    if (this.#asleep) this.#isAlive();
    switch (this.#phase) {
      case 'relaying':
        return this.#relay(chunk);
      case 'judging':
        this.#hold(chunk);
        this.#judge(chunk);
        return true;
      case 'error':
        if (this.#heldBytes < errorBytesMax) this.#hold(chunk);
        return true;
      case 'json':
        this.#hold(chunk);
        if (this.#heldBytes > jsonBytesMax) this.#fail('badAnswer', 'the answer is larger than 64 MiB');
        return true;
      default:
        return true;
    }
  }

  end(): void {
    switch (this.#phase) {
      case 'relaying':
        if (this.#isWhole()) this.#finish();
        else this.#break('the stream ended before message_stop');
        return;
      case 'judging':
        this.#fail('badAnswer', this.#heldBytes === 0 ? 'the stream was empty' : 'the stream ended before content');
        return;
      case 'error':
        this.#refused();
        return;
      case 'json':
        this.#json();
        return;
      default:
        return;
    }
  }

  failed({ code, reused, proxy }: TransportError): void {
    if (this.#phase === 'relaying') {
      this.#break(`the connection broke (${code})`);
      return;
    }
    const stale = this.#phase === 'waiting' && reused;
    const inside = this.#phase === 'judging' || this.#phase === 'json';
    const why = isProxyDown(code) ? `the HTTP proxy ${proxy} is down or refuses (${code})` : code;
    this.#fail(inside ? 'badAnswer' : classifyTransport(code), inside ? `the answer was cut off (${code})` : why, {
      code: inside ? null : code,
      stale,
    });
  }

  /** A refusal goes to the client as it came, byte for byte. */
  passOn(extra: readonly string[]): void {
    const { head_: head } = this;
    if (!head) return;
    const body = Buffer.concat(this.#held);
    this.#receiver.whole(head.status, [...head.pairs, ...extra, ...this.#asked.added(this.ttfbMs ?? 0)], body);
    this.bytes = body.length;
  }

  #hold(chunk: Buffer): void {
    // The bytes are lent.
    this.#held.push(Buffer.from(chunk));
    this.#heldBytes += chunk.length;
  }

  #judge(chunk: Buffer): void {
    // Only an event's end can prove anything.
    if (!chunk.includes('\n') && this.#heldBytes <= heldBytesMax) return;
    const text = Buffer.concat(this.#held).toString('latin1');
    const proof = proofOf(text);
    if (proof === 'proven') {
      this.#startUsage = text;
      this.ttftMs = this.#asked.now() - this.#startedAt;
      this.#pass();
    } else if (proof === 'unproven') {
      if (this.#heldBytes > heldBytesMax) this.#fail('badAnswer', 'no content in 256 KiB of stream');
      // Alive but slow: once, the wait is as long again.
      else if (!this.#pinged && chunk.includes('ping')) this.#pinged = true;
    } else
      this.#fail(classifyEnvelope(proof.error), `error event before content: ${errorTypeIn(proof.error) ?? 'unknown'}`);
  }

  /** The answer is good: its head goes out, and what was held. */
  #pass(): void {
    const head = this.head_ as Head;
    this.#phase = 'relaying';
    this.#receiver.begin(head.status, [...head.pairs, ...this.#asked.added(this.ttfbMs ?? 0)], head.length);
    this.#arm(this.#limits.idleMs);
    const held = this.#held;
    this.#held = [];
    for (const chunk of held) if (this.#phase === 'relaying') this.#relay(chunk);
  }

  #relay(chunk: Buffer): boolean {
    if (!(this.head_ as Head).isEncoded) {
      const { kind, at } = this.#watch.see(chunk);
      if (kind === 'error') {
        // Withheld: an error event would push the client to its slow path.
        if (at > 0) this.#write(chunk.subarray(0, at));
        this.#break('error event after content');
        return true;
      }
      if (kind !== 'ping') this.#timer?.refresh();
    } else this.#timer?.refresh();
    if (this.#write(chunk)) return true;
    this.#receiver.onRoom(this.#resume);
    return false;
  }

  #write(chunk: Buffer): boolean {
    this.bytes += chunk.length;
    return this.#receiver.bytes(chunk);
  }

  #isWhole(): boolean {
    const head = this.head_ as Head;
    return head.isEncoded || !head.contentType.startsWith('text/event-stream') || this.#watch.stopped;
  }

  #finish(): void {
    this.#receiver.end();
    this.usage = this.#streamUsage();
    this.#end({ kind: 'served', status: (this.head_ as Head).status });
  }

  #streamUsage(): Usage | null {
    if (this.#startUsage === '') return null;
    const start = this.#startUsage;
    const end = this.#watch.usage ?? start;
    return usageOf((name) => countIn(name === 'output_tokens' ? end : start, name));
  }

  #refused(): void {
    const head = this.head_ as Head;
    const body = Buffer.concat(this.#held);
    const text = body.toString('utf8');
    const { isMessages, model, now } = this.#asked;
    const verdict = classifyStatus({ status: head.status, header: head.get, body: text, isMessages, model }, now());
    const detail = `${head.status}${errorTypeIn(text) ? ` ${errorTypeIn(text)}` : ''}`;
    this.#end({ kind: 'failed', verdict, head, body, detail, code: null, stale: false });
  }

  /** Whole, and what it should be: JSON, no error in an envelope, a stream where a stream was asked for. */
  #json(): void {
    const head = this.head_ as Head;
    const body = this.#held.length === 1 ? (this.#held[0] as Buffer) : Buffer.concat(this.#held);
    const parsed = body.length === 0 ? undefined : parsedJson(body);
    const wrong = this.#whatIsWrong(head, body, parsed);
    if (wrong) {
      this.#fail(wrong.failure, wrong.detail);
      return;
    }
    const told = (parsed as { usage?: Readonly<Record<string, unknown>> } | undefined)?.usage;
    if (told) this.usage = usageOf((name) => numberOr(told[name]));
    this.#sendWhole(head, body);
  }

  #whatIsWrong(head: Head, body: Buffer, parsed: unknown): { failure: Failure; detail: string } | undefined {
    const { isMessages, wantsStream, isHead } = this.#asked;
    if (isHead) return undefined;
    const bad = (detail: string) => ({ failure: 'badAnswer' as const, detail });
    if (head.length !== null && head.length !== body.length) return bad('the answer was cut off');
    if (parsed === undefined && (isMessages || head.contentType.includes('html'))) {
      return bad(body.length === 0 ? 'an empty answer' : `not JSON (${head.contentType.split(';')[0]})`);
    }
    if ((parsed as { type?: unknown } | undefined)?.type === 'error') {
      return { failure: classifyEnvelope(body.toString('utf8')), detail: `an error with status ${head.status}` };
    }
    return wantsStream && isMessages ? bad('JSON where a stream was asked for') : undefined;
  }

  #sendWhole(head: Head, body: Buffer): void {
    const pairs = this.#committed ? [] : [...head.pairs, ...this.#asked.added(this.ttfbMs ?? 0)];
    const length = this.#asked.isHead ? (head.length ?? 0) : body.length;
    this.#receiver.whole(head.status, pairs, body, length);
    this.bytes = body.length;
    this.#end({ kind: 'served', status: head.status });
  }

  #commit(afterMs: Millis): void {
    const mayBeJson = this.#phase === 'waiting' || this.#phase === 'json';
    if (this.#receiver.isBegun || !mayBeJson) return;
    this.#committed = true;
    this.#receiver.hold(this.#asked.added(afterMs));
    this.#newlines = setInterval(() => this.#receiver.stillHolding(), newlineEveryMs);
  }

  #arm(ms: Millis): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#late(), ms);
  }

  #isAlive(): void {
    clearTimeout(this.#asleep);
    this.#asleep = undefined;
  }

  #lost(): void {
    if (this.#phase === 'relaying') this.#break(nothingAfterSleep);
    else this.#fail('timeout', nothingAfterSleep);
  }

  #late(): void {
    if (this.#phase === 'relaying') {
      this.#break('no event but pings for too long');
      this.#abort();
      return;
    }
    if (this.#phase === 'judging' && this.#pinged && !this.#extended) {
      this.#extended = true;
      this.#arm(this.#limits.firstContentMs);
      return;
    }
    const detail = this.#phase === 'waiting' ? 'no headers in time' : 'no content in time';
    this.#fail('timeout', detail);
  }

  #fail(
    failure: Failure,
    detail: string,
    silence: { readonly code: string | null; readonly stale: boolean } = answered,
  ): void {
    const verdict: Verdict = { failure, retryAfterMs: null, resetAt: null };
    const { head_: head } = this;
    if (this.#committed) this.#receiver.cut();
    this.#end(
      this.#committed
        ? { kind: 'broken', detail }
        : {
            kind: 'failed',
            verdict,
            head: null,
            body: Buffer.alloc(0),
            detail: head ? `${head.status}: ${detail}` : detail,
            ...silence,
          },
    );
    this.#abort();
  }

  /** Never a splice, never an invented event, never a clean early end: the client asks again by itself. */
  #break(detail: string): void {
    this.usage = this.#streamUsage();
    this.#end({ kind: 'broken', detail });
    this.#abort();
    this.#receiver.cut();
  }

  #end(outcome: Outcome): void {
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    clearTimeout(this.#timer);
    clearTimeout(this.#newlines);
    clearTimeout(this.#asleep);
    this.#settle(outcome);
  }
}

function parsedJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function numberOr(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

function usageOf(count: (name: string) => number | null): Usage {
  return {
    input: count('input_tokens'),
    output: count('output_tokens'),
    cacheRead: count('cache_read_input_tokens'),
    cacheWrite: count('cache_creation_input_tokens'),
  };
}
