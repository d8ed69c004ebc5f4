/** What is noted of one request while it lives, and the fact that is made of it when it ends. */
import type { Millis } from '../../events/fact.ts';
import type { EndpointId } from '../../events/ids.ts';
import type { AdaptationReason } from '../../events/reason.ts';
import { type Attempt, endedOf, type RequestFact, type Served, servedBy } from '../../events/request.ts';
import type { Candidate } from '../../machines/route.ts';
import type { AttemptRequest } from './adaptation/attempt-request.ts';
import type { RequestAdaptation } from './adaptation/request-adaptation.ts';
import type { Incoming } from './driver.ts';
import type { ProxyPorts } from './ports.ts';
import { shortName } from './request/short-name.ts';
import type { Answer } from './response/answer.ts';
import { type Outcome, outcomeWord } from './response/outcome.ts';

/** How it ended, for figures and the access log. */
export interface Ended {
  readonly fact: RequestFact;
  readonly profile: string | null;
}

/** An attempt that was made. */
export interface Made {
  readonly candidate: Candidate;
  readonly answer: Answer;
  readonly up: AttemptRequest;
}

type KnownPassedOver = Pick<RequestAdaptation, 'passedOver'>;

function isAdapted({ sentModel, notes }: AttemptRequest): boolean {
  return sentModel !== null || notes.length > 0;
}

function toldOf({ sentModel, notes }: AttemptRequest): Pick<Attempt, 'sent' | 'adapted'> {
  return {
    ...(sentModel === null ? {} : { sent: shortName(sentModel) }),
    ...(notes.length === 0 ? {} : { adapted: notes }),
  };
}

export class RequestRecord {
  readonly #in: Incoming;
  readonly #session: string | null;
  /** The view that the request found: its failures came later, and are part of its story. */
  readonly #view: number;
  readonly #now: () => Millis;
  readonly #attempts: Attempt[] = [];
  #first: Candidate | undefined;
  #last: Made | undefined;
  /** What went up changed, by endpoint: nearly never there. */
  #adapted: Map<EndpointId, AttemptRequest> | undefined;

  readonly #adaptation: KnownPassedOver;

  constructor(
    incoming: Incoming,
    session: string | null,
    { view, now }: Pick<ProxyPorts, 'view' | 'now'>,
    adaptation: KnownPassedOver,
  ) {
    this.#in = incoming;
    this.#session = session;
    this.#view = view().seq;
    this.#now = now;
    this.#adaptation = adaptation;
  }

  get attempts(): number {
    return this.#attempts.length;
  }

  /** The endpoint of the last attempt; null before there is one. */
  get asked(): EndpointId | null {
    return this.#last?.candidate.endpoint.id ?? null;
  }

  /** The last attempt. */
  get made(): Made {
    if (!this.#last) throw new Error('no endpoint was asked');
    return this.#last;
  }

  begins(candidate: Candidate, answer: Answer, up: AttemptRequest): void {
    this.#first ??= candidate;
    this.#last = { candidate, answer, up };
    if (isAdapted(up)) {
      this.#adapted ??= new Map();
      this.#adapted.set(candidate.endpoint.id, up);
    } else this.#adapted?.delete(candidate.endpoint.id);
  }

  /** What that endpoint was sent last, where it is not what the client has sent. */
  sentTo(id: EndpointId): AttemptRequest | undefined {
    return this.#adapted?.get(id);
  }

  note(outcome: Outcome, at: Millis): void {
    const { candidate, answer, up } = this.made;
    const { endpoint, because } = candidate;
    const status = answer.answerHead?.status ?? null;
    const { ttfbMs } = answer;
    const attempt = { endpoint: endpoint.id, at, outcome: outcomeWord(outcome), status, ttfbMs, because };
    const noted = outcome.kind === 'served' ? outcome.noted : undefined;
    const told = isAdapted(up) ? { ...attempt, ...toldOf(up) } : attempt;
    this.#attempts.push(noted ? { ...told, noted } : told);
  }

  /** Of the attempt that has just been noted: what it shows of its endpoint. */
  adapts(notes: readonly AdaptationReason[]): void {
    const last = this.#attempts.pop();
    if (last)
      this.#attempts.push(notes.length === 0 ? last : { ...last, adapted: [...(last.adapted ?? []), ...notes] });
  }

  /** Where it was the network: the attempt that has just been noted says nothing about its endpoint. */
  excuse(said: 'counts' | 'noNetwork'): void {
    const last = said === 'noNetwork' ? this.#attempts.pop() : undefined;
    if (last) this.#attempts.push({ ...last, outcome: 'noNetwork' });
  }

  served(): Ended {
    return { fact: { type: 'RequestServed', data: this.#served() }, profile: this.made.candidate.endpoint.profile };
  }

  broken(): Ended {
    const data = { ...this.#served(), failure: 'brokenAnswer' } as const;
    return { fact: { type: 'AnswerBroken', data }, profile: this.made.candidate.endpoint.profile };
  }

  /** With the answer to an identical request. */
  stored(status: number, by: Parameters<typeof servedBy>[1]): Ended {
    return { fact: { type: 'RequestServed', data: servedBy(this.#ended(status), by) }, profile: by.profile };
  }

  failed(status: number, because: string): Ended {
    return this.#unanswered({ type: 'RequestFailed', data: { ...this.#ended(status), because } });
  }

  cancelled(): Ended {
    return this.#unanswered({ type: 'RequestCancelled', data: this.#ended(0) });
  }

  /** It is counted where it was sent first. */
  #unanswered(fact: RequestFact): Ended {
    return { fact, profile: this.#first?.endpoint.profile ?? null };
  }

  #served(): Served {
    const { candidate, answer } = this.made;
    const { id: endpoint, profile } = candidate.endpoint;
    const { ttftMs, bytes, usage } = answer;
    const by = { endpoint, profile, ttfbMs: answer.ttfbMs ?? 0, ttftMs, bytes, usage };
    return servedBy(this.#ended(answer.answerHead?.status ?? 200), by);
  }

  #ended(status: number) {
    const { target, summary, startedAt } = this.#in;
    const { model, stream } = summary;
    const asked = { session: this.#session, model, stream, path: shortName(target.path), within: target.within };
    const durationMs = this.#now() - startedAt;
    const { passedOver } = this.#adaptation;
    const course = { attempts: this.#attempts, status, durationMs, view: this.#view };
    return endedOf(asked, passedOver === undefined ? course : { ...course, passedOver });
  }
}
