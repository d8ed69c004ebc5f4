/** What each gateway of the fleet has used: this one by its log, the others as they have told it. Nothing is asked of them. */
import type { Millis } from '../../../events/fact.ts';
import type { Answer, Params } from '../../contract/operations.ts';
import type { GatewayStatsRow, TokenStatsRow } from '../../contract/stats.ts';
import { fleetName } from '../../fleet/fleet-name.ts';
import type { Used } from '../../fleet/usage.ts';
import type { Installation } from '../../installation/installation.ts';
import type { LiveSide } from '../../installation/live-side.ts';
import { iso, isoOrNull } from '../../platform/time.ts';
import type { ReplayPool } from '../../pool/pool.ts';
import { priced, priceList } from './prices.ts';
import { statsIn } from './stats-in.ts';
import { totalOf } from './token-stats.ts';

type Usage = Omit<TokenStatsRow, 'token' | 'state'>;

/** This gateway's own. */
export async function ownUsage(
  installation: Installation,
  { since, until }: { readonly since: Millis | null; readonly until: Millis | null },
  replay: ReplayPool | undefined,
): Promise<Usage> {
  const span = { since: since ?? undefined, until: until ?? undefined };
  const stats = await statsIn(installation, span, replay);
  const baseUrlOf = (endpoint: string) => installation.core.state.profiles.endpoint(endpoint)?.baseUrl;
  return totalOf(
    await priced(
      stats.rows(() => null),
      baseUrlOf,
    ),
  );
}

export function usedOf({ requests, attempts, failures, tokens, cost, unpriced }: Usage): Used {
  return { requests, attempts, failures, tokens, totalUsd: cost?.totalUsd ?? null, unpriced: unpriced.length };
}

export async function gatewayStats(
  installation: Installation,
  { since: given }: Params<'stats.gateways'>,
  live: LiveSide | undefined,
): Promise<Answer<'stats.gateways'>> {
  const { core, settings } = installation;
  const since = given ?? null;
  const isSet = settings()['fleet.url'] !== '';
  const { state, member } = live?.fleet() ?? {
    state: isSet ? ('notRunning' as const) : ('off' as const),
    member: null,
  };
  const usage = await ownUsage(installation, { since, until: null }, live?.replay);
  const own: GatewayStatsRow = {
    name: fleetName(settings()['fleet.name']),
    member,
    isThis: true,
    since: isoOrNull(since),
    asOf: iso(core.now()),
    ...usedOf(usage),
  };
  const others = (live?.fleetUsage(since) ?? []).map((row) => ({
    ...row,
    isThis: false,
    since: isoOrNull(row.since),
    asOf: iso(row.asOf),
  }));
  const most = others.toSorted((a, b) => b.requests - a.requests);
  return {
    since: isoOrNull(since),
    fleet: state,
    gateways: [own, ...most],
    unpriced: usage.unpriced,
    prices: priceList,
  };
}
