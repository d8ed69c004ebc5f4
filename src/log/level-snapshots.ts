/**
 * Snapshots on the disk: the newest few of each name, and as many older ones as queries of the past need. Every moment is within a few
 * thousand facts of the snapshot before it.
 */
import { DamagedRecord, seqOf, snapshotKey, snapshotsUpTo, unpack } from './codec.ts';
import type { Connection } from './level-database.ts';
import type { Snapshot } from './log.ts';

// One may be damaged, and one may be newer than the requested moment.
const newestKept = 3;
// Of the older ones, one per this many facts (they fold in some 40 ms): a snapshot of each quiet minute would outgrow the facts.
const factsBetween = 5_000;

export class LevelSnapshots {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** @param tail the log's first fact: the snapshot before it is the base of all others, and stays */
  async save(name: string, seq: number, bytes: Buffer, tail: number): Promise<void> {
    const { database } = this.#connection;
    await database.put(snapshotKey(name, seq), bytes, { sync: true });
    if (!this.#connection.isTrusted) return;
    const keys = await database.keys({ ...snapshotsUpTo(name, Number.POSITIVE_INFINITY), reverse: true }).all();
    const anchor = keys.find((key) => seqOf(key) < tail);
    for (const key of spare(keys.slice(newestKept), seq)) if (key !== anchor) await database.del(key);
  }

  /** Snapshots that are too old for a log that begins with `tail`: the facts after them are gone. */
  async forgetBefore(name: string, tail: number): Promise<void> {
    const database = this.#connection.past;
    for await (const key of database.keys(snapshotsUpTo(name, tail - 2))) await database.del(key);
  }

  /** The newest intact one with `seq <= max`. */
  async load(name: string, max: number): Promise<Snapshot | undefined> {
    const database = this.#connection.past;
    for await (const value of database.values({ ...snapshotsUpTo(name, max), reverse: true })) {
      try {
        return unpack(value) as Snapshot;
      } catch (error) {
        if (!(error instanceof DamagedRecord)) throw error;
      }
    }
    return undefined;
  }
}

/**
 * Newest first: snapshots that are closer than that to the one before. A snapshot made long after its facts replaces those right before it:
 * their form is no longer read.
 */
function spare(keys: readonly Buffer[], saved: number): readonly Buffer[] {
  const isReplaced = (key: Buffer) => seqOf(key) < saved && saved - seqOf(key) < factsBetween;
  const replaced = keys.some((key) => seqOf(key) === saved) ? keys.filter(isReplaced) : [];
  const oldestFirst = keys.filter((key) => !replaced.includes(key)).reverse();
  let kept = Number.NEGATIVE_INFINITY;
  const others = oldestFirst.filter((key) => {
    const isSpare = seqOf(key) - kept < factsBetween;
    if (!isSpare) kept = seqOf(key);
    return isSpare;
  });
  return [...replaced, ...others];
}
