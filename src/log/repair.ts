/**
 * Makes an intact log out of a damaged one. The original is not changed: copies are read in three ways, as they are, after LevelDB's own
 * repair, and by the bytes of the journals; every fact whose own checksum is right goes into a new database.
 */
import { execFile } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Range } from './damage.ts';
import { readHead, writeHead } from './head-file.ts';
import { type Database, oddIn, openDatabase, opened } from './level-database.ts';
import { finishRepair, folderId, swap, workFolders, workPrefix, writeIntent } from './repair-intent.ts';
import { salvage } from './salvage.ts';
import { damagedTables, mendTable } from './tables.ts';

// LevelDB's repair reads everything once; one that takes longer than this hangs.
const repairMs = 600_000;

export interface Repaired {
  /** False: there was nothing to repair, and nothing was changed. */
  readonly repaired: boolean;
  /** The number of facts after the repair. */
  readonly facts: number;
  /** Numbers that are gone for good, both ends included. */
  readonly lost: readonly Range[];
  /** The path of the original; null when nothing was changed. */
  readonly kept: string | null;
}

/**
 * Continues a killed repair, if possible. Its result must still be recorded: `finishRepair` returns it until `forgetIntent` is called.
 * @param name the name, beside the log, under which the original is kept
 * @param known facts existed, whatever the log says: a missing log is created
 * @throws {QccError} `QCC_LOG_LOCKED` while another process has the log open
 */
export async function repairLog(dir: string, name: string, known = false): Promise<Repaired> {
  const finished = finishRepair(dir);
  if (finished?.isJustDone) {
    const { facts, lost, kept } = finished;
    return { repaired: true, facts, lost, kept };
  }
  const isThere = isFolder(dir) && readdirSync(dir).length > 0;
  const { seq, state } = readHead(dir);
  if (!isThere && !known && seq === 0 && state === 'none') return { repaired: false, facts: 0, lost: [], kept: null };
  const work = mkdtempSync(workPrefix(dir));
  const isOdd = isThere && oddIn(dir) !== undefined;
  try {
    const lock = isThere ? await lockOf(dir, join(work, 'lock')) : undefined;
    try {
      return await repaired(dir, work, name, { isThere, isOdd });
    } finally {
      await lock?.close();
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

interface Found {
  readonly isThere: boolean;
  /** An entry that is not a plain file keeps it from being opened. */
  readonly isOdd: boolean;
}

async function repaired(dir: string, work: string, name: string, { isThere, isOdd }: Found): Promise<Repaired> {
  const copies = [join(work, 'as-it-is'), join(work, 'repaired')] as const;
  if (isThere) {
    for (const copy of copies) copyOf(dir, copy);
    // LevelDB aborts over some of them, and can do without them.
    for (const table of damagedTables(copies[1])) mendTable(join(copies[1], table));
    for (const table of damagedTables(copies[1])) rmSync(join(copies[1], table));
    await repairedByLevel(copies[1]);
  }
  // With no log in place, one that was moved away may be the only copy.
  const others = isThere ? [] : copiesOf(formerIn(dir, work), work);
  const found = await salvage(dir, copies, join(work, 'new'), others);
  if (found.isWhole && !isOdd) return { repaired: false, facts: found.facts, lost: [], kept: null };
  const kept = folderId(dir) === null ? null : freeName(dir, name);
  const { facts, lost } = found;
  // Also true of the old log, as far as is known.
  writeHead(dir, found.head);
  const intent = { work: basename(work), kept, old: folderId(dir), facts, lost };
  writeIntent(dir, intent);
  swap(dir, intent);
  return { repaired: true, facts, lost, kept };
}

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** Two repairs may begin in the same second. */
function freeName(dir: string, name: string): string {
  let free = name;
  for (let n = 2; existsSync(join(dirname(dir), free)); n++) free = `${name}-${n}`;
  return free;
}

/** Logs that a repair has set aside or was about to put in place, oldest first. */
function formerIn(dir: string, work: string): readonly string[] {
  const beside = readdirSync(dirname(dir)).filter((one) => one.startsWith(`${basename(dir)}.damaged-`));
  const made = workFolders(dir)
    .filter((one) => one !== basename(work))
    .map((one) => join(one, 'new'));
  return [...beside.sort(), ...made].map((one) => join(dirname(dir), one)).filter(isFolder);
}

function copiesOf(folders: readonly string[], work: string): readonly string[] {
  return folders.map((folder, i) => {
    const copy = join(work, `former-${i}`);
    copyOf(folder, copy);
    return copy;
  });
}

/**
 * Takes the log's lock without opening the log, which would change it. LevelDB locks a file, and a database of its own in another folder
 * shares this file.
 */
async function lockOf(dir: string, place: string): Promise<Database> {
  mkdirSync(place, { mode: 0o700 });
  const own = join(dir, 'LOCK');
  // A lock path that is not a file locks nothing, and prevents locking.
  if (existsSync(own) && !statSync(own).isFile()) renameSync(own, join(dir, freeName(own, 'LOCK.damaged')));
  if (!existsSync(own)) writeFileSync(own, '', { mode: 0o600 });
  linkSync(own, join(place, 'LOCK'));
  const database = openDatabase(place, true);
  await opened(database, dir);
  return database;
}

/** Its files, as far as they can be read, without the lock: closing another handle of the lock file would release it. */
function copyOf(dir: string, copy: string): void {
  mkdirSync(copy, { mode: 0o700 });
  for (const name of readdirSync(dir).filter((one) => one !== 'LOCK')) {
    if (!statSync(join(dir, name), { throwIfNoEntry: false })?.isFile()) continue;
    try {
      copyFileSync(join(dir, name), join(copy, name));
    } catch (error) {
      // A bad sector costs one file, not the log.
      if (!isOfOneFile(error)) throw error;
    }
  }
}

const isOfOneFile = (error: unknown) =>
  ['EIO', 'EACCES', 'EPERM', 'ENOENT'].includes(String((error as { code?: string }).code));

/**
 * LevelDB's own repair, in a process of its own: some damage does not raise an error but aborts the process (measured). Whatever its
 * result, it is one of three sources, and each fact is verified by its own checksum.
 */
async function repairedByLevel(dir: string): Promise<void> {
  const level = pathToFileURL(createRequire(import.meta.url).resolve('classic-level')).href;
  const program = `import level from ${JSON.stringify(level)}; await level.ClassicLevel.repair(process.argv[1]);`;
  const args = ['--input-type=module', '--eval', program, dir];
  await promisify(execFile)(process.execPath, args, { timeout: repairMs }).catch(() => {});
}
