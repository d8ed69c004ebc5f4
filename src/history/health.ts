/** What the log says about the health of endpoints: their results since an instant, and the findings of checks. */

import { upcast } from '../../events/catalogue.ts';
import type { EndpointFact } from '../../events/endpoint.ts';
import type { Millis, Recorded } from '../../events/fact.ts';
import { type EndpointId, kindOf, streams } from '../../events/ids.ts';
import { traitsOf } from '../../events/traits.ts';
import type { PastCheckRow } from '../contract/health.ts';
import type { Answer, Params } from '../contract/operations.ts';
import type { Range } from '../log/damage.ts';
import type { ReadableLog } from '../log/log.ts';
import { iso } from '../platform/time.ts';
import { Recent } from '../projections/recent.ts';
import { Stats } from '../projections/stats.ts';
import { readParts } from './parts.ts';

/** In the projection's own form: the reader gets the same metrics as for all time. */
export async function recentSince(
  log: ReadableLog,
  { since }: Params<'health.since'>,
): Promise<Answer<'health.since'>> {
  const recent = new Recent();
  await readParts(log, await rangeSince(log, since), {
    fact(fact) {
      const kind = kindOf(fact.stream);
      if (kind === 'request' || kind === 'endpoint') recent.apply(upcast(fact));
    },
    rollUp: (block) => recent.add(block.recent, block.early),
  });
  return { recent: recent.toJSON() };
}

export async function statsSince(
  log: ReadableLog,
  { since, until }: Params<'stats.since'>,
): Promise<Answer<'stats.since'>> {
  const stats = new Stats();
  const [from, head] = await rangeSince(log, since);
  await readParts(log, [from, until === undefined ? head : (await log.seqAt(until)) - 1], {
    fact: (fact) => stats.apply(upcast(fact)),
    rollUp: (block) => stats.add(block.stats),
  });
  return { stats: stats.toJSON() };
}

const rangeSince = async (log: ReadableLog, since: Millis): Promise<Range> => [await log.seqAt(since), log.head];

/** Newest first, with the consequences of each. */
export async function pastChecks(
  log: ReadableLog,
  { endpoint, profile, limit }: Params<'health.checks'>,
): Promise<Answer<'health.checks'>> {
  let checks: PastCheckRow[] = [];
  let seq = 0;
  for await (const facts of log.readStream(streams.endpoint(endpoint as EndpointId))) {
    for (const fact of facts) {
      const row = pastCheck(upcast(fact) as Recorded<EndpointFact>, endpoint, profile);
      const last = checks.at(-1);
      if (row) {
        checks.push(row);
        seq = fact.seq;
      } else if (last && fact.cause === seq && traitsOf(fact.type).decision) {
        checks[checks.length - 1] = { ...last, led: fact.type };
      }
    }
    if (checks.length > 2 * limit) checks = checks.slice(-limit);
  }
  return { checks: checks.slice(-limit).reverse() };
}

function pastCheck(fact: Recorded<EndpointFact>, endpoint: string, profile: string): PastCheckRow | undefined {
  const common = { endpoint, profile, at: iso(fact.at), led: null };
  switch (fact.type) {
    case 'ProbeSucceeded': {
      const { responseMs, ttftMs, score, model, tokens } = fact.data;
      const told = { responseMs, ttftMs, score, model, tokens };
      return { ...common, depth: 'conversation', verdict: 'success', ...told, valid: true, error: null };
    }
    case 'ProbeFailed': {
      const { verdict, responseMs, detail } = fact.data;
      const none = { ttftMs: null, score: 0, valid: false, model: null, tokens: 0 };
      return { ...common, depth: null, verdict, responseMs, ...none, error: detail };
    }
    case 'ProbeNoted': {
      const { detail, ...told } = fact.data;
      return { ...common, ...told, valid: told.verdict === 'success', error: detail };
    }
    default:
      return undefined;
  }
}
