/**
 * Replays the record under other rules: a core of its own receives the recorded reports in their order, and decides anew. In parallel the
 * record is folded as it stands, so that divergences are known.
 */
import type { AttemptFailure, EndpointReport } from '../../events/endpoint.ts';
import type { Millis, Recorded } from '../../events/fact.ts';
import { type EndpointId, kindOf, nameOf } from '../../events/ids.ts';
import type { Served } from '../../events/request.ts';
import { endpointStatus, timerOf } from '../../machines/endpoint.ts';
import type { FailoverPolicy } from '../../machines/failover-policy.ts';
import type { Timer } from '../../machines/moment.ts';
import { priorityStatus } from '../../machines/priority.ts';
import type { RoutingView } from '../../machines/routing-view.ts';
import type { Settings } from '../config/settings/settings.ts';
import type { Intent, Log } from '../log/log.ts';
import { failoverPolicyOf } from '../policies/policies.ts';
import { routingView } from '../projections/routing.ts';
import { Sessions } from '../proxy/sessions.ts';
import { Core, type Policies } from '../runtime/core.ts';
import type { State } from '../runtime/state.ts';
import { isSameView } from './same-view.ts';
import { noneTried, type TriedModels, withModels } from './tried-models.ts';
import { type Context, type End, type Place, Walk } from './walk.ts';

/** The rules of a side: the recorded ones, or the ones under test. */
export interface Side {
  readonly settings: (state: State) => Settings;
  readonly policies: (state: State) => Policies;
  /** What is tried of endpoints' model maps. */
  readonly models?: TriedModels;
}

/** One report, and the decisions on it. */
export interface Batch {
  /** Decisions on a success without a fact of its own; they precede its request. */
  readonly ahead: readonly Recorded[];
  readonly roots: readonly Recorded[];
  readonly decisions: readonly Recorded[];
}

/** Requests that other facts mention before they end, and those whose success is a fact of its own. */
export interface Foretold {
  readonly requests: ReadonlyMap<string, Ended>;
  readonly succeeded: ReadonlySet<string>;
  /** The first fact about a missing model; infinite where there is none. */
  readonly lackingSeq: number;
}

interface Sides {
  readonly recorded: Side;
  readonly under: Side;
}

interface Told {
  readonly request: string | null;
}

type Ended = Recorded & { readonly data: Served };
type Seen = Place & { readonly seq: number; readonly at: Millis; readonly twin: RoutingView };

export interface EndOfRequest {
  readonly fact: Ended;
  readonly end: End;
  readonly happened: Served['attempts'];
  readonly isOtherModel: boolean;
}

// A request lasts ten minutes at most: older views are not needed.
const viewsKeptMs = 700_000;
const jitter = 0.2;

export class Rehearsal {
  readonly #clock: { at: Millis; dice: number };
  readonly #core: Core;
  readonly #twin: State;
  readonly #recorded: Side;
  readonly #under: Side;
  readonly #failover: () => FailoverPolicy;
  readonly #foretold: Foretold;
  readonly #walks = new Map<string, Walk>();
  #sessions = new Sessions();
  #views: Seen[] = [];
  #plain: RoutingView | undefined;
  #shown: RoutingView | undefined;
  #twinView: RoutingView | undefined;
  #ended: (one: EndOfRequest) => void = () => {};
  /** The batch that is being replayed. */
  #seq = 0;

  private constructor(core: Core, twin: State, clock: { at: Millis; dice: number }, sides: Sides, foretold: Foretold) {
    this.#clock = clock;
    this.#core = core;
    this.#twin = twin;
    this.#recorded = sides.recorded;
    this.#under = sides.under;
    this.#failover = failoverPolicyOf(() => this.#under.settings(this.#core.state));
    this.#foretold = foretold;
    this.#look(twin.seq, twin.at);
  }

  /** @param then the state that both begin with; it is folded on */
  static async begin(then: State, sides: Sides, foretold: Foretold): Promise<Rehearsal> {
    const clock = { at: then.at, dice: 0.5 };
    const world = { now: () => clock.at, dice: () => clock.dice };
    const core = await Core.open(forgetful(then), world, sides.under.policies);
    return new Rehearsal(core, then, clock, sides, foretold);
  }

  /** The state under the other rules. */
  get state(): State {
    return this.#core.state;
  }

  /** The recorded state. Requests are not folded into it. */
  get recorded(): State {
    return this.#twin;
  }

  onFacts(listener: (facts: readonly Recorded[]) => void): void {
    this.#core.onFacts(listener);
  }

  onRequest(listener: (one: EndOfRequest) => void): void {
    this.#ended = listener;
  }

  play({ ahead, roots, decisions }: Batch): void {
    const [first] = roots;
    if (first) {
      this.#seq = first.seq;
      this.#elapse(first.at);
      this.#clock.at = Math.max(this.#clock.at, first.at);
      this.#take(first, roots, ahead[0]?.at ?? first.at, decisions);
    }
    for (const fact of [...ahead, ...roots, ...decisions]) {
      if (kindOf(fact.stream) === 'request') continue;
      this.#twin.apply(fact);
      this.#twinView = undefined;
    }
    const last = decisions.at(-1) ?? roots.at(-1) ?? ahead.at(-1);
    if (last) this.#look(last.seq, last.at);
  }

  // ------------------------------------------------------------------------------------------------ time

  /**
   * Timers in the record elapse when the record says so; others at their instant. If the record's own timers were due and no fact says so,
   * no gateway ran: the machine slept, or the clock was set ahead.
   */
  #elapse(until: Millis): void {
    const livedUntil = this.#recordedDueAt() ?? until;
    for (;;) {
      const due = this.#nextOwn(until);
      if (!due) return;
      this.#clock.at = Math.max(this.#clock.at, due.at > livedUntil ? until : due.at);
      due.tell();
    }
  }

  #recordedDueAt(): Millis | null {
    const endpoints = [...this.#twin.endpoints.values()].map((endpoint) => timerOf(endpoint)?.dueAt);
    const ladder = this.#twin.priority.context.timers.map(({ dueAt }) => dueAt);
    const all = [...endpoints, ...ladder].filter((one) => one !== undefined);
    return all.length === 0 ? null : Math.min(...all);
  }

  #nextOwn(until: Millis): { readonly at: Millis; readonly tell: () => void } | undefined {
    let next: { readonly at: Millis; readonly tell: () => void } | undefined;
    for (const [id, snapshot] of this.#core.state.endpoints) {
      const timer = timerOf(snapshot);
      if (!timer || timer.dueAt > Math.min(until, next?.at ?? until)) continue;
      if (isSame(timer, timerOf(this.#twin.endpoint(id)))) continue;
      const { name, gen } = timer;
      const report = { type: 'TimerElapsed', data: { name, gen } } as const;
      next = { at: timer.dueAt, tell: () => this.#core.tellEndpoint(id, report, { by: 'timer' }) };
    }
    const twins = this.#twin.priority.context.timers;
    for (const timer of this.#core.state.priority.context.timers) {
      if (timer.dueAt > Math.min(until, next?.at ?? until) || twins.some((one) => isSame(timer, one))) continue;
      const { name, gen } = timer;
      next = {
        at: timer.dueAt,
        tell: () => this.#core.tellPriority({ type: 'TimerElapsed', name, gen }, { by: 'timer' }),
      };
    }
    return next;
  }

  // ------------------------------------------------------------------------------------------------ reports

  #take(first: Recorded, roots: readonly Recorded[], succeededAt: Millis, decisions: readonly Recorded[]): void {
    // A new life does not know the endpoints of its sessions.
    if (roots.some(({ type }) => type === 'GatewayStarted')) this.#sessions = new Sessions();
    if (roots.some(({ stream }) => stream !== first.stream)) {
      this.#core.change(
        roots.map(({ stream, type, data }) => ({ stream, fact: { type, data } })),
        { by: first.by },
      );
      return;
    }
    switch (kindOf(first.stream)) {
      case 'request':
        this.#request(first as Ended, succeededAt);
        return;
      case 'endpoint':
        this.#endpoint(first, decisions);
        return;
      case 'priority':
        this.#priority(first);
        return;
      case 'profile':
      case 'config':
      case 'gateway':
        this.#core.report(first.stream, roots, { by: first.by });
    }
  }

  #endpoint(fact: Recorded, decisions: readonly Recorded[]): void {
    const id = nameOf(fact.stream) as EndpointId;
    const { type, data, by } = fact;
    if (type === 'WeightAdjusted') return void this.#core.report(fact.stream, [{ type, data }], { by });
    if (type === 'TimerElapsed') {
      const timer = timerOf(this.#core.state.endpoint(id));
      if (!timer || !isSame(timer, timerOf(this.#twin.endpoint(id)))) return;
    }
    if (type === 'AttemptSucceeded' && by === 'traffic' && !this.#isServed(data as Told)) return;
    if (type === 'AttemptFailed' && !this.#isMet(id, data as AttemptFailure)) return;
    const failure = saysOf[type];
    if (failure && !this.#isMet(id, { ...(data as Told), failure })) return;
    if (type === 'ModelFound' && !this.#isServed(data as Told)) return;
    this.#clock.dice = this.#diceOf(id, decisions);
    this.#core.tellEndpoint(id, { type, data } as EndpointReport, { by });
    this.#clock.dice = 0.5;
  }

  #isMet(id: EndpointId, { request, failure }: Pick<AttemptFailure, 'request' | 'failure'>): boolean {
    const walk = request === null ? undefined : this.#walkOf(request);
    return walk?.meets(id, failure, this.#context()) ?? true;
  }

  /** A reported success: its request ended with it. */
  #isServed({ request }: Told): boolean {
    const walk = request === null ? undefined : this.#walkOf(request);
    return !walk || walk.ends('RequestServed', this.#context()) === 'served';
  }

  #walkOf(request: string): Walk | undefined {
    const known = this.#walks.get(request);
    const fact = this.#foretold.requests.get(request);
    if (known || !fact) return known;
    const walk = new Walk(fact.data, fact.at);
    this.#walks.set(request, walk);
    return walk;
  }

  /** The random number that gave the recorded back-off: the same failure ejects for a proportional time. */
  #diceOf(id: EndpointId, decisions: readonly Recorded[]): number {
    const failed = decisions.find(({ type }) => type === 'EndpointFailed');
    if (!failed) return 0.5;
    const { until, times, belief } = failed.data as { until: Millis; times: number; belief: string };
    if (belief !== 'inferred') return 0.5;
    const { backoffBaseMs, backoffMaxMs } = this.#recorded.policies(this.#twin).endpoint(id);
    // A back-off at its maximum only shows that the number was high enough.
    if (until - failed.at >= backoffMaxMs) return 1;
    const spread = (until - failed.at) / (backoffBaseMs * 2 ** (times - 1));
    return (spread - (1 - jitter)) / (2 * jitter);
  }

  #priority(fact: Recorded): void {
    const { type, by } = fact;
    if (type === 'SwitchedByHand') {
      const { to, reason } = fact.data as { to: string; reason: string };
      this.#core.tellPriority({ type: 'SwitchByHand', to, reason }, { by });
    }
    if (type === 'PinReleased') this.#core.tellPriority({ type: 'ReleasePin' }, { by });
    if (type !== 'TimerElapsed') return;
    const { name, gen } = fact.data as { name: 'recovery' | 'heldBack'; gen: number };
    const mine = priorityStatus(this.#core.state.priority).timers.find((timer) => timer.gen === gen);
    const recorded = priorityStatus(this.#twin.priority).timers.find((timer) => timer.gen === gen);
    if (mine && recorded && isSame(mine, recorded)) this.#core.tellPriority({ type, name, gen }, { by });
  }

  #request(fact: Ended, succeededAt: Millis): void {
    const { data, stream, type } = fact;
    const id = nameOf(stream);
    const walk = this.#walkOf(id) ?? new Walk(data, fact.at);
    this.#walks.delete(id);
    const end = walk.ends(type, this.#context());
    const { happened, isOtherModel } = walk;
    this.#remember(fact, end);
    const isGood = end === 'served' && type === 'RequestServed' && data.status < 400;
    if (isGood && !this.#foretold.succeeded.has(id)) {
      this.#clock.at = Math.max(this.#core.state.at, succeededAt);
      const success = { request: id, ttfbMs: data.ttfbMs, ttftMs: data.ttftMs };
      this.#core.attemptSucceeded(data.endpoint as EndpointId, success);
      this.#clock.at = Math.max(this.#clock.at, fact.at);
    }
    this.#core.requestEnded(stream, { type, data: { ...data, attempts: happened } });
    this.#ended({ fact, end, happened, isOtherModel });
  }

  /** Where the session's cache is now. After an unknown answer this is unknown. */
  #remember({ data, at, type }: Ended, end: End): void {
    if (end !== 'served') return;
    const endpoint = data.endpoint as EndpointId;
    if (type === 'AnswerBroken') this.#sessions.avoid(data.session, endpoint, at);
    else if (data.status < 400) this.#sessions.bind(data.session, endpoint, at - data.durationMs);
  }

  // ------------------------------------------------------------------------------------------------ views

  #context(): Context {
    return {
      recorded: this.#recorded.settings(this.#twin),
      under: this.#under.settings(this.#core.state),
      failover: this.#failover(),
      sessions: this.#sessions,
      tried: this.#under.models ?? noneTried,
      tellsLacking: this.#seq >= this.#foretold.lackingSeq,
      placeAt: (seq) => this.#place((one) => one.seq <= seq),
      placeThen: (at) => this.#place((one) => one.at <= at),
    };
  }

  #place(isBefore: (one: { readonly seq: number; readonly at: Millis }) => boolean): Place {
    return this.#views.findLast(isBefore) ?? (this.#views[0] as Place);
  }

  /** Made anew only when the core's is another one. */
  #view(): RoutingView {
    const plain = this.#core.view();
    if (this.#plain !== plain) this.#shown = withModels(plain, this.#under.models ?? noneTried);
    this.#plain = plain;
    return this.#shown ?? plain;
  }

  #look(seq: number, at: Millis): void {
    const view = this.#view();
    this.#twinView ??= viewOf(this.#twin);
    const last = this.#views.at(-1);
    if (last?.view === view && last.twin === this.#twinView) return;
    const same = isSameView(view, this.#twinView);
    this.#views.push({ seq, at, view, same, twin: this.#twinView });
    const [, oldest] = this.#views;
    if (oldest && at - oldest.at > viewsKeptMs) this.#views = this.#views.filter((one) => at - one.at <= viewsKeptMs);
  }
}

function isSame(one: Timer, other: Timer | null): boolean {
  return other !== null && one.name === other.name && one.gen === other.gen && one.dueAt === other.dueAt;
}

function viewOf(state: State): RoutingView {
  const { active, pinned, recovery } = priorityStatus(state.priority);
  const watched = recovery?.profile ?? null;
  const { seq, profiles } = state;
  const isOffline = state.gatewayState === 'offline';
  return routingView({
    seq,
    profiles,
    active,
    pinned,
    watched,
    isOffline,
    status: (id) => endpointStatus(state.endpoint(id)),
  });
}

/** What a request's attempt says of it besides. */
const saysOf: Readonly<Record<string, AttemptFailure['failure']>> = {
  ModelNotFound: 'noModel',
  BodyRefused: 'tooLargeHere',
};

/** A log that begins with a state and stores nothing: a rehearsal is not written anywhere. */
function forgetful(then: State): Log {
  const seq = then.seq;
  const data = JSON.parse(JSON.stringify(then)) as unknown;
  let head = seq;
  return {
    state: 'open',
    damage: [],
    tail: seq + 1,
    get head() {
      return head;
    },
    intend: () => Promise.resolve(0 as Intent),
    withdraw: () => Promise.resolve(),
    leftIntents: () => Promise.resolve([]),
    append(facts) {
      head = facts.at(-1)?.seq ?? head;
      return Promise.resolve();
    },
    async *read() {},
    async *readStream() {},
    seqAt: () => Promise.resolve(head + 1),
    saveSnapshot: () => Promise.resolve(),
    loadSnapshot: () => Promise.resolve({ seq, data }),
    trim: () => Promise.resolve(0),
    compact: () => Promise.resolve(),
    size: () => Promise.resolve(0),
    flush: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
