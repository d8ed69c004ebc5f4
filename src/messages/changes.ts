/** The words of changes, by language. */
import { type ChangeWords, changes as en } from './en/changes.ts';
import type { Language } from './messages.ts';
import { changes as zh } from './zh-CN/changes.ts';

export function changeWordsOf(language: Language): ChangeWords {
  return language === 'zh-CN' ? zh : en;
}
