/** What was used by day or by session, out of the log; and the sums of what is priced. */
import { upcast } from '../../events/catalogue.ts';
import { minuteMs } from '../../events/units.ts';
import type { Answer, Params } from '../contract/operations.ts';
import type { CostRow, StatsRow, UsageGroup } from '../contract/stats.ts';
import type { ReadableLog } from '../log/log.ts';
import { iso } from '../platform/time.ts';
import { GroupedUsage, type GroupOf, type UsageRow } from '../projections/usage.ts';

// A list that is read, and not scrolled through.
const groupsMax = 100;
// Every zone's day begins at a multiple of this.
const dayStepMs = 15 * minuteMs;

export async function usageRows(
  log: ReadableLog,
  { by, since, zone }: Params<'stats.usageRows'>,
): Promise<Answer<'stats.usageRows'>> {
  const usage = new GroupedUsage(by === 'day' ? byDay(zone) : ({ session }) => session);
  const from = since === undefined ? log.tail : await log.seqAt(since);
  for await (const facts of log.read(from)) {
    for (const fact of facts) usage.apply(upcast(fact));
  }
  return { rows: usage.rows() };
}

/** `2026-11-30`, as the calendar of the zone has it. Without one: of this machine. */
function byDay(zone: string | undefined): GroupOf {
  const format = new Intl.DateTimeFormat('en-CA', {
    ...(zone !== undefined && { timeZone: zone }),
    dateStyle: 'short',
  });
  const known = { step: Number.NaN, day: '' };
  return ({ at }) => {
    const step = Math.floor(at / dayStepMs);
    if (step !== known.step) Object.assign(known, { step, day: format.format(step * dayStepMs) });
    return known.day;
  };
}

type Part = UsageRow & { readonly cost: CostRow | null };
type Sum = Omit<UsageGroup, 'firstAt' | 'lastAt'> & Pick<UsageRow, 'firstAt' | 'lastAt'>;

/** The parts of each group added up: days newest first, sessions by what they used. */
export function usageGroups(
  by: Params<'stats.usage'>['by'],
  parts: readonly Part[],
): Pick<Answer<'stats.usage'>, 'groups' | 'leftOut'> {
  const sums = new Map<string | null, Sum>();
  for (const part of parts) sums.set(part.group, sumOf(sums.get(part.group), part));
  const newestFirst = (a: Sum, b: Sum) => String(b.name).localeCompare(String(a.name));
  const all = [...sums.values()].sort(by === 'day' ? newestFirst : (a, b) => totalOf(b) - totalOf(a));
  const groups = all.slice(0, groupsMax).map((sum) => ({ ...sum, firstAt: iso(sum.firstAt), lastAt: iso(sum.lastAt) }));
  return { groups, leftOut: Math.max(0, all.length - groupsMax) };
}

function sumOf(before: Sum | undefined, { group, cost, endpoint: _, model: __, ...part }: Part): Sum {
  const own = { ...part, name: group, totalUsd: cost === null ? null : cost.totalUsd };
  if (!before) return own;
  return {
    name: group,
    requests: before.requests + own.requests,
    attempts: before.attempts + own.attempts,
    failures: before.failures + own.failures,
    tokens: {
      input: before.tokens.input + own.tokens.input,
      output: before.tokens.output + own.tokens.output,
      cacheRead: before.tokens.cacheRead + own.tokens.cacheRead,
      cacheWrite: before.tokens.cacheWrite + own.tokens.cacheWrite,
    },
    totalUsd: before.totalUsd === null ? own.totalUsd : before.totalUsd + (own.totalUsd ?? 0),
    firstAt: Math.min(before.firstAt, own.firstAt),
    lastAt: Math.max(before.lastAt, own.lastAt),
  };
}

function totalOf({ tokens: { input, output, cacheRead, cacheWrite } }: Pick<StatsRow, 'tokens'>): number {
  return input + output + cacheRead + cacheWrite;
}
