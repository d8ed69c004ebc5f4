/** `qcc proxy stats --by gateway`. */
import type { Answer } from '../../contract/operations.ts';
import { fleetWordsOf } from '../../messages/fleet.ts';
import { timeText } from '../../platform/time.ts';
import type { Context } from '../context.ts';
import { costNotes } from './cost-notes.ts';
import { dollars } from './dollars.ts';
import { tellGrouped } from './grouped-stats.ts';

export function gatewayTable(context: Context): Promise<undefined> {
  return tellGrouped(context, 'stats.gateways', {
    rows: ({ gateways }) => gateways.length,
    table: (answer) => table(context, answer),
  });
}

function table(context: Context, answer: Answer<'stats.gateways'>): void {
  const { out, words, language } = context;
  const { usage } = fleetWordsOf(language);
  out.table(
    [
      usage.gateway,
      words.requests,
      words.attempts,
      words.failures,
      words.tokens,
      words.cacheTokens,
      words.cost,
      usage.asOf,
    ],
    answer.gateways.map((row) => [
      row.isThis ? words.bracketed(row.name, usage.this) : row.name,
      String(row.requests),
      String(row.attempts),
      String(row.failures),
      `${row.tokens.input}→${row.tokens.output}`,
      `${row.tokens.cacheRead}/${row.tokens.cacheWrite}`,
      row.totalUsd === null ? '-' : dollars(row.totalUsd),
      timeText(row.asOf),
    ]),
    { optional: [words.cacheTokens, words.attempts, words.tokens] },
  );
  const others = answer.gateways.filter(({ isThis }) => !isThis);
  costNotes(
    context,
    answer.gateways.map(({ totalUsd }) => totalUsd),
    answer,
  );
  for (const { name, unpriced } of others) if (unpriced > 0) out.note(usage.unpriced(name, unpriced));
  out.note(usage.states[answer.fleet]);
  const rounded = others.find(({ since }) => since !== null && since !== answer.since);
  if (rounded?.since) out.note(usage.rounded(timeText(rounded.since)));
}
