/**
 * What becomes of a request whose endpoints have been asked in vain: whether somebody is worth waiting for, and which error its client
 * must see when nobody is. The client's error is the last resort.
 */
import type { Failure } from '../events/endpoint.ts';
import type { Millis } from '../events/fact.ts';
import type { EndpointId } from '../events/ids.ts';
import type { RoutableEndpoint } from './routing-view.ts';

/** Said again to the same request, whenever it is asked: most telling first, for a client that has to see one of them. */
const lasting: readonly Failure[] = ['noModel', 'quota', 'billing', 'credential', 'misconfigured', 'certificate'];
/** An endpoint that told so itself is not back sooner, as a rule; a guess is tested by probes all the time. */
const advertised: ReadonlySet<string> = new Set(['quota', 'rateLimited']);
/** So long a request waits in memory where there is no queue: warming a session elsewhere would cost more. */
export const shortWaitMs = 5_000;

export interface Waiting {
  /** What the endpoints have said in this request, the last word of each. */
  readonly said: ReadonlyMap<EndpointId, Failure | null>;
  readonly lacksModel: (endpoint: RoutableEndpoint) => boolean;
  /** The client is gone after this. */
  readonly patienceMs: Millis;
}

export function isLasting(failure: Failure | null): boolean {
  return failure !== null && lasting.includes(failure);
}

/** All that was said lasts: asking those again is of no use. */
export function allLasting(failures: readonly (Failure | null)[]): boolean {
  return failures.length > 0 && failures.every(isLasting);
}

/**
 * Those that were not asked in this request and may answer it within its client's patience.
 * @param reachable all that the request may ever be sent to
 */
export function worthWaitingFor(
  reachable: readonly RoutableEndpoint[],
  { said, lacksModel, patienceMs }: Waiting,
  now: Millis,
): readonly RoutableEndpoint[] {
  return reachable.filter((endpoint) => {
    const { id, state, held, because, until } = endpoint;
    if (said.has(id) || state === 'disabled' || held || lacksModel(endpoint)) return false;
    const isTold = because !== null && advertised.has(because);
    return !isTold || until === null || until - now <= patienceMs;
  });
}

/** How long until the first of them is back; null when that is too long to be waited for without a queue. */
export function shortWait(endpoints: readonly RoutableEndpoint[], now: Millis): Millis | null {
  const waits = endpoints.flatMap(({ until }) => (until === null ? [] : [Math.max(0, until - now)]));
  const least = Math.min(...waits);
  return least <= shortWaitMs ? least : null;
}

/** The most telling of what lasts, by its place; -1 where something else was said too, which may be otherwise next time. */
export function mostTelling(failures: readonly (Failure | null)[]): number {
  if (!allLasting(failures)) return -1;
  const ranks = failures.map((failure) => lasting.indexOf(failure as Failure));
  return ranks.lastIndexOf(Math.min(...ranks));
}
