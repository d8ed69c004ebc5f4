/** What the record would have been under other settings. */
import * as v from 'valibot';
import type { SettingValue } from '../../events/config.ts';
import type { Tier } from '../../events/profile.ts';
import { flag, instant, name, optional, pathMax, text, whole } from './fields.ts';
import type { WithGaps } from './moment.ts';
import { asks } from './operation.ts';

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
  /** `unknown`: an endpoint would have been asked that was not; what it would have said is unknown. */
  readonly failures: { readonly recorded: number; readonly replayed: number; readonly unknown: number };
  readonly attempts: { readonly recorded: number; readonly replayed: number };
  /** How often an endpoint was ejected. */
  readonly outages: { readonly recorded: number; readonly replayed: number };
  readonly tierMs: { readonly recorded: TierTimes; readonly replayed: TierTimes };
  readonly sessions: { readonly recorded: Moves; readonly replayed: Moves };
  readonly changes: readonly SwitchChange[];
}

export const whatIfContract = {
  /** The recorded outcomes under other settings. */
  'history.whatIf': asks(
    v.strictObject({
      since: optional(instant),
      fromSeq: optional(whole),
      set: optional(v.record(name, text(pathMax))),
      /** It is not this installation's: what the environment says here did not hold there. */
      foreign: optional(flag),
    }),
  ).answers<WhatIfAnswer & WithGaps>(),
};
