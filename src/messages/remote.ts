/** The words of a gateway on another machine, by language. */
import { remote as en, type RemoteWords } from './en/remote.ts';
import type { Language } from './messages.ts';
import { remote as zh } from './zh-CN/remote.ts';

export function remoteWordsOf(language: Language): RemoteWords {
  return language === 'zh-CN' ? zh : en;
}
