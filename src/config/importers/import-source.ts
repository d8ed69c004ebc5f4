/** Where an import is read from: a named file, or the default places of other programs. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes, QccError } from '../../errors/qcc-error.ts';
import { BeyondBounds, parseBounded, readAtMost, readBounded } from '../../platform/bounded.ts';
import { userHome } from '../files/home.ts';
import { jsonBounds, unreadableImport } from './incoming.ts';

export interface ImportSource {
  readonly path: string;
  readonly text?: string;
  /** cc-switch's database, which is not text. */
  readonly database?: string;
  /** The original tool's file of tiers. */
  readonly beside?: string;
}

type Env = Readonly<Record<string, string | undefined>>;

// A thousand profiles; the control socket takes a megabyte.
const bytesMax = 900_000;
const sqliteMagic = 'SQLite format 3\0';

/** @throws {QccError} `QCC_IMPORT_MISSING`, `QCC_IMPORT_UNREADABLE` */
export function importSource(file: string | undefined, from: string | undefined, env: Env): ImportSource {
  const path = file ?? ownPlace(from, env);
  if (path.endsWith('.db') || isDatabase(path)) return { path, database: path };
  const tiers = join(userHome(env), '.qcc', 'priority_config.json');
  const beside = from === 'fastcc' && existsSync(tiers) ? { beside: read(tiers) } : {};
  return { path, text: read(path), ...beside };
}

function ownPlace(from: string | undefined, env: Env): string {
  const candidates = placesOf(from, userHome(env));
  const found = candidates.find((path) => existsSync(path));
  if (found) return found;
  throw new QccError(
    'QCC_IMPORT_MISSING',
    { from: from ?? 'cc-switch', places: candidates.join(', '), list: candidates.join(', no ') },
    exitCodes.notFound,
  );
}

function placesOf(from: string | undefined, home: string): readonly string[] {
  if (from === 'fastcc') return [join(home, '.fastcc', 'cache.json'), join(home, '.qcc', 'cache.json')];
  return [join(home, '.cc-switch', 'cc-switch.db'), join(home, '.cc-switch', 'config.json')];
}

function isDatabase(path: string): boolean {
  if (!existsSync(path) || !statSync(path).isFile()) return false;
  return onFile(path, () => readAtMost(path, sqliteMagic.length)).toString('latin1') === sqliteMagic;
}

function read(path: string): string {
  return onFile(path, () => readBounded(path, bytesMax));
}

/** @throws {QccError} `QCC_IMPORT_UNREADABLE`, `QCC_IMPORT_INVALID` */
function onFile<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof BeyondBounds) throw unreadableImport(error.limit, `ls -l ${path}`);
    const { code = '' } = error as NodeJS.ErrnoException;
    const exit = code === 'ENOENT' ? exitCodes.notFound : exitCodes.failed;
    throw new QccError('QCC_IMPORT_UNREADABLE', { path, code }, exit);
  }
}

/** An exported document, as it stands in its file. @throws {QccError} as above */
export function exportedDocument(path: string): object {
  const text = read(path);
  try {
    const document = parseBounded(text, jsonBounds);
    if (typeof document === 'object' && document !== null) return document;
  } catch (error) {
    if (error instanceof BeyondBounds) throw unreadableImport(error.limit, 'qcc config export qcc.json');
    // Reported below: the file's content is not repeated.
  }
  throw unreadableImport({ fault: 'notJson' }, 'qcc config export qcc.json');
}
