/** The ladder and the queue as a whole: now, or after any fact. */
import { secondMs } from '../../events/units.ts';
import { priorityStatus } from '../../machines/priority.ts';
import { isOver, type QueueItemState } from '../../machines/queue-item.ts';
import type { Settings } from '../config/settings/settings.ts';
import type { Answer } from '../contract/operations.ts';
import type { PolicyRow } from '../contract/priority.ts';
import { iso, isoOrNull } from '../platform/time.ts';
import { priorityPolicy } from '../policies/policies.ts';
import type { State } from '../runtime/state.ts';

export function ladderOf(state: State, settings: Settings): Answer<'priority.list'> {
  const { active, pinned, held, recovery, state: condition } = priorityStatus(state.priority);
  const policy = policyRow(settings);
  const named = (tier: 'primary' | 'secondary' | 'fallback') => state.profiles.tier(tier).map(({ name }) => name);
  return {
    active,
    state: condition,
    pinned,
    tiers: { primary: named('primary'), secondary: named('secondary'), fallback: named('fallback') },
    policy,
    held: held && { ...held, until: isoOrNull(held.until) },
    recovery: recovery && {
      profile: recovery.profile,
      checks: recovery.checks,
      of: policy.recoveryChecks,
      readyAt: iso(recovery.readyAt),
    },
  };
}

export function policyRow(settings: Settings): PolicyRow {
  const policy = priorityPolicy(settings);
  return {
    autoFailover: policy.auto,
    autoRecovery: policy.autoRecovery,
    failureThreshold: policy.failureThreshold,
    recoveryChecks: policy.recoveryChecks,
    cooldownS: policy.cooldownMs / secondMs,
    recoveryDelayS: policy.recoveryDelayMs / secondMs,
    maxPerHour: policy.maxPerHour,
  };
}

export function queueCountsOf(state: State, settings: Settings): Answer<'queue.status'> {
  const counts: Record<QueueItemState, number> = {
    waiting: 0,
    retrying: 0,
    answered: 0,
    dead: 0,
    unknown: 0,
    cancelled: 0,
  };
  let oldestAt: number | null = null;
  for (const [, { value, context }] of state.queue.snapshots()) {
    counts[value]++;
    if (!isOver(value)) oldestAt = Math.min(oldestAt ?? Number.POSITIVE_INFINITY, context.enqueuedAt);
  }
  const bytes = state.queue.kept().reduce((sum, one) => sum + one.bytes, 0);
  return {
    enabled: settings['queue.enabled'],
    size: state.queue.size,
    bytes,
    ...counts,
    oldestAt: isoOrNull(oldestAt),
    totals: state.queue.totals,
  };
}
