/**
 * One attempt's answer on its way to its receiver. Nothing is given on until it has passed the commit gate; from then on bytes
 * pass as they come, with backpressure, and an end that is none is seen to be none.
 */

import type { Failure } from '../../../events/endpoint.ts';
import type { Millis } from '../../../events/fact.ts';
import { type CallReason, reason } from '../../../events/reason.ts';
import type { AttemptNote, Usage } from '../../../events/request.ts';
import { MiB } from '../../../events/units.ts';
import { errorWord } from '../../../machines/classify.ts';
import type { AttemptLimits } from '../../../machines/failover-policy.ts';
import { HeldBytes } from '../admission/held-bytes.ts';
import { guarded } from '../upstream/guarded.ts';
import { type Head, headOf, streamHead } from '../upstream/headers.ts';
import type { Abort, AnswerSink, TransportError } from '../upstream/upstream.ts';
import { type Fault, JsonBody } from './json-body.ts';
import { LargeAnswer, largeAnswers } from './large-answers.ts';
import type { Asked, Outcome } from './outcome.ts';
import { Patience } from './patience.ts';
import { isLookedAtWhole, isUnasked, Opening, type Phase, phaseAfter } from './phases.ts';
import type { Receiver } from './receiver.ts';
import { StreamWatch } from './sse.ts';
import { Unpacking } from './unpacking.ts';
import { brokenOff, failed, inside, noContentIn, noCount, refused, type Silence, verdictOf } from './verdicts.ts';

// An Anthropic answer is smaller; a runaway relay is not.
const jsonBytesMax = 64 * MiB;
const errorBytesMax = MiB;
// A stream that has no content after this much has something else in it.
const heldBytesMax = MiB / 4;
const newlineEveryMs = 10_000;

const nothingAfterSleep = reason('silentAfterSleep');

export class Answer implements AnswerSink {
  readonly outcome: Promise<Outcome>;
  place = -1;
  ttfbMs: Millis | null = null;
  ttftMs: Millis | null = null;
  bytes = 0;
  usage: Usage | null = null;
  answerHead: Head | null = null;
  #phase: Phase = 'waiting';
  #settle: (outcome: Outcome) => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #abort: Abort = () => {};
  #resume: () => void = () => {};
  readonly #held = new HeldBytes();
  #committed = false;
  /** Nothing is read because the receiver takes nothing: until it does, no time passes for the endpoint. */
  #isHeldUp = false;
  #hasSlept = false;
  readonly #patience: Patience;
  #newlines: NodeJS.Timeout | undefined;
  #watch: StreamWatch | undefined;
  #json: JsonBody | undefined;
  /** Of an answer that came compressed: what is looked at is in there. */
  #unpacking: Unpacking | undefined;
  /** Some of the text of the next packed piece was seen. */
  #isMore = false;
  /** Of a body that is labelled as something else than a stream. */
  #opening: Opening | undefined;
  /** Its last event has come; it has a moment left to end. */
  #lingers = false;
  #memory: LargeAnswer | undefined;
  #whole: Buffer | undefined;
  readonly #startedAt: Millis;
  readonly #receiver: Receiver;
  readonly #asked: Asked;
  readonly #limits: AttemptLimits;

  constructor(receiver: Receiver, asked: Asked, limits: AttemptLimits) {
    this.#receiver = receiver;
    this.#asked = asked;
    this.#limits = limits;
    this.#startedAt = asked.now();
    this.outcome = new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.#reject = reject;
    });
    // Not streaming, an endpoint thinks before it says a word: only the whole has a limit.
    this.#patience = new Patience(
      limits,
      () => guarded(this, () => this.#late()),
      () => guarded(this, () => this.#lost()),
    );
    this.#patience.arm(asked.wantsStream ? limits.headersMs : limits.totalMs);
    const { commitMs } = limits;
    if (commitMs !== null && !asked.wantsStream && asked.isMessages)
      this.#newlines = setTimeout(() => guarded(this, () => this.#commit(commitMs)), commitMs);
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
  resume(): void {
    if (!this.#asked.wantsStream || this.#phase === 'over') return;
    this.#hasSlept = this.#isHeldUp;
    if (!this.#isHeldUp) this.#patience.slept();
  }

  head(status: number, raw: readonly string[], resume: () => void): void {
    this.#patience.heard();
    const head = headOf(status, raw);
    this.answerHead = head;
    this.#resume = resume;
    this.ttfbMs = this.#asked.now() - this.#startedAt;
    this.#phase = phaseAfter(head, this.#asked);
    switch (this.#phase) {
      case 'encoded':
        if (head.contentType.includes('html'))
          this.#wrong({ failure: 'badAnswer', detail: reason('notJson', { type: 'text/html' }) });
        break;
      case 'judging':
        this.#watch = new StreamWatch();
        this.#patience.forContent();
        if (head.isEncoded) this.#unpacking = this.#unpacker(head);
        if (!this.#committed && isUnasked(this.#asked)) this.#fail('badAnswer', reason('streamForJson'));
        break;
      case 'json':
        this.#expectJson(head);
        break;
    }
    // A second head would stand in the middle of the first one's body, and an error would look like an answer.
    if (this.#committed && (this.#phase !== 'json' || this.#unpacking))
      this.#fail('badAnswer', reason('noJsonAfterAll'));
  }

  #expectJson(head: Head): void {
    const isWhole = isLookedAtWhole(this.#asked);
    if (this.#asked.isMessages && !isWhole) this.#opening = new Opening();
    this.#json = new JsonBody(this.#asked, head);
    this.#memory = new LargeAnswer(largeAnswers, () => guarded(this, () => this.#readOn()));
    if (head.isEncoded && !isWhole) this.#unpacking = this.#unpacker(head);
  }

  data(chunk: Buffer, framed?: Buffer): boolean {
    this.#patience.heard();
    if (this.#unpacking) return this.#phase === 'over' || this.#unpacking.take(chunk);
    if (this.#phase === 'over') return true;
    this.#see(chunk, false);
    return this.#take(chunk, framed);
  }

  #see(text: Buffer, isMore: boolean): void {
    if (this.#opening) this.#seeOpening(text);
    else if (this.#phase !== 'json') this.#watch?.see(text, isMore);
    else {
      const fault = (this.answerHead as Head).isEncoded && !this.#unpacking ? undefined : this.#json?.feed(text);
      if (fault) this.#wrong(fault);
    }
  }

  /** Whatever its label says: a body that begins as an event stream is one, and no JSON begins so. */
  #seeOpening(text: Buffer): void {
    const seen = this.#opening?.see(text);
    if (!seen) return;
    this.#opening = undefined;
    if (seen.kind === 'stream' && !this.#committed) {
      this.answerHead = streamHead(this.answerHead as Head);
      this.#phase = 'judging';
      this.#watch = new StreamWatch();
      this.#patience.forContent();
      if (isUnasked(this.#asked)) this.#fail('badAnswer', reason('streamForJson'));
    }
    this.#see(seen.bytes, false);
  }

  /** What is in it was seen. */
  #take(chunk: Buffer, framed?: Buffer): boolean {
    switch (this.#phase) {
      case 'relaying':
        return this.#relay(chunk, framed);
      case 'judging':
        return this.#judge(chunk, this.#watch as StreamWatch);
      case 'encoded':
        this.#pass();
        return this.#write(chunk);
      case 'error':
        this.#held.add(chunk);
        if (this.#held.length > errorBytesMax && !this.#enough()) this.#fail('badAnswer', reason('errorTooLarge'));
        return true;
      case 'json':
        return this.#scan(chunk);
      default:
        return true;
    }
  }

  end(): void {
    if (this.#unpacking && this.#phase !== 'over') this.#unpacking.last(() => guarded(this, () => this.#ended()));
    else this.#ended();
  }

  #ended(): void {
    switch (this.#phase) {
      case 'relaying':
        if (!this.#watch || this.#watch.stopped) this.#finish();
        else if (this.#watch.hasReason) this.#finish('noMessageStop');
        else this.#break(reason('streamUnfinished'));
        return;
      case 'judging':
        if (this.#watch?.hasReason) {
          this.#pass();
          this.#finish('noMessageStop');
        } else this.#wrong(noContentIn(this.#body, (this.answerHead as Head).encoding));
        return;
      case 'encoded':
        this.#fail('badAnswer', reason('empty'));
        return;
      case 'error':
        this.#refused();
        return;
      case 'json':
        this.#jsonOver();
        return;
      default:
        return;
    }
  }

  failed(error: TransportError): void {
    if (this.#unpacking && this.#phase !== 'over')
      this.#unpacking.last(() => guarded(this, () => this.#brokeOff(error)));
    else this.#brokeOff(error);
  }

  #brokeOff(error: TransportError): void {
    if (this.#phase === 'relaying') {
      // Its last event has come: it is whole, whatever becomes of the connection.
      if (this.#watch?.stopped) this.#finish();
      else this.#break(reason('connectionBroke', { code: error.code }));
      return;
    }
    if (this.#phase === 'error' && this.#enough()) return;
    const { failure, detail, silence } = brokenOff(this.#phase, error);
    this.#fail(failure, detail, silence);
  }

  /** An unexpected error in anything that runs for this answer: it is over, without a word about its endpoint. */
  fault(error: unknown): void {
    // How it ended was told already: the last net of the process hears of it.
    if (this.#phase === 'over') throw error;
    this.#reject(error);
    this.#over();
    this.#abort();
  }

  /** A refusal goes to the client as it came, byte for byte. */
  passOn(extra: readonly string[]): void {
    const { answerHead: head } = this;
    if (!head) return;
    this.bytes = this.#body.length;
    const pairs = [...head.pairs, ...extra, ...this.#asked.added(this.ttfbMs ?? 0)];
    this.#receiver.whole(head.status, pairs, [this.#body], this.bytes);
  }

  #unpacker({ encoding }: Head): Unpacking {
    return new Unpacking(encoding, {
      text: (bytes) => {
        this.#see(bytes, this.#isMore);
        this.#isMore = true;
      },
      piece: (bytes) => {
        if (!this.#isMore) this.#see(bytes.subarray(0, 0), false);
        this.#isMore = false;
        return this.#take(bytes);
      },
      unreadable: (bytes) => {
        if (this.#phase === 'relaying' && this.#watch?.stopped) {
          this.#write(bytes);
          this.#finish();
          this.#abort();
        } else if (this.#phase === 'relaying') this.#break(reason('undecodable'));
        else if (this.#phase !== 'over') this.#fail('badAnswer', reason('undecodable'));
      },
      readOn: () => this.#resume(),
      fault: (error) => this.fault(error),
    });
  }

  #judge(chunk: Buffer, watch: StreamWatch): boolean {
    switch (watch.commitState) {
      case 'committable':
        this.ttftMs = this.#asked.now() - this.#startedAt;
        this.#pass();
        return this.#passOn(chunk, watch);
      case 'failed': {
        const { errorData } = watch;
        const type = errorWord(watch.errorType) ?? 'unknown';
        if (errorData.length === 0) this.#fail('badAnswer', reason('errorBeforeContent', { type }));
        else this.#inside(errorData, reason('errorBeforeContent', { type }));
        return true;
      }
      default:
        this.#held.add(chunk);
        if (Math.max(this.#held.length, this.#unpacking?.length ?? 0) > heldBytesMax)
          this.#fail('badAnswer', reason('contentTooLate'));
        return true;
    }
  }

  /** The answer is good: its head goes out, and what was held. */
  #pass(): void {
    const head = this.answerHead as Head;
    this.#phase = 'relaying';
    // An event stream may end where its length says, and be none: only without one can its end be refused.
    const length = head.isStream ? null : head.length;
    this.#receiver.begin(head.status, [...head.pairs, ...this.#asked.added(this.ttfbMs ?? 0)], length);
    this.#lingers = this.#watch?.stopped ?? false;
    this.#patience.forMore(this.#lingers);
    for (const block of this.#held.take()) if (this.#phase === 'relaying') this.#write(block);
  }

  #relay(chunk: Buffer, framed?: Buffer): boolean {
    const watch = this.#watch;
    if (!watch) {
      this.#patience.refresh();
      return this.#write(chunk, framed);
    }
    if (watch.stopped && !this.#lingers) {
      this.#lingers = true;
      this.#patience.forMore(true);
    } else if (watch.isProgress && !this.#lingers) this.#patience.progress();
    return this.#passOn(chunk, watch, framed);
  }

  #passOn(chunk: Buffer, watch: StreamWatch, framed?: Buffer): boolean {
    if (watch.errorAt < 0) return this.#write(chunk, framed);
    // Withheld: an error event would push the client to its slow path.
    if (this.#unpacking && watch.stopped) this.#write(chunk);
    else if (!this.#unpacking && watch.errorAt > 0) this.#write(chunk.subarray(0, watch.errorAt));
    if (watch.stopped) this.#finish();
    else this.#break(reason('errorAfterContent'));
    this.#abort();
    return true;
  }

  #write(chunk: Buffer, framed?: Buffer): boolean {
    this.bytes += chunk.length;
    if (this.#receiver.bytes(chunk, framed)) return !this.#isHeldUp;
    if (this.#isHeldUp || this.#phase !== 'relaying') return false;
    this.#isHeldUp = true;
    this.#patience.clear();
    this.#receiver.onRoom(() => guarded(this, () => this.#hasRoom()));
    return false;
  }

  /** The receiver takes more: from here on it is the endpoint's turn again. */
  #hasRoom(): void {
    if (!this.#isHeldUp) return;
    this.#isHeldUp = false;
    if (this.#phase !== 'relaying') return;
    this.#patience.forMore(this.#watch?.stopped ?? false);
    this.#resume();
    if (!this.#hasSlept) return;
    this.#hasSlept = false;
    this.resume();
  }

  #finish(noted?: AttemptNote): void {
    this.#receiver.end();
    this.usage = this.#watch?.usage ?? null;
    const { status } = this.answerHead as Head;
    this.#end(noted ? { kind: 'served', status, noted } : { kind: 'served', status });
  }

  get #body(): Buffer {
    this.#whole ??= Buffer.concat(this.#held.take());
    return this.#whole;
  }

  /** What a refusal says it is stands in its status and at its beginning: the rest is not waited for. False: it says nothing. */
  #enough(): boolean {
    const verdict = verdictOf(this.answerHead as Head, this.#body, this.#asked);
    if (verdict.failure === null) return false;
    this.#refused();
    this.#abort();
    return true;
  }

  #refused(): void {
    this.#end(refused(this.answerHead as Head, this.#body, this.#asked));
  }

  #scan(chunk: Buffer): boolean {
    this.#held.add(chunk);
    if (Math.max(this.#held.length, this.#unpacking?.length ?? 0) > jsonBytesMax)
      this.#fail('badAnswer', reason('answerTooLarge'));
    if (this.#memory?.grows(this.#held.length) ?? true) return true;
    this.#patience.clear();
    return false;
  }

  /** There is memory for the rest of it; the time until then was not the endpoint's. */
  #readOn(): void {
    this.#patience.arm(this.#limits.totalMs);
    this.#resume();
  }

  #jsonOver(): void {
    const head = this.answerHead as Head;
    const json = this.#json as JsonBody;
    const packed = head.isEncoded && !this.#unpacking && this.#held.length > 0 ? this.#body : null;
    const fault = this.#asked.isHead ? undefined : json.over(this.#held.length, packed);
    if (fault) this.#wrong(fault);
    else {
      this.usage = json.usage;
      this.#sendWhole(head);
    }
  }

  #wrong({ failure, detail, isInside, error = this.#body }: Fault): void {
    if (isInside && !this.#committed && !this.#asked.isCount) this.#inside(error, detail);
    else if (failure !== null || this.#committed) this.#fail(failure ?? 'badAnswer', detail);
    else {
      this.#end(noCount(detail, this.answerHead as Head));
      this.#abort();
    }
  }

  /** An error in the place of an answer: it is judged, and told if need be, by what it says. */
  #inside(error: Buffer, detail: CallReason): void {
    const outcome = inside(error, this.answerHead as Head, this.#asked, detail);
    this.#whole = error;
    this.answerHead = outcome.head ?? this.answerHead;
    this.#end(outcome);
    this.#abort();
  }

  #sendWhole(head: Head): void {
    const pieces = this.#whole ? [this.#whole] : this.#held.take();
    const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const pairs = this.#committed ? [] : [...head.pairs, ...this.#asked.added(this.ttfbMs ?? 0)];
    const length = this.#asked.isHead ? (head.length ?? 0) : size;
    this.#receiver.whole(head.status, pairs, pieces, length, this.#memory);
    this.#memory = undefined;
    this.bytes = size;
    this.#end({ kind: 'served', status: head.status });
  }

  #commit(afterMs: Millis): void {
    const mayBeJson = this.#phase === 'waiting' || this.#phase === 'json';
    if (this.#receiver.isBegun || !mayBeJson) return;
    this.#committed = true;
    this.#receiver.commitEarly(this.#asked.added(afterMs));
    this.#newlines = setInterval(() => guarded(this, () => this.#receiver.keepAlive()), newlineEveryMs);
  }

  #lost(): void {
    if (this.#phase === 'relaying') this.#break(nothingAfterSleep);
    else this.#fail('timeout', nothingAfterSleep);
  }

  #late(): void {
    if (this.#patience.waitsOn(this.#phase, this.#watch)) return;
    if (this.#phase === 'relaying') {
      if (this.#watch?.stopped) this.#finish();
      else this.#break(reason('onlyPings'));
      this.#abort();
      return;
    }
    if (this.#phase === 'error' && this.#enough()) return;
    const detail = reason(this.#phase === 'waiting' ? 'noHeadersInTime' : 'noContentInTime');
    this.#fail('timeout', detail);
  }

  #fail(failure: Failure, detail: CallReason, silence?: Silence): void {
    if (this.#committed) this.#receiver.abort();
    this.#end(this.#committed ? { kind: 'broken', detail } : failed(failure, detail, this.answerHead, silence));
    this.#abort();
  }

  /** Never a splice, never an invented event, never a clean early end: the client asks again by itself. */
  #break(detail: CallReason): void {
    this.usage = this.#watch?.usage ?? null;
    this.#end({ kind: 'broken', detail });
    try {
      this.#abort();
    } finally {
      this.#receiver.abort();
    }
  }

  #end(outcome: Outcome): void {
    if (this.#phase === 'over') return;
    this.#settle(outcome);
    this.#over();
  }

  #over(): void {
    this.#phase = 'over';
    this.#patience.end();
    clearTimeout(this.#newlines);
    this.#unpacking?.close();
    this.#memory?.release(this.#held.take());
    this.#memory = undefined;
  }
}
