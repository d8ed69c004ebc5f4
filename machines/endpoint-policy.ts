/** The numbers and the small rules of the endpoint machine. Spans in milliseconds; each with its reason. */
import type { Belief, EndpointDecision, Failure } from '../events/endpoint.ts';
import type { Millis } from '../events/fact.ts';
import type { Moment } from './moment.ts';
import type { Lacking } from './routing-view.ts';

export interface EndpointPolicy {
  /** Strikes in a row that put it out. */
  readonly maxFailures: number;
  readonly backoffBaseMs: Millis;
  readonly backoffMaxMs: Millis;
  readonly slowStartMs: Millis;
  /** How often a refused credential is looked at again. */
  readonly credentialIntervalMs: Millis;
  /** Probes find out what is well again: then no request of the user's is spent on what is held. */
  readonly probing: boolean;
}

/** What statistics tell of the last 120 seconds, and of the endpoint's own past. */
export interface Recent {
  readonly attempts: number;
  readonly failures: number;
  readonly medianTtftMs: Millis | null;
}

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** A degraded endpoint without a new failure for this long may show by half-open requests whether it is well: silence is no success. */
export const quietMs = 60 * second;
/** Successes in a row that heal a degraded endpoint. */
export const cleanStreak = 3;
/** One success may be luck. */
export const halfOpenSuccesses = 2;
/** Shares of traffic on the way back; a cold endpoint is not met by all clients at once (HAProxy's slowstart is 60 s too). */
export const slowStartSteps = [0.1, 0.3, 0.5, 0.8] as const;

// Ten good minutes and the past is past: the next failure is the first again.
const forgivenAfterMs = 10 * minute;
// ±20 %, so that endpoints that fell together do not rise together.
const jitter = 0.2;
// An advertised instant is a claim. It is tested within this time, whatever it says.
const advertisedMaxMs = hour;
const advertisedMinMs = second;
const slowFactor = 3;
// Below this no user waits: an endpoint that answers in 19 ms instead of 4 is not slow, its median is only short.
const slowMinMs = second;
/** An endpoint that goes on being slow says so again when less than this is left of its quiet time. */
export const slowAgainMs = quietMs / 2;
// One user makes few requests: below ten a share says nothing.
const rateAttemptsMin = 10;
const rateFailuresMin = 0.5;
// From so many on, the share of failures before a streak says how often such a streak is mere chance.
const chanceAttemptsMin = 100;
// A streak is chance where more than so many like it were to be expected among the attempts of the window.
const chanceMax = 0.01;
// An endpoint that has answered so large a share of its attempts is not overloaded because of one answer.
const mostlyAnswered = 0.9;

const pauses = {
  rateLimited: { baseMs: 5 * second, maxMs: minute },
  // Overload passes quickly; the client's own first retry comes after half a second.
  overloaded: { baseMs: 2 * second, maxMs: 30 * second },
} as const;

// A network is changed by a hand, which is told at once; this is for the one that is changed unnoticed, as by a VPN elsewhere.
const blockedMs = minute;

const heldFailures: ReadonlySet<Failure> = new Set(['credential', 'billing', 'misconfigured', 'certificate']);

/** No strike, and no limit either: what it says of a model or of one request says nothing about the endpoint. */
const neutralFailures: ReadonlySet<Failure> = new Set(['noModel', 'notForThis', 'tooLargeHere']);
/** It is left alone for a while, and has done nothing wrong. */
const limits: ReadonlySet<Failure> = new Set(['rateLimited', 'quota', 'blocked']);

export function strikesOf(failure: Failure): number {
  if (failure === 'overloaded') return 0.5;
  return limits.has(failure) || isNeutral(failure) ? 0 : 1;
}

export function isNeutral(failure: Failure): boolean {
  return neutralFailures.has(failure);
}

/** The model that an endpoint said it lacks is asked for elsewhere first, for so long: it may be there with its next release. */
const lacksMs = 10 * minute;
/** Clients choose what models are called: of more than a client would use, the oldest are forgotten. */
const lacksMax = 32;

export function lacksModelUntil(now: Millis): Millis {
  return now + lacksMs;
}

/** What it refuses to all, a count or a large body, is asked for elsewhere for so long: a relay is changed now and then. */
const refusesMs = hour;

export function refusesUntil(now: Millis): Millis {
  return now + refusesMs;
}

/** A vendor's next release may know it. */
const missingMs = 7 * day;

export function missingUntil(now: Millis): Millis {
  return now + missingMs;
}

/** The same model is remembered once. What is over goes with the oldest: no clock has a part in what a fact leaves. */
export function withLacking(lacks: readonly Lacking[], one: Lacking): readonly Lacking[] {
  return [...lacks.filter(({ model }) => model !== one.model), one].slice(-lacksMax);
}

export function isLacking(lacks: readonly Lacking[], now: Millis): boolean {
  return lacks.some(({ until }) => until > now);
}

export function isSlow(ttftMs: Millis | null, { medianTtftMs }: Recent): boolean {
  return ttftMs !== null && medianTtftMs !== null && ttftMs >= slowMinMs && ttftMs > slowFactor * medianTtftMs;
}

/** This failure is not in the window yet. */
export function failsTooOften({ attempts, failures }: Recent): boolean {
  return attempts + 1 >= rateAttemptsMin && (failures + 1) / (attempts + 1) >= rateFailuresMin;
}

/**
 * Whether a streak of failures is what chance makes of an endpoint that fails now and then: with 5 % of 12,000 attempts failing,
 * three in a row come every minute, and say nothing.
 * @param streak this failure included, which like those before it is in the window or not yet
 */
export function isByChance(streak: number, { attempts, failures }: Recent): boolean {
  const before = attempts - Math.min(failures, streak - 1);
  if (before < chanceAttemptsMin) return false;
  const share = Math.max(0, failures - (streak - 1)) / before;
  return share ** streak * before > chanceMax;
}

/** Of an endpoint that answers nearly all, one answer of overload is no overload; what it advises is heard all the same. */
export function isPassing(streak: number, recent: Recent): boolean {
  const { attempts, failures } = recent;
  const isFirst = streak <= 1 && attempts >= rateAttemptsMin && attempts - failures >= mostlyAnswered * attempts;
  return isFirst || isByChance(streak, recent);
}

interface Past {
  readonly times: number;
  readonly healthySince: Millis | null;
}

export interface Advice {
  readonly retryAfterMs?: Millis | null;
  readonly resetAt?: Millis | null;
}

export type Out = Extract<EndpointDecision, { type: 'EndpointFailed' }>['data'];
type Pause = Extract<EndpointDecision, { type: 'EndpointPaused' }>['data'];

/** What needs no second look: a refused credential, a wrong address, an exhausted quota. */
export function outAtOnce(
  because: Failure,
  advice: Advice,
  past: Past,
  { now }: Moment,
  policy: EndpointPolicy,
): Out | undefined {
  const times = timesOut(past, now);
  if (heldFailures.has(because)) {
    return { because, until: now + policy.credentialIntervalMs, belief: 'observed', times, held: true };
  }
  if (because !== 'quota') return undefined;
  const named = advice.resetAt ?? (advice.retryAfterMs ? now + advice.retryAfterMs : now + advertisedMaxMs);
  return { because, until: within(named, now), belief: 'advertised', times, held: false };
}

export function backedOff(because: Failure, past: Past, { now, dice }: Moment, policy: EndpointPolicy): Out {
  const times = timesOut(past, now);
  const spread = 1 - jitter + 2 * jitter * dice;
  const outMs = Math.min(policy.backoffBaseMs * 2 ** (times - 1) * spread, policy.backoffMaxMs);
  return { because, until: Math.round(now + outMs), belief: 'inferred', times, held: false };
}

/** It was asked while it was out: its time begins anew, and is as long as before. */
export function outStill(
  because: Failure,
  { times }: { readonly times: number },
  moment: Moment,
  policy: EndpointPolicy,
): Out {
  return backedOff(because, { times: times - 1, healthySince: null }, moment, policy);
}

/** When a warning of limits ends, if it said so. */
export function warnedUntil(resetAt: Millis | null, { now }: Moment): Millis | null {
  return resetAt === null ? null : within(resetAt, now);
}

/** A refused credential without an answer that shows it to be good: ejected for another interval, to be probed in it. */
export function heldOn(
  status: { readonly because: Failure | string | null; readonly times: number },
  now: Millis,
  policy: EndpointPolicy,
): EndpointDecision {
  const because = (status.because ?? 'credential') as Failure;
  return {
    type: 'EndpointFailed',
    data: { because, until: now + policy.credentialIntervalMs, belief: 'observed', times: status.times, held: true },
  };
}

export function pauseFor(because: Failure, advice: Advice, before: number, { now }: Moment): Pause | undefined {
  const times = before + 1;
  if (because === 'blocked') return { because, until: now + blockedMs, belief: 'inferred', times };
  if (because !== 'rateLimited' && because !== 'overloaded') return undefined;
  if (advice.retryAfterMs) {
    return { because, until: within(now + advice.retryAfterMs, now), belief: 'advertised' satisfies Belief, times };
  }
  const { baseMs, maxMs } = pauses[because];
  return { because, until: now + Math.min(baseMs * 2 ** before, maxMs), belief: 'inferred', times };
}

function within(named: Millis, now: Millis): Millis {
  return Math.min(Math.max(named, now + advertisedMinMs), now + advertisedMaxMs);
}

function timesOut({ times, healthySince }: Past, now: Millis): number {
  return healthySince !== null && now - healthySince >= forgivenAfterMs ? 1 : times + 1;
}
