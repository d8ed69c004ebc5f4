/**
 * The core: receives reports, asks the machines for the decisions, folds both, and hands the batch to the log.
 * A fact and the decisions that it caused form one batch: together in the log, or not at all.
 */
import { versionOf } from '../../events/catalogue.ts';
import type { EndpointReport, FoundMissing } from '../../events/endpoint.ts';
import type { By, Fact, Millis, Recorded } from '../../events/fact.ts';
import { type EndpointId, kindOf, nameOf, type QueueId, streams } from '../../events/ids.ts';
import { lacksUntil } from '../../machines/available.ts';
import { decideEndpoint, worthTelling } from '../../machines/endpoint-decisions.ts';
import type { EndpointPolicy } from '../../machines/endpoint-policy.ts';
import { lacksModelUntil, missingUntil } from '../../machines/endpoint-policy.ts';
import { priorityStatus } from '../../machines/priority.ts';
import { decidePriority, type PriorityAsk, type PriorityPolicy } from '../../machines/priority-policy.ts';
import { decideQueueItem, type QueueAsk } from '../../machines/queue-item-decisions.ts';
import type { QueuePolicy } from '../../machines/queue-policy.ts';
import type { RoutingView } from '../../machines/routing-view.ts';
import type { Intent, Log } from '../log/log.ts';
import type { World } from '../platform/clock.ts';
import { uuidv7 } from '../platform/uuid.ts';
import type { Step } from '../projections/configuration.ts';
import { ladderLook, routingView } from '../projections/routing.ts';
import type { Command, Origin } from './command.ts';
import { foldLog, keeper, refuseNewerEnd, snapshotOf } from './fold-log.ts';
import { hasAvailable, ladderSource } from './ladder.ts';
import { UntoldLosses } from './losses.ts';
import type { State } from './state.ts';
import { elapsed, nextDueAt } from './timers.ts';

export interface Policies {
  endpoint(id: EndpointId): EndpointPolicy;
  priority(): PriorityPolicy;
  queue(): QueuePolicy;
}

export interface Told {
  readonly facts: readonly Recorded[];
  /** Resolves when the batch is written; with `sync`, when it is on the disk. */
  readonly done: Promise<void>;
}

/** Errors of facts that wait for the disk, or were given up: their intent is still on the disk. */
const waits: ReadonlySet<string> = new Set(['QCC_LOG_SUSPENDED', 'QCC_LOG_GIVEN_UP']);

/** Profiles make up the ladder; settings define its policy. */
const changesLadder: ReadonlySet<string> = new Set(['profile', 'config']);

/** Facts that do not affect routing. */
const outsideView: ReadonlySet<string> = new Set(['request', 'queue', 'token']);

export class Core {
  readonly state: State;
  /** Commands that a former life accepted and this one carried out: their effects beside facts are still to be done. */
  carriedOut = 0;
  readonly #log: Log;
  readonly #world: World;
  readonly #policies: (state: State) => Policies;
  readonly #listeners = new Set<(facts: readonly Recorded[]) => void>();
  #batch: Recorded[] | undefined;
  /** The instant of the running transaction: its facts and the decisions on them share it. */
  #moment: Millis | undefined;
  #view: RoutingView | undefined;
  #ladderIsClean = false;
  readonly #untold: UntoldLosses;
  /** How far the log is ahead of the clock, which was set back while no gateway ran. */
  readonly #aheadMs: Millis;

  private constructor(state: State, log: Log, world: World, policies: (state: State) => Policies) {
    this.state = state;
    this.#log = log;
    this.#world = world;
    this.#policies = policies;
    this.#untold = new UntoldLosses(log);
    this.#ladderIsClean = priorityStatus(state.priority).state === 'healthy';
    this.#aheadMs = Math.max(0, state.at - world.now());
  }

  /** The log's time, which is used for every instant in the state. It never begins before the log's last fact. */
  now(): Millis {
    return this.#world.now() + this.#aheadMs;
  }

  /**
   * The newest intact snapshot, and the facts after it.
   * @throws {NewerFact} when a newer qcc wrote the log: nothing is touched
   */
  static async open(log: Log, world: World, policies: (state: State) => Policies): Promise<Core> {
    const core = new Core(await foldLog(log, undefined, keeper(log)), log, world, policies);
    await refuseNewerEnd(log);
    const left = await log.leftIntents();
    for (const { intent, what } of left) await core.#carryOut(what as Command, intent);
    core.carriedOut = left.length;
    return core;
  }

  get log(): Log {
    return this.#log;
  }

  /** Receives each batch of facts, folded and handed to the log: for listeners that keep the world in step with the state. */
  /** @returns what ends it */
  onFacts(listener: (facts: readonly Recorded[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  view(): RoutingView {
    this.#view ??= routingView(ladderSource(this.state));
    return this.#view;
  }

  /**
   * Executes a command whose result is promised: all of it, or nothing. It is written down first; from then on it is certain to be done,
   * even if the disk fills up (its facts wait) or the process ends (the next one carries it out).
   * @throws {QccError} `QCC_LOG_SUSPENDED`: the disk cannot be written; nothing was done, nor will be
   */
  async command(command: Command): Promise<readonly Recorded[]> {
    return this.#carryOut(command, await this.#log.intend(command));
  }

  async #carryOut(command: Command, intent: Intent): Promise<readonly Recorded[]> {
    let told: Told | undefined;
    try {
      told = this.#do(command, { by: 'cli', sync: true, intent });
    } finally {
      // A command without a result must not be repeated by the next start.
      if (!told?.facts.length) await this.#log.withdraw(intent).catch(() => {});
    }
    await told.done.catch((error: unknown) => {
      if (!waits.has((error as { code?: string }).code ?? '')) throw error;
    });
    return told.facts;
  }

  #do(command: Command, origin: Origin): Told {
    switch (command.do) {
      case 'report':
        return this.report(command.stream, command.facts, origin);
      case 'change':
        return this.change(command.steps, origin);
      case 'tellEndpoint':
        return this.tellEndpoint(command.id, command.report, origin);
      case 'tellPriority':
        return this.tellPriority(command.ask, origin);
      case 'tellQueue':
        return this.tellQueue(command.id, command.ask, origin);
    }
  }

  /** Writes facts of a stream as they are. The ladder reacts to those of a profile. */
  report(stream: string, facts: readonly Fact[], origin: Origin): Told {
    return this.#transact(origin, () => {
      // One command: later facts name its first one as their cause, so that it can be undone as a whole.
      let first: number | null = null;
      let last: number | null = null;
      for (const fact of facts) {
        last = this.#record(stream, fact, first, origin.by).seq;
        first ??= last;
      }
      if (changesLadder.has(kindOf(stream))) this.#ask({ type: 'Looked', report: null }, last, origin.by);
    });
  }

  /** Facts of several streams, all or nothing. Reports about an endpoint pass its machine. */
  change(steps: readonly Step[], origin: Origin): Told {
    return this.#transact(origin, () => {
      let first: number | null = null;
      for (const { stream, fact } of steps) {
        const told: number | null =
          kindOf(stream) === 'endpoint'
            ? this.#decide(nameOf(stream) as EndpointId, fact as EndpointReport, origin.by, first).cause
            : this.#record(stream, fact, first, origin.by).seq;
        first ??= told;
      }
      this.#ask({ type: 'Looked', report: null }, first, origin.by);
    });
  }

  /** One fact per request. If the active profile could not serve it, that is also a report about the profile. */
  requestEnded(stream: string, fact: Fact): void {
    this.#transact({ by: 'traffic' }, () => {
      const recorded = this.#record(stream, fact, null, 'traffic');
      if (this.#ladderIsClean) return;
      const { active } = priorityStatus(this.state.priority);
      const { healthAware } = this.#policies(this.state).priority();
      if (active !== null && !hasAvailable(this.state, active, healthAware, this.#now())) {
        this.#ask({ type: 'Looked', report: { profile: active, good: false } }, recorded.seq, 'traffic');
      }
    });
  }

  /** What an attempt, a probe, a person or a timer reports about an endpoint. */
  tellEndpoint(id: EndpointId, report: EndpointReport, origin: Origin): Told {
    return this.#transact(origin, () => {
      const { facts, cause } = this.#decide(id, report, origin.by, null);
      const profile = this.state.profiles.endpoint(id)?.profile;
      const good = report.type === 'AttemptSucceeded' || report.type === 'ProbeSucceeded';
      // A failure that is not worth a fact says nothing about the endpoint, and so nothing about its profile.
      const bad = facts.length > 0 && (report.type === 'AttemptFailed' || report.type === 'ProbeFailed');
      const told = profile !== undefined && (good || bad) ? { profile, good } : null;
      if (facts.length > 0 || (told && !this.#ladderIsClean)) {
        this.#ask({ type: 'Looked', report: told }, cause, 'gateway');
      }
    });
  }

  /** A success is reported only when it can change something: for a clean, healthy endpoint it is no news. */
  attemptSucceeded(id: EndpointId, success: { request: string; ttfbMs: Millis; ttftMs: Millis | null }): void {
    const recent = () => this.state.recent.window(id, this.now());
    const worth = worthTelling(this.state.endpoint(id), success, recent);
    if (worth || !this.#ladderIsClean) {
      this.tellEndpoint(id, { type: 'AttemptSucceeded', data: success }, { by: 'traffic' });
    }
  }

  /** The endpoint has said that it lacks the model. A repetition is no news. */
  modelNotFound(id: EndpointId, model: string, request: string): void {
    const until = lacksModelUntil(this.#now());
    this.tellEndpoint(id, { type: 'ModelNotFound', data: { model, until, request } }, { by: 'traffic' });
  }

  /** The endpoint has answered for a model. Almost none was ever said to lack one, and nothing is allocated for those. */
  modelFound(id: EndpointId, model: string, request: string): void {
    const { lacks } = this.state.endpoint(id).context;
    if (lacks.length === 0 || lacksUntil(lacks, model, this.#now()) === null) return;
    this.tellEndpoint(id, { type: 'ModelFound', data: { model, request } }, { by: 'traffic' });
  }

  /** The endpoint has refused a part of a request. A repetition is no news. */
  capabilityMissing(id: EndpointId, found: FoundMissing, request: string): void {
    const until = missingUntil(this.#now());
    this.tellEndpoint(id, { type: 'CapabilityMissing', data: { ...found, until, request } }, { by: 'traffic' });
  }

  tellPriority(ask: PriorityAsk, origin: Origin): Told {
    return this.#transact(origin, () => this.#ask(ask, null, origin.by));
  }

  /** What happened to a queued request, or is requested of it. Returns no facts when it comes too late. */
  tellQueue(id: QueueId, ask: QueueAsk, origin: Origin): Told {
    return this.#transact(origin, () => {
      const moment = { now: this.#now(), dice: this.#world.dice() };
      const facts = decideQueueItem(this.state.queue.snapshot(id), ask, moment, this.#policies(this.state).queue());
      let cause: number | null = null;
      for (const fact of facts) {
        const { seq } = this.#record(streams.queue(id), fact, cause, cause === null ? origin.by : 'gateway');
        cause ??= seq;
      }
    });
  }

  /** The earliest instant that a machine waits for. */
  nextDueAt(): Millis | null {
    return nextDueAt(this.state);
  }

  /** Reports every timer that has elapsed. A late or duplicate call is harmless: `gen` identifies the timer. */
  tick(): void {
    for (const command of elapsed(this.state, this.now()))
      this.#do(command, { by: 'timer', sync: command.do === 'tellQueue' });
  }

  /**
   * Records what the log found lost, each loss once over all starts.
   * @throws {QccError} `QCC_LOG_SUSPENDED` when the disk cannot be written
   */
  async tellLosses(): Promise<void> {
    const losses = await this.#untold.take();
    if (losses.length === 0) return;
    await this.report(streams.gateway, losses, { by: 'gateway', sync: true }).done;
  }

  /** Losses are recorded first: the next start checks only what comes after the snapshot. */
  async snapshot(): Promise<void> {
    await this.tellLosses();
    const saved = this.state.toJSON();
    await this.#log.flush();
    await this.#log.saveSnapshot('state', snapshotOf(saved));
  }

  #transact({ sync = false, intent }: Origin, work: () => void): Told {
    if (this.#batch) throw new Error('a transaction inside a transaction');
    const facts: Recorded[] = [];
    this.#moment = this.#now();
    this.#batch = facts;
    try {
      work();
    } finally {
      this.#batch = undefined;
      this.#moment = undefined;
    }
    if (facts.length === 0) return { facts, done: Promise.resolve() };
    const done = this.#log.append(facts, { sync, intent });
    // A caller that promised something awaits `done` and sees the failure; the log itself reports when it is suspended.
    done.catch(() => {});
    for (const listener of this.#listeners) tell(listener, facts);
    return { facts, done };
  }

  #record(stream: string, fact: Fact, cause: number | null, by: By): Recorded {
    const { state } = this;
    const at = this.#now();
    const recorded: Recorded = {
      seq: state.seq + 1,
      at,
      stream,
      version: (state.versions.get(stream) ?? 0) + 1,
      id: uuidv7(at),
      type: fact.type,
      v: versionOf(fact.type),
      data: fact.data,
      cause,
      by,
    };
    state.apply(recorded);
    this.#batch?.push(recorded);
    if (!outsideView.has(kindOf(stream))) this.#view = undefined;
    return recorded;
  }

  /** A report and the decisions of its machine; `cause` is the number of the report's fact, null when it changes nothing. */
  #decide(id: EndpointId, report: EndpointReport, by: By, because: number | null) {
    const now = this.#now();
    const facts = decideEndpoint(
      this.state.endpoint(id),
      report,
      { now, dice: this.#world.dice() },
      this.#policies(this.state).endpoint(id),
      this.state.recent.window(id, now),
    );
    let cause: number | null = null;
    for (const fact of facts) {
      const isReport = cause === null;
      const recorded = this.#record(streams.endpoint(id), fact, cause ?? because, isReport ? by : 'gateway');
      cause ??= recorded.seq;
    }
    return { facts, cause };
  }

  #ask(ask: PriorityAsk, cause: number | null, by: By): void {
    const moment = { now: this.#now(), dice: this.#world.dice() };
    const policy = this.#policies(this.state).priority();
    const look = ladderLook(ladderSource(this.state), moment.now, policy.healthAware);
    const facts = decidePriority(this.state.priority, ask, look, moment, policy);
    for (const fact of facts) this.#record(streams.priority, fact, cause, by);
    this.#ladderIsClean = priorityStatus(this.state.priority).state === 'healthy';
  }

  /** Time in the log never runs backwards, whatever the clock does. */
  #now(): Millis {
    return this.#moment ?? Math.max(this.state.at, this.now());
  }
}

/** The batch is folded and handed over: a listener's error is reported, and affects neither other listeners nor the reporter. */
function tell(listener: (facts: readonly Recorded[]) => void, facts: readonly Recorded[]): void {
  try {
    listener(facts);
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error));
  }
}
