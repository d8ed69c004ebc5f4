/** What can be asked of the past, and what comes back. */

import * as v from 'valibot';
import type { SettingValue } from '../../events/config.ts';
import type { Tier } from '../../events/profile.ts';
import type { Reason } from '../../events/reason.ts';
import type { EndpointState } from '../../machines/routing-view.ts';
import type { MachineRow } from './debug.ts';
import { flag, name, nothing, optional, whole } from './fields.ts';
import { type Filters, filters, type GapRow, type LossRow, look, moment, type WithGaps } from './moment.ts';
import { asks, tends } from './operation.ts';
import type { SwitchRow } from './priority.ts';

export interface FactRow {
  readonly seq: number;
  readonly at: string;
  readonly stream: string;
  readonly type: string;
  readonly data: object;
  readonly cause: number | null;
  readonly by: string;
}

export interface ThenProfile {
  readonly name: string;
  readonly tier: Tier | null;
  readonly endpoints: readonly {
    readonly id: string;
    readonly name: string;
    readonly priority: number;
    readonly weight: number;
    readonly effectiveWeight: number;
  }[];
}

/** An endpoint that stood on a request's way, as it was when the request chose. */
export interface RouteRow {
  readonly endpoint: string;
  readonly name: string;
  readonly profile: string;
  readonly tier: Tier | null;
  readonly state: EndpointState;
  readonly weight: number;
  readonly chosen: boolean;
  /** The rule that took it, or the one that left it out (`lacksModel`: it has said so, and is asked last until then); `notNeeded` when it was simply not reached. */
  readonly because: string;
  /** What had put it into its state. */
  readonly failure: string | null;
  readonly until: string | null;
  /** The facts that had made it so, by number. */
  readonly facts: readonly number[];
}

/** What decided where a request went. */
export interface DecidedRow {
  readonly outcome: 'answered' | 'failed' | 'broken' | 'cancelled';
  /** Which endpoint answered, or was asked last. Null: none was asked. */
  readonly endpoint: string | null;
  /** As it was called then: `profile/name`. */
  readonly name: string | null;
  /** The rule that took it; `failover` where it was the only one of its priority. */
  readonly because: string | null;
  /** Why the request failed. */
  readonly reason: string | null;
  /** Those that were asked before in vain, or all of them when none answered. */
  readonly failed: readonly { readonly endpoint: string; readonly name: string | null; readonly failure: string }[];
  /** Where the choice began, when that was the reason: by its path, a pin, or as the active profile; and the switch that had led there. */
  readonly profile: {
    readonly name: string;
    readonly by: 'path' | 'pin' | 'active';
    readonly switch: SwitchRow | null;
  } | null;
}

export interface RequestStory {
  readonly request: string;
  readonly decided: DecidedRow;
  readonly session: string | null;
  readonly model: string | null;
  readonly status: number;
  readonly startedAt: string;
  readonly durationMs: number;
  /** The last fact that the request's first choice could know. */
  readonly view: number;
  readonly attempts: readonly {
    readonly endpoint: string;
    readonly at: string;
    readonly outcome: string;
    readonly status: number | null;
    readonly ttfbMs: number | null;
    readonly because: string;
    /** As it was called then: `profile/name`. */
    readonly name: string | null;
  }[];
  readonly route: readonly RouteRow[];
  /** Newest first: those that it led to, and those of the hour before it. */
  readonly switches: readonly SwitchRow[];
  readonly facts: readonly FactRow[];
}

export interface EndpointStory extends MachineRow {
  /** When it stood so. */
  readonly at: string;
  /** Whose failures they were. */
  readonly requests: readonly string[];
  readonly facts: readonly FactRow[];
}

export interface ChangeRow {
  readonly stream: string;
  readonly path: string;
  readonly from: SettingValue | Reason | null;
  readonly to: SettingValue | Reason | null;
  /** Those that changed it on the way, oldest first; of very many the last. */
  readonly facts: readonly number[];
}

export interface DriftRow {
  readonly seq: number;
  readonly stream: string;
  readonly recorded: string;
  readonly folded: string;
}

/** Two states that ought to be the same: what the facts make, and what runs. */
export interface DifferenceRow {
  readonly stream: string;
  readonly path: string;
  readonly folded: unknown;
  readonly running: unknown;
}

interface DamageRow {
  readonly from: number;
  readonly to: number;
  readonly because: LossRow['because'] | 'index' | 'unfolded';
}

/** Without a gateway, and without an installation: its log may not open. */
export interface RepairAnswer {
  readonly repaired: boolean;
  readonly facts: number;
  readonly lost: readonly { readonly from: number; readonly to: number }[];
  /** Beside the log, in the home. */
  readonly kept: string | null;
}

export const historyContract = {
  /** Newest `limit` facts that match (or all), oldest first. Times are epoch milliseconds. */
  'history.read': asks(look).answers<{ readonly facts: readonly FactRow[] }>(),
  /** The same in pages: where it begins, and where it ends (exclusive) ... */
  'history.start': asks(look).answers<{ readonly from: number; readonly to: number }>(),
  /** ... and the next facts from there; `next` is where the page after it begins. */
  'history.page': asks(v.strictObject({ ...filters, from: whole, to: whole, most: optional(whole) })).answers<{
    readonly facts: readonly FactRow[];
    readonly next: number | null;
    /** Numbers on the page that no fact was found for. Absent when there are none. */
    readonly gaps?: readonly GapRow[];
  }>(),
  /** The last number that was given out, and what endpoints are called: `profile/name` by id. */
  'history.head': asks(nothing).answers<{
    readonly head: number;
    /** The log's time, which relative times count from: a clock that was set back is behind it. Absent where nothing was ever written. */
    readonly now?: number;
    readonly names: Readonly<Record<string, string>>;
    /** What those that were renamed or removed were called, up to a fact. Oldest first. */
    readonly former?: readonly { readonly endpoint: string; readonly name: string; readonly until: number }[];
  }>(),
  /** Filters as people type them, made whole. What names nothing that is, or ever was, is a mistake. */
  'history.filters': asks(v.strictObject({ ...filters, live: optional(flag) })).answers<{
    readonly filters: Filters;
  }>(),
  /**
   * `about`: a request by its id or its end, as the history prints it; the beginning of an endpoint's id, or its name; or `#1234`, the
   * number of a fact that tells of one. Without it: the last request that failed or went to another endpoint.
   */
  'history.explain': asks(v.strictObject({ about: optional(name) })).answers<
    (RequestStory | EndpointStory) & WithGaps
  >(),
  /** What changed between two moments; `from` and `to` of the answer are numbers of facts. */
  'history.diff': asks(v.strictObject({ from: moment, to: moment })).answers<
    { readonly from: number; readonly to: number; readonly changes: readonly ChangeRow[] } & WithGaps
  >(),
  /** All that the log had come to at a moment. */
  'history.at': asks(v.strictObject({ moment, about: optional(name) })).answers<
    {
      readonly at: string;
      readonly seq: number;
      readonly active: string | null;
      readonly machines: readonly MachineRow[];
      readonly profiles: readonly ThenProfile[];
      /** Those that were set; all others had their defaults. */
      readonly settings: Readonly<Record<string, SettingValue>>;
      /** Recorded decisions that the charts of today would not have followed. The record won. */
      readonly drift: readonly DriftRow[];
    } & WithGaps
  >(),
  /**
   * `running` is the state that all of it is held against, `missing` what it names and is not there: the operation brings both
   * itself.
   */
  'history.verify': asks(nothing).answers<
    {
      readonly ok: boolean;
      readonly events: number;
      /** As many as the log ought to have. */
      readonly expected: number;
      readonly machines: number;
      readonly from: number;
      readonly to: number;
      readonly differences: readonly DifferenceRow[];
      /** What cannot be read, or not by its stream, and is told by no fact yet. */
      readonly damage: readonly DamageRow[];
      /** What the history tells to be lost. */
      readonly lost: readonly LossRow[];
      readonly drift: readonly DriftRow[];
    },
    { readonly running?: object; readonly missing?: readonly string[] }
  >(),
  /** `disk`: what the log takes there, which the log's reader cannot see. */
  'history.stats': asks(nothing).answers<
    {
      readonly facts: number;
      readonly from: string | null;
      readonly to: string | null;
      /** Of the facts as they are written. */
      readonly bytes: number;
      /** Of the log's folder: packed, with its index and its snapshots. */
      readonly diskBytes: number | null;
      readonly types: readonly { readonly type: string; readonly facts: number; readonly bytes: number }[];
      readonly perDay: {
        readonly facts: number | null;
        readonly bytes: number | null;
        readonly diskBytes: number | null;
      };
    },
    { readonly disk?: number }
  >(),
  'history.compact': tends(nothing).answers<{
    readonly trimmed: number;
    readonly facts: number;
    readonly before: number;
    readonly after: number;
  }>(),
};
