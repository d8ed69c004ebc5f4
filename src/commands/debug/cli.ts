/** `qcc debug`: the machines, why an endpoint takes no traffic, and each machine's next transitions. */
import type { GapRow } from '../../contract/moment.ts';
import type { Answer } from '../../contract/operations.ts';
import { timeText } from '../../platform/time.ts';
import { type Context, isOn } from '../context.ts';
import { tellGaps } from '../gaps.ts';
import { asJson, budgetLine, machineLines } from '../machine-lines.ts';
import { momentFlag, withHistory } from '../source.ts';

export async function debug(context: Context): Promise<number | undefined> {
  if (isOn(context, 'watch')) return (await import('./watch-cli.ts')).watchMachines(context);
  const [about] = context.positionals;
  const moment = await momentFlag(context, 'at');
  const which = about === undefined ? {} : { about };
  const met: GapRow[] = [];
  const answer = await withHistory(context, async ({ call }): Promise<Answer<'debug.machines'>> => {
    if (moment === undefined) return call('debug.machines', which);
    const { seq, at: when, machines, gaps = [] } = await call('history.at', { moment, ...which });
    met.push(...gaps);
    return { seq, at: when, machines, live: null };
  });
  if (context.json) {
    context.out.json(asJson(answer));
    return tellGaps(context, met);
  }
  const shown = Date.parse(answer.at);
  context.out.line(context.out.paint('dim', `#${answer.seq}  ${timeText(shown)}`));
  const now = moment === undefined ? Date.now() : shown;
  for (const machine of answer.machines) machineLines(context, machine, now, answer.live);
  if (answer.live) context.out.prose(4, budgetLine(context, answer.live));
  return tellGaps(context, met);
}
