/**
 * Checks the tables of a log before LevelDB reads them. LevelDB reads them without their checksums, and some damage does not raise an error
 * but ends the process. Tables that a former life found intact, and that have not changed since, are listed in `log.checked` and not read
 * again. The list is removed while a log is being opened, so that the start after a crash over a table reads all of them.
 */
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tablesInUse } from './manifest.ts';
import { checkTable, type Finding, tablesIn } from './tables.ts';

/** By the name of a table: its stamp when it was found intact. */
export type Stamps = ReadonlyMap<string, string>;

const pathOf = (dir: string) => `${dir}.checked`;

/** The attributes of a file that change with any write. */
export function stampOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found ? `${found.ino} ${found.size} ${found.mtimeMs} ${found.ctimeMs}` : 'gone';
}

/** The intact tables, and the first damaged one. Reads some 200 MB a second of tables that were not checked before. */
export function checkTables(dir: string): { readonly whole: Stamps; readonly damaged: string | undefined } {
  const known = takeKnown(dir);
  const whole = new Map<string, string>();
  for (const name of tablesIn(dir)) {
    const stamp = stampOf(join(dir, name));
    const finding = known[name] === stamp ? undefined : findingOf(dir, name);
    // If the system refuses the read, LevelDB's own error reports it.
    if (finding === 'damaged') return { whole, damaged: name };
    if (finding === undefined) whole.set(name, stamp);
  }
  return { whole, damaged: undefined };
}

/** A damaged one that is not in use was begun by a merge when its process ended: LevelDB deletes it. */
function findingOf(dir: string, name: string): Finding {
  const finding = checkTable(join(dir, name));
  return finding === 'damaged' && isUnused(dir, name) ? 'gone' : finding;
}

/** False when it is not certain. */
function isUnused(dir: string, name: string): boolean {
  return tablesInUse(dir)?.has(Number.parseInt(name, 10)) === false;
}

function takeKnown(dir: string): Readonly<Record<string, unknown>> {
  const path = pathOf(dir);
  if (!existsSync(path)) return {};
  try {
    return Object(JSON.parse(readFileSync(path, 'utf8'))) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

/** Never throws: without the list, the next start reads more. */
export function keepChecked(dir: string, whole: Stamps): void {
  try {
    writeFileSync(pathOf(dir), JSON.stringify(Object.fromEntries(whole)), { mode: 0o600 });
  } catch {
    // As above.
  }
}
