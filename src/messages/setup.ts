/** The words of the set-up, by language. */
import { setup as en, type SetupWords } from './en/setup.ts';
import type { Language } from './messages.ts';
import { setup as zh } from './zh-CN/setup.ts';

export function setupWordsOf(language: Language): SetupWords {
  return language === 'zh-CN' ? zh : en;
}
