/** `qcc debug --watch`: all machines live, with timers that count down and the latest facts. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { MachineRow } from '../../contract/debug.ts';
import type { FactRow } from '../../contract/history.ts';
import type { Answer } from '../../contract/operations.ts';
import { exitCodes, usage } from '../../errors/qcc-error.ts';
import { codeText } from '../../messages/codes.ts';
import { storyWordsOf } from '../../messages/story.ts';
import { clockOf, shortSpan, zoneOf } from '../../platform/time.ts';
import { Screen } from '../../terminal/screen.ts';
import { cut } from '../../terminal/wrap.ts';
import { type Context, flag } from '../context.ts';
import { factLine } from '../fact-lines.ts';
import { asJson, budgetLine, linesOf } from '../machine-lines.ts';
import { type Names, namesOf } from '../names.ts';
import { withHistory } from '../source.ts';

const frameMs = 200;
// Without a new fact only in-flight numbers can have changed; countdowns are drawn from the clock here.
const lookMs = 1_000;
const factsShown = 8;

type Machines = Answer<'debug.machines'>;

export interface Seen {
  readonly answer: Machines;
  /** Oldest first. */
  readonly facts: readonly FactRow[];
  readonly names: Names;
  readonly lookedAt: number;
}

export async function watchMachines(context: Context): Promise<number | undefined> {
  const { words, language } = context;
  for (const other of ['at', 'from-log'])
    if (flag(context, other) !== undefined) throw usage(words.contradict('--watch', `--${other}`), words.sayOne);
  if (context.json) return followMachines(context);
  if (!process.stdout.isTTY || !process.stdin.isTTY)
    throw usage(storyWordsOf(language).lines.needsTerminal, 'qcc debug --watch --json');
  // An error of the first look is reported before the screen is switched.
  let seen = await look(context);
  let trouble: string | null = null;
  const screen = new Screen(process.stdout, process.stdin);
  try {
    let isOver = false;
    const ended = screen.ended.then((how) => {
      isOver = true;
      return how;
    });
    const looking = (async () => {
      while (!isOver) {
        try {
          seen = await lookAgain(context, seen);
          trouble = null;
        } catch (error) {
          trouble = (error as Error).message;
        }
        await Promise.race([sleep(frameMs), ended]);
      }
    })();
    while (!isOver) {
      const size = { columns: screen.columns, rows: screen.rows };
      screen.draw(frameOf(context, seen, Date.now(), size, trouble));
      await Promise.race([sleep(frameMs), ended]);
    }
    await looking;
    return (await ended) === 'interrupted' ? exitCodes.interrupted : undefined;
  } finally {
    screen.close();
  }
}

/** Asks for one number five times a second; asks for all machines after a new fact, or once a second. */
async function lookAgain(context: Context, before: Seen): Promise<Seen> {
  const isDue = Date.now() - before.lookedAt >= lookMs;
  if (isDue) return look(context);
  // Without a gateway each look opens the log, so that it is taken less often.
  if (before.answer.live === null) return before;
  const head = await withHistory(context, async ({ call }) => (await call('history.head', {})).head);
  return head === before.answer.seq ? before : look(context);
}

async function look(context: Context): Promise<Seen> {
  const [about] = context.positionals;
  return withHistory(context, async ({ call }) => {
    const answer = await call('debug.machines', about === undefined ? {} : { about });
    const from = Math.max(1, answer.seq - factsShown + 1);
    const { facts } = await call('history.page', { from, to: answer.seq + 1, most: factsShown });
    return { answer, facts, names: await namesOf(call), lookedAt: Date.now() };
  });
}

/** Prints one object per line, whenever something has happened. */
async function followMachines(context: Context): Promise<never> {
  for (let last = -1; ; ) {
    const seen = await look(context);
    if (seen.answer.seq !== last) context.out.json(asJson(seen.answer));
    last = seen.answer.seq;
    await sleep(seen.answer.live === null ? lookMs : frameMs);
  }
}

/** Uses the whole terminal: machines above, the latest facts below. What does not fit is counted. */
export function frameOf(
  context: Context,
  { answer, facts, names }: Seen,
  now: number,
  { columns, rows }: { readonly columns: number; readonly rows: number },
  trouble: string | null,
): readonly string[] {
  const { out, language } = context;
  const { lines } = storyWordsOf(language);
  const fits = (line: string) => cut(line, columns);
  const title = `qcc debug  #${answer.seq}  ${clockOf(now)} ${zoneOf(now)}  ${lines.quits}`;
  const head = [out.paint('bold', title), ...(trouble === null ? [] : [out.paint('red', lines.unreached(trouble))])];
  const budget = answer.live === null ? [] : [budgetLine(context, answer.live)];
  const whole = answer.machines.flatMap((machine) => linesOf(context, machine, now, answer.live));
  const last = facts.map((fact) => factLine(context, fact, names));
  const room = Math.max(1, rows - head.length - budget.length - 1 - Math.min(last.length, factsShown));
  // If not everything fits, every machine still gets one line.
  const machines =
    whole.length <= room ? whole : answer.machines.map((machine) => lineOf(context, machine, now, answer.live));
  const shown =
    machines.length <= room ? machines : [...machines.slice(0, room - 1), lines.more(machines.length - room + 1)];
  return [...head, ...shown, ...budget, out.paint('dim', `── ${lines.lastFacts} ──`), ...last].slice(0, rows).map(fits);
}

/** A machine on one line: its state, and its next transition with a known time. */
function lineOf(context: Context, machine: MachineRow, now: number, live: Machines['live']): string {
  const [first = ''] = linesOf(context, machine, now, live);
  const [next] = [...machine.next]
    .filter(({ at }) => at !== null)
    .sort((a, b) => ((a.at ?? '') < (b.at ?? '') ? -1 : 1));
  if (!next?.at) return first;
  const { lines } = storyWordsOf(context.language);
  const state = codeText('states', next.to, context.language);
  return `${first}  ${lines.goesIn(state, shortSpan(Date.parse(next.at) - now))}`;
}
