/** The words of the command line, and the language that a person reads. */
import { words as en, type Words } from './en/messages.ts';
import { words as zh } from './zh-CN/messages.ts';

export type { Words } from './en/messages.ts';

export type Language = 'en' | 'zh-CN';

export function languageOf(flag: string | undefined, env: Readonly<Record<string, string | undefined>>): Language {
  // An empty variable counts as none.
  const wanted = flag || env['QCC_LANG'] || env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'] || '';
  return wanted.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en';
}

export function wordsOf(language: Language): Words {
  return language === 'zh-CN' ? zh : en;
}
