/** The words of Claude Code's status line, by language. */
import { statusLineLines as en, type StatusLineWords } from './en/statusline.ts';
import type { Language } from './messages.ts';
import { statusLineLines as zh } from './zh-CN/statusline.ts';

export function statusLineWordsOf(language: Language): StatusLineWords {
  return language === 'zh-CN' ? zh : en;
}
