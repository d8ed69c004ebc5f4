/** Why an endpoint takes nothing, or less than its share: the rule of routing that keeps it out, and until when. */
import type { Millis } from '../events/fact.ts';
import type { Because, EndpointStatus } from './endpoint.ts';

export type ExclusionRule =
  /** By hand. */
  | 'disabled'
  /** Until its key or address changes, or a probe passes. */
  | 'held'
  /** Until its time is up, or a success says so. */
  | 'out'
  /** It asked to be left alone. */
  | 'paused'
  /** Another gateway of the fleet has said that the credential is of no use now. */
  | 'heard'
  /** One request at a time finds out. */
  | 'trial'
  /** A growing share. */
  | 'ramp'
  /** Sessions that are there stay; new ones go where a healthy one of the same priority is. */
  | 'degraded'
  /** As one that is degraded, by what another gateway has said of its vendor. */
  | 'hinted';

export interface Exclusion {
  readonly rule: ExclusionRule;
  readonly until: Millis | null;
}

/** What speaks against an endpoint that a rule leaves out. */
export function failureOf(
  { rule }: Exclusion,
  { because, hearsay }: Pick<EndpointStatus, 'because' | 'hearsay'>,
): Because | null {
  if (rule === 'heard') return hearsay.because;
  return rule === 'hinted' ? 'overloaded' : because;
}

function hinted({ hintUntil }: EndpointStatus['hearsay']): Exclusion | null {
  return hintUntil === null ? null : { rule: 'hinted', until: hintUntil };
}

/** Null for an endpoint that routing treats as a whole one: without `healthAware`, whatever is known of its health. */
export function exclusionOf(
  { state, held, until, ramp, timer, hearsay }: EndpointStatus,
  healthAware: boolean,
): Exclusion | null {
  if (!healthAware && state !== 'disabled' && !held) return null;
  const isIn = state !== 'disabled' && state !== 'failed';
  if (isIn && hearsay.until !== null) return { rule: 'heard', until: Math.max(hearsay.until, until ?? 0) };
  switch (state) {
    case 'healthy':
      return hinted(hearsay);
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
