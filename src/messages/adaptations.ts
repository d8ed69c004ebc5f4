/** Words for adaptations, in the language that is spoken. */
import { adaptations as en } from './en/adaptations.ts';
import type { Language } from './messages.ts';
import { adaptations as zh } from './zh-CN/adaptations.ts';

export function adaptationWordsOf(language: Language) {
  return language === 'zh-CN' ? zh : en;
}
