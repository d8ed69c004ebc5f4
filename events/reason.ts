/**
 * Why something was decided, or what a call came to: a code, and what belongs into its sentence. Facts hold no sentences;
 * `src/messages/` has one for each code in each language.
 */

type Nothing = Readonly<Record<never, never>>;

/** Why the ladder moved, or did not. */
interface LadderReasons {
  readonly allOutForCertain: { readonly profile: string };
  readonly unusableInRow: { readonly profile: string; readonly reports: number };
  readonly checksPassed: { readonly profile: string; readonly checks: number };
  readonly someOut: { readonly profile: string };
  readonly isNotFirst: { readonly active: string; readonly first: string };
  readonly pinnedFailed: { readonly profile: string };
  readonly profileGone: { readonly profile: string };
  readonly isPinned: { readonly profile: string };
  readonly notUsable: Nothing;
  readonly recoveryOff: Nothing;
  readonly releasedByHand: Nothing;
  readonly nothingUsable: Nothing;
  /** A person gave no reason. */
  readonly byHand: Nothing;
}

/** What an older version said in a way that has no code. */
interface Untranslated {
  readonly told: { readonly text: string };
}

export type ReasonParams = LadderReasons & Untranslated;
export type ReasonCode = keyof ReasonParams;

/** One of these codes, with its own params. */
export type Reason<Code extends ReasonCode = ReasonCode> = {
  readonly [One in Code]: { readonly code: One; readonly params: ReasonParams[One] };
}[Code];
export type LadderReason = Reason<keyof LadderReasons | 'told'>;

type ParamsOf<Code extends ReasonCode> = Nothing extends ReasonParams[Code] ? [] : [ReasonParams[Code]];

export function reason<Code extends ReasonCode>(code: Code, ...[params]: ParamsOf<Code>): Reason<Code> {
  return { code, params: params ?? {} } as unknown as Reason<Code>;
}
