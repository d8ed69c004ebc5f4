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
  const params = { ...(await spanOf(context)), set: triedSettings(context) };
  const told = await withHistory(context, ({ call }) => call('history.whatIf', params));
  if (context.json) context.out.json(told);
  else await pagedWhole(context, (page) => compare(page, told));
  return tellGaps(context, told.gaps);
}

function compare({ out, language }: Context, told: Answer<'history.whatIf'>): void {
  const words = storyWordsOf(language).whatIf;
  const settings = Object.entries(told.under).map(([key, value]) => `${key}=${value}`);
  out.line(out.paint('bold', settings.length === 0 ? words.asItWas : words.under(settings.join(', '))));
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
  if (failures.unknown > 0) out.prose(2, words.guess);
  for (const { only, at, seq, kind, from, to } of told.changes) {
    const when = Date.parse(at);
    const number = seq === null ? '' : ` #${seq}`;
    const text = `${words.kinds[kind]} ${from} → ${to}: ${words.only[only]}`;
    out.prose(4, `${out.paint('dim', `${timeText(when)}${number}`)}  ${text}`);
  }
}

/** The process that answers knows which settings exist. @throws {QccError} usage, for text that is not `KEY=VALUE` */
function triedSettings(context: Context): Readonly<Record<string, string>> {
  const pairs = listFlag(context, 'set').map((given) => {
    const equals = given.indexOf('=');
    if (equals < 1)
      throw usage(storyWordsOf(context.language).whatIf.needsValue(given), '--set failover.failure_threshold=5');
    return [given.slice(0, equals), given.slice(equals + 1)] as const;
  });
  return Object.fromEntries(pairs);
}
