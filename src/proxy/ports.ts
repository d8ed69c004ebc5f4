/** What the proxy needs of the rest: the state it reads, and the one door by which it reports. */
import type { AttemptFailure, FoundMissing } from '../../events/endpoint.ts';
import type { Millis } from '../../events/fact.ts';
import type { EndpointId, RequestId } from '../../events/ids.ts';
import type { ReadinessReason } from '../../events/reason.ts';
import type { RequestFact } from '../../events/request.ts';
import type { FailoverPolicy } from '../../machines/failover-policy.ts';
import type { RoutingView } from '../../machines/routing-view.ts';
import type { Settings } from '../config/settings/settings.ts';
import type { InFlightNow } from './admission/in-flight.ts';
import type { ClientTokens } from './client-tokens.ts';
import type { PlanWindow } from './plan-limits.ts';
import type { ConnectionCounts } from './request/client-connections.ts';
import type { ProxyQueue } from './retry-queue.ts';
import type { RunningRequest } from './running-request.ts';
import type { Unknown } from './unknown-refusals.ts';

export interface FailedCall {
  /** The system's code, where no answer came. */
  readonly code: string | null;
  readonly startedAt: Millis;
}

export interface ProxyPorts {
  /** The current view. A request keeps the one it started with for its plan, and looks again before each attempt. */
  view(): RoutingView;
  settings(): Settings;
  /** What the settings say about failover. */
  failover(): FailoverPolicy;
  /** The decrypted key of an endpoint; undefined when it cannot be read. */
  secret(endpoint: EndpointId): string | undefined;
  /** The token of this installation. */
  token(): string;
  /** The tokens of single clients. */
  readonly tokens?: ClientTokens;
  /** What this gateway may have at once at an endpoint, where other gateways have its key, too. */
  readonly slots?: (endpoint: EndpointId, count: number) => number;
  now(): Millis;
  /** Uniform in [0, 1). */
  dice(): number;
  /** Each of these is synchronous: the fact is folded at once and written behind. */
  attemptFailed(endpoint: EndpointId, failure: AttemptFailure, call: FailedCall): 'counts' | 'noNetwork';
  attemptSucceeded(
    endpoint: EndpointId,
    success: { readonly request: RequestId; readonly ttfbMs: Millis; readonly ttftMs: Millis | null },
  ): void;
  /** It lacks the model, as it says. */
  modelNotFound(endpoint: EndpointId, model: string, request: RequestId): void;
  /** It does not count tokens. */
  countRefused(endpoint: EndpointId, request: RequestId): void;
  /** A body of this size was too large for it. */
  bodyRefused(endpoint: EndpointId, bytes: number, request: RequestId): void;
  /** No row of the table of refusals knows these words. */
  refusalUnknown(endpoint: EndpointId, said: Unknown): void;
  /** It has answered a message, ever: its address and path are right. */
  hasAnswered(endpoint: EndpointId): boolean;
  /** It has answered for the model. */
  modelFound(endpoint: EndpointId, model: string, request: RequestId): void;
  /** It has refused this part of a request, as it says. */
  capabilityMissing(endpoint: EndpointId, found: FoundMissing, request: RequestId): void;
  limitsSeen(
    endpoint: EndpointId,
    limits: { readonly status: 'allowed_warning'; readonly resetAt: Millis | null },
  ): void;
  /** How much of the plan behind its key is used; nothing is decided by it. */
  planSeen(endpoint: EndpointId, plan: readonly PlanWindow[]): void;
  requestEnded(request: RequestId, fact: RequestFact): void;
  /** Where requests wait that no endpoint can answer now; null: they are refused at once. */
  readonly retryQueue: ProxyQueue | null;
  /** Why the gateway is not ready, in sentences; empty when it is. */
  notReady(): readonly ReadinessReason[];
}

/** Live figures of the proxy, for status and metrics. */
export interface ProxyCounts {
  readonly total: number;
  readonly inFlight: number;
  readonly waiting: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly connections: ConnectionCounts;
}

export interface ProxyServer {
  readonly url: string;
  readonly port: number;
  counts(): ProxyCounts;
  inFlight(): InFlightNow;
  /** The requests that are on their way to an answer; not those whose body still comes, nor files and batches. */
  running(): readonly RunningRequest[];
  /** Prometheus text, made on demand. */
  metrics(): Promise<string>;
  /** Takes no new connection, waits for running requests up to `graceMs`, aborts the rest. */
  drain(graceMs: Millis): Promise<{ readonly drained: number; readonly cut: number }>;
  /** The machine slept, or is in another network: idle connections are dead, and do not say so. */
  networkChanged(): void;
  /** The machine slept: streams that are on their way have ten seconds to show that they are there. */
  resume(): void;
  /** Settings or endpoints changed: limits and upstream pools follow. */
  settingsChanged(): void;
}
