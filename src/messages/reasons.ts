/** The sentence of a reason. Facts and rows hold its code and its params; in JSON it is an English sentence, for scripts. */
import { isReason, type ReasonOrWord } from '../../events/reason.ts';
import type { NextReason } from '../../machines/moment.ts';
import { nextInJson, sentenceInJson } from './en/json-sentences.ts';
import { sayWhy as en } from './en/reasons.ts';
import type { Language } from './messages.ts';
import { sayWhy as zh } from './zh-CN/reasons.ts';

export function reasonText(reason: ReasonOrWord, language: Language): string {
  return language === 'zh-CN' ? zh(reason) : en(reason);
}

/** For `JSON.stringify`. */
export function reasonsAsSentences(_key: string, value: unknown): unknown {
  if (isReason(value)) return sentenceInJson(value);
  return isNext(value) ? { ...value, because: nextInJson(value) } : value;
}

/** An older gateway gives the sentence itself. */
function isNext(value: unknown): value is NextReason {
  if (typeof value !== 'object' || value === null || !('rule' in value) || !('params' in value)) return false;
  return 'on' in value && !('because' in value);
}
