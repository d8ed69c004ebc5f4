/** What the log consists of: facts by type, their bytes, their rate. */
import { dayMs } from '../../events/units.ts';
import type { Answer, Params } from '../contract/operations.ts';
import type { ReadableLog } from '../log/log.ts';
import { iso } from '../platform/time.ts';

export async function sizesOfLog(
  log: ReadableLog,
  { disk }: Params<'history.stats'>,
): Promise<Answer<'history.stats'>> {
  const types = new Map<string, { facts: number; bytes: number }>();
  const whole = { facts: 0, bytes: 0 };
  let [first, last] = [Number.POSITIVE_INFINITY, 0];
  for await (const facts of log.read(log.tail)) {
    for (const fact of facts) {
      const bytes = Buffer.byteLength(JSON.stringify(fact));
      const known = types.get(fact.type) ?? { facts: 0, bytes: 0 };
      types.set(fact.type, { facts: known.facts + 1, bytes: known.bytes + bytes });
      whole.facts++;
      whole.bytes += bytes;
      first = Math.min(first, fact.at);
      last = Math.max(last, fact.at);
    }
  }
  const rows = [...types].map(([type, { facts, bytes }]) => ({ type, facts, bytes }));
  // A log of an hour does not support a rate per day: its own span is used.
  const days = whole.facts > 1 ? (last - first) / dayMs : 0;
  const perDay = (value: number) => (days > 0 ? Math.round(value / days) : null);
  return {
    facts: whole.facts,
    from: whole.facts === 0 ? null : iso(first),
    to: whole.facts === 0 ? null : iso(last),
    bytes: whole.bytes,
    diskBytes: disk ?? null,
    types: rows.sort((a, b) => b.bytes - a.bytes),
    perDay: {
      facts: perDay(whole.facts),
      bytes: perDay(whole.bytes),
      diskBytes: disk === undefined ? null : perDay(disk),
    },
  };
}
