/** A disk under the log that fails, waits and counts as it is told; and the bytes beneath, past the log. */
import { ClassicLevel } from 'classic-level';
import { factKey } from '../../src/log/codec.ts';
import type { Database } from '../../src/log/level-database.ts';

interface Write {
  readonly facts: number;
  readonly sync: boolean;
}

// The log writes two keys for a fact: the fact, and its place in the stream.
const keysOfFact = 2;

export function openRaw(dir: string, createIfMissing = false): Database {
  return new ClassicLevel<Buffer, Buffer>(dir, {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
    createIfMissing,
    multithreading: true,
  });
}

/** Works on the bytes of a closed log. */
export async function raw<T>(dir: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = openRaw(dir);
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** Takes facts out of a closed log; their places in their streams stay. */
export function removeFacts(dir: string, ...seqs: readonly number[]): Promise<void> {
  return raw(dir, (database) => database.batch(seqs.map((seq) => ({ type: 'del', key: factKey(seq) }))));
}

class DiskFull extends Error {
  readonly code = 'ENOSPC';
}

export class Disk {
  readonly writes: Write[] = [];
  syncs = 0;
  opened = 0;
  inFlight = 0;
  mostInFlight = 0;
  /** While true, no write succeeds. */
  full = false;
  /** What it says then. */
  refusal = 'no space left on device';
  /** While true, it takes single records, and no batch. */
  nearlyFull = false;
  /** While true, it cannot be opened either. */
  gone = false;
  /** Called when it is about to be opened. */
  beforeOpening: () => void = () => {};
  readonly #databases: Database[] = [];
  /** Resolves when a held write has come as far as the disk. */
  reached: Promise<void> = Promise.resolve();
  #arrive: () => void = () => {};
  #gate: Promise<void> = Promise.resolve();

  /** Databases that were not closed. */
  get left(): number {
    return this.#databases.filter(({ status }) => status !== 'closed').length;
  }

  /** Writes wait until the answer of this is called. */
  hold(): () => void {
    let release: () => void = () => {};
    this.#gate = new Promise((resolve) => {
      release = resolve;
    });
    this.reached = new Promise((resolve) => {
      this.#arrive = resolve;
    });
    return release;
  }

  readonly open = (dir: string, create: boolean): Database => {
    this.opened += 1;
    this.beforeOpening();
    const database = openRaw(this.gone ? `${dir}/gone/away` : dir, create);
    this.#databases.push(database);
    const { put, batch } = { put: database.put.bind(database), batch: database.batch.bind(database) };
    const tracked = async (write: () => Promise<void>, isBatch = false): Promise<void> => {
      this.inFlight += 1;
      this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
      this.#arrive();
      try {
        await this.#gate;
        if (this.full || (isBatch && this.nearlyFull)) throw new DiskFull(this.refusal);
        await write();
      } finally {
        this.inFlight -= 1;
      }
    };
    return Object.assign(database, {
      put: (key: Buffer, value: Buffer, options: { sync?: boolean }) => {
        if (key.length === 1) this.syncs += 1;
        return tracked(() => put(key, value, options));
      },
      batch: () => {
        const chained = batch();
        const write = chained.write.bind(chained);
        return Object.assign(chained, {
          write: (options: { sync: boolean }) =>
            tracked(async () => {
              // With what the facts carry out, the batch has one key more.
              const facts = Math.floor(chained.length / keysOfFact);
              await write(options);
              this.writes.push({ facts, sync: options?.sync ?? false });
            }, true),
        });
      },
    }) as unknown as Database;
  };
}
