/** `qcc proxy stats --by token`. */
import type { Answer } from '../../contract/operations.ts';
import { tokenWordsOf } from '../../messages/tokens.ts';
import type { Context } from '../context.ts';
import { costNotes } from './cost-notes.ts';
import { dollars } from './dollars.ts';
import { tellGrouped } from './grouped-stats.ts';

export function tokenStats(context: Context): Promise<undefined> {
  return tellGrouped(context, 'stats.tokens', {
    rows: ({ tokens }) => tokens.length,
    table: (answer) => tokenTable(context, answer),
  });
}

function tokenTable(context: Context, { tokens, prices }: Answer<'stats.tokens'>): void {
  const { out, words, language } = context;
  const said = tokenWordsOf(language);
  out.table(
    [said.token, words.requests, words.attempts, words.failures, words.tokens, words.cacheTokens, words.cost],
    tokens.map((row) => [
      nameOf(row, said),
      String(row.requests),
      String(row.attempts),
      String(row.failures),
      `${row.tokens.input}→${row.tokens.output}`,
      `${row.tokens.cacheRead}/${row.tokens.cacheWrite}`,
      row.cost === null ? '-' : dollars(row.cost.totalUsd),
    ]),
    { optional: [words.cacheTokens, words.attempts, words.tokens] },
  );
  costNotes(
    context,
    tokens.map(({ cost }) => cost?.totalUsd ?? null),
    { unpriced: [...new Set(tokens.flatMap((row) => row.unpriced))], prices },
  );
}

/** One that holds no longer has used what it used; that it has ended stands behind its name. */
function nameOf(
  { token, state }: Answer<'stats.tokens'>['tokens'][number],
  { others, states }: ReturnType<typeof tokenWordsOf>,
): string {
  if (token === null) return others;
  return state === 'revoked' || state === 'expired' ? `${token} (${states[state]})` : token;
}
