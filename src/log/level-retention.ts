/** Removes facts beyond retention, in slices: a slice is one batch, so that it is never half removed. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { kindOf } from '../../events/ids.ts';
import { factKey, numberOf, numberValue, placeIn, streamKey, trimmedKey } from './codec.ts';
import type { Connection, Database } from './level-database.ts';
import type { Ends, LevelReader } from './level-reader.ts';
import { type Entry, readable } from './unreadable.ts';

const trimSlice = 10_000;
// Looked at in a millisecond: requests come between two of them.
const turnFacts = 250;

export class LevelRetention {
  readonly #connection: Connection;
  readonly #reader: LevelReader;
  readonly #ends: Ends;
  /** The first and the last place of a request among the removed ones: ids begin with an instant, so that they lie together. */
  #places: readonly [Buffer, Buffer] | undefined;

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
    if (this.#places) await database.compactRange(...this.#places);
    this.#places = undefined;
    return this.#ends.tail - before;
  }

  async compact(): Promise<void> {
    await this.#connection.past.compactRange(Buffer.of(0), Buffer.of(0xff));
  }

  async #forget(from: number, to: number): Promise<void> {
    const database = this.#connection.past;
    const batch = database.batch();
    for await (const { entries } of readable(database, from, to)) {
      for (let i = 0; i < entries.length; i += turnFacts) {
        this.#remove(batch, entries.slice(i, i + turnFacts));
        await nextTurn();
      }
    }
    await batch.write();
  }

  #remove(batch: ReturnType<Database['batch']>, entries: readonly Entry[]): void {
    for (const entry of entries) {
      batch.del(entry[0]);
      const { stream, version } = placeIn(entry[1]) ?? this.#reader.intact([entry])[0] ?? {};
      if (stream === undefined || version === undefined) continue;
      const place = streamKey(stream, version);
      batch.del(place);
      if (kindOf(stream) === 'request') this.#note(place);
    }
  }

  #note(place: Buffer): void {
    const [first, last] = this.#places ?? [place, place];
    if (place.compare(first) < 0) this.#places = [place, last];
    else if (place.compare(last) > 0 || !this.#places) this.#places = [first, place];
  }

  /** The number below which everything was removed; 0 when nothing ever was. */
  async trimmedTo(): Promise<number> {
    const value = await this.#connection.past.get(trimmedKey);
    return value === undefined ? 0 : numberOf(value);
  }
}
