/** Which endpoint, in which order: the ladder, priorities, the strategy among equals, and what each state allows. */
import type { Millis } from '../events/fact.ts';
import type { EndpointId } from '../events/ids.ts';
import { isAvailable, isBehind } from './available.ts';
import { isModelExcluded } from './model-map.ts';
import { type RequestNeeds, walked } from './passed-over.ts';
import { type RoomView, roomAt } from './room.ts';
import type { RoutableEndpoint, RoutableProfile, RoutingView } from './routing-view.ts';

type Strategy = 'weighted' | 'round-robin' | 'least-connections' | 'failover';

export interface RouteAsk {
  readonly within: string | null;
  /** As the client names it. */
  readonly model: string | null;
  /** Where the session's prompt cache is. */
  readonly binding: EndpointId | null;
  readonly tried: ReadonlySet<EndpointId>;
  /** It broke this session's last answer. */
  readonly avoid: EndpointId | null;
  /** Origins that said 529 in this request: their other keys come last. */
  readonly overloaded: ReadonlySet<string>;
  /** It is known not to have the model. */
  readonly lacksModel: (endpoint: RoutableEndpoint) => boolean;
  /** It is never asked for this, whichever others are there. */
  readonly isBarred?: ((endpoint: RoutableEndpoint) => boolean) | undefined;
  /** What is known of its body; among equals, those that fit it are taken first. */
  readonly needs?: RequestNeeds | undefined;
  /** Sessions stay where they are, as far as they can: then with who has signed their thinking, too. */
  readonly isSticky?: boolean;
}

export interface InFlightView extends RoomView {
  /** The one permit of a recovering endpoint. */
  isHalfOpenPermitFree(id: EndpointId): boolean;
  panicAt(id: EndpointId): Millis;
  /** Counts up, for round-robin. */
  turn(group: string): number;
}

export interface Rules {
  readonly strategy: Strategy;
  readonly healthAware: boolean;
}

type Because = 'sticky' | 'trial' | 'ramp' | Strategy | 'degraded' | 'reserve' | 'sibling' | 'avoided' | 'lastResort';

export interface Candidate {
  readonly endpoint: RoutableEndpoint;
  readonly because: Because;
}

export interface Plan {
  readonly candidates: readonly Candidate[];
  /** An endpoint could answer, but has no room now: waiting helps. */
  readonly busy: boolean;
  /** Those that could answer, and have no room now. */
  readonly full: readonly EndpointId[];
}

// A degraded endpoint keeps this share of what it had.
const degradedShare = 0.3;
// Enough for a half-open request now and then while healthy equals are there.
const halfOpenShare = 0.1;
const panicEveryMs = 5_000;

export function plan(
  view: RoutingView,
  ask: RouteAsk,
  inFlight: InFlightView,
  rules: Rules,
  now: Millis,
  dice: () => number,
): Plan {
  const profiles = mayAnswer(view, ask);
  const usable = (endpoint: RoutableEndpoint) =>
    isAvailable(endpoint, rules.healthAware, now) &&
    ask.isBarred?.(endpoint) !== true &&
    !ask.tried.has(endpoint.id) &&
    !ask.lacksModel(endpoint) &&
    !isModelExcluded(endpoint, ask.model);
  const full: EndpointId[] = [];
  const hasRoom = (endpoint: RoutableEndpoint) => {
    const room = roomAt(endpoint, inFlight) > 0;
    if (!room) full.push(endpoint.id);
    return room;
  };
  const first: Candidate[] = [];
  const bound = boundTo(view, ask, profiles);
  if (bound && usable(bound) && hasRoom(bound)) {
    const why = whyBound(bound, inFlight, rules, dice);
    if (why) first.push({ endpoint: bound, because: why });
  }
  if (ask.within === null && !bound) first.push(...halfOpenAbove(view, usable, inFlight, dice));
  const main: Candidate[] = [];
  const reserve: Candidate[] = [];
  for (const profile of profiles) {
    for (const group of byPriority(profile.endpoints)) {
      const members = group.filter((endpoint) => usable(endpoint) && hasRoom(endpoint));
      if (members.length > 0)
        ordered(
          members,
          profile,
          { inFlight, rules, dice, isNew: !bound, needs: ask.needs, isSticky: ask.isSticky === true, now },
          main,
          reserve,
        );
    }
  }
  const chosen = distinct([...first, ...main, ...reserve]);
  const candidates = inRank(chosen, ask).map((one) => explained(one, ask));
  const busy = full.length > 0;
  if (candidates.length > 0 || busy) return { candidates, busy: candidates.length === 0, full };
  const unlikely = saidToLack(profiles, ask, inFlight, rules, now);
  return { candidates: unlikely.length > 0 ? unlikely : panic(profiles, ask, inFlight, now), busy: false, full };
}

/** All that may be asked for this at all. */
function mayAnswer(view: RoutingView, ask: RouteAsk): readonly RoutableProfile[] {
  const profiles = walked(view, ask);
  const { isBarred } = ask;
  if (!isBarred) return profiles;
  return profiles.map((profile) => ({ ...profile, endpoints: profile.endpoints.filter((one) => !isBarred(one)) }));
}

/** A binding holds where the request may go at all, and not against a switch by hand. */
function boundTo(view: RoutingView, ask: RouteAsk, profiles: readonly RoutableProfile[]): RoutableEndpoint | undefined {
  const bound = ask.binding === null ? undefined : view.endpoints.get(ask.binding);
  if (!bound || ask.avoid === bound.id) return undefined;
  if (ask.within === null && view.pinned !== null && bound.profile !== view.pinned) return undefined;
  return profiles.some(({ name }) => name === bound.profile) ? bound : undefined;
}

/** The session's cache is there, so this request takes the half-open permit. Null: another request has the permit. */
function whyBound(bound: RoutableEndpoint, inFlight: InFlightView, rules: Rules, dice: () => number): Because | null {
  if (bound.state !== 'recovering' || !rules.healthAware) return 'sticky';
  return mayTry(bound, inFlight, dice) ? because(bound, rules) : null;
}

/**
 * What recovers above the active profile, or is watched there, finds out by a new session now and then; the rest of the ladder is there
 * to fail over to.
 */
function halfOpenAbove(
  view: RoutingView,
  usable: (one: RoutableEndpoint) => boolean,
  inFlight: InFlightView,
  dice: () => number,
): readonly Candidate[] {
  return view.above
    .flatMap(({ endpoints }) => endpoints)
    .filter((one) => (one.state === 'recovering' || one.profile === view.watched) && usable(one))
    .filter((one) => mayTry(one, inFlight, dice))
    .map((endpoint) => ({ endpoint, because: isInSlowStart(endpoint) ? 'ramp' : 'trial' }));
}

function isInSlowStart({ state, ramp }: RoutableEndpoint): boolean {
  return state === 'recovering' && ramp > 0;
}

/** A share of the requests, or one at a time: also at one that is well, and is watched all the same. */
function mayTry(endpoint: RoutableEndpoint, inFlight: InFlightView, dice: () => number): boolean {
  return isInSlowStart(endpoint) ? dice() < endpoint.ramp : inFlight.isHalfOpenPermitFree(endpoint.id);
}

function byPriority(endpoints: readonly RoutableEndpoint[]): readonly (readonly RoutableEndpoint[])[] {
  if (endpoints.length < 2) return [endpoints];
  const groups = new Map<number, RoutableEndpoint[]>();
  for (const endpoint of endpoints) {
    const group = groups.get(endpoint.priority);
    if (group) group.push(endpoint);
    else groups.set(endpoint.priority, [endpoint]);
  }
  return [...groups].sort(([a], [b]) => a - b).map(([, group]) => group);
}

interface Context {
  readonly inFlight: InFlightView;
  readonly rules: Rules;
  readonly dice: () => number;
  readonly isNew: boolean;
  readonly needs: RequestNeeds | undefined;
  readonly isSticky: boolean;
  readonly now: Millis;
}

/** One priority's endpoints in their order: whole ones by the strategy, then degraded ones, and what its slow start leaves out at the very end. */
function ordered(
  members: readonly RoutableEndpoint[],
  profile: RoutableProfile,
  context: Context,
  main: Candidate[],
  reserve: Candidate[],
): void {
  const { rules, inFlight, dice, isNew, now } = context;
  const whole: RoutableEndpoint[] = [];
  const degraded: RoutableEndpoint[] = [];
  for (const endpoint of members) {
    const state = rules.healthAware ? endpoint.state : 'healthy';
    if (state === 'recovering') {
      if (mayTry(endpoint, inFlight, dice)) whole.push(endpoint);
      else reserve.push({ endpoint, because: 'reserve' });
    } else if (isNew && rules.healthAware && isBehind(endpoint, now)) degraded.push(endpoint);
    else whole.push(endpoint);
  }
  const group = `${profile.name} ${members[0]?.priority}`;
  for (const endpoint of fitting(byStrategy(whole, group, context), context))
    main.push({ endpoint, because: because(endpoint, rules) });
  for (const endpoint of fitting(byStrategy(degraded, `${group} degraded`, context), context))
    main.push({ endpoint, because: 'degraded' });
}

/** Of equals, those first that lack nothing of what the request has, and of these who has signed its thinking. */
function fitting(endpoints: readonly RoutableEndpoint[], context: Context): readonly RoutableEndpoint[] {
  const { needs, now, rules, isSticky } = context;
  // Where the order of the list is the rule, there are no equals.
  if (!needs || endpoints.length < 2 || rules.strategy === 'failover') return endpoints;
  const misfits = endpoints.map((one) => needs.lacksOf(one, now) * 2 + (isSticky && !needs.isOwner(one) ? 1 : 0));
  // Nearly always: the strategy's order stands.
  if (misfits.every((one) => one === misfits[0])) return endpoints;
  const misfitOf = new Map(endpoints.map((one, at) => [one, misfits[at] ?? 0]));
  return [...endpoints].sort((a, b) => (misfitOf.get(a) ?? 0) - (misfitOf.get(b) ?? 0));
}

function because(endpoint: RoutableEndpoint, { strategy, healthAware }: Rules): Because {
  if (!healthAware || endpoint.state !== 'recovering') return strategy;
  return endpoint.ramp > 0 ? 'ramp' : 'trial';
}

function byStrategy(
  endpoints: readonly RoutableEndpoint[],
  group: string,
  { rules, inFlight, dice }: Context,
): readonly RoutableEndpoint[] {
  if (endpoints.length < 2) return endpoints;
  switch (rules.strategy) {
    case 'failover':
      return endpoints;
    case 'round-robin': {
      const start = inFlight.turn(group) % endpoints.length;
      return [...endpoints.slice(start), ...endpoints.slice(0, start)];
    }
    case 'least-connections':
      return [...endpoints].sort((a, b) => inFlight.count(a.id) / weightNow(a) - inFlight.count(b.id) / weightNow(b));
    case 'weighted':
      return drawn(endpoints, dice);
  }
}

/** By weight among equals: what a state leaves of an endpoint's weight. */
export function weightNow({
  effectiveWeight,
  state,
  ramp,
}: Pick<RoutableEndpoint, 'effectiveWeight' | 'state' | 'ramp'>): number {
  if (state === 'degraded') return effectiveWeight * degradedShare;
  if (state === 'recovering') return effectiveWeight * Math.max(ramp, halfOpenShare);
  return effectiveWeight;
}

/** Drawn by weight without putting back: the first is the choice, the rest is the order of failover. */
function drawn(endpoints: readonly RoutableEndpoint[], dice: () => number): readonly RoutableEndpoint[] {
  const left = [...endpoints];
  const order: RoutableEndpoint[] = [];
  while (left.length > 0) {
    let point = dice() * left.reduce((sum, endpoint) => sum + weightNow(endpoint), 0);
    let index = left.findIndex((endpoint) => {
      point -= weightNow(endpoint);
      return point < 0;
    });
    if (index < 0) index = left.length - 1;
    order.push(...left.splice(index, 1));
  }
  return order;
}

function inRank(candidates: readonly Candidate[], ask: RouteAsk): readonly Candidate[] {
  return candidates.length < 2 ? candidates : [...candidates].sort((a, b) => rank(a, ask) - rank(b, ask));
}

function distinct(candidates: readonly Candidate[]): readonly Candidate[] {
  if (candidates.length < 2) return candidates;
  const seen = new Set<EndpointId>();
  return candidates.filter(({ endpoint }) => !seen.has(endpoint.id) && seen.add(endpoint.id));
}

function rank({ endpoint }: Candidate, { avoid, overloaded }: RouteAsk): number {
  if (endpoint.id === avoid) return 2;
  return overloaded.has(endpoint.origin) ? 1 : 0;
}

function explained(candidate: Candidate, ask: RouteAsk): Candidate {
  const place = rank(candidate, ask);
  if (place === 0) return candidate;
  return { ...candidate, because: place === 2 ? 'avoided' : 'sibling' };
}

/** They are well, and have said that they lack the model: before the client gets an error of ours, each is asked again now and then. */
function saidToLack(
  profiles: readonly RoutableProfile[],
  ask: RouteAsk,
  inFlight: InFlightView,
  { healthAware }: Rules,
  now: Millis,
): readonly Candidate[] {
  return profiles
    .flatMap(({ endpoints }) => endpoints)
    .filter((one) => ask.lacksModel(one) && !ask.tried.has(one.id) && isAvailable(one, healthAware, now))
    .filter(({ id }) => now - inFlight.panicAt(id) >= panicEveryMs)
    .map((endpoint) => ({ endpoint, because: 'lastResort' as const }));
}

/**
 * An endpoint was asked in vain, and no other is left: one that rests after an overload has not told when it is back, and is a lesser
 * evil than an error. What tells of a limit is left alone.
 */
function resting(
  profiles: readonly RoutableProfile[],
  ask: RouteAsk,
  inFlight: InFlightView,
  now: Millis,
): readonly Candidate[] {
  return profiles
    .flatMap(({ endpoints }) => endpoints)
    .filter(({ state, because, until }) => state === 'degraded' && because === 'overloaded' && (until ?? 0) > now)
    .filter((one) => !ask.tried.has(one.id) && !ask.lacksModel(one) && roomAt(one, inFlight) > 0)
    .map((endpoint) => ({ endpoint, because: 'lastResort' as const }));
}

/**
 * The accounts of all that are left are used up, or their keys are refused: waiting heals nothing. One whose account is used up is asked
 * all the same: it says so at once, in its own words, and answers as soon as it has been paid for.
 */
function leastSpent(profiles: readonly RoutableProfile[]): RoutableEndpoint | undefined {
  const all = profiles.flatMap(({ endpoints }) => endpoints).filter(({ state }) => state !== 'disabled');
  const spent = all.filter(
    ({ state, because }) => state === 'failed' && (because === 'billing' || because === 'quota'),
  );
  const isHopeless = all.every((one) => one.held || spent.includes(one));
  return isHopeless ? [...spent].sort((a, b) => (a.until ?? 0) - (b.until ?? 0))[0] : undefined;
}

/** Panic mode: the least bad endpoint gets one attempt in a while, by whatever request comes. */
function panic(
  profiles: readonly RoutableProfile[],
  ask: RouteAsk,
  inFlight: InFlightView,
  now: Millis,
): readonly Candidate[] {
  if (ask.tried.size > 0) return resting(profiles, ask, inFlight, now);
  const spent = leastSpent(profiles);
  if (spent) return [{ endpoint: spent, because: 'lastResort' }];
  const out = profiles
    .flatMap(({ endpoints }) => endpoints)
    .filter((one) => one.state !== 'disabled' && !one.held && !ask.lacksModel(one));
  const [least] = [...out].sort((a, b) => (a.until ?? 0) - (b.until ?? 0));
  if (!least || now - inFlight.panicAt(least.id) < panicEveryMs) return [];
  return [{ endpoint: least, because: 'lastResort' }];
}
