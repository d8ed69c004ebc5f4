/** The sentence of a reason. Facts and rows hold its code and its params; in JSON it is its English sentence, for scripts. */
import { isReason, type ReasonOrWord } from '../../events/reason.ts';
import * as en from './en/reasons.ts';
import type { Language } from './messages.ts';
import * as zh from './zh-CN/reasons.ts';

// A table has its own words alone: a code out of somebody's file may be called `constructor`.
for (const { failures, reasons } of [en, zh])
  for (const table of [failures, reasons]) Object.setPrototypeOf(table, null);

type Words = Readonly<Record<string, (params: object) => string>>;
interface Found {
  readonly head?: number;
  readonly said?: string;
}

/**
 * A failure's word has its own text, and any other text stays what it is: a person gave it, or a gateway that is older. A code
 * of a newer one is all that is known of it. What the endpoint said stands behind, as it said it.
 */
export function reasonText(reason: ReasonOrWord, language: Language): string {
  const { failures, reasons } = language === 'zh-CN' ? zh : en;
  if (typeof reason === 'string') return failures[reason] ?? reason;
  const { code, params } = reason;
  const { head, said } = params as Found;
  const told = (reasons as unknown as Words)[code]?.(params) ?? code;
  return `${head === undefined ? '' : `${head}: `}${told}${said === undefined ? '' : `: ${said}`}`;
}

/** For `JSON.stringify`. */
export function reasonsAsSentences(_key: string, value: unknown): unknown {
  return isReason(value) ? reasonText(value, 'en') : value;
}
