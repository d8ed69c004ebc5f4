/** `qcc health status, reset, test`, `qcc endpoint test`, and the statistics of both `stats` commands. */
import { writeExport } from '../config/atomic-file.ts';
import type { CheckRow, HealthRow, StatsRow } from '../control/operations.ts';
import { exitCodes } from '../errors.ts';
import { type Context, flag, withInstallation } from './context.ts';
import { coloured } from './endpoint.ts';
import { seqOf } from './history.ts';
import { instant, shortSpan } from './times.ts';

export async function status(context: Context): Promise<undefined> {
  const answer = await withInstallation(context, ({ call }) => call('health.status', {}));
  if (context.json) return void context.out.json(answer);
  if (answer.endpoints.length === 0)
    return void context.out.note(`${context.words.noEndpoints}\n  qcc endpoint add PROFILE`);
  healthTable(context, answer.endpoints);
  return undefined;
}

export function healthTable({ out, words }: Context, rows: readonly HealthRow[]): void {
  const heads = [
    words.profile,
    words.name,
    words.id,
    words.state,
    words.since,
    words.until,
    words.success,
    words.mean,
    words.why,
  ];
  out.table(
    heads,
    rows.map((row) => [
      row.profile,
      row.name,
      row.id,
      coloured(out, row.state),
      shortSpan(Date.now() - Date.parse(row.since)),
      row.until === null ? '-' : shortSpan(Date.parse(row.until) - Date.now()),
      percent(row.recentSuccessRate),
      row.avgResponseMs === null ? '-' : `${row.avgResponseMs} ms`,
      row.state === 'healthy' ? '' : (row.lastError ?? row.because ?? ''),
    ]),
  );
}

const percent = (rate: number | null) => (rate === null ? '-' : `${Math.round(rate * 100)} %`);

export async function reset(context: Context): Promise<undefined> {
  const [id = ''] = context.positionals;
  const answer = await withInstallation(context, ({ call }) => call('health.reset', { id }));
  if (context.json) context.out.json(answer);
  else context.out.line(`${answer.id}: ${coloured(context.out, answer.state)}`);
  return undefined;
}

export function testProfile(context: Context): Promise<number> {
  const [profile = '', id] = context.positionals;
  return tested(context, { profile, ...(id === undefined ? {} : { id }) });
}

export function test(context: Context): Promise<number> {
  const [id] = context.positionals;
  return tested(context, id === undefined ? {} : { id });
}

async function tested(context: Context, which: { profile?: string; id?: string }): Promise<number> {
  const { checks } = await withInstallation(context, ({ call }) => call('endpoint.test', which));
  if (context.json) context.out.json({ checks });
  else checkTable(context, checks);
  return checks.every(({ verdict }) => verdict === 'success') ? exitCodes.done : exitCodes.checkFailed;
}

function checkTable({ out, words }: Context, checks: readonly CheckRow[]): void {
  out.table(
    [words.profile, words.id, words.verdict, 'ms', 'TTFT', words.score, words.model, words.why],
    checks.map((check) => [
      check.profile,
      check.endpoint,
      out.paint(check.verdict === 'success' ? 'green' : 'red', check.verdict),
      String(check.responseMs),
      check.ttftMs === null ? '-' : String(check.ttftMs),
      String(check.score),
      check.model ?? '-',
      check.error ?? '',
    ]),
  );
}

/** Of all (`qcc proxy stats`), or of one profile (`qcc endpoint stats PROFILE`). */
export async function stats(context: Context): Promise<undefined> {
  const [profile] = context.positionals;
  const since = flag(context, 'since');
  const seq = seqOf(since, context.words);
  const answer = await withInstallation(context, async ({ call }) => {
    const first =
      seq === undefined ? undefined : (await call('history.read', { fromSeq: seq, toSeq: seq + 1 })).facts[0];
    const from = first === undefined ? since : first.at;
    return call('stats.read', {
      ...(profile === undefined ? {} : { profile }),
      ...(from === undefined
        ? {}
        : { since: from.startsWith('#') ? Date.now() : instant(from, Date.now(), context.words) }),
    });
  });
  const file = flag(context, 'export');
  if (file !== undefined) writeExport(file, `${JSON.stringify(answer, null, 2)}\n`);
  if (context.json) context.out.json(answer);
  else statsTable(context, answer.stats);
  return undefined;
}

function statsTable({ out, words }: Context, rows: readonly StatsRow[]): void {
  out.table(
    [
      words.profile,
      words.id,
      words.model,
      words.requests,
      words.attempts,
      words.failures,
      'TTFB p50/p95',
      'TTFT p50/p95',
      words.tokens,
    ],
    rows.map((row) => [
      row.profile ?? '-',
      row.endpoint,
      row.model ?? '-',
      String(row.requests),
      String(row.attempts),
      String(row.failures),
      `${row.ttfbMs.p50 ?? '-'}/${row.ttfbMs.p95 ?? '-'}`,
      `${row.ttftMs.p50 ?? '-'}/${row.ttftMs.p95 ?? '-'}`,
      `${row.tokens.input}→${row.tokens.output}`,
    ]),
  );
}
