/** `qcc route`: where the next request would go, and why not elsewhere. */
import type { Answer } from '../../contract/operations.ts';
import type { NextRouteRow } from '../../contract/route.ts';
import { codeText } from '../../messages/codes.ts';
import type { Language } from '../../messages/messages.ts';
import { routeWordsOf } from '../../messages/route.ts';
import { storyWordsOf } from '../../messages/story.ts';
import { clockOf } from '../../platform/time.ts';
import { type Context, flag } from '../context.ts';
import { tellGaps } from '../gaps.ts';
import { shownState } from '../machine-lines.ts';
import { withHistory } from '../source.ts';

export async function route(context: Context): Promise<number | undefined> {
  const [session, model] = [flag(context, 'session'), flag(context, 'model')];
  const asked = {
    ...(session === undefined ? {} : { session }),
    ...(model === undefined ? {} : { model }),
    ...(flag(context, 'from-log') === undefined ? { now: Date.now() } : {}),
  };
  const { answer, viaGateway } = await withHistory(context, async ({ call, viaGateway }) => ({
    answer: await call('route.next', asked),
    viaGateway,
  }));
  if (context.json) context.out.json(answer);
  else {
    tellRoute(context, answer);
    // A file has no gateway that could run.
    if (!viaGateway && asked.now !== undefined)
      context.out.note(routeWordsOf(context.language).notRunning, '  qcc proxy start');
  }
  return tellGaps(context, answer.gaps);
}

function tellRoute(
  { out, words, language }: Context,
  { active, pinned, open, route: rows }: Answer<'route.next'>,
): void {
  const said = routeWordsOf(language);
  const first = rows.find(({ place }) => place === 1);
  const profile = pinned ?? active;
  const parts = [
    first ? said.goesTo(`${first.profile}/${first.name}`, ruleOf(first, rows, language)) : said.nowhere,
    ...(open ? [said.open] : []),
    ...(profile === null ? [] : [pinned === null ? said.byActive(profile) : said.byPin(profile)]),
  ];
  out.prose(0, parts.join(said.separator));
  if (rows.length === 0) return;
  out.line('');
  out.table(
    ['', words.profile, words.tier, words.id, words.name, words.state, words.why],
    rows.map((row) => [
      row.place === 1 ? '▶' : String(row.place ?? ''),
      row.profile,
      row.tier ?? '-',
      row.endpoint,
      row.name,
      codeText('states', shownState(row.state, row.seen), language),
      whyOf(row, rows, language),
    ]),
    { optional: [words.tier, words.id], wrapsLast: true },
  );
}

// For a single endpoint these have nothing to decide.
const drawing: ReadonlySet<string> = new Set(['weighted', 'round-robin', 'least-connections']);

function ruleOf({ because, profile }: NextRouteRow, rows: readonly NextRouteRow[], language: Language): string {
  const { rules } = storyWordsOf(language);
  const equals = rows.filter((one) => one.profile === profile && one.because === because);
  const rule = drawing.has(because) && equals.length === 1 ? 'failover' : because;
  return rules[rule] ?? rule;
}

function whyOf(row: NextRouteRow, rows: readonly NextRouteRow[], language: Language): string {
  const { lines, failures } = storyWordsOf(language);
  const failure = row.failure === null ? null : (failures[row.failure] ?? row.failure);
  const why = lines.whyNot(ruleOf(row, rows, language), failure);
  return row.until === null ? why : routeWordsOf(language).until(why, clockOf(Date.parse(row.until)));
}
