/** Why an endpoint takes nothing, or less than its share: the rule of routing that keeps it out, and until when. */
import type { Millis } from '../events/fact.ts';
import type { EndpointStatus } from './endpoint.ts';

export type ExclusionRule =
  /** By hand. */
  | 'disabled'
  /** Until its key or address changes, or a probe passes. */
  | 'held'
  /** Until its time is up, or a success says so. */
  | 'out'
  /** It asked to be left alone. */
  | 'paused'
  /** One request at a time finds out. */
  | 'trial'
  /** A growing share. */
  | 'ramp'
  /** Sessions that are there stay; new ones go where a healthy one of the same priority is. */
  | 'degraded';

export interface Exclusion {
  readonly rule: ExclusionRule;
  readonly until: Millis | null;
}

/** Null for an endpoint that routing treats as a whole one: without `healthAware`, whatever is known of its health. */
export function exclusionOf(
  { state, held, until, ramp, timer }: EndpointStatus,
  healthAware: boolean,
): Exclusion | null {
  if (!healthAware && state !== 'disabled' && !held) return null;
  switch (state) {
    case 'healthy':
      return null;
    case 'disabled':
      return { rule: 'disabled', until: null };
    case 'failed':
      return { rule: held ? 'held' : 'out', until };
    case 'degraded':
      return until === null ? { rule: 'degraded', until: timer?.dueAt ?? null } : { rule: 'paused', until };
    case 'recovering':
      return { rule: ramp > 0 ? 'ramp' : 'trial', until: null };
  }
}
