/** What a check has found, in words. */
import type { Check } from '../contract/checks.ts';
import { errorOf } from '../errors/told-error.ts';
import { checks as en } from './en/checks.ts';
import { inLanguage } from './errors.ts';
import type { Language } from './messages.ts';
import { checks as zh } from './zh-CN/checks.ts';

export function checkDetail({ id, ok, about }: Check, language: Language): string {
  const words = (language === 'zh-CN' ? zh : en)[id];
  return ok ? words.good : words.bad(inWords(about, language));
}

/** An error that was found says in its reader's language what is wrong. */
function inWords(about: Check['about'], language: Language): Check['about'] {
  const said = Object.entries(about).map(([name, value]) => [
    name,
    typeof value === 'object' && 'message' in value ? inLanguage(errorOf(value), language).message : value,
  ]);
  return Object.fromEntries(said);
}
