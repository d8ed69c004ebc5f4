/** Where the next request would go, and why not elsewhere: routing's own plan, over the state that the log has come to. */
import type { Millis, Recorded } from '../../events/fact.ts';
import { type EndpointId, streams } from '../../events/ids.ts';
import type { Served } from '../../events/request.ts';
import { secondMs } from '../../events/units.ts';
import { isOpen } from '../../machines/choice.ts';
import { endpointStatus } from '../../machines/endpoint.ts';
import { isModelExcluded, lackedUntil } from '../../machines/model-map.ts';
import { isPassedOver, isUnfit, type RequestNeeds } from '../../machines/passed-over.ts';
import { type InFlightView, plan } from '../../machines/route.ts';
import type { RoutableEndpoint, RoutingView } from '../../machines/routing-view.ts';
import { exclusionOf, failureOf } from '../../machines/why-not.ts';
import type { Answer, Params } from '../contract/operations.ts';
import type { NextRouteRow } from '../contract/route.ts';
import type { ReadableLog } from '../log/log.ts';
import { isoOrNull } from '../platform/time.ts';
import { routingView } from '../projections/routing.ts';
import { avoidMs } from '../proxy/sessions.ts';
import { ladderSource } from '../runtime/ladder.ts';
import { seenOf } from '../runtime/rows.ts';
import type { State } from '../runtime/state.ts';
import { settingsThen, stateAt } from './moment.ts';
import { sessionNamed } from './sessions-known.ts';

// No fact says what runs now: every endpoint has room, and every half-open permit is free.
const noneInFlight: InFlightView = {
  count: () => 0,
  isHalfOpenPermitFree: () => true,
  panicAt: () => Number.NEGATIVE_INFINITY,
  turn: () => 0,
};
// In the middle: what a small share of requests would try does not come first.
const middle = () => 0.5;

/** @throws {QccError} for a session that the history does not know */
export async function nextRoute(log: ReadableLog, params: Params<'route.next'>): Promise<Answer<'route.next'>> {
  const state = await stateAt(log, log.head);
  const { model = null, session, now = state.at } = params;
  const settings = settingsThen(state);
  const view = routingView(ladderSource(state));
  const last = session === undefined ? undefined : (await sessionNamed(log, session)).last;
  const ttlMs = settings['loadbalancer.sticky_session'] ? settings['loadbalancer.sticky_ttl'] * secondMs : 0;
  const tried: ReadonlySet<EndpointId> = new Set();
  const unfit = last === undefined ? noEndpoints : await unfitFor(log, last);
  const asked = { within: null, tried, model, needs: needsOf(unfit) };
  const { candidates } = plan(
    view,
    {
      ...asked,
      binding: boundBy(last, now - ttlMs),
      avoid: last?.type === 'AnswerBroken' && now - last.at < avoidMs ? endpointOf(last) : null,
      overloaded: new Set(),
      lacksModel: (one) => isPassedOver(one, view, asked, now) || isUnfit(one, view, asked),
    },
    noneInFlight,
    { strategy: settings['loadbalancer.strategy'], healthAware: settings['loadbalancer.health_aware'] },
    now,
    middle,
  );
  const places = new Map(
    candidates.map(({ endpoint, because }, index) => [endpoint.id, { because, place: index + 1 }]),
  );
  const row = (one: RoutableEndpoint): NextRouteRow =>
    rowOf(one, places.get(one.id), { state, view, model, now, unfit });
  const route = view.ladder.flatMap(({ endpoints }) => endpoints).map(row);
  const byPlace = [...route].sort((a, b) => (a.place ?? route.length + 1) - (b.place ?? route.length + 1));
  return { active: view.active, pinned: view.pinned, open: isOpen(candidates), route: byPlace };
}

/** Where the session's prompt cache is, when it is not too old. */
function boundBy(last: Recorded | undefined, oldest: number): EndpointId | null {
  if (last?.type !== 'RequestServed' || last.at < oldest) return null;
  return endpointOf(last);
}

function endpointOf({ data }: Recorded): EndpointId {
  return (data as { endpoint: string }).endpoint as EndpointId;
}

const noEndpoints: ReadonlySet<string> = new Set();

/** Endpoints that have refused the session's thinking, as far as the gateway remembers: until it ends. */
async function unfitFor(log: ReadableLog, { at, data }: Recorded): Promise<ReadonlySet<string>> {
  const { passedOver = [], attempts = [] } = data as Partial<Pick<Served, 'passedOver' | 'attempts'>>;
  const refusing = attempts.filter(({ adapted }) => adapted?.some(({ code }) => code === 'noThinkingHere'));
  const unfit = new Set([...passedOver, ...refusing].map(({ endpoint }) => endpoint));
  return unfit.size > 0 && (await remembers(log, at)) ? unfit : noEndpoints;
}

/** Whether the gateway of that time still runs. */
async function remembers(log: ReadableLog, at: Millis): Promise<boolean> {
  let isRunning = true;
  for await (const facts of log.readStream(streams.gateway))
    for (const fact of facts)
      if (lifeOrDeath.has(fact.type)) isRunning = fact.type === 'GatewayStarted' && fact.at <= at;
  return isRunning;
}

const lifeOrDeath: ReadonlySet<string> = new Set(['GatewayStarted', 'GatewayStopped', 'GatewayFoundDead']);

function needsOf(unfit: ReadonlySet<string>): RequestNeeds {
  return { lacksOf: () => 0, isOwner: () => true, isPassedOver: ({ id, adapt }) => adapt !== 'off' && unfit.has(id) };
}

function wordOf({ id }: RoutableEndpoint, unfit: ReadonlySet<string>): 'noThinkingHere' | 'notNeeded' {
  return unfit.has(id) ? 'noThinkingHere' : 'notNeeded';
}

interface Scene {
  readonly state: State;
  readonly view: RoutingView;
  readonly model: string | null;
  readonly now: number;
  /** They have refused the session's thinking. */
  readonly unfit: ReadonlySet<string>;
}

function rowOf(
  one: RoutableEndpoint,
  candidate: { readonly because: string; readonly place: number } | undefined,
  { state, view, model, now, unfit }: Scene,
): NextRouteRow {
  const out = exclusionOf(endpointStatus(state.endpoint(one.id)), settingsThen(state)['loadbalancer.health_aware']);
  const isExcluded = isModelExcluded(one, model);
  const lacking = lackedUntil(one, model, now);
  const until = candidate || isExcluded ? null : (out?.until ?? lacking);
  const byWord = lacking === null ? wordOf(one, unfit) : 'lacksModel';
  const whyNot = isExcluded ? 'modelExcluded' : (out?.rule ?? byWord);
  return {
    endpoint: one.id,
    name: one.name,
    profile: one.profile,
    tier: view.profiles.get(one.profile)?.tier ?? null,
    state: one.state,
    seen: seenOf(state, one.id),
    weight: one.effectiveWeight,
    because: candidate?.because ?? whyNot,
    failure: out && !isExcluded ? failureOf(out, one) : null,
    until: isoOrNull(until),
    place: candidate?.place ?? null,
  };
}
