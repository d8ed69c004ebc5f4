/** The words of the configuration's commands. */
import { type ConfigWords, configWords as en } from './en/config.ts';
import type { Language } from './messages.ts';
import { configWords as zh } from './zh-CN/config.ts';

export function configWordsOf(language: Language): ConfigWords {
  return language === 'zh-CN' ? zh : en;
}
