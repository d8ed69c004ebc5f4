/** `qcc history verify, repair, stats, compact`. */
import type { Answer } from '../../contract/operations.ts';
import { exitCodes } from '../../errors/qcc-error.ts';
import { sized } from '../../platform/size.ts';
import { timeText } from '../../platform/time.ts';
import { tellChange } from '../changed.ts';
import { type Context, withInstallation } from '../context.ts';
import { withHistory } from '../source.ts';

export async function verify(context: Context): Promise<number> {
  const answer = await withInstallation(context, ({ call }) => call('history.verify', {}));
  if (context.json) context.out.json(answer);
  else verifyLines(context, answer);
  return answer.ok ? exitCodes.done : exitCodes.checkFailed;
}

function verifyLines({ out, words }: Context, answer: Answer<'history.verify'>): void {
  const { ok, events, expected, machines, differences, damage, lost, drift } = answer;
  out.line(words.foldedAgain(events, expected, machines));
  const told = {
    missing: words.factsMissing,
    checksum: words.factsChanged,
    index: words.factsMisplaced,
    unfolded: words.factsUnfolded,
  };
  for (const { from, to, because } of damage) out.line(told[because](range(from, to)));
  for (const { stream, path, folded, running } of differences)
    out.line(words.differs(path.startsWith('#') ? `${stream} ${path}` : path, shown(folded), shown(running)));
  for (const { from, to } of lost) out.line(words.lostBefore(range(from, to)));
  for (const { seq, stream, recorded, folded } of drift) out.line(words.drifted(`#${seq} ${stream}`, recorded, folded));
  out.line(ok ? out.paint('green', words.logIsWhole) : out.paint('red', words.logIsNot));
  if (damage.some(({ because }) => because !== 'unfolded')) out.note('  qcc history repair');
  else if (damage.length > 0) out.note('  qcc history compact');
}

const range = (from: number, to: number) => (from === to ? `#${from}` : `#${from}–#${to}`);

// A difference may be a whole machine: its beginning identifies it.
const shownMax = 60;

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? '-';
  return text.length > shownMax ? `${text.slice(0, shownMax)}…` : text;
}

export async function repair(context: Context): Promise<undefined> {
  const { repairHistory } = await import('./repair-operation.ts');
  const { out, words, json, home } = context;
  const answer = await repairHistory(home, Date.now());
  if (json) return void out.json(answer);
  if (!answer.repaired) return void out.line(words.nothingToRepair(answer.facts));
  tellChange(context, {
    json: answer,
    data: () => out.line(words.repaired(answer.facts)),
    now: () => words.repaired(answer.facts),
    next: (said) => [said.verify, 'qcc history verify'],
  });
  for (const { from, to } of answer.lost) out.line(words.factsMissing(range(from, to)));
  if (answer.lost.length === 0) out.line(words.nothingLost);
  out.line(words.originalKept(`${home}/${answer.kept}`));
  return undefined;
}

export async function stats(context: Context): Promise<undefined> {
  const { out, words, json } = context;
  const answer = await withHistory(context, ({ call }) => call('history.stats', {}));
  if (json) return void out.json(answer);
  const { facts, from, to, bytes, diskBytes, types, perDay } = answer;
  out.table(
    [words.type, words.facts, words.bytes, words.share],
    types.map((row) => [row.type, String(row.facts), sized(row.bytes), `${Math.round((100 * row.bytes) / bytes)} %`]),
  );
  out.line('');
  const span = `${from === null ? '-' : timeText(from)} – ${to === null ? '-' : timeText(to)}`;
  out.line(`${words.labelled(words.facts, String(facts))}  ${span}`);
  out.line(words.labelled(words.onDisk, diskBytes === null ? '-' : sized(diskBytes)));
  if (perDay.facts !== null)
    out.line(words.growth(perDay.facts, sized(perDay.bytes ?? 0), sized(perDay.diskBytes ?? 0)));
  return undefined;
}

export async function compact(context: Context): Promise<undefined> {
  const { out, words } = context;
  const answer = await withInstallation(context, ({ call }) => call('history.compact', {}));
  const told = words.compacted(answer.trimmed, answer.facts, sized(answer.before), sized(answer.after));
  return tellChange(context, {
    json: answer,
    data: () => out.done(told),
    now: () => told,
    next: (said) => [said.see, 'qcc history stats'],
  });
}
