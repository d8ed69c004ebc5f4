/**
 * What a repair is about to do, in a file beside the log: `log.repair.json`. The new log replaces the old one by two renames, and a process
 * may die between them, when there is no log at all. The next process finishes the repair: the new log was complete before this file was
 * written. The file stays until the history records the repair.
 */
import { existsSync, lstatSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { removeLeftovers, replaceFile, syncFolder } from '../platform/atomic-file.ts';
import { readPlain } from '../platform/plain-file.ts';
import { isListed } from '../platform/processes.ts';
import type { Range } from './damage.ts';

export interface RepairIntent {
  /** The folder that a repair works in, and the new log in it. */
  readonly work: string;
  /** The name under which the old log is kept; null when there was none. */
  readonly kept: string | null;
  /** Identifies the old log's folder: a different one in its place is not ours to move. */
  readonly old: number | null;
  readonly facts: number;
  readonly lost: readonly Range[];
}

const pathOf = (dir: string) => `${dir}.repair.json`;
const madeIn = (dir: string, { work }: RepairIntent) => join(dirname(dir), work, 'new');
const workOf = (dir: string) => `${basename(dir)}.repair-`;

/** The path prefix of a working folder, with the pid of its process. */
export function workPrefix(dir: string): string {
  return join(dirname(dir), `${workOf(dir)}${process.pid}-`);
}

/** On the disk when it returns. */
export function writeIntent(dir: string, intent: RepairIntent): void {
  replaceFile(pathOf(dir), `${JSON.stringify(intent)}\n`);
}

function readIntent(dir: string): RepairIntent | undefined {
  try {
    const intent = JSON.parse(readPlain(pathOf(dir)).toString('utf8')) as RepairIntent;
    const isOurs = typeof intent.work === 'string' && intent.work.startsWith(workOf(dir));
    return isOurs && basename(intent.work) === intent.work ? intent : undefined;
  } catch {
    return undefined;
  }
}

/** The two renames, continued from any point. Another process may do the same: steps that are done already are skipped. */
export function swap(dir: string, intent: RepairIntent): void {
  const made = madeIn(dir, intent);
  if (intent.kept !== null && existsSync(made)) renamed(dir, join(dirname(dir), intent.kept));
  renamed(made, dir);
  syncFolder(dirname(dir));
}

function renamed(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/**
 * Finishes a repair that was killed after its new log was complete. Returns what the history must still record; undefined when there is
 * nothing.
 */
export function finishRepair(dir: string): (RepairIntent & { readonly isJustDone: boolean }) | undefined {
  const intent = readIntent(dir);
  if (!intent) return undefined;
  const made = existsSync(madeIn(dir, intent));
  const there = folderId(dir);
  // Another log was put there since, or the new one was removed.
  if (made ? there !== null && there !== intent.old : there === null) {
    forgetIntent(dir);
    return undefined;
  }
  if (made) swap(dir, intent);
  return { ...intent, isJustDone: made };
}

/** The history records the repair. */
export function forgetIntent(dir: string): void {
  rmSync(pathOf(dir), { force: true });
}

/** The file's stats, also of a dangling link; null when there is none. */
export function folderId(dir: string): number | null {
  return lstatSync(dir, { throwIfNoEntry: false })?.ino ?? null;
}

/** Leftovers of killed repairs. The caller must hold the log, so that no other repair runs. */
export function sweepRepairs(dir: string): void {
  for (const name of workFolders(dir)) {
    const [, pid] = /-(\d+)-[^-]+$/.exec(name) ?? [];
    if (pid === undefined || Number(pid) === process.pid || !isListed(Number(pid)))
      rmSync(join(dirname(dir), name), { recursive: true, force: true });
  }
  removeLeftovers(pathOf(dir));
  // Written by older versions.
  rmSync(`${pathOf(dir)}.new`, { force: true });
}

export function workFolders(dir: string): readonly string[] {
  return readdirSync(dirname(dir)).filter((name) => name.startsWith(workOf(dir)));
}
