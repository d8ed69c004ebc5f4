/** The statistics of requests. */
import * as v from 'valibot';
import { instant, name, one, optional } from './fields.ts';
import type { FleetLive } from './fleet.ts';
import { asks } from './operation.ts';
import type { TokenState } from './token.ts';

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
  /** Null without a token, and of one that is known no longer. */
  readonly state: TokenState | null;
  readonly cost: CostRow | null;
  /** Its models with tokens that no price list knows: they are not in the cost. */
  readonly unpriced: readonly string[];
}

/** Of a gateway of the fleet: this one out of its own log, the others as they have told it. */
export interface GatewayStatsRow extends Pick<StatsRow, 'requests' | 'attempts' | 'failures' | 'tokens'> {
  readonly name: string;
  /** Null for this gateway while it is not connected. */
  readonly member: string | null;
  readonly isThis: boolean;
  /** From when on it is counted: others are by hours, or by days. Null: all that there is. */
  readonly since: string | null;
  /** When it was told. */
  readonly asOf: string;
  readonly totalUsd: number | null;
  /** How many of its models have no price: they are not in the cost. */
  readonly unpriced: number;
}

/** The list by which tokens were priced. */
export interface PriceList {
  readonly name: string;
  readonly version: string;
  /** When it was published: `2026-09-23`. */
  readonly date: string;
}

/** A day or a session. */
export interface UsageGroup {
  /** `2026-11-30`, or the session's id; null: requests without a session. */
  readonly name: string | null;
  readonly requests: number;
  readonly attempts: number;
  readonly failures: number;
  readonly tokens: StatsRow['tokens'];
  /** Null: no part of it has a price. */
  readonly totalUsd: number | null;
  readonly firstAt: string;
  readonly lastAt: string;
}

interface UsagePart extends Pick<StatsRow, 'endpoint' | 'model' | 'requests' | 'attempts' | 'failures' | 'tokens'> {
  readonly group: string | null;
  /** Milliseconds. */
  readonly firstAt: number;
  readonly lastAt: number;
}

const zone = v.pipe(name, v.check(isZone, 'a time zone: Europe/Berlin'));
const usageInput = { by: one(['day', 'session']), since: optional(instant), zone: optional(zone) };

function isZone(given: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: given }) !== null;
  } catch {
    return false;
  }
}

export const statsContract = {
  'stats.read': asks('read', v.strictObject({ profile: optional(name), since: optional(instant) })).answers<{
    readonly since: string | null;
    readonly stats: readonly (StatsRow & { readonly cost: CostRow | null })[];
    /** Models with tokens that no price list knows. */
    readonly unpriced: readonly string[];
    /** Null where there is no list: in an incident file. */
    readonly prices: PriceList | null;
  }>(),
  /** The same requests by the named token that they came with. */
  'stats.tokens': asks('read', v.strictObject({ since: optional(instant) })).answers<{
    readonly since: string | null;
    readonly tokens: readonly TokenStatsRow[];
    readonly prices: PriceList | null;
  }>(),
  /** By the gateways of the fleet, as far as this one has heard. This one is the first. */
  'stats.gateways': asks('read', v.strictObject({ since: optional(instant) })).answers<{
    readonly since: string | null;
    /** `notRunning`: what only a running gateway hears is not known. */
    readonly fleet: FleetLive['state'] | 'notRunning';
    readonly gateways: readonly GatewayStatsRow[];
    /** Models of this gateway alone. */
    readonly unpriced: readonly string[];
    readonly prices: PriceList | null;
  }>(),
  'stats.since': asks('never', v.strictObject({ since: instant, until: optional(instant) })).answers<{
    readonly stats: object;
  }>(),
  /** By the days of a time zone, newest first; or by session, the ones that used most. */
  'stats.usage': asks('read', v.strictObject(usageInput)).answers<{
    readonly since: string | null;
    readonly groups: readonly UsageGroup[];
    readonly leftOut: number;
    readonly unpriced: readonly string[];
    readonly prices: PriceList | null;
  }>(),
  /** The parts of the groups, before they are priced and added up. */
  'stats.usageRows': asks('never', v.strictObject(usageInput)).answers<{ readonly rows: readonly UsagePart[] }>(),
};
