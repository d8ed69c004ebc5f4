/** `qcc history explain`: why a request was routed as it was, and why an endpoint is in its state. */

import type { EndpointStory, RequestStory, RouteRow } from '../../contract/history.ts';
import { codeText } from '../../messages/codes.ts';
import { decidedText } from '../../messages/decided.ts';
import { reasonText } from '../../messages/reasons.ts';
import { routeWordsOf } from '../../messages/route.ts';
import { storyWordsOf } from '../../messages/story.ts';
import { tokenWordsOf } from '../../messages/tokens.ts';
import { clockOf, timeText } from '../../platform/time.ts';
import type { Context } from '../context.ts';
import { chainIndent, tellChain } from '../fact-lines.ts';
import { tellGaps } from '../gaps.ts';
import { machineLines } from '../machine-lines.ts';
import { type Names, namesOf } from '../names.ts';
import { pagedWhole } from '../pager.ts';
import { withHistory } from '../source.ts';

export async function explain(context: Context): Promise<number | undefined> {
  const [about] = context.positionals;
  const { story, names } = await withHistory(context, async ({ call }) => ({
    story: await call('history.explain', about === undefined ? {} : { about }),
    names: await namesOf(call),
  }));
  if (context.json) context.out.json(story);
  else
    await pagedWhole(context, (page) => {
      if ('attempts' in story) ofRequest(page, story, names);
      else ofEndpoint(page, story, names, about?.startsWith('#') ? Date.parse(story.at) : Date.now());
    });
  return tellGaps(context, story.gaps);
}

function ofRequest(context: Context, story: RequestStory, names: Names): void {
  const { out, words, language } = context;
  const { lines } = storyWordsOf(language);
  const at = Date.parse(story.startedAt);
  const outThen = story.route.flatMap(({ endpoint, profile, name, failure, chosen }) =>
    failure === null || chosen ? [] : [{ endpoint, name: `${profile}/${name}`, failure }],
  );
  out.prose(0, decidedText(story.decided, language, outThen));
  out.line('');
  out.line(out.paint('bold', `request/${story.request}`));
  const whose = story.token === undefined ? '' : `  ${tokenWordsOf(language).token} ${story.token}`;
  out.prose(2, `${timeText(at)}  ${story.status || '-'}  ${story.durationMs} ms  ${story.model ?? '-'}${whose}`);
  attemptTable(context, story, names);
  heading(context, lines.candidates(story.view));
  out.table(
    ['', words.profile, words.tier, words.id, words.name, words.state, words.weight, words.why],
    story.route.map((row) => [
      row.chosen ? '▶' : ' ',
      row.profile,
      row.tier ?? '-',
      row.endpoint,
      row.name,
      codeText('states', row.state, language),
      String(row.weight),
      whyOf(row, context),
    ]),
    { optional: [words.weight, words.tier, words.id], wrapsLast: true },
  );
  const told = new Map(story.facts.map((fact) => [fact.seq, fact]));
  for (const { endpoint, name, profile, facts } of story.route) {
    if (facts.length === 0) continue;
    heading(context, lines.madeSo(words.bracketed(`${profile}/${name}`, endpoint)));
    tellChain(
      context,
      facts.flatMap((seq) => told.get(seq) ?? []),
      names,
    );
  }
  const inChains = new Set(story.route.flatMap(({ facts }) => facts));
  heading(context, lines.itsFacts);
  tellChain(
    context,
    story.facts.filter(({ seq }) => !inChains.has(seq)),
    names,
  );
  if (story.switches.length > 0) heading(context, lines.switchesAround);
  for (const { at: when, seq, from, to, reason } of story.switches)
    out.prose(
      chainIndent,
      `  ${clockOf(Date.parse(when))} #${seq}  ${words.labelled(`${from ?? '-'} → ${to}`, reasonText(reason, language))}`,
    );
}

function attemptWhy({ because, sent }: RequestStory['attempts'][number], { language }: Context): string {
  const { rules, lines } = storyWordsOf(language);
  const rule = rules[because] ?? because;
  return sent === undefined ? rule : lines.sentAs(rule, sent);
}

/** None, where no endpoint was asked. */
function attemptTable(context: Context, story: RequestStory, names: Names): void {
  if (story.attempts.length === 0) return;
  const { out, words, language } = context;
  const { failures } = storyWordsOf(language);
  heading(context, words.attempts);
  out.table(
    [words.at, words.id, words.name, words.verdict, 'status', 'TTFB', words.why],
    story.attempts.map((one) => [
      clockOf(Date.parse(one.at)),
      one.endpoint,
      one.name ?? names.at(story.view)[one.endpoint] ?? '-',
      [one.outcome, ...(one.noted ? [one.noted] : [])].map((word) => failures[word] ?? word).join(words.comma),
      String(one.status ?? '-'),
      one.ttfbMs === null ? '-' : `${one.ttfbMs} ms`,
      attemptWhy(one, context),
    ]),
    { optional: [words.id, 'TTFB', 'status'], wrapsLast: true },
  );
  for (const { name, endpoint, adapted = [] } of story.attempts)
    for (const note of adapted)
      out.prose(
        chainIndent,
        `  ${words.labelled(name ?? names.at(story.view)[endpoint] ?? endpoint, reasonText(note, language))}`,
      );
}

function whyOf(row: RouteRow, { language }: Context): string {
  const { rules, failures } = storyWordsOf(language);
  const failure = row.failure === null || row.chosen ? '' : ` (${failures[row.failure] ?? row.failure})`;
  const why = `${rules[row.because] ?? row.because}${failure}`;
  const isUntil = row.because === 'lacksModel' && row.until !== null;
  return isUntil ? routeWordsOf(language).until(why, clockOf(Date.parse(row.until ?? ''))) : why;
}

function ofEndpoint(context: Context, story: EndpointStory, names: Names, at: number): void {
  machineLines(context, story, at);
  heading(context, storyWordsOf(context.language).lines.madeSo(story.id));
  tellChain(context, story.facts, names);
}

function heading({ out }: Context, text: string): void {
  out.line('');
  out.line(out.paint('bold', text));
}
