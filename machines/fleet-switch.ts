/**
 * A switch by hand that a whole fleet follows. The fleet has one place for it, which is written by compare-and-set; its number is the fencing
 * token. A lower one is refused. Of gateways that were apart the one that comes to that place first is followed, and the others are overruled:
 * no clock decides, because the gateways have none in common.
 */
import type { Millis } from '../events/fact.ts';
import { hourMs } from '../events/units.ts';

export interface SwitchToken {
  /** When the place was made: after the loss of a server's store its numbers begin anew. */
  readonly era: Millis;
  readonly token: number;
}

/** What a person did here: it was not told yet. */
export interface ByHand {
  /** Null: the pin was released. */
  readonly to: string | null;
  readonly at: Millis;
}

// What is older was never news: a machine that was asleep for a day does not move the others.
const tellWithinMs = hourMs;

export function isNewer(known: SwitchToken | null, { era, token }: SwitchToken): boolean {
  return known === null || known.era !== era || token > known.token;
}

/** @param there what stands in the place; null while it is empty */
export function nextOfSwitch(
  known: SwitchToken | null,
  there: (SwitchToken & { readonly isOurs: boolean }) | null,
  byHand: ByHand | null,
  now: Millis,
): 'follow' | 'overrule' | 'note' | 'tell' | null {
  const isNews = there !== null && isNewer(known, there);
  if (isNews && there.isOurs) return 'note';
  if (isNews) return byHand === null ? 'follow' : 'overrule';
  return byHand !== null && now - byHand.at <= tellWithinMs ? 'tell' : null;
}
