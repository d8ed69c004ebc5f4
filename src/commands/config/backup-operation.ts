/** A backup of the home as one file, and a home from such a file. Both are verified before they count: the log in them is opened. */

import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type Backup, type Manifest, manifestName } from '../../backup/manifest.ts';
import { homeFormat, refuseNewer } from '../../config/files/home.ts';
import type { Connection } from '../../contract/operations.ts';
import { exitCodes, QccError } from '../../errors/qcc-error.ts';
import { sweepRestores } from '../../installation/leftovers.ts';
import { LevelLog } from '../../log/level-log.ts';
import type { Fault } from '../../messages/errors/faults.ts';
import { makeFolderBeside, openExport } from '../../platform/atomic-file.ts';
import { tarEnd, tarred, tarredText } from '../../platform/tar.ts';
import { version } from '../../platform/version.ts';
import { apart } from '../../pool/apart.ts';

// A copy that coincides with a compaction cannot be opened; the next one, made a moment later, can.
const triesMax = 5;

/** @throws {QccError} `QCC_BACKUP_FAILED` when no copy could be verified */
export async function backUp(call: Connection['call'], file: string): Promise<Backup> {
  for (let tried = 1; ; tried++) {
    const { folder, facts } = await call('home.freeze', {});
    try {
      const head = await headOf(join(folder, 'log'));
      if (typeof head === 'number' && head >= facts) return await packed(folder, file, head);
      if (tried === triesMax)
        throw failed(
          typeof head === 'string' ? { fault: 'foreign', said: head } : { fault: 'shortLog', head, facts },
          file,
        );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** The last fact of a copy, which is opened to verify it; or why it cannot be opened. */
async function headOf(dir: string): Promise<number | string> {
  try {
    const log = await LevelLog.open(dir, { once: true });
    await log.close();
    return log.head;
  } catch (error) {
    if (error instanceof QccError) return error.message;
    throw error;
  }
}

function failed(fault: Fault<'backup'>, to: string): QccError {
  return new QccError('QCC_BACKUP_FAILED', { ...fault, to });
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

/** Files that a database makes when it is opened are not part of the backup. */
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

/** Restores into a home that is empty or missing. @throws {QccError} nothing has changed then */
export async function restore(file: string, home: string): Promise<Backup> {
  refuseNewer(home);
  if (!isEmpty(home)) {
    throw new QccError('QCC_HOME_NOT_EMPTY', { home, file }, exitCodes.conflict);
  }
  // A restore that was killed may have left its folder here.
  sweepRestores(home);
  const beside = makeFolderBeside(home);
  const stop = sweepOnSignal(beside);
  try {
    const told = await apart('restore', { file, folder: beside, home });
    // The home may hold empty folders at most.
    if (existsSync(home)) removeEmpty(home);
    renameSync(beside, home);
    return { file, ...told };
  } finally {
    stop();
    rmSync(beside, { recursive: true, force: true });
  }
}

/** Ctrl-C removes a half-made home: it may hold gigabytes, and keys. */
function sweepOnSignal(folder: string): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const sweep = (signal: NodeJS.Signals) => {
    rmSync(folder, { recursive: true, force: true });
    stop();
    process.kill(process.pid, signal);
  };
  const stop = () => {
    for (const signal of signals) process.off(signal, sweep);
  };
  for (const signal of signals) process.on(signal, sweep);
  return stop;
}

/** `qcc` itself creates empty folders before the restore runs. */
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
