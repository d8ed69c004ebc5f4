/** Where what is imported lies: a file by name, or the places where other programs keep theirs. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes, QccError } from '../errors.ts';
import { userHome } from './home.ts';

export interface ImportSource {
  readonly path: string;
  readonly text?: string;
  /** cc-switch's database, which is no text. */
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
    `${from} has left nothing here: no ${candidates.join(', no ')}`,
    `qcc config import FILE --from ${from}`,
    exitCodes.notFound,
    { from: from ?? '', places: candidates.join(', ') },
  );
}

function placesOf(from: string | undefined, home: string): readonly string[] {
  if (from === 'fastcc') return [join(home, '.fastcc', 'cache.json'), join(home, '.qcc', 'cache.json')];
  return [join(home, '.cc-switch', 'cc-switch.db'), join(home, '.cc-switch', 'config.json')];
}

function isDatabase(path: string): boolean {
  return existsSync(path) && statSync(path).isFile() && readFileSync(path).subarray(0, 16).toString() === sqliteMagic;
}

function read(path: string): string {
  try {
    const { size } = statSync(path);
    if (size <= bytesMax) return readFileSync(path, 'utf8');
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const exit = code === 'ENOENT' ? exitCodes.notFound : exitCodes.failed;
    throw new QccError('QCC_IMPORT_UNREADABLE', `${path} cannot be read (${code})`, `ls -l ${path}`, exit, {
      path,
      code,
    });
  }
  throw new QccError('QCC_IMPORT_INVALID', `${path} is too large to be a configuration`, `ls -l ${path}`, undefined, {
    why: path,
  });
}
