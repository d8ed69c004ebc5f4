/** `qcc history what-if`: the recorded outcomes under other settings, side by side with the real ones. */

import type { Answer } from '../../contract/operations.ts';
import { usage } from '../../errors/qcc-error.ts';
import { storyWordsOf } from '../../messages/story.ts';
import { shortSpan, timeText } from '../../platform/time.ts';
import { type Context, listFlag } from '../context.ts';
import { tellGaps } from '../gaps.ts';
import { pagedWhole } from '../pager.ts';
import { spanOf, withHistory } from '../source.ts';

export async function whatIf(context: Context): Promise<number | undefined> {
  const tried = { set: pairsOf(context, 'set', '--set failover.failure_threshold=5') };
  const endpoints = pairsOf(context, 'set-endpoint', "--set-endpoint '3f2a.models=haiku=glm-4.5-air,*=glm-4.6'");
  const params = { ...(await spanOf(context)), ...tried, endpoints };
  const told = await withHistory(context, ({ call }) => call('history.whatIf', params));
  if (context.json) context.out.json(told);
  else await pagedWhole(context, (page) => compare(page, told));
  return tellGaps(context, told.gaps);
}

function compare({ out, words: common, language }: Context, told: Answer<'history.whatIf'>): void {
  const words = storyWordsOf(language).whatIf;
  const settings = Object.entries(told.under).map(([key, value]) => `${key}=${value}`);
  out.line(out.paint('bold', settings.length === 0 ? words.asItWas : words.under(settings.join(common.comma))));
  out.line(out.paint('dim', words.range(told.from, told.to, told.requests)));
  const { switches, failures, attempts, outages, sessions, tierMs } = told;
  const row = (name: string, recorded: number, replayed: number, unknown = '') => [
    name,
    String(recorded),
    String(replayed),
    unknown,
  ];
  const tiers = (['primary', 'secondary', 'fallback', 'none'] as const).filter(
    (tier) => tierMs.recorded[tier] > 0 || tierMs.replayed[tier] > 0,
  );
  out.table(
    ['', words.recorded, words.replayed, words.unknown],
    [
      row(words.switches, switches.recorded, switches.replayed),
      row(words.failures, failures.recorded, failures.replayed, String(failures.unknown)),
      row(words.attempts, attempts.recorded, attempts.replayed),
      row(words.outages, outages.recorded, outages.replayed),
      row(words.moved, sessions.recorded.moved, sessions.replayed.moved),
      row(words.cacheLost, sessions.recorded.cacheTokensLost, sessions.replayed.cacheTokensLost),
      ...tiers.map((tier) => [
        words.timeIn(words.tiers[tier] ?? tier),
        shortSpan(tierMs.recorded[tier]),
        shortSpan(tierMs.replayed[tier]),
        '',
      ]),
    ],
  );
  if (failures.unknown > told.otherModel) out.prose(2, words.guess);
  if (told.otherModel > 0) out.prose(2, words.otherModel(told.otherModel));
  for (const { only, at, seq, kind, from, to } of told.changes) {
    const when = Date.parse(at);
    const number = seq === null ? '' : ` #${seq}`;
    const text = common.labelled(`${words.kinds[kind]} ${from} → ${to}`, words.only[only]);
    out.prose(4, `${out.paint('dim', `${timeText(when)}${number}`)}  ${text}`);
  }
}

/** The process that answers knows which settings exist. @throws {QccError} usage, for text that is not `KEY=VALUE` */
function pairsOf(context: Context, name: string, example: string): Readonly<Record<string, string>> {
  const pairs = listFlag(context, name).map((given) => {
    const equals = given.indexOf('=');
    if (equals < 1) throw usage(storyWordsOf(context.language).whatIf.needsValue(given), example);
    return [given.slice(0, equals), given.slice(equals + 1)] as const;
  });
  return Object.fromEntries(pairs);
}
