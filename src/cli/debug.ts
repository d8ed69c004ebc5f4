/** `qcc debug`: the machines, why an endpoint takes nothing, and what moves each of them next. */
import type { Answer } from '../control/operations.ts';
import { type Context, flag } from './context.ts';
import { machineLines } from './machine-lines.ts';
import { withHistory } from './source.ts';
import { clockOf, dayOf, momentOf } from './times.ts';

export async function debug(context: Context): Promise<undefined> {
  const [about] = context.positionals;
  const at = flag(context, 'at');
  const which = about === undefined ? {} : { about };
  const answer = await withHistory(context, async ({ call }): Promise<Answer<'debug.machines'>> => {
    if (at === undefined) return call('debug.machines', which);
    const moment = momentOf(at, Date.now(), context.words);
    const { seq, at: when, machines } = await call('history.at', { moment, ...which });
    return { seq, at: when, machines };
  });
  if (context.json) return void context.out.json(answer);
  const shown = Date.parse(answer.at);
  context.out.line(context.out.paint('dim', `#${answer.seq}  ${dayOf(shown)} ${clockOf(shown)}`));
  const now = at === undefined ? Date.now() : shown;
  for (const machine of answer.machines) machineLines(context, machine, now);
  return undefined;
}
