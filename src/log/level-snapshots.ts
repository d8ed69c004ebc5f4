/** Snapshots on the disk: the newest few of each name. */
import { DamagedRecord, pack, snapshotKey, snapshotsUpTo, unpack } from './codec.ts';
import type { Connection } from './level-database.ts';
import type { Snapshot } from './log.ts';

// One may be damaged, and one may be newer than what somebody looks for.
const snapshotsKept = 3;

export class LevelSnapshots {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async save(name: string, snapshot: Snapshot): Promise<void> {
    const { database } = this.#connection;
    await database.put(snapshotKey(name, snapshot.seq), pack(snapshot), { sync: true });
    const keys = await database.keys({ ...snapshotsUpTo(name, Number.POSITIVE_INFINITY), reverse: true }).all();
    for (const key of keys.slice(snapshotsKept)) await database.del(key);
  }

  /** The newest intact one with `seq <= max`. */
  async load(name: string, max: number): Promise<Snapshot | undefined> {
    const { database } = this.#connection;
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
