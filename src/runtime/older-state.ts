/** A state that a former version has saved, in the form of today: the facts that led to it may be gone from the log. */
import { ladderReasonOf, reasonGiven } from '../../events/old-sentences.ts';

interface OlderSwitch {
  readonly kind: string;
  readonly reason: string;
}

/** Form 3 had reasons as English sentences. */
export function upgradedState(saved: { readonly switches: unknown }): object {
  const switches = (saved.switches as readonly OlderSwitch[]).map((one) => ({
    ...one,
    reason: one.kind === 'manual' ? reasonGiven(one.reason) : ladderReasonOf(one.reason),
  }));
  return { ...saved, switches };
}
