/** Removal of a home: removes the files that qcc has made in it, and nothing else. */
import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { keychainFor } from '../../config/secrets/keychain.ts';
import { writerOf } from '../../platform/atomic-file.ts';

/** Every file and folder that qcc ever makes in a home. The user chooses the home: it may be a folder with other things in it. */
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
  'snapshots.json',
  'sync.json',
  'tls',
  'tokens.json',
  'vault.json',
]);

// The working folder of a repair, and the queue files that it set aside.
const ofRepair = /^log\.repair-[\w-]+$|^bodies\.kept-[\d-]+$/;

/** Temporary files of a killed writer. */
function isLeftover(name: string): boolean {
  if (ofRepair.test(name)) return true;
  const file = /^[a-z]+(\.repair)?\.(json|key)(?=\.)/.exec(name)?.[0];
  return file !== undefined && writerOf(name, file) !== undefined;
}

export interface Removal {
  readonly removed: boolean;
  /** Files that are not ours; they stay, and so does their folder. */
  readonly left: readonly string[];
}

export function removeHome(home: string, env: Readonly<Record<string, string | undefined>>): Removal {
  if (!existsSync(home)) return { removed: false, left: [] };
  const names = readdirSync(home);
  const ours = names.filter((name) => made.has(name) || isLeftover(name));
  // The keys first: if the removal is interrupted, the rest cannot be decrypted.
  const first = (name: string) => (name === 'master.key' || name === 'vault.json' ? 0 : 1);
  for (const name of ours.sort((a, b) => first(a) - first(b)))
    rmSync(join(home, name), { recursive: true, force: true });
  keychainFor(home, env)?.remove();
  const left = names.filter((name) => !ours.includes(name));
  if (left.length === 0) rmdirSync(home);
  return { removed: true, left };
}
