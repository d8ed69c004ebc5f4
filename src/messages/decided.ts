/** The sentence that says what decided where a request went. */
import type { DecidedRow } from '../contract/history.ts';
import { clockOf } from '../platform/time.ts';
import { type DecidedWords, decided as en } from './en/decided.ts';
import type { Language } from './messages.ts';
import { reasonText } from './reasons.ts';
import type { StoryWords } from './story.ts';
import { storyWordsOf } from './story.ts';
import { decided as zh } from './zh-CN/decided.ts';

export function decidedText(row: DecidedRow, language: Language): string {
  const words = language === 'zh-CN' ? zh : en;
  const profile = row.profile === null ? [] : [profileText(row.profile, words, language)];
  return `${[outcomeText(row, words, storyWordsOf(language)), ...profile].join(words.separator)}${words.end}`;
}

function outcomeText(row: DecidedRow, words: DecidedWords, { rules, failures }: StoryWords): string {
  const name = row.name ?? row.endpoint;
  const rule = rules[row.because ?? ''] ?? row.because ?? '-';
  const kinds = [...new Set(row.failed.map(({ failure }) => failure))];
  const failed = kinds
    .map((kind) => words.failure(failures[kind] ?? kind, namesOf(row.failed, kind)))
    .join(words.separator);
  switch (row.outcome) {
    case 'cancelled':
      return words.cancelled(name);
    case 'broken':
      return words.broken(name ?? '-', rule);
    case 'answered':
      if (failed === '') return words.answered(name ?? '-', rule);
      return words.moved(failed, name ?? '-', row.because === 'failover' ? words.next : rule);
    case 'failed':
      return failed === '' ? words.noneAsked(reasonOf(row, failures)) : words.failed(failed);
  }
}

function reasonOf({ reason }: DecidedRow, failures: StoryWords['failures']): string {
  return failures[reason ?? ''] ?? reason ?? '-';
}

/** Those that failed in the same way. */
function namesOf(failed: DecidedRow['failed'], kind: string): string {
  const names = failed.filter(({ failure }) => failure === kind).map(({ name, endpoint }) => name ?? endpoint);
  return [...new Set(names)].join(', ');
}

function profileText(
  { name, by, switch: how }: NonNullable<DecidedRow['profile']>,
  words: DecidedWords,
  language: Language,
): string {
  const since = how === null ? null : clockOf(Date.parse(how.at));
  if (by === 'path') return words.byPath(name);
  if (by === 'pin') return words.byPin(name, since);
  if (how === null || since === null) return words.byActive(name);
  return words.byActiveSince(name, since, how.from, reasonText(how.reason, language));
}
