/** Where a request may go at all, and who is passed over: an endpoint that has said it cannot answer it, while another one may. */
import type { Millis } from '../events/fact.ts';
import type { EndpointId } from '../events/ids.ts';
import { isAvailable, isTooLargeFor } from './available.ts';
import { isModelExcluded, lackedUntil } from './model-map.ts';
import type { RoutableEndpoint, RoutableProfile, RoutingView } from './routing-view.ts';

/** How well an endpoint fits what a request has in it. */
export interface RequestNeeds {
  /** How many things of the request it is believed to lack. */
  lacksOf(endpoint: RoutableEndpoint, now: Millis): number;
  /** It would have signed the thinking in it. */
  isOwner(endpoint: RoutableEndpoint): boolean;
  /** It wants thinking back that is not its own. */
  isPassedOver(endpoint: RoutableEndpoint): boolean;
}

interface Asking {
  readonly within: string | null;
  readonly model: string | null;
  readonly tried: ReadonlySet<EndpointId>;
  readonly needs?: RequestNeeds | undefined;
}

/** All that a request may ever be sent to. */
export function reachable(view: RoutingView, within: string | null, model: string | null): readonly RoutableEndpoint[] {
  return walked(view, { within, model })
    .flatMap(({ endpoints }) => endpoints)
    .filter(({ state }) => state !== 'disabled');
}

/**
 * It has said that it lacks the model, and another one has not. When no endpoint is known to have it, the memory does not help: ask, and
 * pass on what is said.
 */
export function isPassedOver(
  endpoint: RoutableEndpoint,
  view: RoutingView,
  { within, tried, model }: Asking,
  now: Millis,
): boolean {
  if (lackedUntil(endpoint, model, now) === null) return false;
  return tried.has(endpoint.id) || reachable(view, within, model).some((one) => lackedUntil(one, model, now) === null);
}

/** The same of a body that is too large for it, and is not for another one. */
export function isTooSmall(
  endpoint: RoutableEndpoint,
  view: RoutingView,
  { within, tried, model }: Asking,
  bytes: number,
  now: Millis,
): boolean {
  if (endpoint.tooLarge === null || !isTooLargeFor(endpoint, bytes, now)) return false;
  return tried.has(endpoint.id) || reachable(view, within, model).some((one) => !isTooLargeFor(one, bytes, now));
}

/**
 * Its prompt cache is still there, and it was passed over for this request alone: what another endpoint has answered in its place does not
 * move the session.
 */
export function staysBound(
  bound: RoutableEndpoint | undefined,
  { model, bytes }: { readonly model: string | null; readonly bytes: number },
  now: Millis,
): boolean {
  if (bound === undefined || !isAvailable(bound, true, now)) return false;
  return lackedUntil(bound, model, now) !== null || isTooLargeFor(bound, bytes, now);
}

/** The same of one that wants thinking back which the session does not have. */
export function isUnfit(
  endpoint: RoutableEndpoint,
  view: RoutingView,
  { within, tried, model, needs }: Asking,
): boolean {
  if (!needs?.isPassedOver(endpoint)) return false;
  return tried.has(endpoint.id) || reachable(view, within, model).some((one) => !needs.isPassedOver(one));
}

/** Without those whose owner has said that they do not have the model: to this request they are not there. */
export function walked(
  view: RoutingView,
  { within, model }: Pick<Asking, 'within' | 'model'>,
): readonly RoutableProfile[] {
  const profiles = within === null ? view.ladder : [view.profiles.get(within)].filter((one) => one !== undefined);
  const isOut = (one: RoutableEndpoint) => isModelExcluded(one, model);
  if (!profiles.some(({ endpoints }) => endpoints.some(isOut))) return profiles;
  return profiles.map((profile) => ({ ...profile, endpoints: profile.endpoints.filter((one) => !isOut(one)) }));
}
