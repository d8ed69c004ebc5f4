/**
 * Whether an endpoint may be given traffic now: the one answer for routing, readiness, the ladder, the queue, and "why not".
 * Whether it has room, and whether it is the best one, is asked elsewhere.
 */
import type { Millis } from '../events/fact.ts';
import type { Hearsay } from './hearsay.ts';
import type { EndpointState, Lacking, RoutableEndpoint } from './routing-view.ts';

export interface Availability {
  readonly state: EndpointState;
  /** Takes nothing before this instant. */
  readonly until: Millis | null;
  /** Its key, address or certificate was refused. */
  readonly held: boolean;
  /** What other gateways have said of its credential. */
  readonly hearsay: Pick<Hearsay, 'until'>;
}

/**
 * @param healthAware false (`loadbalancer.health_aware`): what is known of an endpoint's health keeps nothing away from it. Only a
 * hand, or a refusal that the next request would meet as well, does.
 */
export function isAvailable({ state, until, held, hearsay }: Availability, healthAware: boolean, now: Millis): boolean {
  if (state === 'disabled') return false;
  if (!healthAware) return !held;
  if (state === 'failed') return false;
  if (hearsay.until !== null && hearsay.until > now) return false;
  return state === 'recovering' || until === null || until <= now;
}

/** New sessions come to it after its equals: it is degraded, or another gateway has said that its vendor is in trouble. */
export function isBehind(
  { state, hearsay: { hintUntil } }: Pick<RoutableEndpoint, 'state' | 'hearsay'>,
  now: Millis,
): boolean {
  return state === 'degraded' || (hintUntil !== null && hintUntil > now);
}

/** It has refused to count tokens, and would again. */
export function countsNot({ countsNotUntil }: Pick<RoutableEndpoint, 'countsNotUntil'>, now: Millis): boolean {
  return countsNotUntil !== null && countsNotUntil > now;
}

/** A body of this size was too large for it lately. */
export function isTooLargeFor({ tooLarge }: Pick<RoutableEndpoint, 'tooLarge'>, bytes: number, now: Millis): boolean {
  return tooLarge !== null && tooLarge.until > now && bytes >= tooLarge.bytes;
}

/** Until when it is believed to lack the model; null when nothing is known. Asked once an endpoint and request: nothing is made. */
export function lacksUntil(lacks: readonly Lacking[], model: string | null, now: Millis): Millis | null {
  for (const one of lacks) if (one.model === model && one.until > now) return one.until;
  return null;
}
