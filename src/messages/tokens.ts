/** The words of named tokens, by language. */
import { tokens as en, type TokenWords } from './en/tokens.ts';
import type { Language } from './messages.ts';
import { tokens as zh } from './zh-CN/tokens.ts';

export function tokenWordsOf(language: Language): TokenWords {
  return language === 'zh-CN' ? zh : en;
}
