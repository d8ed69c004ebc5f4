/** `qcc proxy stats --by gateway`. */
import type { Answer } from '../../contract/operations.ts';
import { changeWordsOf } from '../../messages/changes.ts';
import { fleetWordsOf } from '../../messages/fleet.ts';
import { writeExport } from '../../platform/atomic-file.ts';
import { timeText } from '../../platform/time.ts';
import { visibleDocument } from '../../platform/visible.ts';
import { doneLine, isTold } from '../changed.ts';
import { type Context, flag, withInstallation } from '../context.ts';
import { instantFlag } from '../source.ts';
import { costNotes } from './cost-notes.ts';
import { dollars } from './dollars.ts';

export async function gatewayTable(context: Context): Promise<undefined> {
  const since = await instantFlag(context, 'since');
  const answer = await withInstallation(context, ({ call }) =>
    call('stats.gateways', since === undefined ? {} : { since }),
  );
  const file = flag(context, 'export');
  if (file !== undefined) writeExport(file, `${visibleDocument(answer)}\n`);
  if (context.json) return void context.out.json(answer);
  table(context, answer);
  if (file !== undefined && isTold(context))
    doneLine(context, changeWordsOf(context.language).statsWritten(file, answer.gateways.length));
  return undefined;
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
