/** The contract of what-if: the record under other settings. */
import * as v from 'valibot';
import type { SettingValue } from '../../events/config.ts';
import type { Tier } from '../../events/profile.ts';
import { flag, instant, name, optional, pathMax, text, whole } from './fields.ts';
import type { WithGaps } from './moment.ts';
import { asks } from './operation.ts';

export type TierTimes = Readonly<Record<Tier | 'none', number>>;

/** A switch of one side that the other one does not have. */
export interface SwitchChange {
  readonly only: 'recorded' | 'replayed';
  readonly at: string;
  readonly seq: number | null;
  readonly kind: 'failover' | 'recovery';
  readonly from: string;
  readonly to: string;
}

/** A request that another endpoint than the recorded one would have answered, or would have been asked for it. */
export interface ElsewhereRow {
  readonly request: string;
  readonly seq: number;
  readonly at: string;
  /** The endpoint that was asked last; null: none was asked. */
  readonly recorded: string | null;
  readonly replayed: string | null;
  /** False: what the other one would have answered is recorded nowhere. */
  readonly isKnown: boolean;
}

interface Moves {
  /** Requests that went to another endpoint than the former request of their session. */
  readonly moved: number;
  /** Cached tokens that had to be read again; of warm caches only. */
  readonly cacheTokensLost: number;
  readonly movesOfUnknownCost: number;
}

export interface WhatIfAnswer {
  readonly under: Readonly<Record<string, SettingValue>>;
  readonly from: number;
  readonly to: number;
  readonly requests: number;
  /** Automatic switches: failovers and recoveries. */
  readonly switches: { readonly recorded: number; readonly replayed: number };
  /** `unknown`: an endpoint would have been asked that was not asked; its answer is unknown. */
  readonly failures: { readonly recorded: number; readonly replayed: number; readonly unknown: number };
  /** Of the unknown ones: an endpoint would have been asked for another model than in the record. */
  readonly otherModel: number;
  readonly attempts: { readonly recorded: number; readonly replayed: number };
  /** How often an endpoint was ejected. */
  readonly outages: { readonly recorded: number; readonly replayed: number };
  readonly tierMs: { readonly recorded: TierTimes; readonly replayed: TierTimes };
  readonly sessions: { readonly recorded: Moves; readonly replayed: Moves };
  readonly changes: readonly SwitchChange[];
  /** The first of them, and their number. */
  readonly elsewhere: { readonly count: number; readonly first: readonly ElsewhereRow[] };
}

export const whatIfContract = {
  /** The recorded outcomes under other settings. */
  'history.whatIf': asks(
    'read',
    v.strictObject({
      since: optional(instant),
      fromSeq: optional(whole),
      set: optional(v.record(name, text(pathMax))),
      /** `ID.models`: the rules of its model map, separated by commas. */
      endpoints: optional(v.record(name, text(pathMax))),
      /** The log is another installation's: this environment's settings did not apply there. */
      foreign: optional(flag),
    }),
  ).answers<WhatIfAnswer & WithGaps>(),
};
