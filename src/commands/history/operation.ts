import type { debugContract, InFlightRow } from '../../contract/debug.ts';
import type { historyContract } from '../../contract/history.ts';
import type { incidentContract } from '../../contract/incident.ts';
import type { incidentsContract } from '../../contract/incidents.ts';
import { Json } from '../../contract/json.ts';
import type { Answer, Params } from '../../contract/operations.ts';
import type { routeContract } from '../../contract/route.ts';
import type { statsContract } from '../../contract/stats.ts';
import type { whatIfContract } from '../../contract/what-if.ts';
import { machineRows, machinesAbout } from '../../history/machines.ts';
import { usageGroups } from '../../history/usage.ts';
import { type Installation, profileNamed } from '../../installation/installation.ts';
import { iso } from '../../platform/time.ts';
import type { ReplayPool } from '../../pool/pool.ts';
import { tokenState } from '../../projections/tokens.ts';
import { knownLosses } from '../../runtime/losses.ts';
import type { State } from '../../runtime/state.ts';
import type { Handlers } from '../handler.ts';
import { asker, question } from './asker.ts';
import { gatewayStats } from './gateway-stats.ts';
import { compactHistory, measureHistory, verifyHistory } from './log-care-operation.ts';
import { priced, priceList, unpriced } from './prices.ts';
import { statsIn } from './stats-in.ts';
import { byToken } from './token-stats.ts';

/** The names of endpoints, and their former names. */
export function namesIn({ profiles }: Pick<State, 'profiles'>): Omit<Answer<'history.head'>, 'head' | 'now'> {
  const now = profiles.endpoints().map(({ id, profile, name }) => [id, `${profile}/${name}`] as const);
  const former = profiles.former.map(({ endpoint, profile, name, until }) => ({
    endpoint,
    name: `${profile}/${name}`,
    until,
  }));
  return { names: Object.fromEntries(now), former };
}

export function headOfHistory({ core }: Installation): Answer<'history.head'> {
  return { head: core.state.seq, now: Math.max(core.now(), core.state.at), ...namesIn(core.state) };
}

export async function showMachines(
  { core: { state, log }, settings }: Pick<Installation, 'core' | 'settings'>,
  { about }: Params<'debug.machines'>,
  live: InFlightRow | null = null,
): Promise<Answer<'debug.machines'>> {
  const machines = machineRows(state, settings(), await knownLosses(log));
  return { seq: state.seq, at: iso(state.at), machines: machinesAbout(machines, about), live };
}

export async function readStats(
  installation: Installation,
  params: Params<'stats.read'>,
  replay: ReplayPool | undefined,
): Promise<Answer<'stats.read'>> {
  const { core } = installation;
  if (params.profile !== undefined) profileNamed(installation, params.profile);
  const stats = await statsIn(installation, params, replay);
  const profileOf = (endpoint: string) => core.state.profiles.endpoint(endpoint)?.profile ?? null;
  const rows = stats
    .rows(profileOf)
    .filter(({ profile }) => params.profile === undefined || profile === params.profile);
  const withCost = await priced(rows, (endpoint) => core.state.profiles.endpoint(endpoint)?.baseUrl);
  return {
    since: params.since === undefined ? null : iso(params.since),
    stats: withCost,
    unpriced: unpriced(withCost),
    prices: priceList,
  };
}

/** The log tells what was used, in its worker; what it cost is looked up here, where the price list is. */
async function readUsage(
  installation: Installation,
  params: Params<'stats.usage'>,
  replay: ReplayPool | undefined,
): Promise<Answer<'stats.usage'>> {
  const { profiles } = installation.core.state;
  const told = await asker(installation, 'stats.usageRows', replay)(params);
  const { rows } = told instanceof Json ? (JSON.parse(told.text) as Answer<'stats.usageRows'>) : told;
  const withCost = await priced(rows, (endpoint) => profiles.endpoint(endpoint)?.baseUrl);
  return {
    since: params.since === undefined ? null : iso(params.since),
    ...usageGroups(params.by, withCost),
    unpriced: unpriced(withCost),
    prices: priceList,
  };
}

async function readTokenStats(
  installation: Installation,
  { since }: Params<'stats.tokens'>,
  replay: ReplayPool | undefined,
): Promise<Answer<'stats.tokens'>> {
  const stats = await statsIn(installation, { since }, replay);
  const { state } = installation.core;
  const baseUrlOf = (endpoint: string) => state.profiles.endpoint(endpoint)?.baseUrl;
  const stateOf = (token: string) => {
    const known = state.tokens.get(token);
    return known ? tokenState(known, installation.core.now()) : null;
  };
  const tokens = await byToken(stats, baseUrlOf, stateOf);
  return { since: since === undefined ? null : iso(since), tokens, prices: priceList };
}

export const historyHandlers: Handlers<typeof historyContract> = {
  'history.read': question('history.read'),
  'history.start': question('history.start'),
  'history.page': question('history.page'),
  'history.head': headOfHistory,
  'history.filters': question('history.filters'),
  'history.explain': question('history.explain'),
  'history.diff': question('history.diff'),
  'history.at': question('history.at'),
  'history.verify': (it, _, live) => verifyHistory(it, live?.replay),
  'history.stats': (it, _, live) => measureHistory(it, live?.replay),
  'history.compact': compactHistory,
};

export const whatIfHandlers: Handlers<typeof whatIfContract> = {
  'history.whatIf': question('history.whatIf'),
};

export const incidentHandlers: Handlers<typeof incidentContract> = {
  'capsule.begin': question('capsule.begin'),
  'capsule.facts': question('capsule.facts'),
};

export const incidentsHandlers: Handlers<typeof incidentsContract> = {
  'incidents.list': question('incidents.list'),
  'incidents.show': question('incidents.show'),
};

export const routeHandlers: Handlers<typeof routeContract> = {
  'route.next': question('route.next'),
};

export const statsHandlers: Handlers<typeof statsContract> = {
  'stats.read': (it, params, live) => readStats(it, params, live?.replay),
  'stats.gateways': gatewayStats,
  'stats.tokens': (it, params, live) => readTokenStats(it, params, live?.replay),
  'stats.since': question('stats.since'),
  'stats.usage': (it, params, live) => readUsage(it, params, live?.replay),
  'stats.usageRows': question('stats.usageRows'),
};

export const debugHandlers: Handlers<typeof debugContract> = {
  'debug.machines': (it, params, live) => showMachines(it, params, live?.inFlight()),
};
