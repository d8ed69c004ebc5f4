/** Reads facts from LevelDB. Unreadable facts are recorded as damage: a gap or a flipped byte is never skipped silently. */
import type { Recorded } from '../../events/fact.ts';
import { DamagedRecord, factKey, factsBetween, numberOf, seqOf, streamFrom, unpack } from './codec.ts';
import type { DamageList } from './damage.ts';
import type { Connection } from './level-database.ts';
import { setAside } from './quarantine.ts';
import { type Entry, readable } from './unreadable.ts';

const readSlice = 1_000;

/** The log's numbers: the first that is left, the last that was handed over, the last that was committed. */
export interface Ends {
  tail: number;
  head: number;
  written: number;
}

/** A fact's place: its number in its stream, and in the log. */
interface Place {
  readonly version: number;
  readonly seq: number;
}

export class LevelReader {
  readonly #connection: Connection;
  readonly #ends: Readonly<Ends>;
  readonly #damage: DamageList;

  constructor(connection: Connection, ends: Readonly<Ends>, damage: DamageList) {
    this.#connection = connection;
    this.#ends = ends;
    this.#damage = damage;
  }

  async *read(from: number, to = Number.POSITIVE_INFINITY): AsyncIterable<readonly Recorded[]> {
    // Facts before the first may have been trimmed meanwhile; those after the last may not be written yet.
    let next = from > this.#ends.tail ? from : undefined;
    const last = Math.min(to, this.#ends.written);
    try {
      for await (const { entries } of readable(this.#connection.past, from, to)) {
        for (const [key] of entries) {
          const seq = seqOf(key);
          if (next !== undefined && seq > next) this.#damage.missing(next, seq - 1);
          next = seq + 1;
        }
        if (entries.length > 0) yield this.intact(entries);
      }
    } catch (error) {
      throw this.#connection.toldError(error);
    }
    if (next !== undefined && next <= last) this.#damage.missing(next, last);
  }

  /** Reads only the numbers, from one on to the end. */
  async findHoles(from: number): Promise<void> {
    const keys = this.#connection.past.keys(factsBetween(from, Number.POSITIVE_INFINITY));
    let next = from;
    try {
      for (;;) {
        const slice = await keys.nextv(readSlice);
        if (slice.length === 0) return;
        for (const key of slice) {
          const seq = seqOf(key);
          if (seq > next) this.#damage.missing(next, seq - 1);
          next = seq + 1;
        }
      }
    } finally {
      await keys.close();
    }
  }

  async *readStream(stream: string, fromVersion: number): AsyncIterable<readonly Recorded[]> {
    const iterator = this.#connection.past.iterator(streamFrom(stream, fromVersion));
    let before = this.#ends.tail === 1 ? { version: fromVersion - 1, seq: 0 } : undefined;
    try {
      for (;;) {
        const slice = await iterator.nextv(readSlice);
        if (slice.length === 0) return;
        let run: Place[] = [];
        for (const [key, value] of slice) {
          const place = { version: seqOf(key), seq: numberOf(value) };
          if (before !== undefined && place.version > before.version + 1) {
            yield await this.#factsAt(run);
            yield* this.#between(stream, before, place);
            run = [];
          }
          run.push(place);
          before = place;
        }
        yield await this.#factsAt(run);
      }
    } catch (error) {
      throw this.#connection.toldError(error);
    } finally {
      await iterator.close();
    }
  }

  #factsAt(places: readonly Place[]): Promise<readonly Recorded[]> {
    return this.readSome(places.map(({ seq }) => seq));
  }

  /** The facts with these numbers, in their order. */
  async readSome(seqs: readonly number[]): Promise<readonly Recorded[]> {
    const keys = seqs.map(factKey);
    const values = await this.#connection.past.getMany(keys);
    const entries: Entry[] = [];
    for (const [i, seq] of seqs.entries()) {
      const [key, value] = [keys[i], values[i]];
      if (key && value) entries.push([key, value]);
      else if (seq >= this.#ends.tail) this.#damage.missing(seq, seq);
    }
    return this.intact(entries);
  }

  /** Versions that the index lacks: the log itself shows whether the facts are missing, or only their entries. */
  async *#between(stream: string, before: Place, after: Place): AsyncIterable<readonly Recorded[]> {
    for await (const facts of this.read(before.seq + 1, after.seq - 1)) {
      yield facts.filter((fact) => fact.stream === stream && fact.version > before.version);
    }
  }

  /** `at` never runs backwards, so the place is found by binary search: twenty reads in a million facts. */
  async seqAt(at: number): Promise<number> {
    let low = this.#ends.tail;
    let high = this.#ends.head + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const found = await this.#firstFrom(middle);
      if (found === undefined || found.at >= at) high = middle;
      else low = found.seq + 1;
    }
    return low;
  }

  async #firstFrom(seq: number): Promise<Recorded | undefined> {
    for (let from = seq; ; ) {
      const range = { ...factsBetween(from, Number.POSITIVE_INFINITY), limit: 1 };
      const [entry] = await this.#connection.past.iterator(range).all();
      if (!entry) return undefined;
      const [fact] = this.intact([entry]);
      if (fact) return fact;
      from = seqOf(entry[0]) + 1;
    }
  }

  /** The intact facts. The others are damage, and their bytes are set aside. */
  intact(entries: readonly Entry[]): readonly Recorded[] {
    const facts: Recorded[] = [];
    for (const [key, value] of entries) {
      try {
        facts.push(unpack(value) as Recorded);
      } catch (error) {
        if (!(error instanceof DamagedRecord || error instanceof SyntaxError)) throw error;
        const seq = seqOf(key);
        if (this.#damage.changed(seq)) setAside(this.#connection.dir, seq, value);
      }
    }
    return facts;
  }
}
