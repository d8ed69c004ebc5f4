/** The words of the access log, by language. */
import { type AccessLogWords, accessLog as en } from './en/access-log.ts';
import type { Language } from './messages.ts';
import { accessLog as zh } from './zh-CN/access-log.ts';

export type { AccessLogWords } from './en/access-log.ts';

export function accessLogWordsOf(language: Language): AccessLogWords {
  return language === 'zh-CN' ? zh : en;
}
