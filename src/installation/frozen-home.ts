/**
 * A frozen copy of the home, made in very little time: immutable files are linked, and only the log's newest few megabytes are copied. The
 * process that has the log open makes it; the process that asked for it packs it, outside the gateway.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { keptParts } from '../backup/manifest.ts';
import type { Answer } from '../contract/operations.ts';
import { freeze, freezeLog } from '../log/frozen-log.ts';
import type { Installation } from './installation.ts';

const prefix = 'frozen-';
// A process that asked for a copy and died has left one: packing never takes an hour.
const leftAfterMs = 3_600_000;

export async function freezeHome({ core, home, paths }: Installation): Promise<Answer<'home.freeze'>> {
  sweepFrozen(paths.run);
  // The copy then opens as quickly as the original.
  await core.snapshot();
  const facts = core.state.seq;
  const folder = newFrozen(paths.run);
  freezeLog(paths.log, join(folder, 'log'));
  // After the log: what a fact names was written before the fact.
  for (const part of keptParts) freeze(join(home, part), join(folder, part));
  return { folder, facts };
}

/** The path of another one: nothing is there yet. */
export function newFrozen(run: string): string {
  return join(run, `${prefix}${randomBytes(6).toString('hex')}`);
}

/** Abandoned copies hold keys and bodies, and would keep them alive: they are removed at each start, and before each copy. */
export function sweepFrozen(run: string): void {
  mkdirSync(run, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(run).filter((one) => one.startsWith(prefix))) {
    const folder = join(run, name);
    if (Date.now() - statSync(folder).mtimeMs > leftAfterMs) rmSync(folder, { recursive: true, force: true });
  }
}
