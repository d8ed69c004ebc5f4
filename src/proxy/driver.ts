/** The life of one request: plan, attempt, classify, next. Read it from top to bottom. */
import type { Failure } from '../../events/endpoint.ts';
import type { Millis } from '../../events/fact.ts';
import type { EndpointId, RequestId } from '../../events/ids.ts';
import type { Attempt, RequestFact, Served } from '../../events/request.ts';
import { lacksUntil } from '../../machines/available.ts';
import { isClientsAffair } from '../../machines/classify.ts';
import { shortWait, shortWaitMs, worthWaitingFor } from '../../machines/failover.ts';
import { type Candidate, isPassedOver, type Plan, plan, type RouteAsk, reachable } from '../../machines/route.ts';
import type { RoutableEndpoint, RoutingView } from '../../machines/routing-view.ts';
import type { Running } from '../platform/dense-set.ts';
import type { Place } from './admission/admission.ts';
import type { LiveLoads } from './admission/in-flight.ts';
import type { RoomWaiter } from './admission/room.ts';
import { askedOf, ParkedRequest, sendStored } from './parking.ts';
import type { ProxyPorts } from './ports.ts';
import type { Body } from './request/body.ts';
import type { Peek } from './request/body-sniffing.ts';
import type { ClientAnswer, ClientRequest } from './request/client.ts';
import type { RequestHead } from './request/request-head.ts';
import { shortName } from './request/short-name.ts';
import { Answer } from './response/answer.ts';
import { type Outcome, outcomeWord } from './response/outcome.ts';
import { HttpReceiver } from './response/receiver.ts';
import { ownError, passVerbatim, type Refusal, sendError } from './response/refusal.ts';
import type { StoredAnswer } from './retry-queue.ts';
import { attemptFailure, brokenFailure, Said } from './said.ts';
import type { Sessions } from './sessions.ts';
import { headersUp } from './upstream/headers.ts';
import type { Transfer } from './upstream/stall-watchdog.ts';
import type { Target } from './upstream/target.ts';
import type { Upstreams } from './upstream/upstream.ts';

const secondMs = 1_000;
// No new attempt after this: the client hangs up at 300 s (measured), and pings do not help.
const attemptsEndMs = 240_000;
// A JSON answer that is not there by then: see `Answer.#commit`.
const commitAfterMs = 240_000;

export interface Means {
  readonly ports: ProxyPorts;
  readonly upstreams: Upstreams;
  readonly loads: LiveLoads;
  readonly sessions: Sessions;
  /** Those that are on their way: whatever is kept of each request for a while is kept in such a list, and in no `Set`. */
  readonly answers: Running<Answer>;
  readonly transfers: Running<Transfer>;
}

export interface Incoming {
  readonly id: RequestId;
  readonly startedAt: Millis;
  readonly request: ClientRequest;
  readonly head: RequestHead;
  readonly client: ClientAnswer;
  readonly target: Extract<Target, { kind: 'forward' }>;
  /** Among those that run; the queue may park it. */
  readonly place: Place;
  readonly body: Body | null;
  readonly peek: Peek;
}

/** How it ended, for figures and the access log. */
export interface Ended {
  readonly fact: RequestFact;
  readonly profile: string | null;
}

export class Exchange {
  place = -1;
  readonly #means: Means;
  readonly #in: Incoming;
  readonly #session: string | null;
  readonly #attempts: Attempt[] = [];
  readonly #tried = new Set<EndpointId>();
  readonly #told = new Map<string, string>();
  readonly #said = new Said();
  readonly #overloaded = new Set<string>();
  #view: RoutingView;
  /** What the request found: its failures came later, and are part of its story. */
  readonly #firstView: number;
  #running: Answer | undefined;
  /** Its place in the line for endpoints that are full. */
  #waiter: RoomWaiter | undefined;
  #gone = false;
  #pauseMs = 0;
  /** Where it waits when nobody can answer it, and what its tries are then written down by. */
  readonly #parked: ParkedRequest;
  #roundStart = 0;
  #firstCandidate: Candidate | undefined;

  constructor(means: Means, incoming: Incoming) {
    this.#means = means;
    this.#in = incoming;
    const session = incoming.head.session || incoming.peek.session;
    this.#session = session && shortName(session);
    this.#view = means.ports.view();
    this.#firstView = this.#view.seq;
    this.#parked = new ParkedRequest(means.ports.retryQueue, incoming.place, () => askedOf(incoming, this.#session));
  }

  /**
   * The client has gone: whatever runs is ended, and nobody is blamed.
   * @param isOnPurpose it closed its connection in good order, and wants no answer any more
   */
  leave(isOnPurpose = false): void {
    this.#gone = true;
    this.#waiter?.wake();
    try {
      this.#running?.cancel();
    } finally {
      this.#parked.leave(isOnPurpose ? 'its client has left' : null);
    }
  }

  async run(): Promise<Ended> {
    this.#means.loads.requestCame(this.#in.startedAt);
    const joined = this.#parked.joins();
    const why = () => this.#said.why(() => this.#worthWaitingFor(this.#parked.patienceMs).length > 0);
    let ended = joined && (await joined) ? undefined : await this.#round();
    // Who has waited for room until now has waited long enough.
    while (!ended && this.#leftMs > 0) {
      const turn = await this.#parked.turn(why());
      if (this.#gone) return this.#cancelled();
      if (turn.kind === 'stored') return this.#stored(turn.answer);
      if (turn.kind === 'go') ended = await this.#parked.tries(() => this.#round(), why);
      else if (this.#waitsShortly()) ended = await this.#goOn();
      else return this.#refuse();
    }
    return ended ?? this.#refuse();
  }

  /** One endpoint after the other, each once. Undefined: none of them answered. */
  #round(): Promise<Ended | undefined> {
    this.#roundStart = this.#attempts.length;
    this.#tried.clear();
    this.#overloaded.clear();
    return this.#goOn();
  }

  async #goOn(): Promise<Ended | undefined> {
    while (this.#mayTryMore()) {
      const candidate = await this.#next();
      if (this.#gone) return this.#cancelled();
      if (!candidate) break;
      const starts = this.#parked.starts(candidate.endpoint.id);
      if (starts !== true && !(await starts)) break;
      if (this.#gone) return this.#cancelled();
      const startedAt = this.#means.ports.now();
      const { answer, outcome } = await this.#attempt(candidate);
      if (outcome.kind === 'served') return this.#served(candidate, answer);
      if (outcome.kind === 'cancelled') return this.#cancelled();
      if (outcome.kind === 'broken') return this.#broken(candidate, answer, outcome.detail, startedAt);
      if (isClientsAffair(outcome.verdict)) return this.#passed(candidate, answer);
      this.#said.note(candidate, outcome);
      const isTelling = this.#afterFailure(candidate, outcome, startedAt);
      if (!isTelling) return this.#passed(candidate, answer);
    }
    return undefined;
  }

  #worthWaitingFor(patienceMs: Millis): readonly RoutableEndpoint[] {
    const { ports } = this.#means;
    const now = ports.now();
    this.#view = ports.view();
    const said = this.#said.failures();
    const { model } = this.#in.peek;
    const lacksModel = ({ lacks }: RoutableEndpoint) => lacksUntil(lacks, model, now) !== null;
    return worthWaitingFor(reachable(this.#view, this.#in.target.within), { said, lacksModel, patienceMs }, now);
  }

  /** Nobody of those that were asked answers, and somebody else is back in a moment: without a queue that is waited out here. */
  #waitsShortly(): boolean {
    const { now } = this.#means.ports;
    if (this.#said.isNothing || this.#parked.item !== null || !this.#mayTryMore()) return false;
    const ms = shortWait(this.#worthWaitingFor(shortWaitMs), now());
    if (ms === null) return false;
    // A timer may be early by the fraction of a millisecond.
    this.#pauseMs = ms + 1;
    return true;
  }

  #mayTryMore(): boolean {
    const { settings } = this.#means.ports;
    const made = this.#attempts.length - this.#roundStart;
    return made < settings()['proxy.max_attempts'] && this.#leftMs > 0;
  }

  /** The best endpoint that was not tried; waits while all that could answer are full. */
  async #next(): Promise<Candidate | undefined> {
    for (;;) {
      if (this.#pauseMs > 0) await this.#pause();
      const { candidates, busy, full } = this.#plan();
      const candidate = candidates.find((one) => this.#isAllowed(one));
      // A queued request waits in the queue and not here.
      if (candidate || !busy || this.#gone || this.#parked.item !== null || this.#leftMs <= 0) {
        this.#waiter?.leave(candidate !== undefined && !this.#gone);
        this.#waiter = undefined;
        return candidate;
      }
      this.#waiter ??= this.#means.loads.room.join();
      for (const id of full) this.#told.set(id, 'has no room for one more request');
      await this.#waiter.room(full, this.#leftMs);
    }
  }

  /** Until its client has waited long enough for a first byte. */
  get #leftMs(): Millis {
    return attemptsEndMs - (this.#means.ports.now() - this.#in.startedAt);
  }

  #plan(): Plan {
    const { ports, loads, sessions } = this.#means;
    const settings = ports.settings();
    const now = ports.now();
    this.#view = ports.view();
    const { model } = this.#in.peek;
    const sticky = settings['loadbalancer.sticky_session'];
    const ask: RouteAsk = {
      within: this.#in.target.within,
      binding: sticky ? sessions.bound(this.#session, settings['loadbalancer.sticky_ttl'] * secondMs, now) : null,
      tried: this.#tried,
      avoid: sessions.avoided(this.#session, now),
      overloaded: this.#overloaded,
      lacksModel: (one: RoutableEndpoint) => isPassedOver(one, this.#view, ask, model, now),
    };
    const rules = { strategy: settings['loadbalancer.strategy'], healthAware: settings['loadbalancer.health_aware'] };
    return plan(this.#view, ask, loads, rules, now, ports.dice);
  }

  /** A healthy endpoint is never refused to a request; a further try of one that is not well draws on the budget. */
  #isAllowed({ endpoint, because }: Candidate): boolean {
    // The last resort is for what has no other way; what is queued has.
    if (because === 'lastResort' && this.#parked.item !== null) return false;
    if (this.#attempts.length === this.#roundStart) return true;
    if (endpoint.state === 'healthy' && because !== 'lastResort') return true;
    return this.#means.loads.spend(this.#means.ports.now());
  }

  async #attempt(candidate: Candidate): Promise<{ answer: Answer; outcome: Outcome }> {
    const first = await this.#call(candidate, false);
    // The connection had been idle and died under us: nothing was asked of the endpoint yet, as far as anybody can know.
    if (first.outcome.kind === 'failed' && first.outcome.stale && !this.#gone) return this.#call(candidate, true);
    return first;
  }

  async #call(candidate: Candidate, fresh: boolean): Promise<{ answer: Answer; outcome: Outcome }> {
    const { ports, loads, upstreams } = this.#means;
    const { endpoint, because } = candidate;
    const { request, head, client, target, body, peek } = this.#in;
    const settings = ports.settings();
    const at = ports.now();
    this.#firstCandidate ??= candidate;
    this.#tried.add(endpoint.id);
    body?.goesUp();
    const answer = new Answer(
      this.#parked.receiver(new HttpReceiver(client, body)),
      {
        wantsStream: peek.stream,
        isMessages: target.isMessages,
        isCount: target.isCount,
        isHead: request.method === 'HEAD',
        model: peek.model,
        body: body?.bytes ?? null,
        now: ports.now,
        added: (ttfbMs) => this.#added(candidate, ttfbMs),
      },
      {
        headersMs: endpoint.timeoutMs ?? settings['proxy.headers_timeout'] * secondMs,
        firstContentMs: settings['proxy.first_content_timeout'] * secondMs,
        idleMs: settings['proxy.idle_timeout'] * secondMs,
        totalMs: this.#totalMs(candidate),
        commitMs: Math.max(0, commitAfterMs - (at - this.#in.startedAt)),
      },
    );
    this.#running = answer;
    this.#means.answers.add(answer);
    const done = loads.begin(endpoint.id, because, at);
    try {
      const key = ports.secret(endpoint.id) ?? '';
      const headers = headersUp(request.rawHeaders, head.connection, endpoint.auth, key);
      const { origin } = endpoint;
      if (!endpoint.allowPlaintext && upstreams.isExposed(origin)) {
        answer.failed({ code: 'CERT_PLAINTEXT', reused: false, proxy: null });
      } else {
        const path = endpoint.baseUrl.slice(origin.length) + target.path + target.query;
        const method = request.method ?? 'GET';
        answer.started(
          upstreams.send({ origin, path, method, headers, body: body?.bytes ?? null, fresh, by: body }, answer),
        );
      }
    } catch (error) {
      answer.fault(error);
    }
    const outcome = await answer.outcome.finally(() => {
      done();
      this.#means.answers.remove(answer);
      this.#running = undefined;
    });
    if (!(outcome.kind === 'failed' && outcome.stale && !fresh)) this.#note(candidate, answer, outcome, at);
    return { answer, outcome };
  }

  /** A request that asks for no stream has no first byte to wait for; a short setting of the headers' time is obeyed all the same. */
  #totalMs({ endpoint }: Candidate): Millis {
    const total = this.#means.ports.settings()['proxy.total_timeout'] * secondMs;
    return Math.min(total, endpoint.timeoutMs ?? total);
  }

  #note({ endpoint, because }: Candidate, answer: Answer, outcome: Outcome, at: Millis): void {
    const status = answer.head_?.status ?? null;
    const { ttfbMs } = answer;
    this.#attempts.push({ endpoint: endpoint.id, at, outcome: outcomeWord(outcome), status, ttfbMs, because });
  }

  /** Tells the endpoint's machine, and says whether another endpoint is asked. */
  #afterFailure({ endpoint }: Candidate, refusal: Refusal, startedAt: Millis): boolean {
    const { verdict, detail, code } = refusal;
    const { ports } = this.#means;
    const { target, peek, id } = this.#in;
    const { failure } = verdict;
    if (failure === null) return true;
    this.#told.set(endpoint.id, detail);
    if (failure === 'overloaded') this.#overloaded.add(endpoint.origin);
    if (failure === 'noModel') {
      if (peek.model !== null) ports.modelNotFound(endpoint.id, peek.model, id);
    } else {
      const data = attemptFailure(refusal, id);
      this.#excuse(ports.attemptFailed(endpoint.id, data, { code, startedAt }));
    }
    this.#waitHere(endpoint.id, failure, verdict.retryAfterMs);
    return !target.isPinned;
  }

  /** The attempt that has just been noted says nothing about its endpoint. */
  #excuse(said: 'counts' | 'noNetwork'): void {
    const last = this.#attempts.pop();
    if (last) this.#attempts.push(said === 'noNetwork' ? { ...last, outcome: 'noNetwork' } : last);
  }

  /** A short pause at the session's own endpoint: it may be asked again when it is over. */
  #waitHere(id: EndpointId, failure: Failure, retryAfterMs: Millis | null): void {
    const { ports, sessions } = this.#means;
    const isBound =
      sessions.bound(this.#session, ports.settings()['loadbalancer.sticky_ttl'] * secondMs, ports.now()) === id;
    if (failure !== 'rateLimited' || retryAfterMs === null || retryAfterMs > shortWaitMs || !isBound) return;
    this.#pauseMs = retryAfterMs;
    this.#tried.delete(id);
  }

  async #pause(): Promise<void> {
    const ms = this.#pauseMs;
    this.#pauseMs = 0;
    await new Promise((resolve) => setTimeout(resolve, ms));
  }

  #added({ endpoint }: Candidate, ttfbMs: Millis): string[] {
    const ours = Math.max(0, this.#means.ports.now() - this.#in.startedAt - ttfbMs);
    return [
      'x-qcc-request-id',
      this.#in.id,
      'x-qcc-endpoint',
      endpoint.id,
      'x-qcc-profile',
      encodeURIComponent(endpoint.profile),
      'x-qcc-attempts',
      String(this.#attempts.length + (this.#running ? 1 : 0)),
      'server-timing',
      `qcc;dur=${ours}, upstream;dur=${ttfbMs}`,
    ];
  }

  #ended(status: number) {
    const { target, peek, startedAt } = this.#in;
    return {
      session: this.#session,
      model: peek.model,
      stream: peek.stream,
      path: shortName(target.path),
      within: target.within,
      attempts: this.#attempts,
      status,
      durationMs: this.#means.ports.now() - startedAt,
      view: this.#firstView,
    };
  }

  /** Written out: this is made once a request, and a spread costs ten times as much. */
  #servedBy({ endpoint }: Candidate, answer: Answer): Served {
    const { target, peek, startedAt } = this.#in;
    return {
      session: this.#session,
      model: peek.model,
      stream: peek.stream,
      path: shortName(target.path),
      within: target.within,
      attempts: this.#attempts,
      status: answer.head_?.status ?? 200,
      durationMs: this.#means.ports.now() - startedAt,
      view: this.#firstView,
      endpoint: endpoint.id,
      profile: endpoint.profile,
      ttfbMs: answer.ttfbMs ?? 0,
      ttftMs: answer.ttftMs,
      bytes: answer.bytes,
      usage: answer.usage,
    };
  }

  #served(candidate: Candidate, answer: Answer): Ended {
    const { ports, sessions } = this.#means;
    const { id, startedAt } = this.#in;
    // Who counts need not be who answers: no prompt is cached there.
    if (!this.#in.target.isCount) sessions.bind(this.#session, candidate.endpoint.id, startedAt);
    if (this.#in.peek.model !== null) ports.modelFound(candidate.endpoint.id, this.#in.peek.model, id);
    ports.attemptSucceeded(candidate.endpoint.id, { request: id, ttfbMs: answer.ttfbMs ?? 0, ttftMs: answer.ttftMs });
    this.#lookAtLimits(candidate, answer);
    return {
      fact: { type: 'RequestServed', data: this.#servedBy(candidate, answer) },
      profile: candidate.endpoint.profile,
    };
  }

  #lookAtLimits({ endpoint }: Candidate, { head_: head }: Answer): void {
    if (endpoint.state !== 'healthy' || head?.get('anthropic-ratelimit-unified-status') !== 'allowed_warning') return;
    const reset = Number(head.get('anthropic-ratelimit-unified-reset'));
    this.#means.ports.limitsSeen(endpoint.id, {
      status: 'allowed_warning',
      resetAt: reset > 0 ? reset * secondMs : null,
    });
  }

  /** The client's own affair, or a request that belongs to one account: what the endpoint said, as it said it. */
  #passed(candidate: Candidate, answer: Answer): Ended {
    const status = answer.head_?.status;
    if (status === undefined) return this.#refuse();
    answer.passOn([]);
    return {
      fact: { type: 'RequestServed', data: this.#servedBy(candidate, answer) },
      profile: candidate.endpoint.profile,
    };
  }

  #broken(candidate: Candidate, answer: Answer, detail: string, startedAt: Millis): Ended {
    const { ports, sessions } = this.#means;
    const { id } = this.#in;
    const failure: Failure = 'brokenAnswer';
    sessions.avoid(this.#session, candidate.endpoint.id, ports.now());
    const data = brokenFailure(detail, id);
    this.#excuse(ports.attemptFailed(candidate.endpoint.id, data, { code: null, startedAt }));
    return {
      fact: { type: 'AnswerBroken', data: { ...this.#servedBy(candidate, answer), failure } },
      profile: candidate.endpoint.profile,
    };
  }

  #cancelled(): Ended {
    return {
      fact: { type: 'RequestCancelled', data: this.#ended(0) },
      profile: this.#firstCandidate?.endpoint.profile ?? null,
    };
  }

  /** Nobody answered: the most telling thing that was said, or a sentence of our own. */
  #refuse(): Ended {
    const { ports } = this.#means;
    const { client, id, target } = this.#in;
    const telling = this.#said.telling();
    const verbatim = telling?.refusal;
    const data = (status: number, because: string): Ended => ({
      fact: { type: 'RequestFailed', data: { ...this.#ended(status), because } },
      profile: this.#firstCandidate?.endpoint.profile ?? null,
    });
    if (telling && verbatim?.head) {
      // The client has its answer, and asks no more: nobody is asked for it later.
      this.#parked.leave(`its client was told: ${verbatim.verdict.failure}`);
      const stop =
        verbatim.verdict.failure === 'credential' || verbatim.verdict.failure === 'billing'
          ? ['x-should-retry', 'false']
          : [];
      passVerbatim(client, verbatim, [...stop, ...this.#added(telling.candidate, 0)]);
      return data(verbatim.head.status, verbatim.verdict.failure ?? 'refused');
    }
    const { item, isFull } = this.#parked;
    const { error, because } = ownError(
      { view: ports.view(), within: target.within, model: this.#in.peek.model, told: this.#told, now: ports.now() },
      this.#said,
      { item, isFull },
    );
    sendError(client, error, id);
    return data(error.status, because);
  }

  /** Somebody has got the answer for an identical request: nobody is asked. */
  async #stored(answer: StoredAnswer): Promise<Ended> {
    const { ports } = this.#means;
    const { client, id, startedAt } = this.#in;
    const profile = (answer.endpoint && ports.view().endpoints.get(answer.endpoint)?.profile) ?? '';
    const endpoint = answer.endpoint ?? '';
    const ttfbMs = ports.now() - startedAt;
    const added = ['x-qcc-request-id', id, 'x-qcc-endpoint', endpoint, 'x-qcc-attempts', '0'];
    const bytes = await sendStored(client, answer, added).catch(() => null);
    if (this.#gone) return this.#cancelled();
    if (bytes === null) {
      // The try that it came from has broken off: as there, the connection is cut, and the client asks again.
      client.destroy();
      const data = { ...this.#ended(answer.status), because: 'storedAnswerBroken' };
      return { fact: { type: 'RequestFailed', data }, profile };
    }
    const data = { endpoint, profile, ttfbMs, ttftMs: null, bytes, usage: null };
    return { fact: { type: 'RequestServed', data: { ...this.#ended(answer.status), ...data } }, profile };
  }
}
