/** Rows of the contract, made from the state. */
import { upcast, versionOf } from '../../events/catalogue.ts';
import type { Recorded } from '../../events/fact.ts';
import type { EndpointId, QueueId } from '../../events/ids.ts';
import { adaptationOf } from '../../events/profile.ts';
import { countsNot } from '../../machines/available.ts';
import { type EndpointStatus, endpointStatus } from '../../machines/endpoint.ts';
import { priorityStatus } from '../../machines/priority.ts';
import type { QueueItem } from '../../machines/queue-item.ts';
import type { Lacking } from '../../machines/routing-view.ts';
import type { SnapshotRow } from '../contract/config.ts';
import type { EndpointRow, Seen } from '../contract/endpoint.ts';
import type { HealthRow, LackingRow } from '../contract/health.ts';
import type { FactRow } from '../contract/history.ts';
import type { SwitchRow } from '../contract/priority.ts';
import type { ProfileRow } from '../contract/profile.ts';
import type { QueueItemRow } from '../contract/queue.ts';
import { iso, isoOrNull } from '../platform/time.ts';
import type { KnownEndpoint, KnownProfile } from '../projections/profiles.ts';
import type { Recent } from '../projections/recent.ts';
import type { ConfigSnapshot } from '../projections/snapshots.ts';
import type { Switch } from '../projections/switches.ts';
import type { State } from './state.ts';

export function profileRow(state: State, profile: KnownProfile): ProfileRow {
  return {
    name: profile.name,
    description: profile.description,
    tier: profile.tier,
    default: state.profiles.default === profile.name,
    active: priorityStatus(state.priority).active === profile.name,
    endpoints: profile.endpoints.length,
    createdAt: iso(profile.createdAt),
  };
}

export function endpointRow(state: State, endpoint: KnownEndpoint): EndpointRow {
  const status = endpointStatus(state.endpoint(endpoint.id));
  return {
    id: endpoint.id,
    name: endpoint.name,
    profile: endpoint.profile,
    baseUrl: endpoint.baseUrl,
    auth: endpoint.auth,
    key: endpoint.maskedKey,
    weight: endpoint.weight,
    effectiveWeight: endpoint.effectiveWeight,
    priority: endpoint.priority,
    enabled: status.state !== 'disabled',
    maxFailures: endpoint.maxFailures,
    maxConcurrent: endpoint.maxConcurrent,
    timeoutMs: endpoint.timeoutMs,
    allowPlaintext: endpoint.allowPlaintext,
    ...adaptationOf(endpoint),
    state: status.state,
    seen: seenOf(state, endpoint.id),
    since: iso(status.since ?? endpoint.addedAt),
    until: isoOrNull(status.until),
    because: status.because,
    source: endpoint.source,
    missing: status.missing
      .filter((one) => one.until > state.at)
      .map(({ model, what, limit, until }) => ({ model, what, limit, until: iso(until) })),
  };
}

/** Of all time: a span without a result says nothing. */
export function seenOf({ recent }: State, id: EndpointId): Seen {
  const { checks, consecutiveFailures } = recent.of(id);
  if (consecutiveFailures > 0) return 'failing';
  return checks === 0 ? 'untried' : 'answering';
}

/** @param counts of all time, or of a window */
export function healthRow(
  state: State,
  endpoint: KnownEndpoint,
  counts: Recent,
  now: number,
): Omit<HealthRow, 'next' | 'nextProbe'> {
  const status = endpointStatus(state.endpoint(endpoint.id));
  const recent = counts.of(endpoint.id);
  return {
    id: endpoint.id,
    name: endpoint.name,
    profile: endpoint.profile,
    state: status.state,
    seen: seenOf(state, endpoint.id),
    since: iso(status.since ?? endpoint.addedAt),
    until: isoOrNull(status.until),
    because: status.because,
    successRate: recent.successRate,
    recentSuccessRate: recent.recentSuccessRate,
    avgResponseMs: recent.avgResponseMs,
    p95ResponseMs: recent.p95ResponseMs,
    stability: recent.stability,
    consecutiveFailures: status.consecutiveFailures,
    consecutiveSuccesses: recent.consecutiveSuccesses,
    lastCheckAt: isoOrNull(recent.lastCheckAt),
    lastError: status.lastError ?? recent.lastError,
    weight: endpoint.weight,
    effectiveWeight: endpoint.effectiveWeight,
    lacks: lackingRows(status.lacks, now),
    countsNotUntil: countsNot(status, now) ? isoOrNull(status.countsNotUntil) : null,
    tooLarge: tooLargeRow(status, now),
  };
}

function tooLargeRow({ tooLarge }: EndpointStatus, now: number): HealthRow['tooLarge'] {
  return tooLarge !== null && tooLarge.until > now ? { bytes: tooLarge.bytes, until: iso(tooLarge.until) } : null;
}

function lackingRows(lacks: readonly Lacking[], now: number): readonly LackingRow[] {
  return lacks.filter(({ until }) => until > now).map(({ model, until }) => ({ model, until: iso(until) }));
}

export function snapshotRow({ id, seq, at, reason, description, hash }: ConfigSnapshot): SnapshotRow {
  return { id, seq, at: iso(at), reason, description, hash };
}

export function switchRow({ at, ...rest }: Switch): SwitchRow {
  return { at: iso(at), ...rest };
}

/** Facts of a newer version are returned as they were written: a reader of a log need not understand every fact. */
export function factRow(fact: Recorded): FactRow {
  const { seq, at, stream, type, data, cause, by } = fact.v > versionOf(fact.type) ? fact : upcast(fact);
  return { seq, at: iso(at), stream, type, data, cause, by };
}

/** Of an item that was forgotten meanwhile, only the id is known. */
export function queueRow(id: QueueId, item: QueueItem | undefined): QueueItemRow {
  return {
    id,
    requestId: item?.asked?.request ?? '',
    state: item?.state ?? 'cancelled',
    priority: item?.asked?.priority ?? 'normal',
    strategy: item?.asked?.strategy ?? 'exponential',
    enqueuedAt: iso(item?.enqueuedAt ?? 0),
    since: iso(item?.since ?? 0),
    expiresAt: iso(item?.expiresAt ?? 0),
    attempts: item?.tries ?? 0,
    maxAttempts: item?.asked?.maxAttempts ?? 0,
    nextRetryAt: isoOrNull(item?.state === 'waiting' ? item.nextRetryAt : null),
    reason: item?.reason ?? '',
    endpoint: item?.endpoint ?? null,
    model: item?.asked?.model ?? null,
    session: item?.asked?.session ?? null,
    bytes: item?.asked?.bytes ?? 0,
  };
}
