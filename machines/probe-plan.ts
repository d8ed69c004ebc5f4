/**
 * Which endpoints are to be probed now, and how deeply. Free depths come first; the conversation, which costs tokens, is
 * held only when its outcome can change a decision.
 *
 *   passive  what is ejected or half-open, and, for nothing, what has not been heard of for long
 *   active   every endpoint, in every interval
 *   off      no endpoint
 */
import type { Belief, ProbeDepth } from '../events/endpoint.ts';
import type { Millis } from '../events/fact.ts';
import type { EndpointState } from './routing-view.ts';

export interface ProbePolicy {
  readonly mode: 'passive' | 'active' | 'off';
  readonly intervalMs: Millis;
  /** How often what is held (a refused credential and the like) is asked again. */
  readonly credentialIntervalMs: Millis;
}

/** What is known of an endpoint. */
export interface Probed {
  readonly id: string;
  /** Its profile is preferred to the active one: the ladder waits for it. */
  readonly isAbove: boolean;
  /** The ladder waits for its answers, which are the checks of the way back. */
  readonly isWatched: boolean;
  readonly state: EndpointState;
  readonly since: Millis | null;
  readonly until: Millis | null;
  readonly held: boolean;
  readonly belief: Belief | null;
  readonly ramp: number;
  /** When it last answered, whomever; null when it never did. */
  readonly provenAt: Millis | null;
  /** When its last probe began, of any depth; null when there was none. */
  readonly probedAt: Millis | null;
  /** How deep the last probe came without a failure; null when it failed, or when there was none. */
  readonly passed: ProbeDepth | null;
  readonly isRunning: boolean;
  /** Another gateway probes its key, and would tell what it finds. */
  readonly isLedElsewhere: boolean;
  /** When other gateways last said what a look of our own can confirm or refute; null when they did not. */
  readonly calledAt: Millis | null;
  /** Thrown when its last probe ended, uniform in [0, 1): it stays the same until the next one. */
  readonly dice: number;
}

export interface Surroundings {
  readonly now: Millis;
  readonly isOffline: boolean;
  /** When the machine last woke up or its network changed; null when it did not. */
  readonly changedAt: Millis | null;
  /** Requests wait in the queue for the first endpoint that comes back. */
  readonly isAwaited: boolean;
}

export interface Probe {
  readonly id: string;
  readonly depth: ProbeDepth;
  readonly because: 'changed' | 'above' | 'out' | 'held' | 'heard' | 'trial' | 'unproven' | 'interval';
}

/** A probe and the earliest instant for it. */
export interface PlannedProbe extends Probe {
  readonly at: Millis;
}

const deeper = { connection: 'api', api: 'conversation', conversation: 'conversation' } as const;
// Spread, so that endpoints that were probed together are not for ever; and always downwards, with room for the answers of
// all depths: who is back is found within one interval, and not within one on the average.
const share = { least: 0.75, most: 0.9 };
// An endpoint that has not been heard of for so many intervals may be gone unnoticed.
const unprovenIntervals = 10;
// The endpoint itself has told when it is back: asking much sooner is impolite, and testing its claim is not.
const advertisedIntervals = 5;
// The ladder waits for what stands above the active profile, and each of the two successes takes a probe.
const aboveEveryMs = 10_000;
// Clients are held for two minutes: they must not wait another one for an endpoint that is back.
const awaitedEveryMs = 10_000;
// The gateway that probes for all may be gone, or lie: after so many intervals of silence each looks for itself.
const ledElsewhereIntervals = 3;
// All gateways hear of it in the same moment, and must not all look in that.
const calledWithinMs = 5_000;
// Each is a call of its own in the one probing worker.
const atOnceMax = 4;

/** The probes that are to begin now, the most needed first; none for an endpoint whose probe runs. */
export function probesDue(endpoints: readonly Probed[], around: Surroundings, policy: ProbePolicy): readonly Probe[] {
  // What is found out while offline says nothing about endpoints.
  if (around.isOffline) return [];
  const running = endpoints.filter(({ isRunning }) => isRunning).length;
  const room = Math.max(0, atOnce(endpoints.length) - running);
  return wishes(endpoints, around, policy)
    .filter(({ at }) => at <= around.now)
    .sort((a, b) => need(a) - need(b) || a.at - b.at)
    .slice(0, room)
    .map(({ id, depth, because }) => ({ id, depth, because }));
}

/** The earliest instant at which a probe is due; null when no probe is due as things are. */
export function nextProbeAt(endpoints: readonly Probed[], around: Surroundings, policy: ProbePolicy): Millis | null {
  if (around.isOffline) return null;
  const at = wishes(endpoints, around, policy).reduce(
    (least, wish) => Math.min(least, wish.at),
    Number.POSITIVE_INFINITY,
  );
  return at === Number.POSITIVE_INFINITY ? null : at;
}

/** Who is probed next, how deeply and why, by endpoint. */
export function nextProbes(
  endpoints: readonly Probed[],
  around: Surroundings,
  policy: ProbePolicy,
): ReadonlyMap<string, PlannedProbe> {
  if (around.isOffline) return new Map();
  return new Map(wishes(endpoints, around, policy).map((wish) => [wish.id, wish]));
}

/** Never the whole fleet, save a fleet of one. */
function atOnce(count: number): number {
  return Math.min(atOnceMax, Math.max(1, Math.floor(count / 2)));
}

function wishes(endpoints: readonly Probed[], around: Surroundings, policy: ProbePolicy): readonly PlannedProbe[] {
  if (policy.mode === 'off') return [];
  return endpoints.flatMap((one) => {
    if (one.isRunning || one.state === 'disabled') return [];
    const wish = soonerAfterChange(one, soonerWhenCalled(one, wishOf(one, policy, around)), around);
    return wish ? [wish] : [];
  });
}

function wishOf(one: Probed, policy: ProbePolicy, around: Surroundings): PlannedProbe | null {
  const { id, state, until } = one;
  if (state === 'failed') return wishOfFailed(one, policy, around);
  // It asked to be left alone.
  if (state === 'degraded' && until !== null) return null;
  if (state === 'recovering' && one.ramp === 0) {
    const every = one.isAbove ? Math.min(aboveEveryMs, policy.intervalMs) : policy.intervalMs;
    // It heals by answers alone, and traffic may be quicker than we are.
    return { id, depth: 'conversation', because: one.isAbove ? 'above' : 'trial', at: after(one, every, one.provenAt) };
  }
  // A profile above gets no traffic to show itself by.
  if (one.isWatched)
    return {
      id,
      depth: 'conversation',
      because: 'above',
      at: after(one, Math.min(aboveEveryMs, policy.intervalMs), one.provenAt),
    };
  // What another gateway asks of the same key every interval need not be paid for twice: here it is as in passive mode.
  if (policy.mode === 'active' && !one.isLedElsewhere)
    return { id, depth: 'conversation', because: 'interval', at: after(one, policy.intervalMs) };
  return {
    id,
    // Well, as far as is known: another good answer would change nothing.
    depth: one.passed === 'connection' ? 'api' : 'connection',
    because: 'unproven',
    at: after(one, unprovenIntervals * policy.intervalMs, one.provenAt),
  };
}

function wishOfFailed(one: Probed, policy: ProbePolicy, { isAwaited }: Surroundings): PlannedProbe {
  const { id, held, belief, isAbove } = one;
  const intervals = one.isLedElsewhere ? ledElsewhereIntervals : 1;
  if (held)
    return { id, depth: nextDepth(one), because: 'held', at: after(one, intervals * policy.credentialIntervalMs) };
  const usual = isAwaited ? Math.min(awaitedEveryMs, policy.intervalMs) : policy.intervalMs;
  const every = belief === 'advertised' ? advertisedIntervals * policy.intervalMs : usual;
  return { id, depth: nextDepth(one), because: isAbove ? 'above' : 'out', at: after(one, every) };
}

/** One step deeper than what has passed, at once; from the beginning after a failure, and after a whole round. */
function nextDepth({ passed }: Probed): ProbeDepth {
  return passed === null || passed === 'conversation' ? 'connection' : deeper[passed];
}

/** A shallow probe that has passed is followed at once; otherwise at most so long after the last news. */
function after(one: Probed, ms: Millis, provenAt: Millis | null = null): Millis {
  const { probedAt, passed, since, state, dice } = one;
  const isHalfDone = state === 'failed' ? passed === 'connection' || passed === 'api' : passed === 'connection';
  if (isHalfDone && state !== 'recovering' && probedAt !== null) return probedAt;
  const last = Math.max(probedAt ?? 0, provenAt ?? 0, since ?? 0);
  return Math.round(last + ms * (share.least + (share.most - share.least) * dice));
}

/** After a sleep or in another network what was known is old: every endpoint is looked at, at no cost. */
function soonerAfterChange(one: Probed, wish: PlannedProbe | null, { changedAt }: Surroundings): PlannedProbe | null {
  if (changedAt === null || (one.probedAt ?? 0) >= changedAt || wish === null || wish.at <= changedAt) return wish;
  const depth = one.state === 'recovering' ? wish.depth : 'connection';
  return { ...wish, depth, because: 'changed', at: changedAt };
}

/** Once for each word, and at no cost where the endpoint serves: the trouble may have been another gateway's own. */
function soonerWhenCalled(one: Probed, wish: PlannedProbe | null): PlannedProbe | null {
  const { calledAt, probedAt, held, state, dice } = one;
  const isMeant = state === 'failed' ? held : state !== 'recovering';
  if (calledAt === null || wish === null || !isMeant || (probedAt ?? 0) >= calledAt) return wish;
  const at = Math.round(calledAt + dice * calledWithinMs);
  const depth = state === 'failed' ? nextDepth(one) : 'connection';
  return at < wish.at ? { id: one.id, depth, because: 'heard', at } : wish;
}

const needs: readonly Probe['because'][] = [
  'above',
  'changed',
  'trial',
  'heard',
  'out',
  'held',
  'interval',
  'unproven',
];

function need({ because }: Probe): number {
  return needs.indexOf(because);
}
