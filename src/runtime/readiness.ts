/** Why no endpoint can answer, as far as the log knows. */
import type { Millis } from '../../events/fact.ts';
import { type ReadinessReason, reason } from '../../events/reason.ts';
import { isAvailable } from '../../machines/available.ts';
import type { RoutingView } from '../../machines/routing-view.ts';
import type { State } from './state.ts';

/** Empty when an endpoint can. It contains no secret. */
export function whyNotReady(
  { profiles }: State,
  { ladder }: RoutingView,
  healthAware: boolean,
  now: Millis,
): readonly ReadinessReason[] {
  const endpoints = ladder.flatMap((profile) => profile.endpoints);
  const first = ladder[0] ?? profiles.all()[0];
  if (first === undefined) return [reason('noProfile')];
  if (endpoints.length === 0) return [reason('emptyLadder', { profile: first.name })];
  return endpoints.some((endpoint) => isAvailable(endpoint, healthAware, now)) ? [] : [reason('allOut')];
}
