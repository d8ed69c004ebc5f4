/** The statistics of requests. */
import * as v from 'valibot';
import { instant, name, optional } from './fields.ts';
import { asks } from './operation.ts';

interface Quantiles {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

export interface StatsRow {
  readonly endpoint: string;
  readonly profile: string | null;
  readonly model: string | null;
  readonly requests: number;
  readonly attempts: number;
  readonly failures: number;
  readonly ttfbMs: Quantiles;
  readonly ttftMs: Quantiles;
  readonly tokens: {
    readonly input: number;
    readonly output: number;
    readonly cacheRead: number;
    readonly cacheWrite: number;
  };
}

/** Dollars by the vendors' price lists. */
export interface CostRow {
  readonly inputUsd: number;
  readonly outputUsd: number;
  readonly cacheReadUsd: number;
  readonly cacheWriteUsd: number;
  readonly totalUsd: number;
}

/** Of a named token; `token` is null for all requests that came without one. */
export interface TokenStatsRow extends Pick<StatsRow, 'requests' | 'attempts' | 'failures' | 'tokens'> {
  readonly token: string | null;
  readonly cost: CostRow | null;
  /** Its models with tokens that no price list knows: they are not in the cost. */
  readonly unpriced: readonly string[];
}

export const statsContract = {
  'stats.read': asks('read', v.strictObject({ profile: optional(name), since: optional(instant) })).answers<{
    readonly since: string | null;
    readonly stats: readonly (StatsRow & { readonly cost: CostRow | null })[];
    /** Models with tokens that no price list knows. */
    readonly unpriced: readonly string[];
  }>(),
  /** The same requests by the named token that they came with. */
  'stats.tokens': asks('read', v.strictObject({ since: optional(instant) })).answers<{
    readonly since: string | null;
    readonly tokens: readonly TokenStatsRow[];
  }>(),
  'stats.since': asks('never', v.strictObject({ since: instant })).answers<{ readonly stats: object }>(),
};
