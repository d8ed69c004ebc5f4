/** Whether a request was answered by another endpoint than the first that was asked. */
import type { Served } from '../../events/request.ts';

export function hasMoved({ attempts, endpoint }: Pick<Served, 'attempts' | 'endpoint'>): boolean {
  return attempts.length > 1 && attempts[0]?.endpoint !== endpoint;
}
