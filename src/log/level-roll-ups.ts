/**
 * Roll-ups on the disk: one record for each whole block of facts. A record names the checksum of its block's last fact, so that it is not
 * used for other facts with the same numbers: a log that has lost its end may give these numbers out again.
 */
import type { Recorded } from '../../events/fact.ts';
import { allRollUps, checksumOf, DamagedRecord, factKey, packText, rollUpKey, seqOf, unpack } from './codec.ts';
import type { Range } from './damage.ts';
import type { Connection } from './level-database.ts';
import type { Ends, LevelReader } from './level-reader.ts';
import type { RollUps } from './log.ts';

// Read by a question that begins within a block: some 40 ms. A block in JSON takes some 10 KB, of facts that take 3 MB.
export const blockFacts = 4_096;
// Parsed in some five milliseconds.
const slice = 32;
const factSlice = 1_000;

type Entry = readonly [key: Buffer, value: Buffer];

export class LevelRollUps implements RollUps {
  readonly size: number;
  readonly #connection: Connection;
  readonly #reader: LevelReader;
  readonly #ends: Readonly<Ends>;

  constructor(connection: Connection, reader: LevelReader, ends: Readonly<Ends>, size: number) {
    this.#connection = connection;
    this.#reader = reader;
    this.#ends = ends;
    this.size = size;
  }

  async made(form: string): Promise<readonly number[]> {
    const database = this.#connection.past;
    await database.clear({ gte: allRollUps.gte, lt: rollUpKey(form, 0) });
    await database.clear({ gt: rollUpKey(form, Number.MAX_SAFE_INTEGER), lt: allRollUps.lt });
    return (await database.keys(allRollUps).all()).map(seqOf);
  }

  async *within(form: string, [from, to]: Range): AsyncIterable<unknown> {
    const first = Math.ceil((Math.max(from, this.#ends.tail) - 1) / this.size) * this.size + 1;
    const last = Math.min(to, this.#ends.written) - this.size + 1;
    if (last < first) return;
    const range = { gte: rollUpKey(form, first), lte: rollUpKey(form, last) };
    const iterator = this.#connection.past.iterator({ ...range, fillCache: false });
    try {
      for (;;) {
        const entries = await iterator.nextv(slice);
        if (entries.length === 0) return;
        yield* await this.#intact(entries);
      }
    } catch (error) {
      throw this.#connection.toldError(error);
    } finally {
      await iterator.close();
    }
  }

  async save(form: string, from: number, text: string): Promise<void> {
    const database = this.#connection.past;
    const last = await database.get(factKey(from + this.size - 1));
    if (last && from >= this.#ends.tail)
      await database.put(rollUpKey(form, from), packText(`{"last":${checksumOf(last)},"rollUp":${text}}`));
  }

  async *read(seqs: readonly number[]): AsyncIterable<readonly Recorded[]> {
    for (let i = 0; i < seqs.length; i += factSlice) yield await this.#reader.readSome(seqs.slice(i, i + factSlice));
  }

  /** Of blocks whose facts have been removed, if only in part. */
  async forgetBefore(tail: number): Promise<void> {
    const database = this.#connection.past;
    const gone = (await database.keys(allRollUps).all()).filter((key) => seqOf(key) < tail);
    for (const key of gone) await database.del(key);
  }

  async #intact(entries: readonly Entry[]): Promise<readonly unknown[]> {
    const keys = entries.map(([key]) => factKey(seqOf(key) + this.size - 1));
    const lasts = await this.#connection.past.getMany(keys);
    return entries.flatMap(([, value], i) => {
      const last = lasts[i];
      const { last: sum, rollUp } = recordOf(value);
      return last && checksumOf(last) === sum ? [rollUp] : [];
    });
  }
}

function recordOf(value: Buffer): { readonly last?: number; readonly rollUp?: unknown } {
  try {
    return Object(unpack(value));
  } catch (error) {
    if (error instanceof DamagedRecord || error instanceof SyntaxError) return {};
    throw error;
  }
}
