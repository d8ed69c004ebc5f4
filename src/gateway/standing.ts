/** The endpoint that serves a session: its last answer, the ladder's last switch, and what is left of the plan behind the key. */
import type { Millis } from '../../events/fact.ts';
import { priorityStatus } from '../../machines/priority.ts';
import type { StandingRow } from '../contract/gateway.ts';
import type { Params } from '../contract/operations.ts';
import { iso, isoOrNull } from '../platform/time.ts';
import type { KnownEndpoint } from '../projections/profiles.ts';
import { shortName } from '../proxy/request/short-name.ts';
import type { Open } from './ending.ts';
import type { LastServed, SessionServed } from './last-served.ts';
import { notReady } from './ports.ts';

// A failover inside a request is shown for this time; a switch of the ladder, as long as it lasts.
const movedNewsMs = 600_000;

export function standing(
  { installation: { core, settings }, proxy, served }: Pick<Open, 'installation' | 'proxy' | 'served'>,
  { session, within }: Params<'client.standing'>,
): StandingRow {
  const { state } = core;
  const now = core.now();
  const { active } = priorityStatus(state.priority);
  const start = within !== undefined && state.profiles.get(within) ? within : active;
  const last = session === undefined ? undefined : served.session(shortName(session));
  const endpoint = last && state.profiles.endpoint(last.endpoint);
  const [only, ...more] = (start !== null && state.profiles.get(start)?.endpoints) || [];
  const current = endpoint ?? (more.length === 0 ? only : undefined);
  return {
    notReady: notReady(core, settings()['loadbalancer.health_aware'], now),
    active: start,
    last: last && endpoint ? { ...placeOf(endpoint), model: last.model, at: iso(last.at) } : null,
    limits: limitsOf(served, current, now),
    failover: switchedDown() ?? movedAway(last),
    waiting: proxy.counts().waiting,
  };

  function placeOf({ profile, name }: KnownEndpoint) {
    const isOnly = state.profiles.get(profile)?.endpoints.length === 1;
    return { profile, endpoint: isOnly ? null : name };
  }

  function switchedDown(): StandingRow['failover'] {
    const [newest] = state.switches.latest(1);
    if (newest?.kind !== 'failover' || newest.from === null || newest.to !== start) return null;
    return { from: newest.from, at: iso(newest.at) };
  }

  function movedAway(seen: Readonly<SessionServed> | undefined): StandingRow['failover'] {
    const from = seen?.moved && state.profiles.endpoint(seen.moved.from);
    if (!seen?.moved || !from || now - seen.moved.at > movedNewsMs) return null;
    const { profile, endpoint: name } = placeOf(from);
    return { from: name === null ? profile : `${profile}/${name}`, at: iso(seen.moved.at) };
  }
}

/** A window that has ended begins anew: its usage is obsolete. */
function limitsOf(served: LastServed, endpoint: KnownEndpoint | undefined, now: Millis): StandingRow['limits'] {
  if (endpoint === undefined) return [];
  const plan = served.plan(endpoint.id).filter(({ resetAt }) => resetAt === null || resetAt > now);
  return plan.map(({ name, used, resetAt }) => ({ window: name, used, resetAt: isoOrNull(resetAt) }));
}
