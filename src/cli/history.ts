/** `qcc history`, `qcc history explain`, `qcc debug`. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FactsLost } from '../../events/gateway.ts';
import type { FactRow, MachineRow, Params } from '../control/operations.ts';
import { type Context, flag, isOn, numberFlag, usage, withInstallation } from './context.ts';
import { instant } from './times.ts';
import type { Words } from './words.ts';

const followMs = 250;

export async function show(context: Context): Promise<undefined> {
  const filters = filtersOf(context);
  const { facts } = await withInstallation(context, ({ call }) => call('history.read', filters));
  for (const fact of facts) line(context, fact);
  if (isOn(context, 'follow')) await follow(context, filters, facts.at(-1)?.seq);
  return undefined;
}

function filtersOf(context: Context): Params<'history.read'> {
  const now = Date.now();
  const since = flag(context, 'since');
  const until = flag(context, 'until');
  const given = {
    since: since === undefined || since.startsWith('#') ? undefined : instant(since, now, context.words),
    fromSeq: seqOf(since, context.words),
    toSeq: seqOf(until, context.words),
    until: until === undefined || until.startsWith('#') ? undefined : instant(until, now, context.words),
    type: flag(context, 'type'),
    stream: flag(context, 'stream'),
    limit: numberFlag(context, 'limit'),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** `#1234`. @throws {QccError} usage, when what follows is no number */
export function seqOf(text: string | undefined, words: Words): number | undefined {
  if (!text?.startsWith('#')) return undefined;
  if (/^#\d+$/.test(text)) return Number(text.slice(1));
  throw usage(words.noFactNumber(text), '#1234');
}

/** Asks again from where it stopped, until somebody has seen enough. */
async function follow(context: Context, filters: Params<'history.read'>, last: number | undefined): Promise<void> {
  let from = (last ?? 0) + 1;
  const { since: _, limit: __, ...kept } = filters;
  for (;;) {
    await sleep(followMs);
    const { facts } = await withInstallation(context, ({ call }) => call('history.read', { ...kept, fromSeq: from }));
    for (const fact of facts) line(context, fact);
    from = (facts.at(-1)?.seq ?? from - 1) + 1;
  }
}

function line({ out, json, words }: Context, fact: FactRow): void {
  if (json) {
    out.json(fact);
    return;
  }
  const fields = Object.entries(fact.data)
    .filter(([, value]) => value !== null && typeof value !== 'object')
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
  const what = fact.type === 'FactsLost' ? lossText(words, fact.data as Loss) : fields;
  out.line(
    `${out.paint('dim', `#${fact.seq} ${fact.at.slice(0, 19).replace('T', ' ')}`)}  ${fact.stream}  ${out.paint('bold', fact.type)}  ${what}`,
  );
}

type Loss = FactsLost['data'];

function lossText(words: Context['words'], { from, to, because }: Loss): string {
  const which = from === to ? `#${from}` : `#${from}–#${to}`;
  return because === 'missing' ? words.factsMissing(which) : words.factsChanged(which);
}

export async function explain(context: Context): Promise<undefined> {
  const [request = ''] = context.positionals;
  const { out, words, json } = context;
  const story = await withInstallation(context, ({ call }) => call('history.explain', { request }));
  if (json) return void out.json(story);
  const cells = (rows: readonly object[], names: readonly string[]) =>
    rows.map((row) => names.map((name) => String((row as Record<string, unknown>)[name] ?? '-')));
  const attempts = ['at', 'endpoint', 'outcome', 'status', 'ttfbMs', 'because'];
  out.line(words.attempts);
  out.table(attempts, cells(story.attempts, attempts));
  const route = ['endpoint', 'profile', 'tier', 'state', 'weight', 'chosen', 'because'];
  out.line('');
  out.table(route, cells(story.route, route));
  out.line('');
  for (const fact of story.facts) line(context, fact);
  return undefined;
}

export async function debug(context: Context): Promise<undefined> {
  const [about] = context.positionals;
  const answer = await withInstallation(context, ({ call }) =>
    call('debug.machines', about === undefined ? {} : { about }),
  );
  if (context.json) return void context.out.json(answer);
  context.out.line(context.out.paint('dim', `#${answer.seq}  ${answer.at}`));
  for (const machine of answer.machines) machineLines(context, machine);
  return undefined;
}

function machineLines({ out, words }: Context, machine: MachineRow): void {
  const { name, profile, lost = [] } = machine.context as { name?: string; profile?: string; lost?: readonly Loss[] };
  const who = name === undefined ? '' : `  ${profile}/${name}`;
  out.line(`${out.paint('bold', machine.id)}${who}  ${machine.state}  ${words.since} ${machine.since ?? '-'}`);
  for (const loss of lost) out.line(`    ${lossText(words, loss)}`);
  for (const next of machine.next)
    out.line(`    ${next.on} → ${next.to}${next.at === null ? '' : ` (${next.at})`}: ${next.because}`);
}
