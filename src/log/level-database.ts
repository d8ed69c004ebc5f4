/** LevelDB under the log: how it is opened, opened again, and what its errors mean to people. */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClassicLevel } from 'classic-level';
import { Level } from 'level';
import type { Recorded } from '../../events/fact.ts';
import { exitCodes, QccError } from '../errors.ts';
import { factKey, numberValue, streamKey, unpack } from './codec.ts';
import { dropKept, factsIn, keepJournals, settleJournals } from './journal.ts';

export type Database = ClassicLevel<Buffer, Buffer>;

/** Makes a database that is not open yet. */
export type MakeDatabase = (dir: string, create: boolean) => Database;

const MiB = 1_048_576;

export function openDatabase(dir: string, create: boolean): Database {
  const database = new Level<Buffer, Buffer>(dir, {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
    createIfMissing: create,
    // A worker may read history on the same database while the gateway writes.
    multithreading: true,
    writeBufferSize: 8 * MiB,
    maxFileSize: 8 * MiB,
  });
  // In Node a Level is a ClassicLevel; its types leave out `compactRange`.
  return database as unknown as Database;
}

/** The open database. An I/O error sticks to it until it is opened again: whoever reads takes the one of the moment. */
export class Connection {
  readonly dir: string;
  readonly #make: MakeDatabase;
  #database: Database;

  private constructor(dir: string, make: MakeDatabase, database: Database) {
    this.dir = dir;
    this.#make = make;
    this.#database = database;
  }

  /**
   * @throws {QccError} `QCC_LOG_LOCKED` while another process has it; `QCC_LOG_DAMAGED` when LevelDB's own files are gone
   */
  static async open(dir: string, make: MakeDatabase, beside = false): Promise<Connection> {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    // With CURRENT gone, LevelDB would make a new database there and delete the old tables (measured): only a new folder may be made.
    const isNew = readdirSync(dir).every((name) => name === 'LOCK' || name.startsWith('LOG'));
    if (!isNew && !existsSync(join(dir, 'CURRENT'))) throw damaged(dir, 'its file CURRENT is gone');
    const database = make(dir, isNew);
    if (beside) await opened(database, dir);
    else await openedWhole(database, dir);
    return new Connection(dir, make, database);
  }

  get database(): Database {
    return this.#database;
  }

  async openAgain(): Promise<void> {
    await this.#database.close();
    this.#database = this.#make(this.dir, false);
    await opened(this.#database, this.dir);
  }

  /** Of its files. One that is merged away meanwhile counts no more. */
  async size(): Promise<number> {
    const sizes = (await readdir(this.dir)).map((name) =>
      stat(join(this.dir, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    );
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  /** What LevelDB threw, as it is told: its finding of a block that cannot be unpacked is damage. */
  toldError(error: unknown): unknown {
    return (error as { code?: string }).code === 'LEVEL_CORRUPTION' ? damaged(this.dir, reasonOf(error)) : error;
  }
}

/** With what LevelDB drops from a damaged journal on the way. */
async function openedWhole(database: Database, dir: string): Promise<void> {
  keepJournals(dir);
  try {
    await opened(database, dir);
  } catch (error) {
    dropKept(dir);
    throw error;
  }
  await putBack(database, settleJournals(dir));
}

/** What LevelDB dropped from a damaged journal, and what is whole all the same. A fact that is there is never overwritten. */
async function putBack(database: Database, journals: readonly string[]): Promise<void> {
  for (const journal of journals) {
    const batch = database.batch();
    for (const { seq, value } of factsIn(journal)) {
      if ((await database.get(factKey(seq))) !== undefined) continue;
      const { stream, version } = unpack(value) as Recorded;
      batch.put(factKey(seq), value).put(streamKey(stream, version), numberValue(seq));
    }
    await batch.write({ sync: true });
  }
}

/** @throws {QccError} `QCC_LOG_LOCKED`, `QCC_LOG_DAMAGED` */
export async function opened(database: Database, dir: string): Promise<void> {
  try {
    await database.open();
  } catch (error) {
    const { cause } = error as { cause?: { code?: string; message?: string } };
    if (cause?.code === 'LEVEL_LOCKED') {
      throw new QccError(
        'QCC_LOG_LOCKED',
        'another qcc command holds the log',
        'try again in a moment',
        exitCodes.conflict,
      );
    }
    throw damaged(dir, cause?.message ?? String(error));
  }
}

function damaged(dir: string, why: string): QccError {
  return new QccError('QCC_LOG_DAMAGED', `the log in ${dir} cannot be opened: ${why}`, 'qcc history repair');
}

export function closedError(): QccError {
  return new QccError('QCC_LOG_CLOSED', 'the log is closed', 'qcc proxy status');
}

const freeSpace = 'free space on the disk, then: qcc proxy status';

/** The disk was promised, and takes nothing now. */
export function suspendedError(why: string): QccError {
  return new QccError('QCC_LOG_SUSPENDED', `the log cannot be written (${why})`, freeSpace);
}

/** Facts that waited for the disk, and were not written. */
export function givenUp(): QccError {
  return new QccError('QCC_LOG_GIVEN_UP', 'the log gave up facts that it could not write', freeSpace);
}

export function reasonOf(error: unknown): string {
  const { code, cause } = error as { code?: string; cause?: { code?: string } };
  return cause?.code ?? code ?? 'I/O error';
}
