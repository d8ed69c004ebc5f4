/** What a check has found, in words. */
import type { Check } from '../contract/checks.ts';
import { checks as en } from './en/checks.ts';
import type { Language } from './messages.ts';
import { checks as zh } from './zh-CN/checks.ts';

export function checkDetail({ id, ok, about }: Check, language: Language): string {
  const words = (language === 'zh-CN' ? zh : en)[id];
  return ok ? words.good : words.bad(about);
}
