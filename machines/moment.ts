import type { Millis } from '../events/fact.ts';

/** What a decision may know of the world outside its state: the time, and one throw of the dice. */
export interface Moment {
  readonly now: Millis;
  /** Uniform in [0, 1). */
  readonly dice: number;
}

/** A wish to be looked at again. It is state, not a running clock: `gen` tells a stale one from the current one. */
export interface Timer<Name extends string = string> {
  readonly name: Name;
  readonly gen: number;
  readonly dueAt: Millis;
}

/** What would move a machine, where to, and when at the earliest. */
export interface Next {
  readonly on: string;
  readonly to: string;
  readonly at: Millis | null;
  /** In English; `rule` and `params` are what a translation needs. */
  readonly because: string;
  readonly rule: NextRule;
  readonly params: Readonly<Record<string, string | number>>;
}

export type NextRule =
  | 'firstStrike'
  | 'strikesLeft'
  | 'pauseOver'
  | 'limitsReset'
  | 'quiet'
  | 'successesLeft'
  | 'outOver'
  | 'success'
  | 'newKey'
  | 'ramp'
  | 'trialsLeft'
  | 'oneFailure'
  | 'byHand'
  | 'recovery'
  | 'heldBack'
  | 'anyBack'
  | 'reportsLeft'
  | 'retriesLeft'
  | 'answerAwaited'
  | 'maybeBilled'
  | 'retriesUsedUp'
  | 'expiry';
