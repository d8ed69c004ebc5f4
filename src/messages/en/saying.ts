/** How a reason becomes a sentence, in whatever language its words are. */
import type { ReasonCode, ReasonOrWord, ReasonParams } from '../../../events/reason.ts';

export type ReasonWords = { readonly [Code in ReasonCode]: (params: ReasonParams[Code]) => string };

type Words = Readonly<Record<string, (params: object) => string>>;
interface Found {
  readonly head?: number;
  readonly said?: string;
}

/**
 * A failure's word has its own text, and any other text stays what it is: a person gave it, or a gateway that is older. A code
 * of a newer one is all that is known of it. What the endpoint said stands behind, as it said it.
 */
export function sayingWith(
  words: ReasonWords,
  ofFailures: Readonly<Record<string, string>>,
  colon = ': ',
): (reason: ReasonOrWord) => string {
  // A table has its own words alone: a code out of a stranger's file may be called `constructor`.
  for (const table of [words, ofFailures]) Object.setPrototypeOf(table, null);
  return (reason) => {
    if (typeof reason === 'string') return ofFailures[reason] ?? reason;
    const { code, params } = reason;
    const { head, said } = params as Found;
    const told = (words as unknown as Words)[code]?.(params) ?? code;
    return `${head === undefined ? '' : `${head}${colon}`}${told}${said === undefined ? '' : `${colon}${said}`}`;
  };
}
