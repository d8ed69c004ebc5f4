/**
 * Who is asked next inside one request. A driver carries each command out and reports how it went, and the next command comes back: the
 * proxy over sockets, the queue's worker, what-if over a record, a simulation over a seed.
 *
 *   start, joined, go ──▶ try ──▶ served, broken, failed, denied
 *                          │  ▲
 *                 pause, room └── waited
 *                          │
 *                         park ──▶ go, waitedOut, notQueued
 *                          │
 *                         pass, refuse, end
 *
 * It is one object a request, and is changed in place. It knows no clock: the same inputs at the same instants, over the same views and
 * dice, give the same commands. A command stands until it is answered, and what does not answer it changes nothing.
 */
import type { Millis } from '../events/fact.ts';
import type { EndpointId } from '../events/ids.ts';
import { reason } from '../events/reason.ts';
import { countsNot } from './available.ts';
import { isClientsAffair, type Verdict } from './classify.ts';
import type { Command, FailoverDeps, FailoverRequest, Input, Reason } from './failover-commands.ts';
import {
  attemptLimits,
  countAttemptsMax,
  countsMissing,
  drawsOnBudget,
  isMissing,
  isModelNowhere,
  isWell,
  mayAskAnother,
  mayBeAsked,
  mayBeAskedAgain,
  type Refused,
  repairsMax,
  shortWait,
  shortWaitMs,
  soleRefused,
  tellingWord,
  timeLeftMs,
  type Why,
  type Word,
  waitHereMs,
  waitingHelps,
  whyInVain,
  worthWaitingFor,
} from './failover-policy.ts';
import { isPassedOver, isTooSmall, isUnfit, reachable } from './passed-over.ts';
import type { Candidate, Plan, RouteAsk } from './route.ts';
import type { RoutableEndpoint } from './routing-view.ts';

type Try = Extract<Command, { do: 'try' }>;

/** Which inputs answer a command. The client may leave until the last one. */
const answers: Readonly<Record<Command['do'] | 'begin', ReadonlySet<Input['type']>>> = {
  begin: new Set(['start', 'joined', 'go', 'left']),
  try: new Set(['served', 'broken', 'failed', 'denied', 'left']),
  pause: new Set(['waited', 'left']),
  room: new Set(['waited', 'left']),
  park: new Set(['go', 'waitedOut', 'notQueued', 'left']),
  pass: new Set(),
  refuse: new Set(),
  end: new Set(),
};

const elsewhere = {
  do: 'refuse',
  why: { failure: null, retryAfterMs: null, detail: reason('threadElsewhere') },
  reason: { kind: 'threadElsewhere' },
} as const;
const served = { do: 'end', as: 'served' } as const;
const broken = { do: 'end', as: 'broken' } as const;
const cancelled = { do: 'end', as: 'cancelled' } as const;
// Most requests end with their first attempt: what only a failure fills is made when one comes.
const noEndpoints: ReadonlySet<EndpointId> = new Set();
const noOrigins: ReadonlySet<string> = new Set();
const noRepairs: ReadonlySet<string> = new Set();
// Timers are early by the fraction of a millisecond, and the one that lets an endpoint come back is late by some of them.
const timerSlackMs = 25;

export class Failover<Said extends Refused = Refused> {
  readonly #request: FailoverRequest;
  readonly #deps: FailoverDeps;
  #command: Command<Said> | null = null;
  /** Attempts of this round. */
  #made = 0;
  /** Not to be asked again in this round. */
  #tried = noEndpoints;
  /** Origins that were overloaded in this round. */
  #overloaded = noOrigins;
  /** The last word of each endpoint in this round, in the order in which they spoke. */
  #words: readonly Word<Said>[] = [];
  /** The same of earlier rounds. */
  #earlier: readonly Word<Said>[] = [];
  #pauseMs: Millis = 0;
  /** What it was changed in, and for whom: the same is not tried twice. */
  #repaired = noRepairs;
  #isQueued = false;
  /** Until when the queue keeps it; null until its turn has come there. */
  #expiresAt: Millis | null = null;

  constructor(request: FailoverRequest, deps: FailoverDeps) {
    this.#request = request;
    this.#deps = deps;
  }

  step(input: Input<Said>, now: Millis): Command<Said> {
    const standing = this.#command;
    if (!answers[standing?.do ?? 'begin'].has(input.type)) {
      if (standing === null) throw new Error(`a request does not begin with ${input.type}`);
      return standing;
    }
    const command = this.#next(input, standing, now);
    this.#command = command;
    return command;
  }

  #next(input: Input<Said>, standing: Command<Said> | null, now: Millis): Command<Said> {
    switch (input.type) {
      case 'start':
        return this.#another(now);
      case 'joined':
        this.#isQueued = true;
        return this.#inVain(now);
      case 'go':
        this.#begin(input.expiresAt);
        return this.#another(now);
      case 'waited':
        return this.#choose(now);
      case 'failed':
        return this.#failed(input.said, (standing as Try).candidate, now);
      case 'denied':
        return this.#inVain(now);
      case 'waitedOut':
        return this.#refusal(this.#why(now));
      case 'notQueued':
        return this.#shortPause(now) ?? this.#refusal(this.#why(now));
      case 'served':
        return served;
      case 'broken':
        return broken;
      case 'left':
        return cancelled;
    }
  }

  /** A round of the queue: all that is there may be asked anew. */
  #begin(expiresAt: Millis): void {
    this.#isQueued = true;
    this.#expiresAt = expiresAt;
    this.#earlier = this.#allWords();
    this.#words = [];
    this.#made = 0;
    this.#pauseMs = 0;
    this.#tried = noEndpoints;
    this.#overloaded = noOrigins;
  }

  #another(now: Millis): Command<Said> {
    if (!this.#mayAskAnother(now)) return this.#inVain(now);
    const ms = this.#pauseMs;
    this.#pauseMs = 0;
    return ms > 0 ? { do: 'pause', ms } : this.#choose(now);
  }

  /** The best endpoint that was not asked; while all that could answer are full, the first one that has room, or the queue. */
  #choose(now: Millis): Command<Said> {
    const { candidates, busy, full } = this.#plan(now);
    const candidate = candidates.find((one) => this.#isAllowed(one, now));
    if (candidate && this.#isElsewhere(candidate)) return elsewhere;
    if (candidate) return this.#try(candidate, full.length > 0 || this.#isOneLeft(candidates, candidate, now), now);
    const leftMs = this.#leftMs(now);
    return busy && !this.#isQueued && leftMs > 0 ? { do: 'room', full, ms: leftMs } : this.#inVain(now);
  }

  #try(candidate: Candidate, isOneLeft: boolean, now: Millis): Command<Said> {
    const { awaitedSince } = this.#request;
    const waitedMs = awaitedSince === null ? null : now - awaitedSince;
    const limits = attemptLimits(candidate.endpoint, this.#deps.policy().timeouts, waitedMs, isOneLeft);
    return { do: 'try', candidate, limits };
  }

  /** What it goes on with is not there, or may be anywhere. */
  #isElsewhere({ endpoint }: Candidate): boolean {
    const { continues, within, model } = this.#request;
    if (continues === undefined || continues === endpoint.id) return false;
    return continues !== null || reachable(this.#deps.view(), within, model).length > 1;
  }

  /** Another one could be asked after this one. */
  #isOneLeft(candidates: readonly Candidate[], chosen: Candidate, now: Millis): boolean {
    const mayGoOn = !this.#request.isPassthrough && this.#mayAskAnother(now, this.#made + 1);
    return mayGoOn && candidates.some((one) => one !== chosen && one.because !== 'lastResort');
  }

  #failed(said: Said, candidate: Candidate, now: Millis): Command<Said> {
    const { id, origin } = candidate.endpoint;
    const { verdict } = said;
    const again = this.#again(candidate, verdict, now);
    if (again) return again;
    this.#made++;
    if (isClientsAffair(verdict)) return { do: 'pass', said };
    this.#words = [...this.#words.filter((word) => word.candidate.endpoint.id !== id), { candidate, said }];
    if (this.#request.isPassthrough) return said.head ? { do: 'pass', said } : this.#refusal(this.#why(now));
    if (verdict.failure === 'overloaded') this.#overloaded = new Set([...this.#overloaded, origin]);
    // A queued request waits in the queue and not here.
    const pauseMs = this.#isQueued ? null : waitHereMs(verdict, this.#bound(now) === id);
    if (pauseMs === null) this.#tried = new Set([...this.#tried, id]);
    else this.#pauseMs = pauseMs;
    return this.#another(now);
  }

  /** The same endpoint once more, for a request that is changed as it has said: that is no attempt at another one. */
  #again({ endpoint: { id }, because }: Candidate, { repair }: Verdict, now: Millis): Command<Said> | null {
    const endpoint = this.#deps.view().endpoints.get(id);
    const thing = `${id} ${repair}`;
    if (repair === undefined || !endpoint || this.#repaired.has(thing)) return null;
    if (!mayBeAskedAgain(endpoint, because, this.#deps.policy().rules, now)) return null;
    if (this.#repaired.size >= repairsMax || this.#leftMs(now) <= 0) return null;
    this.#repaired = new Set([...this.#repaired, thing]);
    return this.#try({ endpoint, because }, false, now);
  }

  /** None of those that may be asked has answered. */
  #inVain(now: Millis): Command<Said> {
    const why = this.#why(now);
    const { within, model, isCount } = this.#request;
    if (this.#leftMs(now) <= 0 || isCount) return this.#refusal(why);
    const view = this.#deps.view();
    const mayHelp = this.#isQueued ? !isModelNowhere(view, within, model) : waitingHelps(view, within, model);
    const helps = why.failure !== null && mayHelp;
    return helps ? { do: 'park', why } : (this.#shortPause(now) ?? this.#refusal(why));
  }

  /** Another endpoint is back in a moment: without a queue that is waited out here. */
  #shortPause(now: Millis): Command<Said> | null {
    if (this.#isQueued || this.#words.length === 0 || !this.#mayAskAnother(now)) return null;
    const ms = shortWait(this.#worthWaitingFor(shortWaitMs, now), now);
    return ms === null ? null : { do: 'pause', ms: ms + timerSlackMs };
  }

  #refusal(why: Why): Command<Said> {
    return { do: 'refuse', why, reason: this.#reason() };
  }

  #reason(): Reason<Said> {
    const words = this.#allWords();
    if (this.#request.isCount) return countsMissing(words);
    const word = tellingWord(words);
    if (word?.said.head) return { kind: 'told', word };
    if (isMissing(words)) return { kind: 'missing' };
    const { within, model } = this.#request;
    const view = this.#deps.view();
    if (words.length === 0 && isModelNowhere(view, within, model)) return { kind: 'modelNowhere' };
    const endpoint = words.length === 0 ? soleRefused(view, within, model) : undefined;
    return endpoint ? { kind: 'keyRefused', endpoint } : { kind: 'nobodyAnswers' };
  }

  #why(now: Millis): Why {
    const patienceMs = this.#expiresAt === null ? this.#deps.patienceMs() : this.#expiresAt - now;
    return whyInVain(this.#words, () => this.#worthWaitingFor(patienceMs, now).length > 0);
  }

  #worthWaitingFor(patienceMs: Millis, now: Millis): readonly RoutableEndpoint[] {
    const { model, within } = this.#request;
    const isAsked = ({ id }: RoutableEndpoint) => this.#hasSpoken(id);
    return worthWaitingFor(reachable(this.#deps.view(), within, model), { model, isAsked, patienceMs }, now);
  }

  #plan(now: Millis): Plan {
    const deps = this.#deps;
    const { within, model, session, isCount, bytes, needs } = this.#request;
    const view = deps.view();
    const ask: RouteAsk = {
      within,
      model,
      binding: this.#bound(now),
      tried: this.#tried,
      avoid: deps.sessions.avoided(session, now),
      overloaded: this.#overloaded,
      lacksModel: (one: RoutableEndpoint) =>
        isPassedOver(one, view, ask, now) || isTooSmall(one, view, ask, bytes, now) || isUnfit(one, view, ask),
      isBarred: isCount ? (one: RoutableEndpoint) => countsNot(one, now) : undefined,
      needs,
      isSticky: needs !== undefined && this.#deps.policy().stickyMs > 0,
    };
    return deps.route(view, ask, deps.inFlight, deps.policy().rules, now, deps.dice);
  }

  #bound(now: Millis): EndpointId | null {
    return this.#deps.sessions.bound(this.#request.session, this.#deps.policy().stickyMs, now);
  }

  #isAllowed(candidate: Candidate, now: Millis): boolean {
    if (!mayBeAsked(candidate, this.#isQueued)) return false;
    return !drawsOnBudget(this.#made === 0, isWell(candidate)) || this.#deps.inFlight.spend(now);
  }

  #mayAskAnother(now: Millis, made = this.#made): boolean {
    const policy = this.#deps.policy();
    const maxAttempts = this.#request.isCount ? Math.min(countAttemptsMax, policy.maxAttempts) : policy.maxAttempts;
    return mayAskAnother(made, this.#leftMs(now), { ...policy, maxAttempts });
  }

  #leftMs(now: Millis): Millis {
    const { awaitedSince } = this.#request;
    return awaitedSince === null ? Number.POSITIVE_INFINITY : timeLeftMs(awaitedSince, now);
  }

  #hasSpoken(id: EndpointId): boolean {
    return this.#words.some(({ candidate }) => candidate.endpoint.id === id);
  }

  #allWords(): readonly Word<Said>[] {
    const earlier = this.#earlier.filter((word) => !this.#hasSpoken(word.candidate.endpoint.id));
    return [...earlier, ...this.#words];
  }
}
