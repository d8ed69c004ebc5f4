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

type Nothing = Readonly<Record<never, never>>;

/** Why a machine would move: a code each, and what belongs into its sentence. `src/messages/` has the sentences. */
export interface NextParams {
  readonly firstStrike: Nothing;
  readonly strikesLeft: { readonly left: number };
  readonly pauseOver: { readonly failure: string };
  readonly limitsReset: Nothing;
  readonly quiet: Nothing;
  readonly successesLeft: { readonly left: number };
  readonly outOver: { readonly failure: string; readonly times: number };
  readonly success: Nothing;
  readonly newKey: Nothing;
  readonly ramp: { readonly percent: number };
  readonly trialsLeft: { readonly left: number };
  readonly oneFailure: Nothing;
  readonly byHand: Nothing;
  readonly recovery: { readonly profile: string; readonly checks: number; readonly needed: number };
  readonly heldBack: { readonly profile: string; readonly because: string };
  readonly anyBack: Nothing;
  readonly reportsLeft: { readonly profile: string; readonly left: number };
  readonly retriesLeft: { readonly tries: number; readonly most: number };
  readonly answerAwaited: Nothing;
  readonly maybeBilled: Nothing;
  readonly retriesUsedUp: Nothing;
  readonly expiry: Nothing;
}

export type NextRule = keyof NextParams;

/** A code of these, with its own params. */
export type NextReason = {
  readonly [Rule in NextRule]: { readonly rule: Rule; readonly params: NextParams[Rule] };
}[NextRule];

/** What would move a machine, where to, when at the earliest, and why. */
export type Next = NextReason & { readonly on: string; readonly to: string; readonly at: Millis | null };
