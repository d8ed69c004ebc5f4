/** How many requests an endpoint takes now. */
import type { EndpointId } from '../events/ids.ts';
import type { RoutableEndpoint } from './routing-view.ts';

export interface RoomView {
  count(id: EndpointId): number;
  /** This gateway's part of what the endpoint takes, where others have its key, too. */
  most?(id: EndpointId, count: number): number;
}

/** @param share of its limit that it takes while it recovers */
export function roomAt({ id, maxConcurrent }: RoutableEndpoint, inFlight: RoomView, share = 1): number {
  const count = inFlight.count(id);
  const most = inFlight.most ? Math.min(maxConcurrent, inFlight.most(id, count)) : maxConcurrent;
  return Math.ceil(share * most) - count;
}
