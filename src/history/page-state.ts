/** What the page shows first: everything that is so after one fact. Of now, or of any past moment. */
import { upcast } from '../../events/catalogue.ts';
import type { Millis } from '../../events/fact.ts';
import type { EndpointId } from '../../events/ids.ts';
import { reason } from '../../events/reason.ts';
import { isAvailable } from '../../machines/available.ts';
import { type EndpointStatus, endpointStatus } from '../../machines/endpoint.ts';
import { nextOf } from '../../machines/endpoint-next.ts';
import { priorityStatus } from '../../machines/priority.ts';
import type { PlannedProbe } from '../../machines/probe-plan.ts';
import type { RoutingView } from '../../machines/routing-view.ts';
import { exclusionOf } from '../../machines/why-not.ts';
import type { Settings } from '../config/settings/settings.ts';
import type { PageEndpoint, PageProfile, PageState, PageStep } from '../contract/dashboard.ts';
import type { Answer, Params } from '../contract/operations.ts';
import type { ReadableLog } from '../log/log.ts';
import { stepBetween } from '../page/change.ts';
import { iso, isoOrNull } from '../platform/time.ts';
import { endpointPolicy } from '../policies/policies.ts';
import type { KnownEndpoint, KnownProfile } from '../projections/profiles.ts';
import { routingView } from '../projections/routing.ts';
import { ladderSource } from '../runtime/ladder.ts';
import { whyNotReady } from '../runtime/readiness.ts';
import { endpointRow, healthRow } from '../runtime/rows.ts';
import type { State } from '../runtime/state.ts';
import { seqOfMoment, settingsThen, stateAt } from './moment.ts';
import { ladderOf, queueCountsOf } from './overview.ts';

/** What a running gateway adds. */
export interface Running {
  readonly now: Millis;
  readonly probes: ReadonlyMap<string, PlannedProbe>;
  readonly live: PageState['live'];
  readonly requests: () => PageState['running'];
}

/** @throws {QccError} for a moment that the log has not reached, or no longer keeps */
export async function showPage(
  log: ReadableLog,
  { moment, steps }: Params<'dashboard.state'>,
): Promise<Answer<'dashboard.state'>> {
  const seq = moment === undefined ? log.head : await seqOfMoment(log, moment);
  const state = await stateAt(log, seq);
  const now = moment !== undefined && 'at' in moment ? moment.at : state.at;
  const shown = pageThen(state, now);
  return steps === undefined ? shown : { ...shown, steps: await stepsAfter(log, state, steps) };
}

/** What each of the next facts changes, up to one that is missing: after it, a state is folded anew, and says so. */
async function stepsAfter(log: ReadableLog, state: State, most: number): Promise<readonly PageStep[]> {
  const steps: PageStep[] = [];
  let before = pageThen(state, state.at);
  for await (const facts of log.read(state.seq + 1, Math.min(state.seq + most, log.head))) {
    for (const fact of facts) {
      if (fact.seq !== state.seq + 1) return steps;
      state.apply(upcast(fact));
      const after = pageThen(state, state.at);
      steps.push(stepBetween(before, after));
      before = after;
    }
  }
  return steps;
}

function pageThen(state: State, now: Millis): PageState {
  return pageState(state, settingsThen(state), { now, probes: new Map(), live: null, requests: () => [] });
}

export function pageState(state: State, settings: Settings, { now, probes, live, requests }: Running): PageState {
  const view = routingView(ladderSource(state));
  const endpoint = (one: KnownEndpoint) => pageEndpoint(state, settings, one, now, probes.get(one.id));
  return {
    seq: state.seq,
    at: iso(state.at),
    now: iso(now),
    network: view.isOffline ? 'offline' : 'online',
    notReady: [
      ...(view.isOffline ? [reason('offline')] : []),
      ...whyNotReady(state, view, settings['loadbalancer.health_aware'], now),
    ],
    ladder: ladderOf(state, settings),
    strategy: settings['loadbalancer.strategy'],
    profiles: inOrder(state, view).map((profile) => pageProfile(state, view, profile, endpoint)),
    queue: queueCountsOf(state, settings),
    live,
    running: requests(),
  };
}

/** Of one endpoint, for what has changed since. Undefined: it was removed. */
export function pageEndpointOf(
  state: State,
  settings: Settings,
  id: EndpointId,
  { now, probes }: Running,
): PageEndpoint | undefined {
  const known = state.profiles.endpoint(id);
  return known && pageEndpoint(state, settings, known, now, probes.get(id));
}

function pageEndpoint(
  state: State,
  settings: Settings,
  known: KnownEndpoint,
  now: Millis,
  probe: PlannedProbe | undefined,
): PageEndpoint {
  const snapshot = state.endpoint(known.id);
  const status = endpointStatus(snapshot);
  const { held, ramp } = status;
  const { baseUrl, priority, enabled, maxFailures, maxConcurrent, timeoutMs } = endpointRow(state, known);
  const next = nextOf(snapshot, endpointPolicy(settings, known));
  return {
    ...healthRow(state, known, state.recent, now),
    next: next.map((step) => ({ ...step, at: isoOrNull(step.at) })),
    nextProbe: { at: isoOrNull(probe?.at ?? null), depth: probe?.depth ?? null, because: probe?.because ?? null },
    baseUrl,
    priority,
    enabled,
    maxFailures,
    maxConcurrent,
    timeoutMs,
    available: isAvailable(status, settings['loadbalancer.health_aware'], now),
    heard: heardOf(status, settings['loadbalancer.health_aware']),
    held,
    ramp,
  };
}

function heardOf(status: EndpointStatus, healthAware: boolean): PageEndpoint['heard'] {
  const out = exclusionOf(status, healthAware);
  if (out?.rule !== 'heard' && out?.rule !== 'hinted') return null;
  return { rule: out.rule, until: isoOrNull(out.until) };
}

/** The ladder from its top, then the rest. */
function inOrder({ profiles }: State, { ladder }: RoutingView): readonly KnownProfile[] {
  const walked = new Set<string>(ladder.map(({ name }) => name));
  const ranked = profiles.ladder().filter(({ name }) => walked.has(name));
  const others = profiles.all().filter((one) => !ranked.includes(one));
  const pinnedFirst = [...others].sort((a, b) => Number(walked.has(b.name)) - Number(walked.has(a.name)));
  return [...ranked, ...pinnedFirst];
}

function pageProfile(
  state: State,
  view: RoutingView,
  { name, tier, endpoints }: KnownProfile,
  row: (endpoint: KnownEndpoint) => PageEndpoint,
): PageProfile {
  return {
    name,
    tier,
    active: priorityStatus(state.priority).active === name,
    pinned: view.pinned === name,
    isOnLadder: view.ladder.some((one) => one.name === name),
    endpoints: endpoints.map(row),
  };
}
