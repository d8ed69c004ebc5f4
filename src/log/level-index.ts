/**
 * Checks the index of streams against the facts. Both are written in one batch, so that only damage on the disk can make them differ; it
 * would stay unnoticed: reading a stream by the index would silently omit a fact.
 */
import type { Recorded } from '../../events/fact.ts';
import { allStreams, factKey, numberOf, placeOf, streamHead, streamKey } from './codec.ts';
import type { Range } from './damage.ts';
import { IndexChecksum } from './index-checksum.ts';
import type { Connection, Database } from './level-database.ts';
import type { LevelReader } from './level-reader.ts';
import type { PlaceIndex } from './log.ts';

const slice = 1_000;
// A slice is read at once: LevelDB's own 16 KiB would split it into four.
const readAheadBytes = 262_144;
// An index with more wrong entries than this is rebuilt as a whole.
const foundMax = 10_000;

type Entry = readonly [key: Buffer, value: Buffer];

export class LevelIndex implements PlaceIndex {
  readonly #connection: Connection;
  readonly #reader: LevelReader;

  constructor(connection: Connection, reader: LevelReader) {
    this.#connection = connection;
    this.#reader = reader;
  }

  addFact(sum: IndexChecksum, { stream, version, seq }: Recorded): void {
    sum.add(streamHead(stream), version, seq);
  }

  sum([from, to]: Range, except: readonly Range[]): Promise<IndexChecksum> {
    return sumOf(this.#connection.past, (seq) => seq >= from && seq <= to && !isIn(except, seq));
  }

  /** The range was written long ago; only trimming may remove facts meanwhile, and these are looked up again. */
  async misplaced([from, to]: Range, except: readonly Range[]): Promise<readonly Range[]> {
    const found = new Set<number>();
    for await (const facts of this.#reader.read(from, to)) {
      for (const seq of await this.#unindexed(facts)) found.add(seq);
      if (found.size > foundMax) return ranges(found);
    }
    for await (const entries of slices(this.#connection.past)) {
      const about = entries.filter(
        ([, value]) => isWithin(numberOf(value), [from, to]) && !isIn(except, numberOf(value)),
      );
      for (const seq of await this.#untrue(about)) found.add(seq);
      if (found.size > foundMax) break;
    }
    return ranges(found);
  }

  /** Facts whose place in the index does not name them. */
  async #unindexed(facts: readonly Recorded[]): Promise<readonly number[]> {
    const database = this.#connection.past;
    const values = await database.getMany(facts.map(({ stream, version }) => streamKey(stream, version)));
    const wrong = facts.filter(({ seq }, i) => {
      const value = values[i];
      return value === undefined || numberOf(value) !== seq;
    });
    const still = await database.getMany(wrong.map(({ seq }) => factKey(seq)));
    return wrong.filter((_, i) => still[i] !== undefined).map(({ seq }) => seq);
  }

  /** Numbers whose entry names another fact, or none. */
  async #untrue(entries: readonly Entry[]): Promise<readonly number[]> {
    const database = this.#connection.past;
    const keys = entries.map(([, value]) => factKey(numberOf(value)));
    const values = await database.getMany(keys);
    const untrue = entries.filter(([place], i) => {
      const [key, value] = [keys[i], values[i]];
      const [fact] = key && value ? this.#reader.intact([[key, value]]) : [];
      return !fact || !streamKey(fact.stream, fact.version).equals(place);
    });
    const still = await database.getMany(untrue.map(([key]) => key));
    return untrue.filter((_, i) => still[i] !== undefined).map(([, value]) => numberOf(value));
  }
}

/** The sum over all entries whose number counts. */
export async function sumOf(database: Database, counts: (seq: number) => boolean = () => true): Promise<IndexChecksum> {
  const sum = new IndexChecksum();
  for await (const entries of slices(database))
    for (const [key, value] of entries) {
      const seq = numberOf(value);
      const { head, version } = placeOf(key);
      if (counts(seq)) sum.add(head, version, seq);
    }
  return sum;
}

async function* slices(database: Database): AsyncIterable<readonly Entry[]> {
  const iterator = database.iterator({ ...allStreams, fillCache: false, highWaterMarkBytes: readAheadBytes });
  try {
    for (;;) {
      const entries = await iterator.nextv(slice);
      if (entries.length === 0) return;
      yield entries;
    }
  } finally {
    await iterator.close();
  }
}

const isWithin = (seq: number, [from, to]: Range) => seq >= from && seq <= to;

function isIn(all: readonly Range[], seq: number): boolean {
  return all.some((range) => isWithin(seq, range));
}

function ranges(found: ReadonlySet<number>): readonly Range[] {
  const made: [number, number][] = [];
  for (const seq of [...found].sort((a, b) => a - b)) {
    const last = made.at(-1);
    if (last && last[1] + 1 === seq) last[1] = seq;
    else made.push([seq, seq]);
  }
  return made;
}
