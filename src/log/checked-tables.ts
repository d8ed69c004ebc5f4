/**
 * The tables of a log, looked at before LevelDB is. LevelDB reads them without their checksums, and over some damages it does not fail
 * but ends the process. Those that a life before found whole, and that nobody has touched since, are written down in `log.checked` and
 * not read again; it is taken away while a log is being opened, so that whoever comes after a process that ended over a table reads all.
 */
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkTable, tablesIn } from './tables.ts';

/** By the name of a table: what it was when it was found whole. */
export type Stamps = ReadonlyMap<string, string>;

const pathOf = (dir: string) => `${dir}.checked`;

/** What of a file would be another one after whatever was written to it. */
export function stampOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found ? `${found.ino} ${found.size} ${found.mtimeMs} ${found.ctimeMs}` : 'gone';
}

/** Those that are whole, and the first that is not. Reads some 200 MB a second of what nobody has looked at yet. */
export function checkTables(dir: string): { readonly whole: Stamps; readonly damaged: string | undefined } {
  const known = takeKnown(dir);
  const whole = new Map<string, string>();
  for (const name of tablesIn(dir)) {
    const path = join(dir, name);
    const stamp = stampOf(path);
    if (known[name] !== stamp) {
      const finding = checkTable(path);
      if (finding === 'gone') continue;
      // What the system keeps from being read is told by LevelDB's own words.
      if (finding === 'damaged') return { whole, damaged: name };
      if (finding !== undefined) continue;
    }
    whole.set(name, stamp);
  }
  return { whole, damaged: undefined };
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

/** Never throws: without it, the next one reads more. */
export function keepChecked(dir: string, whole: Stamps): void {
  try {
    writeFileSync(pathOf(dir), JSON.stringify(Object.fromEntries(whole)), { mode: 0o600 });
  } catch {
    // As above.
  }
}
