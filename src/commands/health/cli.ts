/** `qcc health …`. */

import { secondMs } from '../../../events/units.ts';
import { type HealthRow, healthSettings, type MetricsRow } from '../../contract/health.ts';
import type { Params } from '../../contract/operations.ts';
import { usage } from '../../errors/qcc-error.ts';
import { codeText } from '../../messages/codes.ts';
import type { Language } from '../../messages/messages.ts';
import { reasonText } from '../../messages/reasons.ts';
import { storyWordsOf } from '../../messages/story.ts';
import { spanMs } from '../../messages/times.ts';
import { sized } from '../../platform/size.ts';
import { clockOf, shortSpan, timeText } from '../../platform/time.ts';
import { stateText, tellChange, tellSettings, typedName } from '../changed.ts';
import { type Context, countFlag, flag, isOn, numberFlag, withInstallation } from '../context.ts';
import { noteNoEndpoints, shown, tested, verdictOf } from '../endpoint/checks-cli.ts';
import { coloured } from '../endpoint/cli.ts';
import { shownState } from '../machine-lines.ts';
import { instantFlag } from '../source.ts';
import { watched } from '../watch.ts';

export function status(context: Context): Promise<undefined> {
  return watched(context, async () => {
    const answer = await withInstallation(context, ({ call }) => call('health.status', {}));
    if (context.json) return void context.out.json(answer);
    if (answer.endpoints.length === 0) return noteNoEndpoints(context);
    healthTable(context, answer.endpoints);
  });
}

export function healthTable(context: Context, rows: readonly HealthRow[]): void {
  const { out, words, language } = context;
  const heads = [
    words.profile,
    words.name,
    words.id,
    words.state,
    words.lasts,
    words.left,
    words.success,
    words.mean,
    words.next,
    words.why,
  ];
  out.table(
    heads,
    rows.map((row) => [
      row.profile,
      row.name,
      row.id,
      coloured(context, shownState(row.state, row.seen)),
      shortSpan(Date.now() - Date.parse(row.since)),
      row.until === null ? '-' : shortSpan(Date.parse(row.until) - Date.now()),
      percent(row.recentSuccessRate),
      row.avgResponseMs === null ? '-' : `${row.avgResponseMs} ms`,
      nextOf(row, context),
      whyOf(row, language),
    ]),
    {
      optional: [words.mean, words.left, words.success, words.lasts, words.id],
      sentences: [words.next, words.why],
      wrapsLast: true,
    },
  );
  out.prose(4, ...rows.flatMap((row) => rememberedLines(row, rows, context)));
}

/** What it has said that it lacks, or does not take. Its state does not change, but for this it is asked last. */
function rememberedLines(row: HealthRow, rows: readonly HealthRow[], { words, language }: Context): readonly string[] {
  const { lines } = storyWordsOf(language);
  const { profile, name, lacks, countsNotUntil, tooLarge } = row;
  const until = (at: string) => clockOf(Date.parse(at));
  const said = [
    ...lacks.map((one) => lines.lacks(one.model, until(one.until))),
    ...(countsNotUntil === null ? [] : [lines.countsNot(until(countsNotUntil))]),
    ...(tooLarge === null ? [] : [lines.tooLarge(sized(tooLarge.bytes), until(tooLarge.until))]),
  ];
  return said.map((line) => `${words.labelled(`${profile}/${name}`, line)} - qcc health reset ${typedName(row, rows)}`);
}

/** The reason of its state; the last error may have another cause. */
function whyOf({ state, seen, because, lastError }: HealthRow, language: Language): string {
  if (shownState(state, seen) === 'resting') return reasonText(lastError ?? '', language);
  if (state === 'healthy' || state === 'disabled') return '';
  return reasonText(because ?? lastError ?? '', language);
}

/** The earlier of the next automatic transition and the next probe. Not shown for a healthy endpoint. */
function nextOf({ state, next, nextProbe }: HealthRow, { words, language }: Context): string {
  if (state === 'healthy' || state === 'disabled') return '';
  const in_ = (at: string) => shortSpan(Math.max(0, Date.parse(at) - Date.now()));
  const step = next.find(({ at }) => at !== null);
  const { at, depth } = nextProbe;
  if (step?.at && (at === null || step.at <= at))
    return words.nextState(codeText('states', step.to, language), in_(step.at));
  if (at !== null && depth !== null) return words.nextProbe(codeText('depths', depth, language), in_(at));
  return state === 'recovering' ? words.halfOpen : '';
}

const percent = (rate: number | null) => (rate === null ? '-' : `${Math.round(rate * 100)} %`);

export async function reset(context: Context): Promise<undefined> {
  const [id = ''] = context.positionals;
  const { answer, row, name } = await withInstallation(context, async ({ call }) => {
    const reset = await call('health.reset', { id });
    const { endpoints } = await call('health.status', {});
    const row = endpoints.find((one) => one.id === reset.id);
    const beside = endpoints.filter(({ profile }) => profile === row?.profile);
    return { answer: reset, row, name: row ? typedName(row, beside) : reset.id };
  });
  const state = stateText(context, answer.state);
  return tellChange(context, {
    json: answer,
    data: () => context.out.done(`${answer.id}: ${coloured(context, answer.state)}`),
    now: (said) => said.endpointReset(row?.name ?? answer.id, row?.profile ?? '', state),
    next: (said) => [said.test, `qcc endpoint test ${row?.profile ?? ''} ${name}`],
  });
}

/** Through the gateway: verdicts change the state. */
export async function check(context: Context): Promise<number> {
  const [id] = context.positionals;
  const { checks } = await withInstallation(
    context,
    ({ call }) => call('health.check', id === undefined ? {} : { id }),
    true,
  );
  return shown(context, checks);
}

export function test(context: Context): Promise<number> {
  const [id] = context.positionals;
  return tested(context, id === undefined ? {} : { id });
}

export async function metrics(context: Context): Promise<undefined> {
  const { out } = context;
  const [id] = context.positionals;
  const since = await instantFlag(context, 'since');
  const answer = await withInstallation(context, ({ call }) =>
    call('health.metrics', { ...(id === undefined ? {} : { id }), ...(since === undefined ? {} : { since }) }),
  );
  if (context.json) return void out.json(answer);
  for (const row of answer.endpoints) metricsLines(context, row);
  if (answer.endpoints.length === 0) await noteNoEndpoints(context);
  return undefined;
}

function metricsLines({ out, words, language }: Context, row: MetricsRow): void {
  const ms = (value: number | null) => (value === null ? '-' : `${value} ms`);
  const parts = row.stabilityParts;
  const counts = Object.entries(row.verdicts).flatMap(([verdict, count]) =>
    count > 0 ? [`${codeText('verdicts', verdict, language)} ${count}`] : [],
  );
  const { probes, tokens, changes } = row.probing;
  out.table(
    [`${row.profile}/${row.name}`, `${row.id}  ${codeText('states', shownState(row.state, row.seen), language)}`],
    [
      [words.checks, [String(row.checks), ...counts].join('  ')],
      [
        words.success,
        words.bracketed(percent(row.successRate), words.labelled(words.lastOnes(20), percent(row.recentSuccessRate))),
      ],
      [words.mean, words.bracketed(ms(row.avgResponseMs), `P95 ${ms(row.p95ResponseMs)}`)],
      [
        words.stability,
        parts ? `${row.stability}  = ${parts.recent}/50 + ${parts.steadiness}/30 + ${parts.streak}/20` : '-',
      ],
      [words.streak, `✓ ${row.consecutiveSuccesses}  ✗ ${row.consecutiveFailures}`],
      [
        words.weight,
        row.weight === row.effectiveWeight ? String(row.weight) : `${row.weight} → ${row.effectiveWeight}`,
      ],
      [words.probes, words.probingCost(probes, tokens, changes)],
    ],
  );
}

export async function history(context: Context): Promise<undefined> {
  const { out, words, language } = context;
  const [id = ''] = context.positionals;
  const limit = countFlag(context, 'limit');
  const answer = await withInstallation(context, ({ call }) =>
    call('health.history', { id, ...(limit === undefined ? {} : { limit }) }),
  );
  if (context.json) return void out.json(answer);
  if (answer.checks.length === 0) return void out.note(words.noChecks, `  qcc health check ${id}`);
  out.table(
    [words.at, words.depth, words.verdict, 'ms', words.score, words.tokens, words.led, words.why],
    answer.checks.map((row) => [
      timeText(row.at),
      row.depth === null ? '-' : codeText('depths', row.depth, language),
      verdictOf(context, row),
      String(row.responseMs),
      String(row.score),
      String(row.tokens),
      row.led ?? '-',
      reasonText(row.error ?? '', language),
    ]),
    { optional: [words.tokens, words.score, words.depth], wrapsLast: true },
  );
  return undefined;
}

export async function config(context: Context): Promise<undefined> {
  const changes = changesOf(context);
  const answer = await withInstallation(context, ({ call }) => call('health.config', changes));
  const set = Object.keys(changes).map((name) => healthSettings[name as keyof typeof healthSettings]);
  return tellSettings(context, answer, {
    rows: Object.entries(answer.settings).map(([key, value]) => [key, String(value)]),
    set: Object.fromEntries(set.map((key) => [key, answer.settings[key]])),
    see: 'qcc health config',
  });
}

function changesOf(context: Context): Params<'health.config'> {
  const [on, off] = ['enable-weight-adjustment', 'disable-weight-adjustment'];
  if (isOn(context, on) && isOn(context, off))
    throw usage(context.words.contradict(`--${on}`, `--${off}`), context.words.sayOne);
  const seconds = (name: string) => {
    const value = flag(context, name);
    return value === undefined ? undefined : spanMs(value, context.words) / secondMs;
  };
  const given = {
    mode: flag(context, 'mode'),
    model: flag(context, 'model'),
    intervalS: seconds('interval'),
    timeoutS: seconds('timeout'),
    minChecks: numberFlag(context, 'min-checks'),
    ...(isOn(context, on) || isOn(context, off) ? { weightAdjustment: isOn(context, on) } : {}),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
