/** The state that the log's facts lead to: the machines and the projections. Live and in replay, this is the only fold. */

import type { SettingValue } from '../../events/config.ts';
import type { EndpointFact } from '../../events/endpoint.ts';
import type { Millis, Recorded } from '../../events/fact.ts';
import { type EndpointId, kindOf, nameOf } from '../../events/ids.ts';
import {
  type EndpointSnapshot,
  endpointChart,
  endpointStatus,
  restoreEndpoint,
  targetState,
} from '../../machines/endpoint.ts';
import { fold, force, initialOf, persist, restore } from '../../machines/fold.ts';
import { type GatewaySnapshot, gatewayChart, gatewayStatus, restoreGateway } from '../../machines/gateway.ts';
import {
  type PrioritySnapshot,
  priorityChart,
  priorityStatus,
  targetStateOfPriority,
} from '../../machines/priority.ts';
import { type Configuration, configurationOf } from '../projections/configuration.ts';
import { Profiles } from '../projections/profiles.ts';
import { Queue } from '../projections/queue.ts';
import { Recent } from '../projections/recent.ts';
import { Snapshots } from '../projections/snapshots.ts';
import { Stats } from '../projections/stats.ts';
import { Switches } from '../projections/switches.ts';
import { Tokens } from '../projections/tokens.ts';
import { upgradedState } from './older-state.ts';

/** Today's chart would have reached another state than the recorded decision says. The record wins. */
export interface Drift {
  readonly seq: number;
  readonly stream: string;
  readonly recorded: string;
  readonly folded: string;
}

/** Changes with the shape of the result of `toJSON`. A snapshot older than `oldestForm` is skipped and the log folded anew. */
const snapshotForm = 5;
/** Without named tokens: what has none is as it was, and an older qcc may read it. */
const tokenlessForm = 4;
const oldestForm = 3;

interface Saved {
  readonly form: number;
  readonly seq: number;
  readonly at: Millis;
  readonly versions: readonly (readonly [string, number])[];
  readonly endpoints: readonly (readonly [string, unknown])[];
  readonly priority: unknown;
  readonly gateway: unknown;
  readonly profiles: unknown;
  readonly settings: readonly (readonly [string, SettingValue])[];
  readonly switches: unknown;
  readonly stats: unknown;
  readonly recent: unknown;
  readonly snapshots: unknown;
  readonly queue: unknown;
  readonly tokens?: unknown;
}

const freshEndpoint: EndpointSnapshot = initialOf(endpointChart);

export class State {
  seq = 0;
  /** The `seq` of the snapshot that it was made from; 0 when the whole log was folded. */
  restoredSeq = 0;
  at: Millis = 0;
  readonly drift: Drift[] = [];
  /** The version that each lasting stream has reached. A request's stream has one fact, and is not kept. */
  readonly versions = new Map<string, number>();
  readonly endpoints = new Map<EndpointId, EndpointSnapshot>();
  priority: PrioritySnapshot = initialOf(priorityChart);
  gateway: GatewaySnapshot = initialOf(gatewayChart);
  profiles = new Profiles();
  readonly settings = new Map<string, SettingValue>();
  switches = new Switches();
  stats = new Stats();
  recent = new Recent();
  snapshots = new Snapshots();
  queue = new Queue();
  tokens = new Tokens();

  endpoint(id: EndpointId): EndpointSnapshot {
    return this.endpoints.get(id) ?? freshEndpoint;
  }

  apply(fact: Recorded): void {
    this.seq = fact.seq;
    this.at = fact.at;
    const kind = kindOf(fact.stream);
    if (kind === 'request') {
      this.stats.apply(fact);
      this.recent.apply(fact);
      this.tokens.apply(fact);
      return;
    }
    this.versions.set(fact.stream, fact.version);
    this.snapshots.apply(fact);
    if (kind === 'endpoint') this.#foldEndpoint(fact);
    else if (kind === 'queue') this.#foldQueue(fact);
    else if (kind === 'priority') this.#foldPriority(fact);
    else if (kind === 'gateway') this.gateway = fold(gatewayChart, this.gateway, fact);
    else if (kind === 'profile') this.#applyProfile(fact);
    else if (kind === 'config') this.#applyConfig(fact);
    else if (kind === 'token') this.tokens.apply(fact);
  }

  #foldEndpoint(fact: Recorded): void {
    const id = nameOf(fact.stream) as EndpointId;
    let next = fold(endpointChart, this.endpoint(id), fact);
    const recorded = targetState(fact as Recorded<EndpointFact>);
    const folded = endpointStatus(next).state;
    if (recorded !== null && recorded !== folded) {
      this.drift.push({ seq: fact.seq, stream: fact.stream, recorded, folded });
      next = force(endpointChart, next, recorded);
    }
    this.endpoints.set(id, next);
    if (fact.type === 'WeightAdjusted') this.profiles.adjustWeight(id, (fact.data as { to: number }).to);
    this.recent.apply(fact);
  }

  #foldPriority(fact: Recorded): void {
    this.priority = fold(priorityChart, this.priority, fact);
    const recorded = targetStateOfPriority(fact as never);
    const folded = priorityStatus(this.priority).state;
    if (recorded !== null && recorded !== folded) {
      this.drift.push({ seq: fact.seq, stream: fact.stream, recorded, folded });
      this.priority = force(priorityChart, this.priority, recorded);
    }
    this.switches.apply(fact);
  }

  #foldQueue(fact: Recorded): void {
    const drift = this.queue.apply(fact);
    if (drift) this.drift.push({ seq: fact.seq, stream: fact.stream, ...drift });
    this.stats.apply(fact);
    this.tokens.apply(fact);
    // The stream gets no further facts.
    if (fact.type === 'QueuedRequestForgotten') this.versions.delete(fact.stream);
  }

  #applyProfile(fact: Recorded): void {
    // A removed endpoint needs no machine: its timers must not fire.
    if (fact.type === 'EndpointRemoved') {
      this.endpoints.delete((fact.data as { endpoint: EndpointId }).endpoint);
    }
    if (fact.type === 'ProfileRemoved') {
      for (const { id } of this.profiles.get(nameOf(fact.stream))?.endpoints ?? []) this.endpoints.delete(id);
    }
    this.profiles.apply(fact);
  }

  #applyConfig(fact: Recorded): void {
    if (fact.type !== 'SettingChanged') return;
    const { key, to } = fact.data as { key: string; to: SettingValue | null };
    if (to === null) this.settings.delete(key);
    else this.settings.set(key, to);
  }

  toJSON(): Saved {
    return {
      form: this.tokens.isEmpty ? tokenlessForm : snapshotForm,
      seq: this.seq,
      at: this.at,
      versions: [...this.versions],
      endpoints: [...this.endpoints].map(([id, snapshot]) => [id, persist(snapshot)]),
      priority: persist(this.priority),
      gateway: persist(this.gateway),
      profiles: this.profiles.toJSON(),
      settings: [...this.settings],
      switches: this.switches.toJSON(),
      stats: this.stats.toJSON(),
      recent: this.recent.toJSON(),
      snapshots: this.snapshots.toJSON(),
      queue: this.queue.toJSON(),
      ...(this.tokens.isEmpty ? {} : { tokens: this.tokens.toJSON() }),
    };
  }

  /** Of a form that a newer qcc has made. */
  static isNewer(json: unknown): boolean {
    return Number((json as Partial<Saved> | null)?.form) > snapshotForm;
  }

  /** Undefined when the snapshot is of a form that is no longer supported. */
  static from(json: unknown): State | undefined {
    const form = (json as Partial<Saved> | null)?.form ?? 0;
    if (form < oldestForm || form > snapshotForm) return undefined;
    const saved = (form >= tokenlessForm ? json : upgradedState(json as object)) as Saved;
    const state = new State();
    state.seq = saved.seq;
    state.restoredSeq = saved.seq;
    state.at = saved.at;
    for (const [stream, version] of saved.versions) state.versions.set(stream, version);
    for (const [id, data] of saved.endpoints) state.endpoints.set(id as EndpointId, restoreEndpoint(data));
    state.priority = restore(priorityChart, saved.priority);
    state.gateway = restoreGateway(saved.gateway);
    state.profiles = Profiles.from(saved.profiles);
    for (const [key, value] of saved.settings) state.settings.set(key, value);
    state.switches = Switches.from(saved.switches);
    state.stats = Stats.from(saved.stats);
    state.recent = Recent.from(saved.recent);
    state.snapshots = Snapshots.from(saved.snapshots);
    state.queue = Queue.from(saved.queue);
    state.tokens = Tokens.from(saved.tokens);
    return state;
  }

  /** Everything that the user has set up. */
  configuration(): Configuration {
    const { settings, profiles } = this;
    return configurationOf({
      settings,
      profiles,
      isEnabled: (id) => endpointStatus(this.endpoint(id)).state !== 'disabled',
    });
  }

  get gatewayState(): string {
    return gatewayStatus(this.gateway).state;
  }

  /** The life of the gateway that wrote last. */
  get gatewayEpoch(): string {
    return gatewayStatus(this.gateway).epoch ?? '';
  }
}
