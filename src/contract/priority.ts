/** The contract of the ladder. */
import * as v from 'valibot';
import type { Tier } from '../../events/profile.ts';
import type { LadderReason } from '../../events/reason.ts';
import { flag, kept, name, nothing, number, optional, sentenceMax, tier, whole } from './fields.ts';
import { asks, changesWhatIs, showsOrChanges } from './operation.ts';

export interface SwitchRow {
  readonly at: string;
  readonly seq: number;
  readonly kind: 'failover' | 'recovery' | 'manual';
  readonly from: string | null;
  readonly to: string;
  /** The user's own words, or the ladder's reason. */
  readonly reason: LadderReason | string;
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

/** The settings of the policy. */
export const policySettings: Readonly<Record<keyof PolicyRow, string>> = {
  autoFailover: 'failover.auto',
  autoRecovery: 'failover.auto_recovery',
  failureThreshold: 'failover.failure_threshold',
  recoveryChecks: 'failover.recovery_checks',
  cooldownS: 'failover.cooldown',
  recoveryDelayS: 'failover.recovery_delay',
  maxPerHour: 'failover.max_per_hour',
};

export const priorityContract = {
  'priority.set': changesWhatIs('write', v.strictObject({ profile: name, tier: v.nullable(tier) })).answers<{
    readonly profile: string;
    readonly tier: Tier | null;
  }>(),
  'priority.list': asks('read', nothing).answers<{
    readonly active: string | null;
    readonly state: string;
    readonly pinned: string | null;
    readonly tiers: Readonly<Record<Tier, readonly string[]>>;
    readonly policy: PolicyRow;
    /** A switch that is suppressed. */
    readonly held: { readonly wanted: string; readonly because: string; readonly until: string | null } | null;
    /** A profile further up that is available again, and is watched. */
    readonly recovery: {
      readonly profile: string;
      readonly checks: number;
      readonly of: number;
      readonly readyAt: string;
    } | null;
  }>(),
  'priority.switch': changesWhatIs(
    'write',
    v.strictObject({ profile: name, reason: optional(kept(sentenceMax)) }),
  ).answers<SwitchRow>(),
  'priority.release': changesWhatIs('write', nothing).answers<{
    readonly released: boolean;
    readonly active: string | null;
  }>(),
  'priority.history': asks('read', v.strictObject({ limit: optional(whole) })).answers<{
    readonly switches: readonly SwitchRow[];
  }>(),
  'priority.policy': showsOrChanges(
    'write',
    v.strictObject({
      autoFailover: optional(flag),
      autoRecovery: optional(flag),
      failureThreshold: optional(number),
      recoveryChecks: optional(number),
      cooldownS: optional(number),
      recoveryDelayS: optional(number),
      maxPerHour: optional(number),
    }),
  ).answers<PolicyRow>(),
};
