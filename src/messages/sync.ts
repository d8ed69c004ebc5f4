/** The words of `qcc sync`, by language. */
import { sync as en, type SyncWords } from './en/sync.ts';
import type { Language } from './messages.ts';
import { sync as zh } from './zh-CN/sync.ts';

export function syncWordsOf(language: Language): SyncWords {
  return language === 'zh-CN' ? zh : en;
}
