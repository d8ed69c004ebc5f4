/** The end of a home: what qcc has made in it goes, and nothing else. */
import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { keychainFor } from '../../config/secrets/keychain.ts';
import { writerOf } from '../../platform/atomic-file.ts';

/** Everything that qcc ever makes in a home. A home is wherever somebody says: it may be a folder with other things in it. */
const made: ReadonlySet<string> = new Set([
  'bodies',
  'claude.json',
  'home.json',
  'log',
  'log.checked',
  'log.head',
  'log.head.new',
  'log.repair.json',
  'log.repair.json.new',
  'logs',
  'master.key',
  'names.json',
  'qcc.sock',
  'quarantine',
  'run',
  'vault.json',
]);

// What a repair works in, and what it has put aside of the queue.
const ofRepair = /^log\.repair-[\w-]+$|^bodies\.kept-[\d-]+$/;

/** What a killed writer of one of its files has left. */
function isLeftover(name: string): boolean {
  if (ofRepair.test(name)) return true;
  const file = /^[a-z]+(\.repair)?\.(json|key)(?=\.)/.exec(name)?.[0];
  return file !== undefined && writerOf(name, file) !== undefined;
}

export interface Removal {
  readonly removed: boolean;
  /** What is not ours, and stays with its folder. */
  readonly left: readonly string[];
}

export function removeHome(home: string, env: Readonly<Record<string, string | undefined>>): Removal {
  if (!existsSync(home)) return { removed: false, left: [] };
  const names = readdirSync(home);
  const ours = names.filter((name) => made.has(name) || isLeftover(name));
  // The keys first: should this be interrupted, what is left opens nothing.
  const first = (name: string) => (name === 'master.key' || name === 'vault.json' ? 0 : 1);
  for (const name of ours.sort((a, b) => first(a) - first(b)))
    rmSync(join(home, name), { recursive: true, force: true });
  keychainFor(home, env)?.remove();
  const left = names.filter((name) => !ours.includes(name));
  if (left.length === 0) rmdirSync(home);
  return { removed: true, left };
}
