/**
 * Monitors the health of endpoints while the gateway runs: probes them as the plan says, adjusts their weights as the policy says, and
 * recognises failures of traffic that are the network's. The rules are in `machines/`; this class holds the memory that they need, and
 * passes the results on.
 */
import type { AttemptFailure, EndpointReport } from '../../events/endpoint.ts';
import type { Millis } from '../../events/fact.ts';
import type { GatewayFact } from '../../events/gateway.ts';
import { type EndpointId, streams } from '../../events/ids.ts';
import { secondMs } from '../../events/units.ts';
import { endpointStatus } from '../../machines/endpoint.ts';
import { gatewayStatus } from '../../machines/gateway.ts';
import { weighFailure } from '../../machines/network.ts';
import { priorityStatus } from '../../machines/priority.ts';
import {
  nextProbeAt,
  nextProbes,
  type PlannedProbe,
  type Probed,
  type ProbePolicy,
  probesDue,
  type Surroundings,
} from '../../machines/probe-plan.ts';
import { adjustWeight } from '../../machines/weight-policy.ts';
import type { Depth, ProbeResult } from '../../workers/probe.ts';
import { isLoopback } from '../config/network/base-url.ts';
import type { Settings } from '../config/settings/settings.ts';
import type { World } from '../platform/clock.ts';
import { type ProbeMemory, probedEndpoints, weighedEndpoints } from '../projections/checked.ts';
import type { KnownEndpoint } from '../projections/profiles.ts';
import type { Core } from '../runtime/core.ts';
import { Prober } from './prober.ts';

export interface MonitorPorts {
  readonly core: Core;
  readonly world: World;
  settings(): Settings;
  /** Rejects when the probe was lost with its worker, or was ended. */
  probe(endpoint: KnownEndpoint, depth: Depth, signal: AbortSignal): Promise<ProbeResult>;
  /** The addresses of this machine: other ones mean another network. Null when they are unknown. */
  addresses(): string | null;
  /** Existing connections are dead. */
  networkChanged(): void;
  /** Whether another gateway of the fleet probes this endpoint's key. */
  isLedElsewhere(id: EndpointId): boolean;
  /** The machine has slept: running requests may hang for ever. */
  resume(): void;
}

// Even with nothing due there may be a changed setting, or a sleep to detect.
const lookMs = { least: 25, most: 2_000 };
// A person who checks all of fifty endpoints wants the results now; a plan never asks for so many.
const atOnceMax = 64;
const addressesEveryMs = 5_000;
// Failures that wait until the other endpoints were dialled; failures beyond this number are not reported, without harm.
const doubtfulMax = 256;

export class Monitor {
  readonly #ports: MonitorPorts;
  readonly #core: Core;
  readonly #prober: Prober;
  readonly #memory = new Map<EndpointId, Omit<ProbeMemory, 'isRunning'>>();
  readonly #doubtful: (() => void)[] = [];
  /** The number of results of each endpoint when it was last weighed: the same evidence is not weighed twice. */
  readonly #weighed = new Map<EndpointId, number>();
  #weighedAt: Millis;
  #changedAt: Millis | null = null;
  #addresses: { readonly seen: string | null; readonly at: Millis };
  #isAsking = false;
  #isLookComing = false;

  constructor(ports: MonitorPorts) {
    this.#ports = ports;
    this.#core = ports.core;
    this.#weighedAt = ports.core.now();
    this.#addresses = { seen: ports.addresses(), at: this.#weighedAt };
    ports.core.onFacts((facts) => {
      // Another policy weighs the same evidence differently.
      if (facts.some(({ stream }) => stream === streams.config)) this.#weighed.clear();
    });
    this.#prober = new Prober(
      {
        plan: () => this.#plan(),
        probe: ({ endpoint, depth }, signal) => this.#probe(endpoint, depth, signal),
        isLocal: (endpoint) => this.#isLocal(endpoint),
        found: (endpoint, report, result) => this.#found(endpoint, report, result),
        isOff: () => this.#policy().mode === 'off',
        network: (online) => this.#tellNetwork(online),
        slept: (forMs) => this.#slept(forMs),
      },
      ports.world,
      { lookEveryMs: () => this.#nextLookMs(), atOnceMax },
    );
  }

  start(): void {
    this.#prober.start();
  }

  stop(): Promise<void> {
    return this.#prober.stop();
  }

  /** Probes each with a conversation, now; the results count. Null: the probe was lost. */
  check(endpoints: readonly EndpointId[]): Promise<ReadonlyMap<EndpointId, ProbeResult | null>> {
    return this.#prober.probe(endpoints.map((endpoint) => ({ endpoint, depth: 'conversation' })));
  }

  /** The next planned probe of each endpoint, without those for which none is planned. */
  next(): ReadonlyMap<string, PlannedProbe> {
    return nextProbes(this.#probed(), this.#around(), this.#policy());
  }

  /** Reports the failure to the endpoint's machine, or checks first whether the network is the cause. */
  attemptFailed(
    id: EndpointId,
    data: AttemptFailure,
    { code, startedAt }: { readonly code: string | null; readonly startedAt: Millis },
  ): 'counts' | 'noNetwork' {
    if (this.#prober.isOverdue) this.#prober.look();
    const { wokeAt } = gatewayStatus(this.#core.state.gateway);
    const said = weighFailure(
      { failure: data.failure, code, startedAt, isLocal: this.#isLocal(id) },
      { isOffline: this.#isOffline, wokeAt, isProbing: this.#policy().mode !== 'off' },
    );
    const tell = () => void this.#core.tellEndpoint(id, { type: 'AttemptFailed', data }, { by: 'traffic' });
    if (said === 'counts') tell();
    if (said === 'doubtful') this.#doubt(tell);
    return said === 'counts' ? 'counts' : 'noNetwork';
  }

  get #isOffline(): boolean {
    return this.#core.state.gatewayState === 'offline';
  }

  /** All others are dialled: when none of them can be reached either, the network is the cause. */
  #doubt(tell: () => void): void {
    if (this.#doubtful.length < doubtfulMax) this.#doubtful.push(tell);
    if (this.#isAsking) return;
    this.#isAsking = true;
    const others = this.#core.state.profiles
      .endpoints()
      .filter(({ id }) => endpointStatus(this.#core.state.endpoint(id)).state !== 'disabled' && !this.#isLocal(id));
    const asked = this.#prober.probe(others.map(({ id }) => ({ endpoint: id, depth: 'connection' })));
    void asked.then(() => {
      this.#isAsking = false;
      const told = this.#doubtful.splice(0);
      if (!this.#isOffline) for (const one of told) one();
    });
  }

  // ------------------------------------------------------------------------------------------------ the plan

  #policy(): ProbePolicy {
    const settings = this.#ports.settings();
    return {
      mode: settings['health.enabled'] ? settings['health.mode'] : 'off',
      intervalMs: settings['health.check_interval'] * secondMs,
      credentialIntervalMs: settings['health.credential_interval'] * secondMs,
    };
  }

  #around(): Surroundings {
    const isAwaited = this.#core.state.queue.isAwaiting;
    return { now: this.#core.now(), isOffline: this.#isOffline, changedAt: this.#changedAt, isAwaited };
  }

  #source() {
    const { profiles, recent, priority } = this.#core.state;
    const { active, pinned, recovery } = priorityStatus(priority);
    const isShort = recovery !== null && recovery.checks < this.#ports.settings()['failover.recovery_checks'];
    const watched = isShort ? recovery.profile : null;
    return {
      profiles,
      recent,
      active,
      pinned,
      watched,
      status: (id: EndpointId) => endpointStatus(this.#core.state.endpoint(id)),
    };
  }

  #probed(): readonly Probed[] {
    const memoryOf = (id: EndpointId) => ({ ...this.#remembered(id), isRunning: this.#prober.isProbing(id) });
    return probedEndpoints(this.#source(), memoryOf, {
      now: this.#core.now(),
      isLedElsewhere: this.#ports.isLedElsewhere,
    });
  }

  #remembered(id: EndpointId): Omit<ProbeMemory, 'isRunning'> {
    const known = this.#memory.get(id) ?? { probedAt: null, passed: null, dice: this.#ports.world.dice() };
    this.#memory.set(id, known);
    return known;
  }

  #plan() {
    this.#lookAtAddresses();
    this.#forget();
    this.#weigh();
    const due = probesDue(this.#probed(), this.#around(), this.#policy());
    return due.map(({ id, depth }) => ({ endpoint: id as EndpointId, depth }));
  }

  #nextLookMs(): Millis {
    const at = nextProbeAt(this.#probed(), this.#around(), this.#policy());
    const waitMs = (at ?? Number.POSITIVE_INFINITY) - this.#core.now();
    // A probe that is due but did not start waits for a free place: the end of a running probe triggers the next look.
    return waitMs <= 0 ? lookMs.most : Math.max(lookMs.least, Math.min(lookMs.most, waitMs));
  }

  async #probe(id: EndpointId, depth: Depth, signal: AbortSignal): Promise<ProbeResult> {
    try {
      const endpoint = this.#core.state.profiles.endpoint(id);
      if (!endpoint) throw new Error('it was removed while its probe waited');
      // The interval counts from here: an endpoint may have recovered during a probe that took long to fail.
      this.#memory.set(id, { ...this.#remembered(id), probedAt: this.#core.now() });
      return await this.#ports.probe(endpoint, depth, signal);
    } catch (error) {
      // The probe was lost: probing again at once would lose it again and again.
      if (!signal.aborted) this.#memory.set(id, { probedAt: this.#core.now(), ...this.#afterProbe(null) });
      throw error;
    }
  }

  #afterProbe(passed: ProbeMemory['passed']): Pick<ProbeMemory, 'passed' | 'dice'> {
    return { passed, dice: this.#ports.world.dice() };
  }

  #found(id: EndpointId, report: EndpointReport, { depth, failure, connected }: ProbeResult): void {
    if (!this.#core.state.profiles.endpoint(id)) return;
    const passed = failure === null && connected ? depth : null;
    this.#memory.set(id, { ...this.#remembered(id), ...this.#afterProbe(passed) });
    this.#core.tellEndpoint(id, report, { by: 'probe' });
    this.#lookSoon();
  }

  /** A passed connection check is followed at once by the next step; all that end in the same turn of the loop share one look. */
  #lookSoon(): void {
    if (this.#isLookComing) return;
    this.#isLookComing = true;
    setImmediate(() => {
      this.#isLookComing = false;
      this.#prober.look();
    });
  }

  /** Endpoints that were removed from their profiles. */
  #forget(): void {
    const { profiles } = this.#core.state;
    for (const id of this.#memory.keys()) {
      if (profiles.endpoint(id)) continue;
      this.#memory.delete(id);
      this.#weighed.delete(id);
    }
  }

  // ------------------------------------------------------------------------------------------------ the weights

  #weigh(): void {
    const settings = this.#ports.settings();
    const now = this.#core.now();
    if (now - this.#weighedAt < settings['health.check_interval'] * secondMs) return;
    this.#weighedAt = now;
    const policy = { enabled: settings['health.weight_adjustment'], minChecks: settings['health.min_checks'] };
    for (const { id, ...weighed } of weighedEndpoints(this.#source())) {
      if (policy.enabled && this.#weighed.get(id) === weighed.checks) continue;
      this.#weighed.set(id, weighed.checks);
      const fact = adjustWeight(weighed, policy);
      if (fact) this.#core.report(streams.endpoint(id), [fact], { by: 'gateway' });
    }
  }

  // ------------------------------------------------------------------------------------------------ the network

  #isLocal(id: EndpointId): boolean {
    const endpoint = this.#core.state.profiles.endpoint(id);
    return endpoint === undefined || isLoopback(new URL(endpoint.baseUrl).hostname);
  }

  #tellNetwork(online: boolean): void {
    this.#tell({ type: online ? 'Online' : 'Offline', data: {} });
    if (online) this.#changed();
  }

  #slept(forMs: Millis): void {
    this.#tell({ type: 'Slept', data: { forMs } });
    this.#changed();
    this.#ports.resume();
  }

  #tell(fact: GatewayFact): void {
    this.#core.report(streams.gateway, [fact], { by: 'gateway' });
  }

  #changed(): void {
    this.#changedAt = this.#core.now();
    for (const { id } of this.#core.state.profiles.endpoints())
      if (endpointStatus(this.#core.state.endpoint(id)).because === 'blocked')
        this.#core.tellEndpoint(id, { type: 'NetworkChanged', data: {} }, { by: 'gateway' });
    this.#ports.networkChanged();
  }

  /** Another Wi-Fi, or a VPN that was connected or disconnected. */
  #lookAtAddresses(): void {
    const now = this.#core.now();
    if (now - this.#addresses.at < addressesEveryMs) return;
    const { seen: before } = this.#addresses;
    const seen = this.#ports.addresses() ?? before;
    this.#addresses = { seen, at: now };
    if (before !== null && seen !== before) this.#changed();
  }
}
