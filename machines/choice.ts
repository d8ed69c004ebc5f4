/** Which of the endpoints that a plan allows may be the first: what chance, a turn or a free permit decide is open. */
import type { EndpointId } from '../events/ids.ts';
import type { Candidate } from './route.ts';

/** Drawn, or by a turn or a load that no fact tells: among equals each one may come first. */
const open: ReadonlySet<Candidate['because']> = new Set(['weighted', 'round-robin', 'least-connections', 'degraded']);
/** Comes first when the dice or a free permit say so, and is passed over otherwise. */
const sometimes: ReadonlySet<Candidate['because']> = new Set(['trial', 'ramp']);

/** @param candidates of a plan whose dice let every half-open request happen */
export function mayBeFirst(candidates: readonly Candidate[], id: EndpointId): boolean {
  const chosen = candidates.find(({ endpoint }) => endpoint.id === id);
  if (!chosen) return false;
  const first = candidates.find((one) => one === chosen || !sometimes.has(one.because)) ?? chosen;
  return first === chosen || (open.has(first.because) && isEqual(first, chosen));
}

/** Whether more than one endpoint could have come first. */
export function isOpen(candidates: readonly Candidate[]): boolean {
  const [first, ...others] = candidates;
  if (!first) return false;
  return sometimes.has(first.because) || (open.has(first.because) && others.some((one) => isEqual(first, one)));
}

function isEqual(one: Candidate, other: Candidate): boolean {
  const [a, b] = [one.endpoint, other.endpoint];
  return one.because === other.because && a.profile === b.profile && a.priority === b.priority;
}
