/** Atomic writes: a file is written beside the old one, synced, and renamed over it. Errors say why it cannot be written. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { exitCodes, QccError } from '../errors/qcc-error.ts';

const ownerOnly = 0o600;
const ownerOnlyFolder = 0o700;
// 2^48 names: they cannot all be occupied with links.
const randomNameBytes = 6;

/** The system's errors for a path that is unusable itself. */
const wrongPaths: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG']);
/** Those by which the machine refuses it now. */
const refusals: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EFBIG', 'EDQUOT', 'EMFILE']);

function hintOf(code: string, folder: string): string {
  if (code === 'ENOENT') return `mkdir -p ${folder}`;
  if (code === 'ENOSPC' || code === 'EDQUOT') return `free space, then run it again: df -h ${folder}`;
  return code === 'EROFS' ? `make it writable, then run it again: findmnt -T ${folder}` : `ls -ld ${folder}`;
}

/** Runs an operation on a file. @throws {QccError} `QCC_FILE_UNWRITABLE` when the system refuses it, with the reason */
function onFile<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!wrongPaths.has(code) && !refusals.has(code)) throw error;
    const exit = wrongPaths.has(code) ? exitCodes.usage : exitCodes.failed;
    throw new QccError('QCC_FILE_UNWRITABLE', { path, code, hint: hintOf(code, dirname(path)) }, exit);
  }
}

/** A file that the user asked for. @throws {QccError} `QCC_FILE_UNWRITABLE` */
export function writeExport(path: string, text: string): void {
  const file = openExport(path);
  try {
    file.write(text);
  } catch (error) {
    file.abandon();
    throw error;
  }
  file.close();
}

export interface OpenExport {
  write(text: string | Uint8Array): void;
  /** Moves the file into place under its name. */
  close(): void;
  /** Discards the unfinished file: the former one stays. */
  abandon(): void;
}

/** The same for content that is too long for the memory: it is written as it arrives. @throws {QccError} `QCC_FILE_UNWRITABLE` */
export function openExport(path: string): OpenExport {
  if (isStream(path)) return openStream(path);
  const { beside, file } = onFile(path, () => openBeside(path, ownerOnly));
  const give = (work: () => void) =>
    onFile(path, () => {
      try {
        work();
      } catch (error) {
        rmSync(beside, { force: true });
        throw error;
      }
    });
  return {
    write: (text) => onFile(path, () => writeFileSync(file, text)),
    close: () =>
      give(() => {
        closeSynced(file);
        renameSync(beside, path);
      }),
    abandon: () => {
      closeSync(file);
      rmSync(beside, { force: true });
    },
  };
}

/** `/dev/stdout`, a pipe, a terminal: written directly, because nothing can be renamed over them. `/dev/shm` holds plain files. */
function isStream(path: string): boolean {
  if (/^\/(dev\/(?!shm\/)|proc\/)/.test(resolve(path))) return true;
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && !found.isFile() && !found.isDirectory();
}

function openStream(path: string): OpenExport {
  const file = onFile(path, () => openSync(path, 'w', ownerOnly));
  return {
    write: (text) => onFile(path, () => writeFileSync(file, text)),
    close: () => closeSync(file),
    abandon: () => closeSync(file),
  };
}

/** @throws {QccError} `QCC_FILE_UNWRITABLE` */
export function writeFileAtomic(path: string, text: string, mode = ownerOnly): void {
  onFile(path, () => replaceFile(path, text, mode));
}

interface StagedFile {
  /** Needs no room on the disk. */
  commit(): void;
  abandon(): void;
}

/** Written and synced beside the file that it will replace. @throws {QccError} `QCC_FILE_UNWRITABLE` */
export function stageFile(path: string, text: string, mode = ownerOnly): StagedFile {
  const beside = onFile(path, () => writeBeside(path, text, mode));
  return {
    commit: () =>
      onFile(path, () => {
        renameSync(beside, path);
        syncFolder(dirname(path));
      }),
    abandon: () => rmSync(beside, { force: true }),
  };
}

/** A second name for a file's present content, so that it can be restored. @throws {QccError} `QCC_FILE_UNWRITABLE` */
export function keepBeside(path: string): { restore(): void; forget(): void } {
  const beside = besideName(path);
  onFile(path, () => linkOrCopy(path, beside));
  const forget = () => rmSync(beside, { force: true });
  return {
    restore: () =>
      onFile(path, () => {
        renameSync(beside, path);
        // If nothing was written since, both are one file, and a rename does nothing.
        forget();
      }),
    forget,
  };
}

function linkOrCopy(path: string, beside: string): void {
  try {
    linkSync(path, beside);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!withoutLinks.has(code)) throw error;
    copyFileSync(path, beside, constants.COPYFILE_EXCL);
  }
}

const withoutLinks: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'ENOSYS']);

/** As `writeFileAtomic`, for callers that word a disk's error themselves. @throws the system's error */
export function replaceFile(path: string, text: string, mode = ownerOnly): void {
  const beside = writeBeside(path, text, mode);
  try {
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

function writeBeside(path: string, text: string, mode: number): string {
  const { beside, file } = openBeside(path, mode);
  try {
    try {
      writeFileSync(file, text);
    } catch (error) {
      closeSync(file);
      throw error;
    }
    closeSynced(file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
  return beside;
}

function closeSynced(file: number): void {
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/**
 * A new file beside another one, which it will replace. No other user can have planted a file or a link there: its name is unpredictable,
 * and an existing one is refused, never followed.
 */
function openBeside(path: string, mode: number): { readonly beside: string; readonly file: number } {
  // A rename would fail only at the end, after everything was written.
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw Object.assign(new Error(`EISDIR: ${path}`), { code: 'EISDIR' });
  const beside = besideName(path);
  const file = openSync(beside, 'wx', mode);
  try {
    // Independent of the process's umask.
    fchmodSync(file, mode);
  } catch (error) {
    closeSync(file);
    rmSync(beside, { force: true });
    throw error;
  }
  return { beside, file };
}

/** The same for a folder: new, empty, and accessible to its owner only. */
export function makeFolderBeside(path: string): string {
  const beside = besideName(path);
  mkdirSync(dirname(path), { recursive: true, mode: ownerOnlyFolder });
  mkdirSync(beside, { mode: ownerOnlyFolder });
  return beside;
}

function besideName(path: string): string {
  return `${path}.${process.pid}-${randomBytes(randomNameBytes).toString('hex')}.tmp`;
}

// With the writer's pid, so that a later sweep can tell whether the writer lives; older versions had the pid alone.
const besideForm = /^\.(\d+)(?:-[0-9a-f]{12})?\.tmp$/;

/** The pid of the process that made this unfinished copy of a file; undefined if it is none. */
export function writerOf(beside: string, name: string): number | undefined {
  const pid = beside.startsWith(name) ? besideForm.exec(beside.slice(name.length))?.[1] : undefined;
  return pid === undefined ? undefined : Number(pid);
}

/** Removes what killed writers of this file left beside it. The caller must know that no process writes it now. */
export function removeLeftovers(path: string): void {
  const folder = dirname(path);
  for (const other of readdirSync(folder))
    if (writerOf(other, basename(path)) !== undefined) rmSync(join(folder, other), { recursive: true, force: true });
}

/** The rename itself is on the disk only when the folder is. Windows has no such call, and needs none. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
