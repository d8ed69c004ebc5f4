/** LevelDB under the log: how it is opened and reopened, and its errors in plain words. */
import { existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ClassicLevel } from 'classic-level';
import { Level } from 'level';
import type { Recorded } from '../../events/fact.ts';
import { MiB } from '../../events/units.ts';
import { exitCodes, QccError } from '../errors/qcc-error.ts';
import { checkTables, keepChecked, type Stamps } from './checked-tables.ts';
import { allFacts, factKey, numberOf, numberValue, seqOf, streamKey, trimmedKey, unpack } from './codec.ts';
import type { Head } from './head-file.ts';
import { areBroken, dropKept, factsIn, keepJournals, keptIn, settleJournals } from './journal.ts';
import { workPrefix } from './repair-intent.ts';
import { isUnreadable } from './unreadable.ts';

export type Database = ClassicLevel<Buffer, Buffer>;

/** Creates a database object that is not open yet. */
export type MakeDatabase = (dir: string, create: boolean) => Database;

/**
 * LevelDB maps each table that it reads, and a system counts what was touched of it as the memory of the process. With tables of 8 MB, all
 * of them open, a question that reads a million facts counted 333 MB; small tables, of which 64 stay open, bound that. They are written
 * from memory of 4 MB, twice: the size of the journals, too. Neither costs a fact more (measured).
 */
const sizes = { writeBufferSize: 4 * MiB, maxFileSize: MiB, maxOpenFiles: 64, cacheSize: 2 * MiB };

export function openDatabase(dir: string, create: boolean): Database {
  const database = new Level<Buffer, Buffer>(dir, {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
    createIfMissing: create,
    // A worker may read history on the same database while the gateway writes.
    multithreading: true,
    ...sizes,
  });
  // In Node a Level is a ClassicLevel; its types leave out `compactRange`.
  return database as unknown as Database;
}

/** The open database. An I/O error sticks to it until it is opened again, so that readers take the present one each time. */
export class Connection {
  readonly dir: string;
  /** A journal was damaged, so that facts may be missing anywhere. */
  readonly lostJournal: boolean;
  readonly #make: MakeDatabase;
  #database: Database;
  #distrusted: string | undefined;
  #isClosed = false;
  readonly #whole: Stamps | undefined;
  #tableSizes: ReadonlyMap<string, number> = new Map();

  private constructor(dir: string, make: MakeDatabase, database: Database, lostJournal: boolean, whole?: Stamps) {
    this.#whole = whole;
    this.dir = dir;
    this.lostJournal = lostJournal;
    this.#make = make;
    this.#database = database;
  }

  /**
   * @param head the content of `log.head`
   * @throws {QccError} `QCC_LOG_LOCKED` while another process has it open; `QCC_LOG_DAMAGED` when LevelDB's own files are missing;
   * `QCC_LOG_GONE` when the whole log is missing although `log.head` records facts
   */
  static async open(dir: string, make: MakeDatabase, head: Head, beside = false): Promise<Connection> {
    makeFolder(dir);
    // With CURRENT missing, LevelDB would create a new database there and delete the old tables (measured): creation is only allowed in a
    // new folder.
    const isNew = holdsNothing(dir);
    if (isNew && (beside || head.seq > 0 || head.state === 'damaged')) throw gone(dir);
    if (!isNew && !existsSync(join(dir, 'CURRENT'))) throw damaged(dir, 'its file CURRENT is gone');
    const odd = oddIn(dir);
    // LevelDB would block on a pipe for ever, and go on without a journal whose path is a folder.
    if (odd !== undefined) throw damaged(dir, `${odd} in it is no file`);
    const whole = beside ? undefined : await wholeTables(dir);
    const database = make(dir, isNew);
    if (!beside) return new Connection(dir, make, database, await openedWhole(database, dir, head.seq), whole);
    await opened(database, dir);
    return new Connection(dir, make, database, false);
  }

  get database(): Database {
    return this.#database;
  }

  /**
   * The same, for reading old facts.
   * @throws {QccError} `QCC_TABLE_DAMAGED` once a table is known over which LevelDB might end the process
   */
  get past(): Database {
    if (this.#distrusted !== undefined) throw tableDamaged(this.dir, this.#distrusted);
    return this.#database;
  }

  get isTrusted(): boolean {
    return this.#distrusted === undefined;
  }

  /** The tables that were intact when it was opened. */
  get checked(): Stamps {
    return this.#whole ?? new Map();
  }

  /** A table is damaged: the past is not read until the log was repaired. */
  distrust(table: string | undefined): void {
    this.#distrusted = table;
  }

  async openAgain(): Promise<void> {
    await this.#database.close();
    this.#database = this.#make(this.dir, false);
    await opened(this.#database, this.dir);
  }

  /** The size of its files. A file that is merged away meanwhile does not count. */
  async size(): Promise<number> {
    const names = await readdir(this.dir);
    const sizes = await Promise.all(names.map(async (name) => [name, await this.#sizeOf(name)] as const));
    // Those of tables that are still being written change once more.
    const newest = Math.max(...names.map((name) => Number.parseInt(name, 10) || 0));
    const isDone = (name: string) => tableName.test(name) && Number.parseInt(name, 10) < newest - writtenAtOnce;
    this.#tableSizes = new Map(sizes.filter(([name]) => isDone(name)));
    return sizes.reduce((sum, [, size]) => sum + size, 0);
  }

  /** A table is never changed: a log of a gigabyte has a thousand, which need not be asked for again. */
  async #sizeOf(name: string): Promise<number> {
    const known = this.#tableSizes.get(name);
    return known ?? (await stat(join(this.dir, name)).catch(() => undefined))?.size ?? 0;
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return this.#database.close();
  }

  /** For the next start, which need not read again the tables that were found intact. */
  keepChecked(): void {
    if (this.#whole && this.isTrusted) keepChecked(this.dir, this.#whole);
  }

  /**
   * Words LevelDB's error: unreadable data is damage, unless the system refused the read. A read that was under way while the database was
   * opened anew, or closed, has lost it.
   */
  toldError(error: unknown): unknown {
    if (isGone(error)) return this.#isClosed ? closedError() : suspendedError('it waits for the disk');
    return isUnreadable(error) ? told(this.dir, reasonOf(error), (error as Error).message) : error;
  }
}

/**
 * Checks the tables before LevelDB reads them, which might end the process.
 * @throws {QccError} `QCC_LOG_DAMAGED`, or `QCC_LOG_LOCKED` while another process has it open: an incomplete file is no damage then
 */
async function wholeTables(dir: string): Promise<Stamps> {
  const { whole, damaged: table } = checkTables(dir);
  if (table === undefined) return whole;
  await refuseHeld(dir);
  // The process that had it open a moment ago may have been writing.
  const again = checkTables(dir);
  if (again.damaged === undefined) return again.whole;
  throw damaged(dir, `its file ${again.damaged} is not what was written`);
}

/**
 * LevelDB locks a file. Opening another database over the same lock file tests the lock without opening the log itself.
 * @throws {QccError} `QCC_LOG_LOCKED`
 */
async function refuseHeld(dir: string): Promise<void> {
  const own = join(dir, 'LOCK');
  if (!existsSync(own)) return;
  const place = mkdtempSync(workPrefix(dir));
  try {
    linkSync(own, join(place, 'LOCK'));
    const database = openDatabase(place, true);
    await opened(database, dir);
    await database.close();
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** True when there was never a log here, or the whole log is missing. */
export function holdsNothing(dir: string): boolean {
  const found = statSync(dir, { throwIfNoEntry: false });
  if (!found?.isDirectory()) return found === undefined;
  return readdirSync(dir).every((name) => name === 'LOCK' || name.startsWith('LOG'));
}

/** Paths of LevelDB's files that are not plain files. */
export function oddIn(dir: string): string | undefined {
  return readdirSync(dir).find((name) => ownFile.test(name) && !isFile(join(dir, name)));
}

const tableName = /^\d+\.(?:ldb|sst)$/;
// A merge writes one after the other, and numbers them when it begins to.
const writtenAtOnce = 2;

const ownFile = /^(?:CURRENT|LOCK|MANIFEST-\d+|\d+\.(?:log|ldb|sst))$/;

/** A file that disappears meanwhile was a file. */
const isFile = (path: string) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? true;

/** @throws {QccError} `QCC_LOG_DAMAGED` when something else has its path, or the system's error */
function makeFolder(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw told(dir, 'there is no folder in its place', (error as Error).message);
  }
  if (!statSync(dir).isDirectory()) throw damaged(dir, 'there is no folder in its place');
}

/** Includes facts that LevelDB drops from a damaged journal. True when a journal was damaged. */
async function openedWhole(database: Database, dir: string, known: number): Promise<boolean> {
  keepJournals(dir);
  try {
    await opened(database, dir);
  } catch (error) {
    dropKept(dir);
    throw error;
  }
  try {
    const kept = keptIn(dir);
    const isBroken = areBroken(dir, kept);
    // If the log ends early, its incomplete last record may still hold whole facts.
    const found = isBroken || (await headOf(database)) < known ? await putBack(database, kept) : 0;
    settleJournals(dir, isBroken || found > 0);
    return isBroken || found > 0;
  } catch (error) {
    await database.close();
    throw isUnreadable(error) ? told(dir, reasonOf(error), (error as Error).message) : error;
  }
}

async function headOf(database: Database): Promise<number> {
  const [last] = await database.keys({ ...allFacts, reverse: true, limit: 1 }).all();
  return last ? seqOf(last) : 0;
}

/**
 * Restores intact facts that LevelDB dropped from a damaged journal. Existing facts are never overwritten, and trimmed ones stay removed.
 * Returns how many were restored.
 */
async function putBack(database: Database, journals: readonly string[]): Promise<number> {
  const trimmed = await database.get(trimmedKey);
  const tail = trimmed ? numberOf(trimmed) : 0;
  let found = 0;
  for (const journal of journals) {
    const batch = database.batch();
    for (const { seq, value } of factsIn(journal)) {
      if (seq < tail || (await database.get(factKey(seq))) !== undefined) continue;
      const { stream, version } = unpack(value) as Recorded;
      batch.put(factKey(seq), value).put(streamKey(stream, version), numberValue(seq));
      found++;
    }
    await batch.write({ sync: true });
  }
  return found;
}

/** @throws {QccError} `QCC_LOG_LOCKED`, `QCC_LOG_DAMAGED` */
export async function opened(database: Database, dir: string): Promise<void> {
  try {
    await database.open();
  } catch (error) {
    const { cause } = error as { cause?: { code?: string; message?: string } };
    if (cause?.code === 'LEVEL_LOCKED') {
      throw new QccError('QCC_LOG_LOCKED', {}, exitCodes.conflict);
    }
    throw told(dir, cause?.message ?? String(error), cause?.message ?? String(error));
  }
}

const goneCodes: ReadonlySet<unknown> = new Set(['LEVEL_ITERATOR_NOT_OPEN', 'LEVEL_DATABASE_NOT_OPEN']);

function isGone(error: unknown): boolean {
  return goneCodes.has((error as { code?: unknown } | null)?.code);
}

function damaged(dir: string, why: string): QccError {
  return new QccError('QCC_LOG_DAMAGED', { dir, why });
}

/** The error while a process has the log open. */
export function tableDamaged(dir: string, table: string): QccError {
  return new QccError('QCC_TABLE_DAMAGED', { dir, table }, exitCodes.checkFailed);
}

/** The facts are missing, and a new log would look as if there had never been any. */
export function gone(dir: string): QccError {
  return new QccError('QCC_LOG_GONE', { dir });
}

/** A limit of the process on the size of files, or one of the file system. */
const tooLarge = /file too large|EFBIG/i;

/** The system refuses it, which is no damage: a repair would fail the same way. */
const refusals: readonly { readonly said: RegExp; readonly refused: (dir: string) => QccError }[] = [
  {
    said: /no space left|disk quota exceeded|ENOSPC|EDQUOT/i,
    refused: (dir) => new QccError('QCC_DISK_FULL', { dir, folder: dirname(dir), isLog: 1 }),
  },
  {
    said: tooLarge,
    refused: (dir) => new QccError('QCC_FILE_LIMIT', { dir, folder: dirname(dir), isLog: 1 }),
  },
  {
    said: /read-only file system|EROFS/i,
    refused: (dir) => new QccError('QCC_DISK_READONLY', { dir, folder: dirname(dir), isLog: 1 }),
  },
  {
    said: /permission denied|operation not permitted|EACCES|EPERM/i,
    refused: (dir) => new QccError('QCC_LOG_FORBIDDEN', { dir }),
  },
  {
    said: /too many open files|EMFILE|ENFILE/i,
    refused: (dir) => new QccError('QCC_FILES_FEW', { dir }),
  },
];

/** @param said the system's error message */
function told(dir: string, why: string, said: string): QccError {
  const refusal = refusals.find((one) => one.said.test(said));
  return refusal ? refusal.refused(dir) : damaged(dir, why);
}

export function closedError(): QccError {
  return new QccError('QCC_LOG_CLOSED', {});
}

const freeSpace = 'free space on the disk, then: qcc proxy status';
const raiseLimit = 'raise the limit on the size of files (ulimit -f unlimited), then: qcc proxy restart';

/** The write was promised, and the disk cannot be written now. */
export function suspendedError(why: string): QccError {
  return new QccError('QCC_LOG_SUSPENDED', { why, hint: why === 'EFBIG' ? raiseLimit : freeSpace });
}

/** Facts that waited for the disk, and were not written. */
export function givenUp(): QccError {
  return new QccError('QCC_LOG_GIVEN_UP', { hint: freeSpace });
}

export function reasonOf(error: unknown): string {
  const { code, cause, message } = error as { code?: string; cause?: { code?: string }; message?: string };
  if (tooLarge.test(message ?? '')) return 'EFBIG';
  return cause?.code ?? code ?? 'I/O error';
}
