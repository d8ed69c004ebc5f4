/** The statistics of requests: `qcc proxy stats` and `qcc endpoint stats`. */
import type { Answer } from '../../contract/operations.ts';
import { changeWordsOf } from '../../messages/changes.ts';
import { writeExport } from '../../platform/atomic-file.ts';
import { visibleDocument } from '../../platform/visible.ts';
import { doneLine, isTold } from '../changed.ts';
import { type Context, chosenFlag, flag, withInstallation } from '../context.ts';
import { namesOf } from '../names.ts';
import { instantFlag } from '../source.ts';
import { costNotes } from './cost-notes.ts';
import { dollars } from './dollars.ts';
import { gatewayTable } from './gateway-stats-cli.ts';
import { tokenStats } from './token-stats-cli.ts';

/** Statistics of all profiles (`qcc proxy stats`), or of one (`qcc endpoint stats PROFILE`). */
export async function stats(context: Context): Promise<undefined> {
  const by = chosenFlag(context, 'by', ['endpoint', 'token', 'gateway', 'day', 'session']);
  if (by === 'token') return tokenStats(context);
  if (by === 'gateway') return gatewayTable(context);
  const [profile] = context.positionals;
  const since = await instantFlag(context, 'since');
  if (by === 'day' || by === 'session') return await usage(context, by, since);
  const { names, ...answer } = await withInstallation(context, async ({ call }) => ({
    ...(await call('stats.read', {
      ...(profile === undefined ? {} : { profile }),
      ...(since === undefined ? {} : { since }),
    })),
    names: context.json ? {} : (await namesOf(call)).latest,
  }));
  const file = flag(context, 'export');
  if (file !== undefined) writeExport(file, `${visibleDocument(answer)}\n`);
  if (context.json) return void context.out.json(answer);
  statsTable(context, answer, names);
  if (file !== undefined && isTold(context))
    doneLine(context, changeWordsOf(context.language).statsWritten(file, answer.stats.length));
  return undefined;
}

/** `--by day` or `--by session`. */
async function usage(context: Context, by: 'day' | 'session', since: number | undefined): Promise<undefined> {
  const { timeZone: zone } = Intl.DateTimeFormat().resolvedOptions();
  const answer = await withInstallation(context, ({ call }) =>
    call('stats.usage', { by, zone, ...(since === undefined ? {} : { since }) }),
  );
  const file = flag(context, 'export');
  if (file !== undefined) writeExport(file, `${visibleDocument(answer)}\n`);
  if (context.json) return void context.out.json(answer);
  const { out, words } = context;
  out.table(
    [words[by], words.requests, words.attempts, words.failures, words.tokens, words.cacheTokens, words.cost],
    answer.groups.map(({ name, requests, attempts, failures, tokens, totalUsd }) => [
      name ?? '-',
      String(requests),
      String(attempts),
      String(failures),
      `${tokens.input}→${tokens.output}`,
      `${tokens.cacheRead}/${tokens.cacheWrite}`,
      totalUsd === null ? '-' : dollars(totalUsd),
    ]),
    { optional: [words.cacheTokens, words.attempts] },
  );
  if (answer.leftOut > 0) out.note(words.sessionsLeftOut(answer.leftOut));
  costNotes(
    context,
    answer.groups.map(({ totalUsd }) => totalUsd),
    answer,
  );
  if (file !== undefined && isTold(context))
    doneLine(context, changeWordsOf(context.language).statsWritten(file, answer.groups.length));
  return undefined;
}

const [ttfb, ttft] = ['TTFB p50/p95', 'TTFT p50/p95'];

function quantilesOf({ p50, p95 }: { readonly p50: number | null; readonly p95: number | null }): string {
  return p50 === null || p95 === null ? '-' : `${Math.round(p50)}/${Math.round(p95)} ms`;
}

/** Without the profile, which stands in a column of its own. */
function nameIn(profile: string | null, name: string): string {
  return name.startsWith(`${profile}/`) ? name.slice(`${profile}/`.length) : name;
}

function statsTable(context: Context, answer: Answer<'stats.read'>, names: Readonly<Record<string, string>>): void {
  const { out, words } = context;
  const { stats: rows } = answer;
  out.table(
    [
      words.profile,
      words.name,
      words.id,
      words.model,
      words.requests,
      words.attempts,
      words.failures,
      ttfb,
      ttft,
      words.tokens,
      words.cacheTokens,
      words.cost,
    ],
    rows.map((row) => [
      row.profile ?? '-',
      nameIn(row.profile, names[row.endpoint] ?? row.endpoint),
      row.endpoint,
      row.model ?? '-',
      String(row.requests),
      String(row.attempts),
      String(row.failures),
      quantilesOf(row.ttfbMs),
      quantilesOf(row.ttftMs),
      `${row.tokens.input}→${row.tokens.output}`,
      `${row.tokens.cacheRead}/${row.tokens.cacheWrite}`,
      row.cost === null ? '-' : dollars(row.cost.totalUsd),
    ]),
    { optional: [words.id, words.cacheTokens, ttfb, words.attempts, words.tokens, ttft] },
  );
  costNotes(
    context,
    rows.map(({ cost }) => cost?.totalUsd ?? null),
    answer,
  );
}
