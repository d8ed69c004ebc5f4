/** `qcc history`: past facts in pages, with filters, live; and, with `--at`, the whole state at a moment. */

import { setTimeout as sleep } from 'node:timers/promises';
import { isReason, type Reason } from '../../../events/reason.ts';
import type { FactRow } from '../../contract/history.ts';
import type { Filters, Look } from '../../contract/moment.ts';
import type { Answer, Call } from '../../contract/operations.ts';
import { usage } from '../../errors/qcc-error.ts';
import { codeText } from '../../messages/codes.ts';
import type { Language } from '../../messages/messages.ts';
import { reasonText } from '../../messages/reasons.ts';
import { storyWordsOf } from '../../messages/story.ts';
import { momentOf } from '../../messages/times.ts';
import { timeText } from '../../platform/time.ts';
import { type Context, flag, isOn, wholeFlag } from '../context.ts';
import { Teller } from '../fact-lines.ts';
import { Folding } from '../folding.ts';
import { Gaps, tellGaps } from '../gaps.ts';
import { machineLines } from '../machine-lines.ts';
import { Names, namesOf } from '../names.ts';
import { type Paged, paged } from '../pager.ts';
import { momentFlag, nowFor, spanOf, withHistory } from '../source.ts';
import { pointToIncidents } from './incidents-hint.ts';

// The first lines are printed while the rest is still being read.
const firstPage = 200;
const page = 1_000;
// A gateway is asked for one number four times a second; a log without a gateway is opened once a second.
const followMs = { gateway: 250, alone: 1_000 };

export function show(context: Context): Promise<number | undefined> {
  return flag(context, 'at') === undefined ? showFacts(context) : showThen(context);
}

async function showFacts(context: Context): Promise<number | undefined> {
  const { words } = context;
  const isLive = isOn(context, 'follow');
  for (const name of ['until', 'from-log'])
    if (isLive && flag(context, name) !== undefined)
      throw usage(words.contradict('--follow', `--${name}`), words.sayOne);
  const look = await lookOf(context);
  const gaps = new Gaps(context);
  let told = 0;
  const work = async ({ out, isOver }: Paged) => {
    await withHistory(context, async ({ call }) => {
      const lines = linesOf({ ...context, out }, context.json ? new Names({ names: {} }) : await namesOf(call));
      const whole = await wholeIds(call, look, isLive);
      const span = await call('history.start', whole);
      if (!isLive) await pointToIncidents({ ...context, out }, call, look, span);
      for await (const facts of pages(call, whole, span, isOver, gaps)) {
        for (const fact of facts) lines.tell(fact);
        await out.settle();
      }
      lines.flush();
      // Not the newest fact by now: facts that arrived during the output are still to be printed.
      told = Math.max(span.from, span.to) - 1;
    });
  };
  if (!isLive) {
    await paged(context, work);
    return gaps.tell();
  }
  await work({ out: context.out, isOver: () => false });
  return follow(context, look, told);
}

interface Lines {
  tell(fact: FactRow): void;
  flush(): void;
}

function linesOf(context: Context, names: Names): Lines {
  if (context.json) return { tell: (fact) => context.out.json(fact), flush: () => {} };
  const teller = new Teller(context, names);
  return isOn(context, 'all') ? teller : new Folding(context, names, teller);
}

async function* pages(
  call: Call,
  look: Look,
  { from, to }: Answer<'history.start'>,
  isOver: () => boolean,
  gaps?: Gaps,
): AsyncIterable<readonly FactRow[]> {
  const { since: _, until: __, fromSeq: ___, toSeq: ____, limit: _____, ...filters } = look;
  let most = firstPage;
  for (let next: number | null = from; next !== null && next < to && !isOver(); most = page) {
    const answer: Answer<'history.page'> = await call('history.page', { ...filters, from: next, to, most });
    gaps?.add(answer.gaps ?? []);
    yield answer.facts;
    next = answer.next;
  }
}

async function lookOf(context: Context): Promise<Look> {
  const given = {
    ...(await spanOf(context)),
    limit: wholeFlag(context, 'limit'),
    fleet: isOn(context, 'fleet') || undefined,
    ...Object.fromEntries(filterFlags.map((name) => [name, flag(context, name)])),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

const filterFlags = ['type', 'stream', 'endpoint', 'profile', 'session', 'request', 'token'] as const;

/** Expands short forms to whole ids. @throws {QccError} for a name that is unknown in the history */
async function wholeIds<Asked extends Filters>(call: Call, look: Asked, live: boolean): Promise<Asked> {
  const given = Object.fromEntries(
    Object.entries(look).filter(([name]) => filterFlags.some((flagName) => flagName === name)),
  );
  if (Object.keys(given).length === 0) return look;
  const { filters } = await call('history.filters', { ...given, ...(live ? { live } : {}) });
  return { ...look, ...filters };
}

/** Asks for further pages from where the last one stopped, until the reader ends it. */
async function follow(context: Context, look: Look, told: number): Promise<never> {
  const { since: _, fromSeq: __, limit: ___, ...filters } = look;
  const lines = linesOf(context, await withHistory(context, ({ call }) => namesOf(call)));
  for (let last = told; ; ) {
    const waitMs = await withHistory(context, async ({ call, viaGateway }) => {
      const { head } = await call('history.head', {});
      if (head > last) {
        const span = { from: last + 1, to: head + 1 };
        for await (const facts of pages(call, await wholeIds(call, filters, true), span, () => false))
          for (const fact of facts) lines.tell(fact);
        lines.flush();
        last = head;
      }
      return viaGateway ? followMs.gateway : followMs.alone;
    });
    await sleep(waitMs);
  }
}

async function showThen(context: Context): Promise<number | undefined> {
  const { words, out } = context;
  const other = [
    'since',
    'until',
    'type',
    'stream',
    'endpoint',
    'profile',
    'session',
    'request',
    'token',
    'fleet',
    'limit',
    'follow',
  ];
  const clash = other.find((name) => context.flags[name] !== undefined);
  if (clash !== undefined) throw usage(words.contradict('--at', `--${clash}`), words.sayOne);
  const moment = (await momentFlag(context, 'at')) ?? { at: Date.now() };
  const then = await withHistory(context, ({ call }) => call('history.at', { moment }));
  if (context.json) out.json(then);
  else tellThen(context, then);
  return tellGaps(context, then.gaps);
}

function tellThen(context: Context, then: Answer<'history.at'>): void {
  const { words, out } = context;
  const at = Date.parse(then.at);
  out.line(out.paint('dim', `#${then.seq}  ${timeText(at)}`));
  out.line(words.labelled(words.active, then.active ?? words.none));
  for (const machine of then.machines) machineLines(context, machine, at);
  out.line('');
  out.table(
    [words.profile, words.tier, words.name, words.id, words.priority, words.weight],
    then.profiles.flatMap(({ name, tier, endpoints }) =>
      endpoints.map((one) => [
        name,
        tier ?? '-',
        one.name,
        one.id,
        String(one.priority),
        one.effectiveWeight === one.weight ? String(one.weight) : `${one.effectiveWeight} (${one.weight})`,
      ]),
    ),
  );
  const settings = Object.entries(then.settings);
  if (settings.length > 0) out.line('');
  for (const [key, value] of settings) out.line(`${key} = ${value}`);
  for (const { seq, stream, recorded, folded } of then.drift)
    out.warn(words.drifted(`#${seq} ${stream}`, recorded, folded));
}

export async function diff(context: Context): Promise<number | undefined> {
  const { words, out } = context;
  const [a = '', b] = context.positionals;
  const now = await nowFor(context, a, b ?? 'now');
  const [from, to] = [momentOf(a, now, words), momentOf(b ?? 'now', now, words)];
  const found = await withHistory(context, async ({ call }) => ({
    ...(await call('history.diff', { from, to })),
    names: await namesOf(call),
  }));
  const { names, ...answer } = found;
  if (context.json) out.json(answer);
  else tellDiff(context, answer, names);
  return tellGaps(context, answer.gaps);
}

function tellDiff(context: Context, answer: Answer<'history.diff'>, names: Names): void {
  const { out } = context;
  out.line(out.paint('dim', `#${answer.from} → #${answer.to}`));
  if (answer.changes.length === 0) out.line(storyWordsOf(context.language).lines.nothingChanged);
  let shown = '';
  for (const change of answer.changes) {
    const name = names.latest[change.stream.replace(/^endpoint\//, '')];
    if (change.stream !== shown)
      out.line(`${out.paint('bold', change.stream)}${name === undefined ? '' : `  ${name}`}`);
    shown = change.stream;
    const facts = change.facts.map((seq) => `#${seq}`).join(' ');
    const [before, after] = [change.from, change.to].map((value) => told(change.path, value, context.language));
    out.line(`    ${change.path}: ${before} → ${after}  ${out.paint('dim', facts)}`);
  }
}

/** Instants are numbers in the state and times on the screen; a state is a code. */
function told(path: string, value: string | number | boolean | Reason | null, language: Language): string {
  if (path === 'state') return codeText('states', String(value ?? '-'), language);
  if (isReason(value)) return reasonText(value, language);
  const isInstant = typeof value === 'number' && /(^|\.)(since|until|\w+(At|Since))$/.test(path);
  return isInstant ? timeText(value) : String(value ?? '-');
}
