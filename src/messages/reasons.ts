/** The sentence of a reason. Facts and rows hold its code and its params; in JSON it is its English sentence, for scripts. */
import type { Reason } from '../../events/reason.ts';
import { reasons as en } from './en/reasons.ts';
import type { Language } from './messages.ts';
import { reasons as zh } from './zh-CN/reasons.ts';

/** A text stays what it is: a person gave it, or a gateway that is older. A code of a newer one is all that is known of it. */
export function reasonText(reason: Reason | string, language: Language): string {
  if (typeof reason === 'string') return reason;
  const words = (language === 'zh-CN' ? zh : en) as Readonly<Record<string, (params: object) => string>>;
  const { code, params } = reason;
  return (Object.hasOwn(words, code) ? words[code]?.(params) : undefined) ?? code;
}

/** For `JSON.stringify`. */
export function reasonsAsSentences(_key: string, value: unknown): unknown {
  return isReason(value) ? reasonText(value, 'en') : value;
}

function isReason(value: unknown): value is Reason {
  if (typeof value !== 'object' || value === null || !('code' in value) || !('params' in value)) return false;
  return typeof value.code === 'string' && typeof value.params === 'object' && value.params !== null;
}
