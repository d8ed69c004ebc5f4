/**
 * Runs the probes that a plan asks for, as many at once as allowed, and reports each result as a fact for the machines. The plan decides
 * which endpoints are probed, how deep and how often; this class deals with concurrency, sleep and the network.
 */
import type { EndpointReport } from '../../events/endpoint.ts';
import type { Millis } from '../../events/fact.ts';
import type { EndpointId } from '../../events/ids.ts';
import { isNeutral } from '../../machines/endpoint-policy.ts';
import { isNetworkGone, isProxyDown, isShortage } from '../../machines/network.ts';
import type { Depth, ProbeResult } from '../../workers/probe.ts';
import { unquoted } from '../../workers/sentence.ts';
import type { World } from '../platform/clock.ts';

export interface PlannedProbe {
  readonly endpoint: EndpointId;
  readonly depth: Depth;
}

/** After `wokeUp` and `online` all earlier results are stale, and every endpoint may be probed. */
export type Occasion = 'look' | 'wokeUp' | 'online';

export interface ProberPorts {
  /** The probes that are due now. Endpoints that are being probed may be included, and are skipped. */
  plan(occasion: Occasion): readonly PlannedProbe[];
  /** Ends soon after `signal` aborts. Rejects when the probe was lost: that says nothing about the endpoint. */
  probe(planned: PlannedProbe, signal: AbortSignal): Promise<ProbeResult>;
  /** The endpoint is on this machine: its probes say nothing about the network. */
  isLocal(endpoint: EndpointId): boolean;
  /** A result. `report` is its meaning for the machines. */
  found(endpoint: EndpointId, report: EndpointReport, result: ProbeResult): void;
  /** Probing is switched off: the network is not watched either. */
  isOff(): boolean;
  /** The network is unreachable, or reachable again. */
  network(online: boolean): void;
  slept(forMs: Millis): void;
}

export interface ProberLimits {
  /** The interval between two looks at the plan. */
  readonly lookEveryMs: () => Millis;
  /** Simultaneous probes over all endpoints; one endpoint has one at a time. */
  readonly atOnceMax: number;
}

// A sleep of the machine, and a network that is back, are noticed within this time.
const lookMaxMs = 2_000;
// A busy loop is late by less; a machine that slept is late by more.
const sleepMinMs = 5_000;

interface Running {
  readonly depth: Depth;
  readonly stop: AbortController;
  /** Null: lost, or stopped. */
  readonly done: Promise<ProbeResult | null>;
}

export class Prober {
  readonly #ports: ProberPorts;
  readonly #world: World;
  readonly #limits: ProberLimits;
  readonly #running = new Map<EndpointId, Running>();
  readonly #waiting: (() => void)[] = [];
  #placesTaken = 0;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = 0;
  #stopped = false;
  /** The number of sleeps so far: a probe that began before one is not judged after it. */
  #sleeps = 0;
  /** Endpoints that are dialled to learn when the network is back; empty while it is there. */
  #outOfReach: readonly EndpointId[] = [];

  constructor(ports: ProberPorts, world: World, limits: ProberLimits) {
    this.#ports = ports;
    this.#world = world;
    this.#limits = limits;
  }

  start(): void {
    this.#arm();
  }

  isProbing(endpoint: EndpointId): boolean {
    return this.#running.has(endpoint);
  }

  /** Looks at the plan now: there is news, or the scheduled look is overdue. */
  look(): void {
    if (this.#stopped) return;
    try {
      const sleptMs = this.#sleptMs();
      if (this.#outOfReach.length > 0 && this.#ports.isOff()) this.#setOutOfReach([]);
      if (sleptMs > 0) this.#wakeUp(sleptMs);
      else if (this.#outOfReach.length > 0) void this.#listen();
      else this.#planned('look');
    } finally {
      // A look that throws must not be the last.
      this.#arm();
    }
  }

  /** The machine has slept, and there was no look since. */
  get isOverdue(): boolean {
    return this.#sleptMs() > 0;
  }

  /** Ends all probes without reporting their results. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const ended = [...this.#running.values()].map(({ done }) => done);
    this.#abandon();
    await Promise.all(ended);
  }

  /**
   * Probes now, whatever the plan says, and reports the results like any others. If a probe of at least the same depth is running, its
   * result is used instead of a second probe.
   * @returns by endpoint; null where the probe was lost or stopped
   */
  async probe(plan: readonly PlannedProbe[]): Promise<ReadonlyMap<EndpointId, ProbeResult | null>> {
    const results = new Map<EndpointId, ProbeResult | null>();
    const round = new Round(this.#ports);
    const sleeps = this.#sleeps;
    await Promise.all(
      deepest(plan).map(async (planned) => results.set(planned.endpoint, await this.#join(planned, round))),
    );
    if (!this.#stopped && sleeps === this.#sleeps) this.#close(round);
    return results;
  }

  #arm(): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    const waitMs = Math.min(this.#limits.lookEveryMs(), lookMaxMs);
    this.#dueAt = this.#world.now() + waitMs;
    this.#timer = setTimeout(() => this.look(), waitMs);
  }

  /** How overdue the scheduled look is, unless a busy loop explains it; 0 otherwise. */
  #sleptMs(): Millis {
    const lateMs = this.#timer ? this.#world.now() - this.#dueAt : 0;
    return lateMs > sleepMinMs ? lateMs : 0;
  }

  #planned(occasion: Occasion): void {
    const due = this.#ports.plan(occasion).filter(({ endpoint }) => !this.#running.has(endpoint));
    if (due.length > 0) void this.probe(due);
  }

  /** Running probes waited through the sleep: their results say nothing, and a new look is due. */
  #wakeUp(forMs: Millis): void {
    this.#sleeps++;
    this.#abandon();
    this.#ports.slept(forMs);
    this.#planned('wokeUp');
  }

  /** Without a network nothing is probed; the endpoints are dialled in turn to find out whether it is back. */
  async #listen(): Promise<void> {
    const [endpoint, ...others] = this.#outOfReach;
    if (endpoint === undefined || this.#running.has(endpoint)) return;
    const sleeps = this.#sleeps;
    const result = (await this.probe([{ endpoint, depth: 'connection' }])).get(endpoint);
    if (this.#stopped || sleeps !== this.#sleeps) return;
    // Lost, removed meanwhile, not dialled at all, or behind a proxy that is down: this result says nothing about the network, and the
    // others are dialled.
    if (!result || isProxyDown(result.dialError) || isShortage(result.dialError)) this.#setOutOfReach(others);
    if (this.#outOfReach.length === 0) this.#planned('online');
  }

  /** The result of a running probe of at least the same depth, or of a new one: one endpoint never has two at once. */
  async #join(planned: PlannedProbe, round: Round): Promise<ProbeResult | null> {
    for (;;) {
      const running = this.#running.get(planned.endpoint);
      if (!running) break;
      const result = await running.done;
      if (depthOf(running) >= depthOf(planned)) return result;
    }
    if (this.#stopped) return null;
    const result = await this.#start(planned).done;
    if (result) round.take(planned.endpoint, result);
    return result;
  }

  #start(planned: PlannedProbe): Running {
    const stop = new AbortController();
    const run = async (): Promise<ProbeResult | null> => {
      await this.#place();
      try {
        stop.signal.throwIfAborted();
        const result = await this.#ports.probe(planned, stop.signal);
        // Its own timer may fire before the look does.
        return stop.signal.aborted || this.#sleptMs() > 0 ? null : result;
      } catch {
        return null;
      } finally {
        this.#givePlace();
        if (this.#running.get(planned.endpoint) === running) this.#running.delete(planned.endpoint);
      }
    };
    const running: Running = { depth: planned.depth, stop, done: run() };
    this.#running.set(planned.endpoint, running);
    return running;
  }

  #abandon(): void {
    for (const { stop } of this.#running.values()) stop.abort();
    this.#running.clear();
  }

  async #place(): Promise<void> {
    if (this.#placesTaken < this.#limits.atOnceMax) this.#placesTaken++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #givePlace(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#placesTaken--;
  }

  /** All dials failed, and none reached another machine: the network is the cause, not an endpoint. */
  #close(round: Round): void {
    if (round.dialled.length === 0) return;
    const isOffline = round.outOfReach.length === round.dialled.length;
    if (!isOffline) round.tellHeld();
    const alone = this.#outOfReach.length > 0 && isOffline;
    // The endpoint that was dialled goes to the end of the list.
    const others = alone ? this.#outOfReach.filter((one) => !round.dialled.includes(one)) : [];
    this.#setOutOfReach(isOffline ? [...others, ...round.dialled] : []);
  }

  #setOutOfReach(endpoints: readonly EndpointId[]): void {
    const wasOnline = this.#outOfReach.length === 0;
    const isOnline = endpoints.length === 0;
    this.#outOfReach = endpoints;
    if (isOnline !== wasOnline) this.#ports.network(isOnline);
  }
}

/** Probes that began together: only their results together show whether the network is down. */
class Round {
  readonly #ports: ProberPorts;
  readonly #held: (() => void)[] = [];
  readonly dialled: EndpointId[] = [];
  readonly outOfReach: EndpointId[] = [];

  constructor(ports: ProberPorts) {
    this.#ports = ports;
  }

  take(endpoint: EndpointId, result: ProbeResult): void {
    const tell = () => this.#ports.found(endpoint, reportOf(result), result);
    const { dialError } = result;
    const wasDialled = result.connected || !(dialError === null || isProxyDown(dialError) || isShortage(dialError));
    if (wasDialled && !this.#ports.isLocal(endpoint)) {
      this.dialled.push(endpoint);
      if (isNetworkGone(dialError)) {
        this.outOfReach.push(endpoint);
        this.#held.push(tell);
        return;
      }
    }
    tell();
  }

  tellHeld(): void {
    for (const tell of this.#held) tell();
  }
}

/**
 * The meaning of a result for the machines. A working connection or API proves no recovery: relays list their models while messages fail.
 * Their failures count like all others.
 */
export function reportOf(result: ProbeResult): EndpointReport {
  const { depth, verdict, failure, responseMs, ttftMs, score, model, tokens, error, isForLooks } = result;
  const detail = error === null ? null : unquoted(error);
  if (verdict === 'success' && depth === 'conversation')
    return { type: 'ProbeSucceeded', data: { responseMs, ttftMs, score, model, tokens } };
  if (failure !== null && !isNeutral(failure))
    return { type: 'ProbeFailed', data: { verdict, failure, detail, responseMs } };
  const noted = { depth, verdict, responseMs, ttftMs, score, model, tokens, detail };
  return { type: 'ProbeNoted', data: isForLooks ? { ...noted, isForLooks } : noted };
}

const depthsInOrder: readonly Depth[] = ['connection', 'api', 'conversation'];

function depthOf({ depth }: { readonly depth: Depth }): number {
  return depthsInOrder.indexOf(depth);
}

/** One probe per endpoint: the deepest, which includes what the others would find. */
function deepest(plan: readonly PlannedProbe[]): readonly PlannedProbe[] {
  const byEndpoint = new Map<EndpointId, PlannedProbe>();
  for (const planned of plan) {
    const other = byEndpoint.get(planned.endpoint);
    if (!other || depthOf(planned) > depthOf(other)) byEndpoint.set(planned.endpoint, planned);
  }
  return [...byEndpoint.values()];
}
