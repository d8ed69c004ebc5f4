/** What the log consists of: facts by type, their bytes, their rate. */
import type { Millis, Recorded } from '../../events/fact.ts';
import { dayMs } from '../../events/units.ts';
import type { Answer, Params } from '../contract/operations.ts';
import type { ReadableLog } from '../log/log.ts';
import { iso } from '../platform/time.ts';
import type { TypeSize } from '../projections/roll-up.ts';
import { readParts } from './parts.ts';

export async function sizesOfLog(
  log: ReadableLog,
  { disk }: Params<'history.stats'>,
): Promise<Answer<'history.stats'>> {
  const types = new Map<string, { facts: number; bytes: number }>();
  const whole = { facts: 0, bytes: 0 };
  let [first, last] = [Number.POSITIVE_INFINITY, 0];
  const count = ({ type, facts, bytes }: TypeSize) => {
    const known = types.get(type) ?? { facts: 0, bytes: 0 };
    types.set(type, { facts: known.facts + facts, bytes: known.bytes + bytes });
    whole.facts += facts;
    whole.bytes += bytes;
  };
  const span = (from: Millis, to: Millis) => {
    first = Math.min(first, from);
    last = Math.max(last, to);
  };
  await readParts(log, [log.tail, log.head], {
    fact(fact) {
      count({ type: fact.type, facts: 1, bytes: bytesOf(fact) });
      span(fact.at, fact.at);
    },
    rollUp(block) {
      for (const size of block.types) count(size);
      span(block.first, block.last);
    },
  });
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

/** Without the number and the checksum that a log stores beside it. */
export function bytesOf(fact: Recorded): number {
  return Buffer.byteLength(JSON.stringify(fact));
}
