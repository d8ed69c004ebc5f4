/**
 * Every operation that a command can ask for, with what goes in and what comes out. One table for both ways:
 * over the control socket while a gateway runs, in this process while none does.
 * Shapes are those of the command line's contract; times are ISO 8601 in UTC.
 */
import type { ProbeDepth, Verdict } from '../../events/endpoint.ts';
import type { Auth, Tier } from '../../events/profile.ts';
import type { QueuePriority, QueueStrategy } from '../../events/queue.ts';
import type { LadderReason } from '../../events/reason.ts';
import type { NextRule } from '../../machines/moment.ts';
import type { QueueItemState } from '../../machines/queue-item.ts';
import type { EndpointState } from '../../machines/routing-view.ts';
import type { Check } from './checks.ts';
import type { ConfigOperations } from './config-operations.ts';
import type { HistoryOperations } from './history-operations.ts';

type SettingValue = string | number | boolean;

export interface ProfileRow {
  readonly name: string;
  readonly description: string;
  readonly tier: Tier | null;
  readonly default: boolean;
  readonly active: boolean;
  readonly endpoints: number;
  readonly createdAt: string;
}

export interface EndpointRow {
  readonly id: string;
  readonly name: string;
  readonly profile: string;
  readonly baseUrl: string;
  readonly auth: Auth;
  /** Masked. */
  readonly key: string;
  readonly weight: number;
  readonly effectiveWeight: number;
  readonly priority: number;
  readonly enabled: boolean;
  readonly maxFailures: number;
  readonly maxConcurrent: number;
  readonly timeoutMs: number | null;
  readonly allowPlaintext: boolean;
  readonly state: EndpointState;
  readonly since: string;
  readonly until: string | null;
  readonly because: string | null;
  readonly source: string | null;
}

export interface HealthRow {
  readonly id: string;
  readonly name: string;
  readonly profile: string;
  readonly state: EndpointState;
  readonly since: string;
  readonly until: string | null;
  readonly because: string | null;
  readonly successRate: number | null;
  readonly recentSuccessRate: number | null;
  readonly avgResponseMs: number | null;
  readonly p95ResponseMs: number | null;
  readonly stability: number | null;
  readonly consecutiveFailures: number;
  readonly consecutiveSuccesses: number;
  readonly lastCheckAt: string | null;
  readonly lastError: string | null;
  readonly weight: number;
  readonly effectiveWeight: number;
  readonly lacks: readonly LackingRow[];
  readonly next: readonly NextRow[];
  readonly nextProbe: NextProbeRow;
}

/** A model that it has said to lack: until then it is asked for it last. */
export interface LackingRow {
  readonly model: string;
  readonly until: string;
}

export interface NextRow {
  readonly on: string;
  readonly to: string;
  readonly at: string | null;
  readonly because: string;
  /** What a translation of `because` needs. */
  readonly rule: NextRule;
  readonly params: Readonly<Record<string, string | number>>;
}

/** What a probe of the plan waits for; null: nobody will probe it as things are, or no gateway runs. */
/** All null while none is planned, and while no gateway runs: a script reads the same fields either way. */
export interface NextProbeRow {
  readonly at: string | null;
  readonly depth: ProbeDepth | null;
  readonly because: string | null;
}

/** As status, with counts by verdict, the score's parts, and what probing has cost and changed. */
export interface MetricsRow extends HealthRow {
  /** Results that count, of traffic and of probes. */
  readonly checks: number;
  readonly verdicts: Readonly<Record<Verdict, number>>;
  readonly stabilityParts: { readonly recent: number; readonly steadiness: number; readonly streak: number } | null;
  readonly probing: { readonly probes: number; readonly tokens: number; readonly changes: number };
}

export interface CheckRow {
  readonly endpoint: string;
  readonly profile: string;
  readonly at: string;
  readonly verdict: Verdict;
  readonly responseMs: number;
  readonly ttftMs: number | null;
  readonly score: number;
  readonly valid: boolean;
  readonly model: string | null;
  readonly tokens: number;
  readonly error: string | null;
}

export interface PastCheckRow extends CheckRow {
  /** Null where it failed: at whichever. */
  readonly depth: ProbeDepth | null;
  /** The decision that it led to; null when it changed nothing. */
  readonly led: string | null;
}

export interface SwitchRow {
  readonly at: string;
  readonly seq: number;
  readonly kind: 'failover' | 'recovery' | 'manual';
  readonly from: string | null;
  readonly to: string;
  /** A person's own words, or why the ladder did it. */
  readonly reason: LadderReason | string;
}

export interface FactRow {
  readonly seq: number;
  readonly at: string;
  readonly stream: string;
  readonly type: string;
  readonly data: object;
  readonly cause: number | null;
  readonly by: string;
}

export interface MachineRow {
  readonly id: string;
  readonly machine: 'endpoint' | 'priority' | 'queueItem' | 'gateway';
  readonly state: string;
  readonly since: string | null;
  readonly context: object;
  readonly next: readonly NextRow[];
}

/** What runs at this moment, and what it may still spend. */
export interface InFlightRow {
  /** Further attempts at endpoints that are not well. */
  readonly budget: { readonly left: number; readonly most: number };
  /** Calls by endpoint. */
  readonly inFlight: Readonly<Record<string, number>>;
  /** Recovering endpoints whose one permit is taken. */
  readonly permits: readonly string[];
}

export interface PolicyRow {
  readonly autoFailover: boolean;
  readonly autoRecovery: boolean;
  readonly failureThreshold: number;
  readonly recoveryChecks: number;
  readonly cooldownS: number;
  readonly recoveryDelayS: number;
  readonly maxPerHour: number;
}

export interface StatusRow {
  readonly running: true;
  /** The life before was killed: of what ended in this time nothing may be on record. Null when it ended in order. */
  readonly uncertain: { readonly from: string; readonly until: string } | null;
  /** A stop was asked for: it lets requests end. */
  readonly stopping: boolean;
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  readonly version: string;
  readonly startedAt: string;
  readonly uptimeMs: number;
  readonly active: string | null;
  readonly state: string;
  readonly network: 'online' | 'offline';
  readonly logState: string;
  /** What is damaged, and the command that mends it. */
  readonly found: readonly Check[];
  /** Why it is not ready, in sentences; empty when it is. */
  readonly notReady: readonly string[];
  readonly requests: {
    readonly total: number;
    readonly inFlight: number;
    readonly waiting: number;
    readonly succeeded: number;
    readonly failed: number;
    readonly cancelled: number;
  };
  readonly endpoints: Readonly<Record<EndpointState, number>>;
  readonly files: {
    /** How many the system allows; null where nobody knows. */
    readonly limit: number | null;
    /** Clients that may be connected at once with so many; null is no bound. */
    readonly connections: number | null;
    readonly short: boolean;
    /** How often none were left. */
    readonly shortages: number;
    /** Connections that were closed at once, over the limit. */
    readonly dropped: number;
  };
  /** Clients: how many are connected and may be, were turned away at the limit, or cut because they took nothing. */
  readonly connections: {
    readonly open: number;
    readonly max: number;
    readonly dropped: number;
    readonly stalled: number;
  };
  /** Errors that nobody expected; `logs/gateway.log` has them. */
  readonly uncaught: number;
}

interface Quantiles {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

export interface StatsRow {
  readonly endpoint: string;
  readonly profile: string | null;
  readonly model: string | null;
  readonly requests: number;
  readonly attempts: number;
  readonly failures: number;
  readonly ttfbMs: Quantiles;
  readonly ttftMs: Quantiles;
  readonly tokens: {
    readonly input: number;
    readonly output: number;
    readonly cacheRead: number;
    readonly cacheWrite: number;
  };
}

/** Dollars by the vendors' price lists. */
export interface CostRow {
  readonly inputUsd: number;
  readonly outputUsd: number;
  readonly cacheReadUsd: number;
  readonly cacheWriteUsd: number;
  readonly totalUsd: number;
}

export interface EndpointOptions {
  readonly name?: string;
  readonly baseUrl?: string;
  readonly auth?: Auth;
  readonly key?: string;
  readonly preset?: string;
  readonly weight?: number;
  readonly priority?: number;
  readonly timeoutMs?: number;
  readonly maxFailures?: number;
  readonly maxConcurrent?: number;
  readonly allowPlaintext?: boolean;
}

/** How a test message fared on one channel. */
export interface NotifyRow {
  readonly channel: 'webhook' | 'desktop';
  /** Of a webhook: json, slack, feishu, dingtalk, wecom, ntfy. */
  readonly format: string | null;
  /** Masked. */
  readonly target: string;
  readonly ok: boolean;
  readonly tookMs: number;
  readonly error: string | null;
}

export interface QueueItemRow {
  readonly id: string;
  readonly requestId: string;
  readonly state: QueueItemState;
  readonly priority: QueuePriority;
  readonly strategy: QueueStrategy;
  readonly enqueuedAt: string;
  readonly since: string;
  readonly expiresAt: string;
  /** The gateway's own tries, after the client's. */
  readonly attempts: number;
  readonly maxAttempts: number;
  readonly nextRetryAt: string | null;
  readonly reason: string;
  /** The one that was asked last. */
  readonly endpoint: string | null;
  readonly model: string | null;
  readonly session: string | null;
  readonly bytes: number;
}

/** `name: [parameters, answer]`. */
interface Operations extends ConfigOperations, HistoryOperations {
  'home.init': [Record<never, never>, { readonly home: string; readonly created: boolean; readonly keychain: boolean }];
  /** A message on every channel that is set up; nothing is recorded. */
  'notify.test': [{ readonly language: 'en' | 'zh-CN' }, { readonly channels: readonly NotifyRow[] }];
  'profile.add': [
    { readonly name: string; readonly description?: string; readonly tier?: Tier; readonly endpoint?: EndpointOptions },
    ProfileRow,
  ];
  'profile.list': [Record<never, never>, { readonly profiles: readonly ProfileRow[] }];
  'profile.default': [{ readonly name: string }, ProfileRow];
  'profile.remove': [{ readonly name: string }, ProfileRow];
  'endpoint.add': [{ readonly profile: string } & EndpointOptions, EndpointRow];
  /** All endpoints of another profile, keys included. */
  'endpoint.copy': [
    { readonly profile: string; readonly from: string } & EndpointOptions,
    { readonly added: readonly EndpointRow[] },
  ];
  'endpoint.update': [{ readonly profile: string; readonly id: string } & EndpointOptions, EndpointRow];
  'endpoint.list': [
    { readonly profile: string },
    { readonly profile: string; readonly endpoints: readonly EndpointRow[] },
  ];
  'endpoint.remove': [{ readonly profile: string; readonly id: string }, EndpointRow];
  'endpoint.enable': [{ readonly profile: string; readonly id: string }, EndpointRow];
  'endpoint.disable': [{ readonly profile: string; readonly id: string }, EndpointRow];
  /** Probes from the caller's process; records nothing. Without an id, all of the profile; without a profile, all. */
  'endpoint.test': [{ readonly profile?: string; readonly id?: string }, { readonly checks: readonly CheckRow[] }];
  'stats.read': [
    { readonly profile?: string; readonly since?: number },
    {
      readonly since: string | null;
      readonly stats: readonly (StatsRow & { readonly cost: CostRow | null })[];
      /** Models with tokens that no price list knows. */
      readonly unpriced: readonly string[];
    },
  ];
  'priority.set': [
    { readonly profile: string; readonly tier: Tier | null },
    { readonly profile: string; readonly tier: Tier | null },
  ];
  'priority.list': [
    Record<never, never>,
    {
      readonly active: string | null;
      readonly state: string;
      readonly pinned: string | null;
      readonly tiers: Readonly<Record<Tier, readonly string[]>>;
      readonly policy: PolicyRow;
      /** A switch that is wanted and may not be yet. */
      readonly held: { readonly wanted: string; readonly because: string; readonly until: string | null } | null;
      /** A profile further up that is usable again, and is watched. */
      readonly recovery: {
        readonly profile: string;
        readonly checks: number;
        readonly of: number;
        readonly readyAt: string;
      } | null;
    },
  ];
  'priority.switch': [{ readonly profile: string; readonly reason?: string }, SwitchRow];
  'priority.release': [Record<never, never>, { readonly released: boolean; readonly active: string | null }];
  'priority.history': [{ readonly limit?: number }, { readonly switches: readonly SwitchRow[] }];
  'priority.policy': [Partial<PolicyRow>, PolicyRow];
  'health.status': [Record<never, never>, { readonly endpoints: readonly HealthRow[] }];
  /** Through the gateway: the results count. */
  'health.check': [{ readonly id?: string }, { readonly checks: readonly CheckRow[] }];
  'health.metrics': [
    { readonly id?: string; readonly since?: number },
    { readonly since: string | null; readonly endpoints: readonly MetricsRow[] },
  ];
  'health.history': [{ readonly id: string; readonly limit?: number }, { readonly checks: readonly PastCheckRow[] }];
  'health.config': [
    {
      readonly intervalS?: number;
      readonly timeoutS?: number;
      readonly weightAdjustment?: boolean;
      readonly minChecks?: number;
      readonly model?: string;
      readonly mode?: string;
    },
    { readonly settings: Readonly<Record<string, SettingValue>> },
  ];
  'health.reset': [{ readonly id: string }, { readonly id: string; readonly state: EndpointState }];
  'queue.status': [
    Record<never, never>,
    Readonly<Record<QueueItemState, number>> & {
      readonly enabled: boolean;
      /** All that are kept, in whatever state. */
      readonly size: number;
      /** Of their requests and answers. */
      readonly bytes: number;
      /** Of those that are not over. */
      readonly oldestAt: string | null;
      readonly totals: {
        readonly enqueued: number;
        readonly retried: number;
        readonly succeeded: number;
        readonly died: number;
        readonly dropped: number;
      };
    },
  ];
  'queue.list': [
    { readonly limit?: number; readonly state?: QueueItemState },
    { readonly items: readonly QueueItemRow[] },
  ];
  'queue.show': [{ readonly id: string }, QueueItemRow & { readonly facts: readonly FactRow[] }];
  /** `body` in base64: an answer is bytes. */
  'queue.answer': [
    { readonly id: string },
    { readonly id: string; readonly status: number; readonly bytes: number; readonly body: string },
  ];
  'queue.retry': [{ readonly id: string }, QueueItemRow];
  'queue.retryAll': [Record<never, never>, { readonly retried: number }];
  'queue.clear': [{ readonly state?: QueueItemState }, { readonly cleared: number }];
  /** By the name after `queue.`; all or nothing. */
  'queue.config': [
    Readonly<Record<string, SettingValue>>,
    { readonly settings: Readonly<Record<string, SettingValue>> },
  ];
  'debug.machines': [
    { readonly about?: string },
    {
      readonly seq: number;
      readonly at: string;
      readonly machines: readonly MachineRow[];
      /** Null while no gateway runs, and of any past moment. */
      readonly live: InFlightRow | null;
    },
  ];
  'proxy.status': [Record<never, never>, StatusRow];
  'proxy.stop': [
    { readonly graceMs: number },
    {
      readonly stopped: true;
      readonly drained: number;
      readonly cut: number;
      /** Facts that the disk did not take, and when the first of them happened; left out when there are none. */
      readonly unwritten?: { readonly facts: number; readonly since: string };
    },
  ];
  /** What `qcc env`, `qcc use` and `qcc code` need to point a client here. The token is `proxy-managed` unless required. */
  'client.settings': [
    Record<never, never>,
    { readonly url: string; readonly token: string; readonly running: boolean },
  ];
}

export type OperationName = keyof Operations;
export type Params<Name extends OperationName> = Operations[Name][0];
export type Answer<Name extends OperationName> = Operations[Name][1];

/** How a command asks: it cannot tell whether the gateway or its own process answers. */
export type Call = <Name extends OperationName>(name: Name, params: Params<Name>) => Promise<Answer<Name>>;

export interface Connection {
  readonly call: Call;
  readonly viaGateway: boolean;
  close(): Promise<void>;
}

/**
 * Opens the way to a home: over the control socket while a gateway runs, else in the command's own process.
 * @throws {QccError} `QCC_GATEWAY_DOWN` when a gateway is needed and none runs; `QCC_LOG_LOCKED` when another command
 * holds the log for too long
 */
export type Connect = (options: { readonly home: string; readonly needGateway?: boolean }) => Promise<Connection>;
