/** What can be asked of the past, and the shapes of the answers: a part of the table of operations. */
import type { SettingValue } from '../../events/config.ts';
import type { Tier } from '../../events/profile.ts';
import type { EndpointState } from '../../machines/routing-view.ts';
import type { FactRow, MachineRow, PastCheckRow, SwitchRow } from './operations.ts';

/** A moment as people name it: by an instant, or by the number of a fact. */
export type Moment = { readonly at: number } | { readonly seq: number };

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

export interface RequestStory {
  readonly request: string;
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
  /** Whose failures they were. */
  readonly requests: readonly string[];
  readonly facts: readonly FactRow[];
}

export interface ChangeRow {
  readonly stream: string;
  readonly path: string;
  readonly from: SettingValue | null;
  readonly to: SettingValue | null;
  /** Those that changed it on the way, oldest first; of very many the last. */
  readonly facts: readonly number[];
}

export interface DriftRow {
  readonly seq: number;
  readonly stream: string;
  readonly recorded: string;
  readonly folded: string;
}

/** Which facts: all of what is said must hold. */
export interface Filters {
  readonly type?: string;
  /** A stream, or a kind of streams. */
  readonly stream?: string;
  /** The whole id. */
  readonly endpoint?: string;
  readonly profile?: string;
  readonly session?: string;
  readonly request?: string;
}

/** A look back. Without `limit` and a beginning, the newest thousand. */
export interface Look extends Filters {
  readonly since?: number;
  readonly until?: number;
  readonly fromSeq?: number;
  /** Exclusive. */
  readonly toSeq?: number;
  readonly limit?: number;
}

/** Two states that ought to be the same: what the facts make, and what runs. */
export interface DifferenceRow {
  readonly stream: string;
  readonly path: string;
  readonly folded: unknown;
  readonly running: unknown;
}

interface LossRow {
  readonly from: number;
  readonly to: number;
  readonly because: 'missing' | 'checksum';
}

/** `index`: the facts are there, and the index of streams says otherwise. */
/** A gap in what was asked for; `told` when the history itself tells of it. */
export interface GapRow extends LossRow {
  readonly told: boolean;
}

/** On an answer that is made of many facts: those it had to do without. */
export interface WithGaps {
  readonly gaps?: readonly GapRow[];
}

interface DamageRow {
  readonly from: number;
  readonly to: number;
  readonly because: LossRow['because'] | 'index' | 'unfolded';
}

export type TierTimes = Readonly<Record<Tier | 'none', number>>;

/** A switch that one of the two has and the other has not. */
export interface SwitchChange {
  readonly only: 'recorded' | 'replayed';
  readonly at: string;
  readonly seq: number | null;
  readonly kind: 'failover' | 'recovery';
  readonly from: string;
  readonly to: string;
}

interface Moves {
  /** Requests that went to another endpoint than the one before of their session. */
  readonly moved: number;
  /** What was in the cache there, and had to be read again; of warm caches only. */
  readonly cacheTokensLost: number;
  readonly movesOfUnknownCost: number;
}

export interface WhatIfAnswer {
  readonly under: Readonly<Record<string, SettingValue>>;
  readonly from: number;
  readonly to: number;
  readonly requests: number;
  /** Automatic ones: failovers and recoveries. */
  readonly switches: { readonly recorded: number; readonly replayed: number };
  /** `unknown`: an endpoint would have been asked that was not; nobody knows what it would have said. */
  readonly failures: { readonly recorded: number; readonly replayed: number; readonly unknown: number };
  readonly attempts: { readonly recorded: number; readonly replayed: number };
  /** How often an endpoint was put out. */
  readonly outages: { readonly recorded: number; readonly replayed: number };
  readonly tierMs: { readonly recorded: TierTimes; readonly replayed: TierTimes };
  readonly sessions: { readonly recorded: Moves; readonly replayed: Moves };
  readonly changes: readonly SwitchChange[];
}

/** The first line of an incident file: the state before its first fact, redacted like all of it. */
export interface IncidentHead {
  readonly capsule: number;
  /** The version that wrote it. */
  readonly qcc: string;
  readonly from: number;
  readonly to: number;
  readonly names: 'kept' | 'hashed';
  readonly state: object;
}

interface IncidentRedaction {
  readonly salt: string;
  readonly hashNames: boolean;
  readonly names: readonly string[];
  readonly hosts: readonly string[];
}

export interface HistoryOperations {
  'capsule.begin': [
    Pick<Look, 'since' | 'until' | 'fromSeq' | 'toSeq'> & { readonly salt: string; readonly hashNames: boolean },
    { readonly head: IncidentHead; readonly redaction: IncidentRedaction },
  ];
  'capsule.facts': [
    { readonly from: number; readonly to: number; readonly redaction: IncidentRedaction },
    { readonly facts: readonly object[]; readonly next: number | null },
  ];
  /** Of one endpoint, newest first. */
  'health.checks': [
    { readonly endpoint: string; readonly profile: string; readonly limit: number },
    { readonly checks: readonly PastCheckRow[] },
  ];
  /** The projections of what was since then, as they are written down. */
  'health.since': [{ readonly since: number }, { readonly recent: object }];
  'stats.since': [{ readonly since: number }, { readonly stats: object }];
  /** The recorded outcomes under other settings. */
  'history.whatIf': [
    {
      readonly since?: number;
      readonly fromSeq?: number;
      readonly set?: Readonly<Record<string, string>>;
      /** It is not this installation's: what the environment says here did not hold there. */
      readonly foreign?: boolean;
    },
    WhatIfAnswer & WithGaps,
  ];
  /** Newest `limit` facts that match (or all), oldest first. Times are epoch milliseconds. */
  'history.read': [Look, { readonly facts: readonly FactRow[] }];
  /** The same in pages: where it begins, and where it ends (exclusive) ... */
  'history.start': [Look, { readonly from: number; readonly to: number }];
  /** ... and the next facts from there; `next` is where the page after it begins. */
  'history.page': [
    Filters & { readonly from: number; readonly to: number; readonly most?: number },
    {
      readonly facts: readonly FactRow[];
      readonly next: number | null;
      /** Numbers on the page that no fact was found for. Absent when there are none. */
      readonly gaps?: readonly GapRow[];
    },
  ];
  /** The last number that was given out, and what endpoints are called: `profile/name` by id. */
  'history.head': [
    Record<never, never>,
    {
      readonly head: number;
      /** The log's time, which relative times count from: a clock that was set back is behind it. Absent where nothing was ever written. */
      readonly now?: number;
      readonly names: Readonly<Record<string, string>>;
      /** What those that were renamed or removed were called, up to a fact. Oldest first. */
      readonly former?: readonly { readonly endpoint: string; readonly name: string; readonly until: number }[];
    },
  ];
  /** Filters as people type them, made whole. What names nothing that is, or ever was, is a mistake. */
  'history.filters': [Filters & { readonly live?: boolean }, { readonly filters: Filters }];
  /** `about`: a request by its id or its end, as the history prints it; or the beginning of an endpoint's id. */
  'history.explain': [{ readonly about: string }, (RequestStory | EndpointStory) & WithGaps];
  /** What changed between two moments; `from` and `to` of the answer are numbers of facts. */
  'history.diff': [
    { readonly from: Moment; readonly to: Moment },
    { readonly from: number; readonly to: number; readonly changes: readonly ChangeRow[] } & WithGaps,
  ];
  /** All that the log had come to at a moment. */
  'history.at': [
    { readonly moment: Moment; readonly about?: string },
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
    } & WithGaps,
  ];
  /**
   * `running` is the state that all of it is held against, `missing` what it names and is not there: the operation brings both
   * itself.
   */
  'history.verify': [
    { readonly running?: object; readonly missing?: readonly string[] },
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
  ];
  /** `disk`: what the log takes there, which the log's reader cannot see. */
  'history.stats': [
    { readonly disk?: number },
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
  ];
  'history.compact': [
    Record<never, never>,
    { readonly trimmed: number; readonly facts: number; readonly before: number; readonly after: number },
  ];
  /** Without a gateway, and without an installation: its log may not open. */
  'history.repair': [
    Record<never, never>,
    {
      readonly repaired: boolean;
      readonly facts: number;
      readonly lost: readonly { readonly from: number; readonly to: number }[];
      /** Beside the log, in the home. */
      readonly kept: string | null;
    },
  ];
}
