/** The contract of the history. */

import * as v from 'valibot';
import type { SettingValue } from '../../events/config.ts';
import type { Tier } from '../../events/profile.ts';
import type { AdaptationReason, Reason } from '../../events/reason.ts';
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

/** An endpoint among a request's candidates, as it was when the request chose. */
export interface RouteRow {
  readonly endpoint: string;
  readonly name: string;
  readonly profile: string;
  readonly tier: Tier | null;
  readonly state: EndpointState;
  readonly weight: number;
  readonly chosen: boolean;
  /**
   * The rule that selected it, or left it out (`lacksModel`: it has said so, and is asked last until then; `modelExcluded`: its owner has;
   * `noThinkingHere`: it has refused the session's thinking); `notNeeded` when it was not reached.
   */
  readonly because: string;
  /** The cause of its state. */
  readonly failure: string | null;
  readonly until: string | null;
  /** The numbers of the facts that caused it. */
  readonly facts: readonly number[];
}

/** What decided where a request was routed. */
export interface DecidedRow {
  readonly outcome: 'answered' | 'failed' | 'broken' | 'cancelled';
  /** Which endpoint answered, or was asked last. Null: none was asked. */
  readonly endpoint: string | null;
  /** Its name at that time: `profile/name`. */
  readonly name: string | null;
  /** The rule that selected it; `failover` if it was the only one of its priority. */
  readonly because: string | null;
  /** Why the request failed. */
  readonly reason: string | null;
  /** The endpoints that were asked before without success, or all of them when none answered. */
  readonly failed: readonly { readonly endpoint: string; readonly name: string | null; readonly failure: string }[];
  /**
   * Where the choice began, if that was the reason: by the request's path, a pin, or as the active profile; and the switch that led there.
   */
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
  /** The named token that it came with; left out without one. */
  readonly token?: string;
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
    /** The endpoint's own name of the model, where it has one. */
    readonly sent?: string;
    /** What was odd about it, and did no harm. */
    readonly noted?: string;
    /** Its name at that time: `profile/name`. */
    readonly name: string | null;
    /** What else differed from what the client has sent. */
    readonly adapted?: readonly AdaptationReason[];
  }[];
  readonly route: readonly RouteRow[];
  /** Newest first: switches that the request caused, and those of the hour before it. */
  readonly switches: readonly SwitchRow[];
  readonly facts: readonly FactRow[];
}

export interface EndpointStory extends MachineRow {
  /** The moment of that state. */
  readonly at: string;
  /** The failed requests. */
  readonly requests: readonly string[];
  readonly facts: readonly FactRow[];
}

export interface ChangeRow {
  readonly stream: string;
  readonly path: string;
  readonly from: SettingValue | Reason | null;
  readonly to: SettingValue | Reason | null;
  /** The facts that changed it between the two moments, oldest first; of very many, the last ones. */
  readonly facts: readonly number[];
}

export interface DriftRow {
  readonly seq: number;
  readonly stream: string;
  readonly recorded: string;
  readonly folded: string;
}

/** A difference of two states that should be equal: the folded one, and the running one. */
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
  'history.read': asks('read', look).answers<{ readonly facts: readonly FactRow[] }>(),
  /** The same in pages: where it begins, and where it ends (exclusive) ... */
  'history.start': asks('read', look).answers<{ readonly from: number; readonly to: number }>(),
  /** ... and the next facts from there; `next` is where the page after it begins. */
  'history.page': asks('read', v.strictObject({ ...filters, from: whole, to: whole, most: optional(whole) })).answers<{
    readonly facts: readonly FactRow[];
    readonly next: number | null;
    /** Numbers on the page that no fact was found for. Absent when there are none. */
    readonly gaps?: readonly GapRow[];
  }>(),
  /** The last number that was given out, and what endpoints are called: `profile/name` by id. */
  'history.head': asks('read', nothing).answers<{
    readonly head: number;
    /**
     * The log's time, which relative times refer to: it may be ahead of a clock that was set back. Absent where nothing was ever written.
     */
    readonly now?: number;
    readonly names: Readonly<Record<string, string>>;
    /** Former names of renamed or removed endpoints, each up to a fact. Oldest first. */
    readonly former?: readonly { readonly endpoint: string; readonly name: string; readonly until: number }[];
  }>(),
  /** Expands filters that people typed. A name that never existed is an error. */
  'history.filters': asks('read', v.strictObject({ ...filters, live: optional(flag) })).answers<{
    readonly filters: Filters;
  }>(),
  /**
   * `about`: a request by its id or its end, as the history prints it; the beginning of an endpoint's id, or its name; or `#1234`, the
   * number of a fact about one. Without it: the last request that failed or was failed over.
   */
  'history.explain': asks('read', v.strictObject({ about: optional(name) })).answers<
    (RequestStory | EndpointStory) & WithGaps
  >(),
  /** What changed between two moments; `from` and `to` of the answer are numbers of facts. */
  'history.diff': asks('read', v.strictObject({ from: moment, to: moment })).answers<
    { readonly from: number; readonly to: number; readonly changes: readonly ChangeRow[] } & WithGaps
  >(),
  /** The whole state at a moment. */
  'history.at': asks('read', v.strictObject({ moment, about: optional(name) })).answers<
    {
      readonly at: string;
      readonly seq: number;
      readonly active: string | null;
      readonly machines: readonly MachineRow[];
      readonly profiles: readonly ThenProfile[];
      /** Settings that were set; all others had their defaults. */
      readonly settings: Readonly<Record<string, SettingValue>>;
      /** Recorded decisions that today's charts would not have taken. The record won. */
      readonly drift: readonly DriftRow[];
    } & WithGaps
  >(),
  /** `running` is the state to compare with, `missing` lists named files that do not exist: the operation supplies both itself. */
  'history.verify': asks('read', nothing).answers<
    {
      readonly ok: boolean;
      readonly events: number;
      /** The number of facts that the log should have. */
      readonly expected: number;
      readonly machines: number;
      readonly from: number;
      readonly to: number;
      readonly differences: readonly DifferenceRow[];
      /** Facts that cannot be read, or not by their stream, and are not recorded as lost yet. */
      readonly damage: readonly DamageRow[];
      /** The losses that the history records. */
      readonly lost: readonly LossRow[];
      readonly drift: readonly DriftRow[];
    },
    { readonly running?: object; readonly missing?: readonly string[] }
  >(),
  /** `disk`: the log's size on the disk, which the log's reader does not know. */
  'history.stats': asks('read', nothing).answers<
    {
      readonly facts: number;
      readonly from: string | null;
      readonly to: string | null;
      /** Of the facts in their written form. */
      readonly bytes: number;
      /** Of the log's folder: compressed, with its index and its snapshots. */
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
  'history.compact': tends('write', nothing).answers<{
    readonly trimmed: number;
    readonly facts: number;
    readonly before: number;
    readonly after: number;
  }>(),
};
