/**
 * A frozen copy of the home, made in very little time: immutable files are linked, and only the log's newest few megabytes are copied. The
 * process that has the log open makes it; the process that asked for it packs it, outside the gateway.
 */
import { randomBytes } from 'node:crypto';
import { constants, copyFileSync, linkSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { keptParts } from '../backup/manifest.ts';
import type { Answer } from '../contract/operations.ts';
import type { Installation } from './installation.ts';

const prefix = 'frozen-';
// A process that asked for a copy and died has left one: packing never takes an hour.
const leftAfterMs = 3_600_000;

export async function freezeHome({ core, home, paths }: Installation): Promise<Answer<'home.freeze'>> {
  sweepFrozen(paths.run);
  // The copy then opens as quickly as the original.
  await core.snapshot();
  const facts = core.state.seq;
  const folder = join(paths.run, `${prefix}${randomBytes(6).toString('hex')}`);
  mkdirSync(join(folder, 'log'), { recursive: true, mode: 0o700 });
  freezeLog(paths.log, join(folder, 'log'));
  // After the log: what a fact names was written before the fact.
  for (const part of keptParts) freeze(join(home, part), join(folder, part));
  return { folder, facts };
}

/**
 * LevelDB's tables are immutable, and are linked. The files that it appends to are copied as they are: a copy that ends in the middle of a
 * record ends before that record. Tables that appeared during the copy are linked at the end. Opening the copy shows whether it is
 * complete.
 */
function freezeLog(from: string, to: string): void {
  const isTable = (name: string) => /\.(ldb|sst)$/.test(name);
  const linkTables = () => {
    for (const name of readdirSync(from).filter(isTable)) freeze(join(from, name), join(to, name));
  };
  linkTables();
  for (const name of readdirSync(from).filter((one) => /^(CURRENT|MANIFEST-\d+|\d+\.log)$/.test(one)))
    copy(join(from, name), join(to, name));
  linkTables();
}

function freeze(from: string, to: string): void {
  const found = statSync(from, { throwIfNoEntry: false });
  if (found?.isDirectory()) {
    mkdirSync(to, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(from)) freeze(join(from, name), join(to, name));
  } else if (found?.isFile()) link(from, to);
}

/** A file that has gone meanwhile was not needed any more; without hard links, files are copied. */
function link(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EEXIST') return;
    copy(from, to);
  }
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  try {
    copyFileSync(from, to, constants.COPYFILE_FICLONE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Abandoned copies hold keys and bodies, and would keep them alive: they are removed at each start, and before each copy. */
export function sweepFrozen(run: string): void {
  mkdirSync(run, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(run).filter((one) => one.startsWith(prefix))) {
    const folder = join(run, name);
    if (Date.now() - statSync(folder).mtimeMs > leftAfterMs) rmSync(folder, { recursive: true, force: true });
  }
}
