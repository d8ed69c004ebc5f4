/** `qcc incidents`: failures as incidents, in one to three lines each, and one in full. */
import type { IncidentRow } from '../../contract/incidents.ts';
import type { Answer } from '../../contract/operations.ts';
import { usage } from '../../errors/qcc-error.ts';
import { incidentWordsOf } from '../../messages/incidents.ts';
import { storyWordsOf } from '../../messages/story.ts';
import { clockOf, dayOf, shortSpan } from '../../platform/time.ts';
import { type Context, countFlag } from '../context.ts';
import { tellChain, toldFact } from '../fact-lines.ts';
import { tellGaps } from '../gaps.ts';
import { type Names, namesOf } from '../names.ts';
import { pagedWhole } from '../pager.ts';
import { spanOf, withHistory } from '../source.ts';
import { wayOf } from './way.ts';

// Indented past the number of the incident.
const storyIndent = 8;

export async function list(context: Context): Promise<number | undefined> {
  const { out, language } = context;
  const limit = countFlag(context, 'limit');
  const asked = { ...(await spanOf(context)), ...(limit === undefined ? {} : { limit }) };
  const { names, ...answer } = await withHistory(context, async ({ call }) => ({
    ...(await call('incidents.list', asked)),
    names: await namesOf(call),
  }));
  if (context.json) out.json(answer);
  else {
    const words = incidentWordsOf(language);
    await pagedWhole(context, (page) => {
      for (const row of answer.incidents) tellIncident(page, row, names);
    });
    const [newest] = answer.incidents;
    if (newest) out.note(words.shownBy(`qcc incidents show ${newest.number}`));
    else out.line(words.none);
  }
  return tellGaps(context, answer.gaps);
}

export async function show(context: Context): Promise<number | undefined> {
  const number = numberGiven(context);
  const { names, ...answer } = await withHistory(context, async ({ call }) => ({
    ...(await call('incidents.show', number === undefined ? {} : { number })),
    names: await namesOf(call),
  }));
  if (context.json) context.out.json(answer);
  else await pagedWhole(context, (page) => tellStory(page, answer, names));
  return tellGaps(context, answer.gaps);
}

function numberGiven({ positionals: [given], words }: Context): number | undefined {
  if (given === undefined) return undefined;
  const [, digits] = /^#?(\d{1,15})$/.exec(given) ?? [];
  if (digits === undefined) throw usage(words.noFactNumber(given), 'qcc incidents show 1234');
  return Number(digits);
}

function tellIncident(context: Context, row: IncidentRow, names: Names): void {
  const { out, language } = context;
  const words = incidentWordsOf(language);
  const tell = (text: string) => out.prose(storyIndent, `${' '.repeat(storyIndent)}${text}`);
  const number = out.paint('bold', `#${row.number}`.padEnd(storyIndent - 1));
  out.prose(
    storyIndent,
    `${number} ${out.paint('dim', spanText(context, row))}  ${toldFact(row.began, context, names)}`,
  );
  const hit = words.hit(row);
  const switches = wayOf(row);
  tell((hit.length === 0 ? [words.hitNothing, ...switches] : [...hit, ...switches]).join(words.separator));
  if (row.ended) tell(words.ended(row.ended.seq, toldFact(row.ended, context, names)));
  else if (row.to !== null) tell(words.passed);
  else {
    const known = names.latest;
    const unwell = row.unwell.map((one) => words.unwell[one] ?? known[one] ?? one);
    tell(words.goesOn(unwell.join(words.separator)));
  }
}

function spanText({ language }: Context, { from, to, durationMs }: IncidentRow): string {
  const begin = Date.parse(from);
  const end = to === null ? null : Date.parse(to);
  const isSameDay = end !== null && dayOf(end) === dayOf(begin);
  const day = end === null || isSameDay ? '' : `${dayOf(end)} `;
  const until = end === null ? incidentWordsOf(language).stillGoesOn : `${day}${clockOf(end)}`;
  // Over in the second in which it began: a span would say the same time twice.
  if (isSameDay && clockOf(end) === clockOf(begin)) return `${dayOf(begin)} ${clockOf(begin)}`;
  const lasted = end === null ? '' : ` (${shortSpan(durationMs)})`;
  return `${dayOf(begin)} ${clockOf(begin)}–${until}${lasted}`;
}

function tellStory(context: Context, story: Answer<'incidents.show'>, names: Names): void {
  const { out, language } = context;
  const words = incidentWordsOf(language);
  const { failures } = storyWordsOf(language);
  tellIncident(context, story, names);
  const known = names.at(story.number);
  const failed = story.endpoints.filter((one) => one.failures.length > 0);
  if (failed.length > 0) out.line('', out.paint('bold', words.endpoints));
  for (const one of failed) {
    const ways = one.failures.map(({ failure, count }) => `${failures[failure] ?? failure} ×${count}`);
    out.prose(4, `  ${context.words.labelled(known[one.endpoint] ?? one.endpoint, ways.join(words.separator))}`);
  }
  out.line('', out.paint('bold', words.facts));
  tellChain(context, story.facts, names);
  const rest = story.factCount - story.facts.length;
  if (rest > 0) out.line(`  ${words.more(rest)}`);
}
