/** Removes facts that are too old to keep, in slices: a slice is one batch, so nobody ever sees half of it gone. */
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

  /** Removes what is below a number, and says how many numbers that were. */
  async trim(below: number): Promise<number> {
    const database = this.#connection.past;
    const before = this.#ends.tail;
    if (below > before) await database.put(trimmedKey, numberValue(below), { sync: true });
    while (this.#ends.tail < below) {
      const from = this.#ends.tail;
      const next = Math.min(below, from + trimSlice);
      // First: who reads meanwhile must not take what goes now for a hole.
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

  /** The number below which all was removed; 0 when nothing ever was. */
  async trimmedTo(): Promise<number> {
    const value = await this.#connection.past.get(trimmedKey);
    return value === undefined ? 0 : numberOf(value);
  }
}
