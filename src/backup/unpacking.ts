/**
 * Unpacks a backup into a new folder. Its author is untrusted: the manifest comes first, and only the files that it lists are written, up
 * to their listed size, and only inside the folder. A process of its own runs this (`apart.ts`).
 */

import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { NewerFact } from '../../events/catalogue.ts';
import { MiB } from '../../events/units.ts';
import { homeFormat, newerHome } from '../config/files/home.ts';
import { exitCodes, QccError } from '../errors/qcc-error.ts';
import { LevelLog } from '../log/level-log.ts';
import type { Fault } from '../messages/errors/faults.ts';
import { BeyondBounds, parseBounded } from '../platform/bounded.ts';
import { type TarFile, untarred } from '../platform/tar.ts';
import { closeMask } from '../platform/umask.ts';
import { foldLog } from '../runtime/fold-log.ts';
import { type Backup, formatOf, keptParts, type Manifest, manifestName, parseManifest } from './manifest.ts';

export interface UnpackLimits {
  /** Of all files together. */
  readonly bytesMax: number;
  readonly filesMax: number;
  readonly manifestBytesMax: number;
  /** This many times the packed bytes, after a free allowance: a small file of zeros shrinks a thousandfold and is harmless. */
  readonly ratioMax: number;
  readonly freeBytes: number;
}

// LevelDB's tables are compressed already, and the queue's files are encrypted: a real backup shrinks to a half, hardly to a tenth.
const defaults: UnpackLimits = {
  bytesMax: 64 * 1_024 * MiB,
  filesMax: 100_000,
  manifestBytesMax: 16 * MiB,
  ratioMax: 50,
  freeBytes: 16 * MiB,
};
// A file of the list has three values, and each value a comma or a bracket.
const valuesEach = 5;
const valuesAround = 20;
const manifestDepth = 4;
const folders: ReadonlySet<string> = new Set(['log', 'bodies', 'quarantine']);
// The log records its own end in a file beside it.
const files: ReadonlySet<string> = new Set(['log.head', ...keptParts.filter((part) => !folders.has(part))]);

/** @throws {QccError} `QCC_BACKUP_INVALID`, `QCC_IMPORT_UNREADABLE`, `QCC_HOME_NEWER`: the folder is useless then */
export async function unpack(
  { file, folder, home }: { readonly file: string; readonly folder: string; readonly home: string },
  limits: UnpackLimits = defaults,
): Promise<Omit<Backup, 'file'>> {
  closeMask();
  const manifest = await unpacked(file, folder, home, limits);
  await checkLog(folder, home, manifest.facts);
  const keys = manifest.files.some(({ path }) => path === 'master.key');
  return { facts: manifest.facts, bytes: statSync(file).size, keys };
}

async function unpacked(file: string, to: string, home: string, limits: UnpackLimits): Promise<Manifest> {
  let manifest: Manifest | undefined;
  let awaited = new Map<string, Manifest['files'][number]>();
  try {
    for await (const entry of untarred(gunzipped(file, limits))) {
      if (manifest === undefined) {
        manifest = await readManifest(entry, home, limits);
        awaited = new Map(manifest.files.map((one) => [one.path, one]));
        refuseOverfull(manifest, to, limits);
        continue;
      }
      const listed = awaited.get(entry.path);
      if (!listed) throw invalid({ fault: 'unlisted' });
      awaited.delete(entry.path);
      if (listed.size !== entry.size || (await written(join(to, entry.path), entry.chunks)) !== listed.sha256)
        throw invalid({ fault: 'fileMissing', file: entry.path });
    }
  } catch (error) {
    throw error instanceof QccError ? error : unreadable(file, error);
  }
  if (!manifest) throw invalid({ fault: 'nothingInside' });
  for (const path of awaited.keys()) throw invalid({ fault: 'fileMissing', file: path });
  return manifest;
}

async function* gunzipped(file: string, { ratioMax, freeBytes }: UnpackLimits): AsyncIterable<Buffer> {
  const gunzip = createGunzip();
  const read = createReadStream(file);
  // A pipe does not forward errors: without this, an unreadable file would never end.
  read.on('error', (error) => gunzip.destroy(error));
  let unpackedBytes = 0;
  try {
    for await (const chunk of read.pipe(gunzip) as AsyncIterable<Buffer>) {
      unpackedBytes += chunk.length;
      if (unpackedBytes > freeBytes + ratioMax * gunzip.bytesWritten)
        throw invalid({ fault: 'expands', most: ratioMax });
      yield chunk;
    }
  } finally {
    read.destroy();
  }
}

async function readManifest(entry: TarFile, home: string, limits: UnpackLimits): Promise<Manifest> {
  if (entry.path !== manifestName) throw invalid({ fault: 'noList' });
  if (entry.size > limits.manifestBytesMax)
    throw invalid({ fault: 'longList', bytes: entry.size, most: limits.manifestBytesMax });
  const json = parsedList(await textOf(entry.chunks), limits);
  const format = formatOf(json);
  if (format > homeFormat) throw newerHome(home, { fault: 'newerFormat', format, known: homeFormat });
  const manifest = parseManifest(json);
  if (!manifest) throw invalid({ fault: 'badList' });
  return manifest;
}

function parsedList(text: string, { filesMax }: UnpackLimits): unknown {
  try {
    return parseBounded(text, { depthMax: manifestDepth, valuesMax: valuesAround + filesMax * valuesEach });
  } catch (error) {
    throw invalid({ fault: error instanceof BeyondBounds ? 'listBeyond' : 'badList' });
  }
}

/** Before anything is written: checks the number and size of files, their destinations, and the free space. */
function refuseOverfull(manifest: Manifest, to: string, { filesMax, bytesMax }: UnpackLimits): void {
  if (manifest.files.length > filesMax)
    throw invalid({ fault: 'tooManyFiles', count: manifest.files.length, most: filesMax });
  for (const { path } of manifest.files) refuseForeign(path);
  // On a case-insensitive file system the second file would overwrite the first.
  if (new Set(manifest.files.map(({ path }) => path.toLowerCase())).size !== manifest.files.length)
    throw invalid({ fault: 'listedTwice' });
  const bytes = manifest.files.reduce((sum, { size }) => sum + size, 0);
  if (bytes > bytesMax) throw invalid({ fault: 'tooLarge', bytes, most: bytesMax });
  const { bavail, bsize } = statfsSync(to);
  if (bytes > bavail * bsize) throw invalid({ fault: 'noRoom', bytes, room: bavail * bsize });
}

/** A home has a few files, and three folders of files with plain names; any other path is refused. */
function refuseForeign(path: string): void {
  const [first = '', ...rest] = path.split('/');
  const isPlain = rest.every((part) => /^\w[\w.-]*$/.test(part));
  if (rest.length === 0 ? files.has(first) : folders.has(first) && isPlain) return;
  throw invalid({ fault: 'strangeName' });
}

function unreadable(file: string, error: unknown): QccError {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (!/^E[A-Z]+$/.test(code)) return invalid({ fault: 'foreign', said: message });
  const exit = code === 'ENOENT' ? exitCodes.notFound : exitCodes.failed;
  return new QccError('QCC_IMPORT_UNREADABLE', { path: file, code }, exit);
}

async function textOf(chunks: AsyncIterable<Buffer>): Promise<string> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString('utf8');
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

/** Every fact is present, and none is of a newer kind. */
async function checkLog(folder: string, home: string, facts: number): Promise<void> {
  const log = await LevelLog.open(join(folder, 'log'), { once: true });
  try {
    await foldLog(log);
    if (log.head < facts) throw invalid({ fault: 'shortLog', head: log.head, facts });
  } catch (error) {
    throw error instanceof NewerFact ? newerHome(home, { fault: 'newerFact', said: error.message }) : error;
  } finally {
    await log.close();
  }
}

function invalid(fault: Fault<'backup'>): QccError {
  return new QccError('QCC_BACKUP_INVALID', fault);
}
