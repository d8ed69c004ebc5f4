/** The contract of health. */

import * as v from 'valibot';
import type { SettingValue } from '../../events/config.ts';
import type { ProbeDepth, Verdict } from '../../events/endpoint.ts';
import type { CallReason, ReasonOrWord } from '../../events/reason.ts';
import type { NextReason } from '../../machines/moment.ts';
import type { EndpointState } from '../../machines/routing-view.ts';
import type { CheckRow, Seen } from './endpoint.ts';
import { flag, instant, kept, name, nameMax, nothing, number, optional, whole } from './fields.ts';
import { asks, asksGateway, changesWhatIs, showsOrChanges } from './operation.ts';

export interface HealthRow {
  readonly id: string;
  readonly name: string;
  readonly profile: string;
  readonly state: EndpointState;
  readonly seen: Seen;
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
  readonly lastError: ReasonOrWord<CallReason> | null;
  readonly weight: number;
  readonly effectiveWeight: number;
  readonly lacks: readonly LackingRow[];
  /** Until then it is asked for no count: it has refused one. */
  readonly countsNotUntil: string | null;
  /** Until then it is sent no body of this size. */
  readonly tooLarge: { readonly bytes: number; readonly until: string } | null;
  readonly next: readonly NextRow[];
  readonly nextProbe: NextProbeRow;
}

/** A model that the endpoint has said it lacks: until then it is asked for this model last. */
export interface LackingRow {
  readonly model: string;
  readonly until: string;
}

/** What would move a machine. With `--json` there is also `because`, the English sentence of `rule` and `params`. */
export type NextRow = NextReason & { readonly on: string; readonly to: string; readonly at: string | null };

/** The reason of the planned probe; null: none is planned, or no gateway runs. */
/** All null while none is planned, and while no gateway runs: scripts read the same fields in both cases. */
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

export interface PastCheckRow extends Omit<CheckRow, 'name'> {
  /** Null for a failed probe: its depth is not known. */
  readonly depth: ProbeDepth | null;
  /** The decision that it caused; null when it changed nothing. */
  readonly led: string | null;
}

/** The settings that `health.config` sets. */
export const healthSettings = {
  intervalS: 'health.check_interval',
  timeoutS: 'health.timeout',
  weightAdjustment: 'health.weight_adjustment',
  minChecks: 'health.min_checks',
  model: 'health.model',
  mode: 'health.mode',
} as const;

export const healthContract = {
  'health.status': asks('read', nothing).answers<{ readonly endpoints: readonly HealthRow[] }>(),
  /** Through the gateway: the results count. */
  'health.check': asksGateway('write', v.strictObject({ id: optional(name) })).answers<{
    readonly checks: readonly CheckRow[];
  }>(),
  'health.metrics': asks('read', v.strictObject({ id: optional(name), since: optional(instant) })).answers<{
    readonly since: string | null;
    readonly endpoints: readonly MetricsRow[];
  }>(),
  'health.history': asks('read', v.strictObject({ id: name, limit: optional(whole) })).answers<{
    readonly checks: readonly PastCheckRow[];
  }>(),
  'health.config': showsOrChanges(
    'write',
    v.strictObject({
      intervalS: optional(number),
      timeoutS: optional(number),
      weightAdjustment: optional(flag),
      minChecks: optional(number),
      model: optional(kept(nameMax)),
      mode: optional(name),
    }),
  ).answers<{ readonly settings: Readonly<Record<string, SettingValue>> }>(),
  'health.reset': changesWhatIs('write', v.strictObject({ id: name })).answers<{
    readonly id: string;
    readonly state: EndpointState;
  }>(),
  /** Of one endpoint, newest first. */
  'health.checks': asks('read', v.strictObject({ endpoint: name, profile: name, limit: whole })).answers<{
    readonly checks: readonly PastCheckRow[];
  }>(),
  /** The projections of that span, in their saved form. */
  'health.since': asks('never', v.strictObject({ since: instant })).answers<{ readonly recent: object }>(),
};
