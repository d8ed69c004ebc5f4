/**
 * What a repair is about to do, beside the log: `log.repair.json`. The new log takes the place of the old one by two renames, and a
 * process may die between them, when no log is there at all. Whoever comes next finishes it: the new log was whole before this was
 * written. It stays until the history tells of the repair.
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
  /** What the old log is kept as; null when there was none. */
  readonly kept: string | null;
  /** Which folder the old log was: another one in its place is somebody's. */
  readonly old: number | null;
  readonly facts: number;
  readonly lost: readonly Range[];
}

const pathOf = (dir: string) => `${dir}.repair.json`;
const madeIn = (dir: string, { work }: RepairIntent) => join(dirname(dir), work, 'new');
const workOf = (dir: string) => `${basename(dir)}.repair-`;

/** A folder to work in, which says whose it is. */
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

/** The two renames, from wherever they were left. Somebody else may be at the same: what is done already is done. */
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
 * Finishes a repair that was killed after its new log was whole. The answer is what is still to be told of it; undefined when there
 * is nothing.
 */
export function finishRepair(dir: string): (RepairIntent & { readonly isJustDone: boolean }) | undefined {
  const intent = readIntent(dir);
  if (!intent) return undefined;
  const made = existsSync(madeIn(dir, intent));
  const there = folderId(dir);
  // Somebody has put another log there since, or taken the new one away.
  if (made ? there !== null && there !== intent.old : there === null) {
    forgetIntent(dir);
    return undefined;
  }
  if (made) swap(dir, intent);
  return { ...intent, isJustDone: made };
}

/** It is told. */
export function forgetIntent(dir: string): void {
  rmSync(pathOf(dir), { force: true });
}

/** What stands there, a link that leads nowhere too; null for nothing. */
export function folderId(dir: string): number | null {
  return lstatSync(dir, { throwIfNoEntry: false })?.ino ?? null;
}

/** What killed repairs have left. Only for whoever has the log: nobody else repairs it then. */
export function sweepRepairs(dir: string): void {
  for (const name of workFolders(dir)) {
    const [, pid] = /-(\d+)-[^-]+$/.exec(name) ?? [];
    if (pid === undefined || Number(pid) === process.pid || !isListed(Number(pid)))
      rmSync(join(dirname(dir), name), { recursive: true, force: true });
  }
  removeLeftovers(pathOf(dir));
  // What older versions wrote beside.
  rmSync(`${pathOf(dir)}.new`, { force: true });
}

export function workFolders(dir: string): readonly string[] {
  return readdirSync(dirname(dir)).filter((name) => name.startsWith(workOf(dir)));
}
