/** Removes facts beyond retention, in slices: a slice is one batch, so that it is never half removed. */
import { factKey, factsBetween, numberOf, numberValue, streamKey, trimmedKey } from './codec.ts';
import type { Connection } from './level-database.ts';
import type { Ends, LevelReader } from './level-reader.ts';

const trimSlice = 10_000;

export class LevelRetention {
  readonly #connection: Connection;
  readonly #reader: LevelReader;
  readonly #ends: Ends;

  constructor(connection: Connection, reader: LevelReader, ends: Ends) {
    this.#connection = connection;
    this.#reader = reader;
    this.#ends = ends;
  }

  /** Removes everything below a number, and returns how many numbers that were. */
  async trim(below: number): Promise<number> {
    const database = this.#connection.past;
    const before = this.#ends.tail;
    if (below > before) await database.put(trimmedKey, numberValue(below), { sync: true });
    while (this.#ends.tail < below) {
      const from = this.#ends.tail;
      const next = Math.min(below, from + trimSlice);
      // First: concurrent readers must not take the removed facts for a gap.
      this.#ends.tail = next;
      await this.#forget(from, next - 1);
    }
    if (this.#ends.tail > before) await database.compactRange(factKey(before), factKey(this.#ends.tail));
    return this.#ends.tail - before;
  }

  async compact(): Promise<void> {
    await this.#connection.past.compactRange(Buffer.of(0), Buffer.of(0xff));
  }

  async #forget(from: number, to: number): Promise<void> {
    const database = this.#connection.past;
    const batch = database.batch();
    for await (const entry of database.iterator({ ...factsBetween(from, to), fillCache: false })) {
      batch.del(entry[0]);
      for (const { stream, version } of this.#reader.intact([entry])) batch.del(streamKey(stream, version));
    }
    await batch.write();
  }

  /** The number below which everything was removed; 0 when nothing ever was. */
  async trimmedTo(): Promise<number> {
    const value = await this.#connection.past.get(trimmedKey);
    return value === undefined ? 0 : numberOf(value);
  }
}
