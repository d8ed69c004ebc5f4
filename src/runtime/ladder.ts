/** The parts of the state that routing and the ladder's machine see. */
import type { Millis } from '../../events/fact.ts';
import type { EndpointId } from '../../events/ids.ts';
import { isAvailable } from '../../machines/available.ts';
import { endpointStatus } from '../../machines/endpoint.ts';
import { priorityStatus } from '../../machines/priority.ts';
import type { routingView } from '../projections/routing.ts';
import type { State } from './state.ts';

export function ladderSource(state: State): Parameters<typeof routingView>[0] {
  const { active, pinned, recovery } = priorityStatus(state.priority);
  const watched = recovery?.profile ?? null;
  const { seq, profiles, gatewayState } = state;
  const isOffline = gatewayState === 'offline';
  const status = (id: EndpointId) => endpointStatus(state.endpoint(id));
  return { seq, profiles, active, pinned, watched, isOffline, status };
}

export function hasAvailable(state: State, profile: string, healthAware: boolean, now: Millis): boolean {
  const endpoints = state.profiles.get(profile)?.endpoints ?? [];
  return endpoints.some(({ id }) => isAvailable(endpointStatus(state.endpoint(id)), healthAware, now));
}
