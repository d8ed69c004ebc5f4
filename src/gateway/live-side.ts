/** What commands can ask of a serving gateway, beside its installation. */
import { endpointStatus } from '../../machines/endpoint.ts';
import { priorityStatus } from '../../machines/priority.ts';
import type { PageLive } from '../contract/dashboard.ts';
import type { Answer, Params } from '../contract/operations.ts';
import type { LiveSide } from '../installation/live-side.ts';
import { iso } from '../platform/time.ts';
import { version } from '../platform/version.ts';
import { seenOf } from '../runtime/rows.ts';
import type { endOf, Open } from './ending.ts';
import { notReady } from './ports.ts';
import { standing } from './standing.ts';

/** Since it began to serve. */
interface Serving {
  readonly host: string;
  readonly startedAt: number;
  /** If the previous gateway was killed: the moment until which its facts are known. */
  readonly certainUntil: number | null;
  readonly uncaught: () => number;
  readonly ending: ReturnType<typeof endOf>;
}

export function liveSideOf(open: Open, serving: Serving): LiveSide {
  const { proxy, replay, inspector, monitor, served, dashboard, tokens } = open;
  return {
    url: proxy.url,
    stop: serving.ending.stop,
    replay,
    found: () => inspector.found(),
    unknownRefusals: () => served.unknown.list(),
    status: () => status(open, serving),
    running: (params) => running(open, params),
    inFlight: () => proxy.inFlight(),
    runningOf: (token) => tokens.running(token),
    standing: (params) => standing(open, params),
    check: (ids) => monitor.check(ids),
    nextProbes: () => monitor.next(),
    page: () => pageLive(open, serving),
    fleet: () => open.fleet.fleet.row(),
    fleetUsage: (since) => open.fleet.fleet.used(since),
    openDashboard: (params) => dashboard.open(params),
  };
}

function status(
  { installation, proxy, descriptors, inspector }: Open,
  { host, startedAt, certainUntil, uncaught, ending }: Serving,
): Answer<'proxy.status'> {
  const { core, settings, world } = installation;
  const { state } = core;
  const counts = { healthy: 0, degraded: 0, failed: 0, recovering: 0, disabled: 0 };
  const unproven = { untried: 0, failing: 0 };
  for (const { id } of state.profiles.endpoints()) {
    const is = endpointStatus(state.endpoint(id)).state;
    counts[is]++;
    const seen = seenOf(state, id);
    if (is === 'healthy' && seen !== 'answering') unproven[seen]++;
  }
  const { active, state: condition } = priorityStatus(state.priority);
  const { total, inFlight, waiting, succeeded, failed, cancelled, connections } = proxy.counts();
  const { limit, connectionsMax, isShort, shortages } = descriptors;
  return {
    running: true,
    stopping: ending.hasBegun(),
    uncertain: certainUntil === null ? null : { from: iso(certainUntil), until: iso(startedAt) },
    url: proxy.url,
    host,
    port: proxy.port,
    pid: process.pid,
    version,
    startedAt: iso(startedAt),
    uptimeMs: world.now() - startedAt,
    active,
    state: condition,
    network: state.gatewayState === 'offline' ? 'offline' : 'online',
    logState: core.log.state,
    found: inspector.found(),
    notReady: notReady(core, settings()['loadbalancer.health_aware'], core.now()),
    requests: { total, inFlight, waiting, succeeded, failed, cancelled },
    files: {
      limit,
      connections: limit === null ? null : connectionsMax,
      short: isShort,
      shortages,
      dropped: connections.dropped,
    },
    connections,
    uncaught: uncaught(),
    endpoints: counts,
    unproven,
  };
}

// As many as a screen holds.
const runningShown = 50;

function running({ proxy }: Open, { limit = runningShown }: Params<'proxy.running'>): Answer<'proxy.running'> {
  const all = [...proxy.running()].sort((a, b) => a.startedAt - b.startedAt);
  const requests = all.slice(0, limit).map((one) => ({ ...one, startedAt: iso(one.startedAt) }));
  return { requests, leftOut: all.length - requests.length };
}

function pageLive(open: Open, serving: Serving): PageLive {
  const { version: is, url, startedAt, stopping, requests } = status(open, serving);
  return { version: is, url, startedAt, stopping, requests, inFlight: open.proxy.inFlight() };
}
