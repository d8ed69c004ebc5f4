/** A backup of the home as one file, and a home out of it. Both are looked at before they count: the log in them is opened. */
import { createHash } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { NewerFact } from '../../events/catalogue.ts';
import { makeFolderBeside, openExport } from '../config/atomic-file.ts';
import { formatOf, type Manifest, manifestName, parseManifest } from '../config/backup-manifest.ts';
import { homeFormat, newerHome, refuseNewer } from '../config/home.ts';
import { tarEnd, tarred, tarredText, untarred } from '../config/tar.ts';
import { exitCodes, QccError } from '../errors.ts';
import { LevelLog } from '../log/level-log.ts';
import { foldLog } from '../runtime/core.ts';
import { version } from '../version.ts';
import type { Connection } from './operations.ts';

export interface Backup {
  readonly file: string;
  readonly facts: number;
  readonly bytes: number;
  /** The master key is in it; otherwise its keys open only with the keychain of the machine that made it. */
  readonly keys: boolean;
}

// A copy that a compaction has crossed cannot be opened; the next one, made a moment later, can.
const triesMax = 5;
const manifestBytesMax = 16 * 1_048_576;

/** @throws {QccError} `QCC_BACKUP_FAILED` when no copy came out well */
export async function backUp(call: Connection['call'], file: string): Promise<Backup> {
  for (let tried = 1; ; tried++) {
    const { folder, facts } = await call('home.freeze', {});
    try {
      const head = await headOf(join(folder, 'log'));
      if (typeof head === 'number' && head >= facts) return await packed(folder, file, head);
      if (tried === triesMax) throw failed(typeof head === 'string' ? head : `it ends with #${head}, before #${facts}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** The last fact of a copy, which is opened for that; or why it cannot be. */
async function headOf(dir: string): Promise<number | string> {
  try {
    const log = await LevelLog.open(dir);
    await log.close();
    return log.head;
  } catch (error) {
    if (error instanceof QccError) return error.message;
    throw error;
  }
}

function failed(why: string): QccError {
  return new QccError('QCC_BACKUP_FAILED', `no copy came out whole: ${why}`, 'qcc config backup FILE', undefined, {
    why,
  });
}

async function packed(folder: string, file: string, facts: number): Promise<Backup> {
  const names = filesIn(folder);
  const files = [];
  for (const path of names) files.push({ path, ...(await summed(join(folder, path))) });
  const at = new Date();
  const manifest: Manifest = { format: homeFormat, version, facts, at: at.toISOString(), files };
  const chunks = async function* () {
    yield tarredText(manifestName, `${JSON.stringify(manifest, null, 1)}\n`, at.getTime());
    for (const path of names) yield* tarred(path, join(folder, path));
    yield tarEnd;
  };
  const out = openExport(file);
  let bytes = 0;
  try {
    await pipeline(Readable.from(chunks()), createGzip(), async (packed: AsyncIterable<Buffer>) => {
      for await (const piece of packed) {
        out.write(piece);
        bytes += piece.length;
      }
    });
  } catch (error) {
    out.abandon();
    throw error;
  }
  out.close();
  return { file, facts, bytes, keys: names.includes('master.key') };
}

/** What a database makes for itself when it is opened is no part of it. */
function filesIn(folder: string): readonly string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => statSync(join(folder, name)).isFile())
    .map((name) => name.split(sep).join('/'))
    .filter((name) => !/^log\/(LOCK|LOG(\.old)?)$/.test(name))
    .sort();
}

async function summed(path: string): Promise<{ readonly size: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { size, sha256: hash.digest('hex') };
}

// ------------------------------------------------------------------------------------------------------ restore

/** Into a home that is empty, or not there. @throws {QccError} nothing has changed then */
export async function restore(file: string, home: string): Promise<Backup> {
  refuseNewer(home);
  if (!isEmpty(home)) {
    throw new QccError(
      'QCC_HOME_NOT_EMPTY',
      `${home} is not empty: a backup goes into an empty home`,
      `QCC_HOME=/another/folder qcc config restore ${file}`,
      exitCodes.conflict,
      { home },
    );
  }
  const beside = makeFolderBeside(home);
  try {
    const manifest = await unpacked(file, beside);
    await checkLog(beside, home, manifest.facts);
    // Folders that hold nothing, at most.
    if (existsSync(home)) removeEmpty(home);
    renameSync(beside, home);
    const keys = manifest.files.some(({ path }) => path === 'master.key');
    return { file, facts: manifest.facts, bytes: statSync(file).size, keys };
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
}

/** `qcc` itself makes empty folders before anything else. */
function isEmpty(folder: string): boolean {
  if (!existsSync(folder)) return true;
  return readdirSync(folder, { withFileTypes: true }).every(
    (entry) => entry.isDirectory() && isEmpty(join(folder, entry.name)),
  );
}

function removeEmpty(folder: string): void {
  for (const name of readdirSync(folder)) removeEmpty(join(folder, name));
  rmdirSync(folder);
}

async function unpacked(file: string, to: string): Promise<Manifest> {
  let manifest: Manifest | undefined;
  const found = new Map<string, string>();
  try {
    for await (const { path, size, chunks } of untarred(gunzipped(file))) {
      if (manifest === undefined) {
        manifest = readManifest(path, size > manifestBytesMax ? '' : await textOf(chunks), to);
        continue;
      }
      found.set(path, await written(inside(to, path), chunks));
    }
  } catch (error) {
    throw error instanceof QccError ? error : unreadable(file, error);
  }
  if (!manifest) throw invalid('there is nothing in it');
  for (const { path, sha256 } of manifest.files) {
    if (found.get(path) !== sha256) throw invalid(`${path} is missing or damaged`);
  }
  if (found.size !== manifest.files.length) throw invalid('there is more in it than it says');
  return manifest;
}

async function* gunzipped(file: string): AsyncIterable<Buffer> {
  const gunzip = createGunzip();
  const read = createReadStream(file);
  // A pipe passes no errors on: without this, a file that cannot be read would never end.
  read.on('error', (error) => gunzip.destroy(error));
  yield* read.pipe(gunzip) as AsyncIterable<Buffer>;
}

function readManifest(path: string, text: string, home: string): Manifest {
  if (path !== manifestName) throw invalid('it does not begin with its list of files');
  const json: unknown = JSON.parse(text);
  const format = formatOf(json);
  if (format > homeFormat) throw newerHome(home, `the backup has format ${format}, and this qcc knows ${homeFormat}`);
  const manifest = parseManifest(json);
  if (!manifest) throw invalid('its list of files cannot be read');
  return manifest;
}

function unreadable(file: string, error: unknown): QccError {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (!/^E[A-Z]+$/.test(code)) return invalid(message);
  const exit = code === 'ENOENT' ? exitCodes.notFound : exitCodes.failed;
  return new QccError('QCC_IMPORT_UNREADABLE', `${file} cannot be read (${code})`, `ls -l ${file}`, exit, {
    path: file,
    code,
  });
}

async function textOf(chunks: AsyncIterable<Buffer>): Promise<string> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString('utf8');
}

/** Whatever it is called, it stays where it belongs. */
function inside(folder: string, path: string): string {
  const to = resolve(folder, path);
  const way = relative(folder, to);
  if (way === '' || way.startsWith('..') || resolve(way) === way) throw invalid('a name in it leads out of the home');
  return to;
}

async function written(path: string, chunks: AsyncIterable<Buffer>): Promise<string> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const hash = createHash('sha256');
  const counted = async function* () {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  };
  await pipeline(Readable.from(counted()), createWriteStream(path, { mode: 0o600, flags: 'wx', flush: true }));
  return hash.digest('hex');
}

/** Every fact is there, and none is of a newer kind. */
async function checkLog(folder: string, home: string, facts: number): Promise<void> {
  const log = await LevelLog.open(join(folder, 'log'));
  try {
    await foldLog(log);
    if (log.head < facts) throw invalid(`its log ends with #${log.head}, before #${facts}`);
  } catch (error) {
    throw error instanceof NewerFact ? newerHome(home, error.message) : error;
  } finally {
    await log.close();
  }
}

function invalid(why: string): QccError {
  return new QccError('QCC_BACKUP_INVALID', `this is no whole backup: ${why}`, 'qcc config backup FILE', undefined, {
    why,
  });
}
