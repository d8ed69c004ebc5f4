/** The words of notifications. */
import { notifyWords as en, type NotifyWords } from './en/notify.ts';
import { notifyWords as zh } from './zh-CN/notify.ts';

export type { NotifyWords } from './en/notify.ts';

export type NotifyLanguage = 'en' | 'zh-CN';

export function notifyWordsOf(language: NotifyLanguage): NotifyWords {
  return language === 'zh-CN' ? zh : en;
}
