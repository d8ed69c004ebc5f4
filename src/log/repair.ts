/**
 * Makes a whole log out of a damaged one. Nothing of the original is changed: copies are read in three ways, as they are, after
 * LevelDB's own repair, and by the bytes of the journals; every fact whose own checksum fits goes into a new database.
 */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, linkSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Range } from './damage.ts';
import { writeHead } from './head-file.ts';
import { type Database, openDatabase, opened } from './level-database.ts';
import { salvage } from './salvage.ts';

// LevelDB's repair reads everything once; one that takes longer than this hangs.
const repairMs = 600_000;

export interface Repaired {
  /** False: there was nothing to repair, and nothing was changed. */
  readonly repaired: boolean;
  /** Facts that are there now. */
  readonly facts: number;
  /** Numbers that are gone for good, both ends included. */
  readonly lost: readonly Range[];
  /** Where the original is; null when nothing was changed. */
  readonly kept: string | null;
}

/**
 * @param name what the original is kept as, beside the log
 * @throws {QccError} `QCC_LOG_LOCKED` while another process has the log
 */
export async function repairLog(dir: string, name: string): Promise<Repaired> {
  const work = mkdtempSync(`${dir}.repair-`);
  const lock = await lockOf(dir, join(work, 'lock')).catch((error: unknown) => {
    rmSync(work, { recursive: true, force: true });
    throw error;
  });
  try {
    const copies = [join(work, 'as-it-is'), join(work, 'repaired')] as const;
    for (const copy of copies) copyOf(dir, copy);
    await repairedByLevel(copies[1]);
    const found = await salvage(dir, copies, join(work, 'new'));
    if (found.isWhole) return { repaired: false, facts: found.facts, lost: [], kept: null };
    renameSync(dir, join(dir, '..', name));
    renameSync(join(work, 'new'), dir);
    writeHead(dir, found.head);
    return { repaired: true, facts: found.facts, lost: found.lost, kept: name };
  } finally {
    await lock.close();
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * The log's lock, without opening the log: that alone would change it. LevelDB locks a file, and this one has the same file in
 * a database of its own.
 */
async function lockOf(dir: string, place: string): Promise<Database> {
  mkdirSync(place, { mode: 0o700 });
  const own = join(dir, 'LOCK');
  if (!existsSync(own)) writeFileSync(own, '', { mode: 0o600 });
  linkSync(own, join(place, 'LOCK'));
  const database = openDatabase(place, true);
  await opened(database, dir);
  return database;
}

/** Without the lock: to close another handle of it would open it. */
function copyOf(dir: string, copy: string): void {
  cpSync(dir, copy, { recursive: true, filter: (path) => basename(path) !== 'LOCK' });
}

/**
 * LevelDB's own repair, in a process of its own: over some damages it does not fail but aborts (measured). Whatever comes of it,
 * it is one of three sources, and each fact is looked at by its own checksum.
 */
async function repairedByLevel(dir: string): Promise<void> {
  const level = pathToFileURL(createRequire(import.meta.url).resolve('classic-level')).href;
  const program = `import level from ${JSON.stringify(level)}; await level.ClassicLevel.repair(process.argv[1]);`;
  const args = ['--input-type=module', '--eval', program, dir];
  await promisify(execFile)(process.execPath, args, { timeout: repairMs }).catch(() => {});
}
