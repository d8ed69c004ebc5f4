/** Reads facts around an unreadable place of the database: those before and after it are returned. */
import { factKey, factsBetween, seqOf } from './codec.ts';
import type { Database } from './level-database.ts';

const slice = 1_000;
// A slice is read at once: LevelDB's own 16 KiB would split it into four.
const readAheadBytes = 262_144;
// How far after an unreadable place the next readable fact is searched for.
const searchMax = 2 ** 40;

export type Entry = readonly [key: Buffer, value: Buffer];

/** LevelDB met unreadable bytes. Its other errors are no damage. */
export function isUnreadable(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === 'LEVEL_CORRUPTION' || code === 'LEVEL_IO_ERROR';
}

/** Every readable fact, in parts; an incomplete part marks an unreadable place. */
export async function* readable(
  source: Database,
  from = 0,
  to = Number.POSITIVE_INFINITY,
): AsyncIterable<{ readonly entries: readonly Entry[]; readonly isWhole: boolean }> {
  for (let next = from; next <= to; ) {
    try {
      for await (const { entries, last } of slices(source, next, to)) {
        yield { entries, isWhole: true };
        next = seqOf(last[0]) + 1;
      }
      return;
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      const found = await behind(source, next, to);
      yield { entries: await oneByOne(source, next, found ?? Math.min(next + slice, to + 1)), isWhole: false };
      if (found === undefined) return;
      next = found;
    }
  }
}

/** Until one cannot be read, or there is none. */
async function* slices(
  source: Database,
  from: number,
  to: number,
): AsyncIterable<{ readonly entries: readonly Entry[]; readonly last: Entry }> {
  const iterator = source.iterator({ ...factsBetween(from, to), fillCache: false, highWaterMarkBytes: readAheadBytes });
  // LevelDB's thread reads the next slice while this one is looked at.
  const begun = () => {
    const reading = iterator.nextv(slice);
    reading.catch(() => {});
    return reading;
  };
  try {
    for (let reading = begun(); ; ) {
      const entries = await reading;
      const last = entries.at(-1);
      if (!last) return;
      reading = begun();
      yield { entries, last };
    }
  } finally {
    await iterator.close();
  }
}

/** The number of a fact after an unreadable place: the step doubles until a read succeeds. */
async function behind(source: Database, from: number, to: number): Promise<number | undefined> {
  for (let step = 1; step < searchMax && from + step <= to; step *= 2) {
    try {
      const [key] = await source.keys({ ...factsBetween(from + step, to), limit: 1 }).all();
      return key && seqOf(key);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
    }
  }
  return undefined;
}

/** Between two readable places, facts of other blocks may be intact. */
async function oneByOne(source: Database, from: number, to: number): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for (let seq = from; seq < to; seq++) {
    const value = await source.get(factKey(seq)).catch(() => undefined);
    if (value) entries.push([factKey(seq), value]);
  }
  return entries;
}
