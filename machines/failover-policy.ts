/**
 * The rules of failover inside one request: whether another endpoint may be asked, what that costs, how long an attempt may take, what
 * is worth waiting for, and what its client must see when nothing is. The machine that goes by them is `failover.ts`.
 */
import type { Failure } from '../events/endpoint.ts';
import type { Millis } from '../events/fact.ts';
import { type QueueReason, reason } from '../events/reason.ts';
import { isAvailable } from './available.ts';
import type { Verdict } from './classify.ts';
import { lackedUntil } from './model-map.ts';
import { reachable } from './passed-over.ts';
import type { Candidate, Rules } from './route.ts';
import type { RoutableEndpoint, RoutingView } from './routing-view.ts';

export interface FailoverPolicy {
  /** In one round: one endpoint after the other, until one answers or none is left. */
  readonly maxAttempts: number;
  readonly rules: Rules;
  /** So long a session stays where its prompt cache is; 0 where sessions are not sticky. */
  readonly stickyMs: Millis;
  readonly timeouts: Timeouts;
}

export interface Timeouts {
  readonly headersMs: Millis;
  readonly firstContentMs: Millis;
  readonly idleMs: Millis;
  readonly totalMs: Millis;
}

export interface AttemptLimits extends Timeouts {
  /** A JSON answer that is not there by then: 200 is committed, and newlines keep the client waiting. Null: no client waits. */
  readonly commitMs: Millis | null;
}

/** What an endpoint said, or did, instead of answering. */
export interface Refused {
  readonly verdict: Verdict;
  /** For people. */
  readonly detail: QueueReason;
  /** Null: no answer came. */
  readonly head: { readonly status: number } | null;
}

/** The last word of an endpoint in a request. */
export interface Word<Said extends Refused = Refused> {
  readonly candidate: Candidate;
  readonly said: Said;
}

/** Why a round came to nothing. */
export interface Why {
  /** Null: waiting does not heal it. */
  readonly failure: Failure | null;
  readonly retryAfterMs: Millis | null;
  readonly detail: QueueReason;
}

/** A count is asked of one other endpoint at most: its client estimates, which is better than to wait. */
export const countAttemptsMax = 2;
// No new attempt after this: the client hangs up at 300 s (measured), and pings do not help.
const attemptsEndMs = 240_000;
// A JSON answer that is not there by then begins with newlines.
const commitAfterMs = 240_000;
/** So long a request waits in memory where there is no queue: warming a session elsewhere would cost more. */
export const shortWaitMs = 5_000;

/** A vendor that knows none of the fields refuses them one by one; what is refused for more is not what was asked. */
export const repairsMax = 8;

const notFound = 404;
/** Said again to the same request, whenever it is asked: most telling first, for a client that has to see one of them. */
const lasting: readonly Failure[] = [
  'noModel',
  'tooLargeHere',
  'notForThis',
  'quota',
  'billing',
  'credential',
  'blocked',
  'misconfigured',
  'certificate',
];
/** An endpoint that told so itself is not back sooner, as a rule; a guess is tested by probes all the time. */
const advertised: ReadonlySet<string> = new Set(['quota', 'rateLimited']);

// ------------------------------------------------------------------------------------------------ another attempt

/** Until its client has waited long enough for a first byte. */
export function timeLeftMs(startedAt: Millis, now: Millis): Millis {
  return attemptsEndMs - (now - startedAt);
}

/** Whether a round may ask one more. */
export function mayAskAnother(
  made: number,
  leftMs: Millis,
  { maxAttempts }: Pick<FailoverPolicy, 'maxAttempts'>,
): boolean {
  return made < maxAttempts && leftMs > 0;
}

/** A healthy endpoint is never refused to a request; a further attempt at one that is not well draws on the retry budget. */
export function drawsOnBudget(isFirst: boolean, isWell: boolean): boolean {
  return !isFirst && !isWell;
}

/** Panic mode is for what has no other way; what is queued has. */
export function mayBeAsked({ because }: Candidate, isQueued: boolean): boolean {
  return because !== 'lastResort' || !isQueued;
}

/** For the same request, changed: it may have been disabled or ejected while it refused. */
export function mayBeAskedAgain(
  endpoint: RoutableEndpoint,
  because: Candidate['because'],
  { healthAware }: Rules,
  now: Millis,
): boolean {
  return because === 'lastResort' ? endpoint.state !== 'disabled' : isAvailable(endpoint, healthAware, now);
}

export function isWell({ endpoint, because }: Candidate): boolean {
  return endpoint.state === 'healthy' && because !== 'lastResort';
}

/**
 * A request that asks for no stream has no first byte to wait for; a short setting of the headers' time is obeyed all the same.
 * A limit is for asking another endpoint: where none is left, an answer is waited for as long as its client does.
 * @param waitedMs of its client; null where none waits
 * @param isOneLeft another endpoint could be asked after this one
 */
export function attemptLimits(
  { timeoutMs }: RoutableEndpoint,
  { headersMs, firstContentMs, idleMs, totalMs }: Timeouts,
  waitedMs: Millis | null,
  isOneLeft: boolean,
): AttemptLimits {
  const patienceMs = waitedMs === null || isOneLeft ? 0 : attemptsEndMs - waitedMs;
  return {
    headersMs: timeoutMs ?? Math.max(headersMs, patienceMs),
    firstContentMs: Math.max(firstContentMs, patienceMs),
    idleMs,
    totalMs: Math.min(totalMs, timeoutMs ?? totalMs),
    commitMs: waitedMs === null ? null : Math.max(0, commitAfterMs - waitedMs),
  };
}

// ------------------------------------------------------------------------------------------------ waiting

/** A short pause at the session's own endpoint is waited out, and it is asked again; null where that is no use. */
export function waitHereMs({ failure, retryAfterMs }: Verdict, isBound: boolean): Millis | null {
  if (failure !== 'rateLimited' || retryAfterMs === null || retryAfterMs > shortWaitMs || !isBound) return null;
  return retryAfterMs;
}

export interface Waiting {
  readonly model: string | null;
  /** It was asked in this request. */
  readonly isAsked: (endpoint: RoutableEndpoint) => boolean;
  /** It is given up after this. */
  readonly patienceMs: Millis;
}

/**
 * Those that were not asked in this request and may answer it before it is given up.
 * @param all that the request may ever be sent to
 */
export function worthWaitingFor(
  all: readonly RoutableEndpoint[],
  { model, isAsked, patienceMs }: Waiting,
  now: Millis,
): readonly RoutableEndpoint[] {
  return all.filter((endpoint) => {
    const { state, held, because, until } = endpoint;
    // A missing model is forgotten in minutes, and what is queued may last longer.
    const isLacking = (lackedUntil(endpoint, model, now) ?? 0) > now + patienceMs;
    if (isAsked(endpoint) || state === 'disabled' || held || isLacking) return false;
    const isTold = because !== null && advertised.has(because);
    return !isTold || until === null || until - now <= patienceMs;
  });
}

/**
 * How long until the first of them is back; null when that is too long to be waited for without a queue. What should be back already
 * comes back by a probe, and not by time.
 */
export function shortWait(endpoints: readonly RoutableEndpoint[], now: Millis): Millis | null {
  const waits = endpoints.flatMap(({ until }) => (until === null || until <= now ? [] : [until - now]));
  const least = Math.min(...waits);
  return least <= shortWaitMs ? least : null;
}

/** Whether time alone may bring an endpoint that answers: a refused key needs a new one, and an empty ladder an endpoint. */
export function waitingHelps(view: RoutingView, within: string | null, model: string | null): boolean {
  return reachable(view, within, model).some((endpoint) => !isKeyRefused(endpoint));
}

/** The owners of all endpoints have said that they do not have the model: no time changes that. */
export function isModelNowhere(view: RoutingView, within: string | null, model: string | null): boolean {
  return reachable(view, within, model).length === 0 && reachable(view, within, null).length > 0;
}

/** All there is, is one endpoint whose key was refused. */
export function soleRefused(
  view: RoutingView,
  within: string | null,
  model: string | null,
): RoutableEndpoint | undefined {
  const [only, ...others] = reachable(view, within, model);
  return only && others.length === 0 && isKeyRefused(only) ? only : undefined;
}

function isKeyRefused({ held, because }: RoutableEndpoint): boolean {
  return held && (because === 'credential' || because === 'billing');
}

// ------------------------------------------------------------------------------------------------ what was said

/** What was said of a model or a key is said again: to ask those once more is of no use. */
function isLasting({ said }: Word): boolean {
  const { failure } = said.verdict;
  return failure !== null && lasting.includes(failure);
}

function saysMissing({ said }: Word): boolean {
  return said.verdict.isMissing === true;
}

/** All that was said is that there is no such thing, which is no endpoint's failure. */
export function isMissing(words: readonly Word[]): boolean {
  return words.length > 0 && words.every(saysMissing);
}

/**
 * Why a round came to nothing, for the queue.
 * @param words in the order in which they were said
 * @param isOneLeft whether an endpoint that was not asked is worth waiting for
 */
export function whyInVain(words: readonly Word[], isOneLeft: () => boolean): Why {
  const refusals = words.filter((word) => !saysMissing(word));
  const last = refusals.at(-1);
  const missing = words.at(-1);
  // A count that does not come is better done without than waited for.
  if (!last && missing) return { failure: null, retryAfterMs: null, detail: missing.said.detail };
  if (!last) return { failure: 'unreachable', retryAfterMs: null, detail: reason('noEndpointUsable') };
  // What may be otherwise next time says when that is.
  const open = refusals.findLast((word) => !isLasting(word));
  if (open) {
    const { failure, retryAfterMs } = open.said.verdict;
    return { failure, retryAfterMs, detail: open.said.detail };
  }
  return { failure: isOneLeft() ? 'unreachable' : null, retryAfterMs: null, detail: last.said.detail };
}

/** No endpoint has counted: in the words of one that says just that, or in none. */
export function countsMissing<Said extends Refused>(
  words: readonly Word<Said>[],
): { readonly kind: 'told'; readonly word: Word<Said> } | { readonly kind: 'missing' } {
  const word = words.find(({ said }) => said.head !== null && said.verdict.isPlain === true);
  return word ? { kind: 'told', word } : { kind: 'missing' };
}

/** What the client must see; undefined while it may be otherwise next time. */
export function tellingWord<Said extends Refused>(words: readonly Word<Said>[]): Word<Said> | undefined {
  // Of those that have no such thing, one that says just that.
  if (isMissing(words))
    return words.find(({ said }) => said.head?.status === notFound) ?? words.findLast(({ said }) => said.head !== null);
  const failed = words.filter((word) => !saysMissing(word));
  if (!failed.every(isLasting)) return undefined;
  const rank = ({ said }: Word) => lasting.indexOf(said.verdict.failure as Failure);
  const least = Math.min(...failed.map(rank));
  return failed.findLast((word) => rank(word) === least);
}
