/** The sentence that says what decided where a request went, put together of the words of one language. */
import type { ReasonOrWord } from '../../events/reason.ts';
import type { DecidedRow } from '../contract/history.ts';
import { clockOf } from '../platform/time.ts';
import type { DecidedWords } from './en/decided.ts';
import type { ToldWords } from './en/story-words.ts';

export interface Deciding {
  readonly words: DecidedWords;
  readonly story: ToldWords;
  readonly reason: (reason: ReasonOrWord) => string;
}

/** @param out the endpoints that were not available then: why none was asked */
export function decidedWith(
  row: DecidedRow,
  { words, story, reason }: Deciding,
  out: DecidedRow['failed'] = [],
): string {
  const profile = row.profile === null ? [] : [profileText(row.profile, words, reason)];
  const isUnasked = row.outcome === 'failed' && row.failed.length === 0 && out.length > 0;
  const unasked = isUnasked ? [words.out(failuresText(out, words, story))] : [];
  return `${[outcomeText(row, words, story), ...unasked, ...profile].join(words.separator)}${words.end}`;
}

function failuresText(failed: DecidedRow['failed'], words: DecidedWords, { failures }: ToldWords): string {
  const kinds = [...new Set(failed.map(({ failure }) => failure))];
  return kinds.map((kind) => words.failure(failures[kind] ?? kind, namesOf(failed, kind))).join(words.separator);
}

function outcomeText(row: DecidedRow, words: DecidedWords, story: ToldWords): string {
  const { rules, failures } = story;
  const name = row.name ?? row.endpoint;
  const rule = rules[row.because ?? ''] ?? row.because ?? '-';
  const failed = failuresText(row.failed, words, story);
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

function reasonOf({ reason }: DecidedRow, failures: ToldWords['failures']): string {
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
  reason: Deciding['reason'],
): string {
  const since = how === null ? null : clockOf(Date.parse(how.at));
  if (by === 'path') return words.byPath(name);
  if (by === 'pin') return words.byPin(name, since);
  if (how === null || since === null) return words.byActive(name);
  return words.byActiveSince(name, since, how.from, reason(how.reason));
}
