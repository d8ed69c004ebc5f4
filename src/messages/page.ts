/** The page's words, by language. */
import { page as en, type PageWords } from './en/page.ts';
import type { Language } from './messages.ts';
import { page as zh } from './zh-CN/page.ts';

export function pageWordsOf(language: Language): PageWords {
  return language === 'zh-CN' ? zh : en;
}

export type { PageWords } from './en/page.ts';
