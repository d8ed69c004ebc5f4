/** The sentence that says what decided where a request went. */
import type { DecidedRow } from '../contract/history.ts';
import { decidedWith } from './decided-text.ts';
import { decided as en } from './en/decided.ts';
import type { Language } from './messages.ts';
import { reasonText } from './reasons.ts';
import { storyWordsOf } from './story.ts';
import { decided as zh } from './zh-CN/decided.ts';

/** @param out the endpoints that were not available then: why none was asked */
export function decidedText(row: DecidedRow, language: Language, out: DecidedRow['failed'] = []): string {
  const words = language === 'zh-CN' ? zh : en;
  return decidedWith(row, { words, story: storyWordsOf(language), reason: (one) => reasonText(one, language) }, out);
}
