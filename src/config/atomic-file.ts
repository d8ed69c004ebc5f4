/** A file that is always whole: written beside, synced, and renamed over; and what is wrong when it cannot be. */
import {
  closeSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { exitCodes, QccError } from '../errors.ts';

/** What an operation on a file says of it. `wrong`: the path itself cannot be meant; else the machine refuses it now. */
const faults: Readonly<Record<string, { readonly why: string; readonly wrong: boolean }>> = {
  ENOENT: { why: 'its folder is not there', wrong: true },
  ENOTDIR: { why: 'a part of its path is no folder', wrong: true },
  EISDIR: { why: 'it is a folder', wrong: true },
  ENAMETOOLONG: { why: 'its name is too long', wrong: true },
  EACCES: { why: 'you may not write there', wrong: false },
  EPERM: { why: 'you may not write there', wrong: false },
  EROFS: { why: 'the disk is read-only', wrong: false },
  ENOSPC: { why: 'the disk is full', wrong: false },
  EDQUOT: { why: 'your quota is used up', wrong: false },
  EMFILE: { why: 'too many files are open', wrong: false },
};

/** Does something with a file. @throws {QccError} `QCC_FILE_UNWRITABLE` for what the system refuses, in words */
function onFile<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const fault = faults[code];
    if (!fault) throw error;
    const exit = fault.wrong ? exitCodes.usage : exitCodes.failed;
    throw new QccError(
      'QCC_FILE_UNWRITABLE',
      `${path} cannot be written: ${fault.why} (${code})`,
      code === 'ENOENT' ? `mkdir -p ${dirname(path)}` : `ls -ld ${dirname(path)}`,
      exit,
      { path, code },
    );
  }
}

/** A file that somebody asked for, wherever it lies: `/dev/stdout` is one too, and cannot be renamed over. */
export function writeExport(path: string, text: string): void {
  onFile(path, () => writeFileSync(path, text, { mode: 0o600 }));
}

export interface OpenExport {
  write(text: string): void;
  close(): void;
  /** It was not finished: what is there of it goes. */
  abandon(): void;
}

/** The same for what is too long to be held: written as it comes. @throws {QccError} `QCC_FILE_UNWRITABLE` */
export function openExport(path: string): OpenExport {
  const file = onFile(path, () => openSync(path, 'w', 0o600));
  const isPlain = fstatSync(file).isFile();
  return {
    write: (text) => onFile(path, () => writeFileSync(file, text)),
    close: () => closeSync(file),
    abandon: () => {
      closeSync(file);
      if (isPlain) rmSync(path, { force: true });
    },
  };
}

/** @throws {QccError} `QCC_FILE_UNWRITABLE` */
export function writeFileAtomic(path: string, text: string, mode = 0o600): void {
  onFile(path, () => replaceFile(path, text, mode));
}

function replaceFile(path: string, text: string, mode: number): void {
  const beside = `${path}.${process.pid}.tmp`;
  const file = openSync(beside, 'w', mode);
  try {
    // Whatever the mask of the process is.
    fchmodSync(file, mode);
    writeFileSync(file, text);
    fsyncSync(file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
  try {
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

/** Removes what killed writers of this file left beside it. Only for whoever knows that nobody writes it now. */
export function removeLeftovers(path: string): void {
  const name = basename(path);
  for (const other of readdirSync(dirname(path))) {
    const isLeft = other.startsWith(`${name}.`) && /^\d+\.tmp$/.test(other.slice(name.length + 1));
    if (isLeft) rmSync(join(dirname(path), other), { force: true });
  }
}

/** The rename itself is on the disk only when the folder is. Windows has no such call, and needs none. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
