/**
 * The files of a home, one by one: whether each has the form in which it was written. Most can be recreated without loss; the former
 * content is set aside first, because a better tool may read it.
 */

import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { QccError } from '../../errors/qcc-error.ts';
import { jsonIn } from '../../platform/json.ts';
import { readPlain } from '../../platform/plain-file.ts';
import { type Paths, paths } from './home.ts';

/** `kind`: a folder where a file belongs, or the other way round. `forbidden`: its owner may not read it. */
type Wrong = 'kind' | 'damaged' | 'forbidden';

export interface HomeFinding {
  readonly path: string;
  /** As people know it: its path in the home. */
  readonly name: string;
  readonly wrong: Wrong;
}

interface Expected {
  readonly path: string;
  readonly is: 'file' | 'folder';
  /** Nothing works while something else stands there. */
  readonly isNeeded: boolean;
  readonly isWhole?: (bytes: Buffer) => boolean;
}

const valueIn = (bytes: Buffer) => jsonIn(bytes.toString('utf8'));
const isFormat = (bytes: Buffer): boolean =>
  typeof (valueIn(bytes) as { format?: unknown } | null | undefined)?.format === 'number';
const isNames = (bytes: Buffer): boolean => Array.isArray(valueIn(bytes));
// AES-256-GCM in base64: any other text was never sealed.
const isSealed = (bytes: Buffer): boolean => /^[A-Za-z0-9+/]+={0,2}\n?$/.test(bytes.toString('latin1'));

function expectedIn({ log, logs, bodies, run, quarantine, vault, masterKey, ...rest }: Paths): readonly Expected[] {
  const { format, names, snapshots, tokens, claude, accessLog, gatewayLog } = rest;
  return [
    ...[log, logs, bodies, run, quarantine].map((path) => ({ path, is: 'folder' as const, isNeeded: path !== log })),
    { path: vault, is: 'file', isNeeded: true },
    { path: masterKey, is: 'file', isNeeded: true },
    { path: gatewayLog, is: 'file', isNeeded: true },
    { path: accessLog, is: 'file', isNeeded: false },
    { path: format, is: 'file', isNeeded: false, isWhole: isFormat },
    { path: names, is: 'file', isNeeded: false, isWhole: isNames },
    { path: snapshots, is: 'file', isNeeded: false, isWhole: isNames },
    { path: tokens, is: 'file', isNeeded: false, isWhole: isNames },
    { path: claude, is: 'file', isNeeded: false, isWhole: isSealed },
    { path: `${log}.head`, is: 'file', isNeeded: false },
  ];
}

/** Files that exist and are not as they should be. A missing file is created when it is needed, or its reader reports it. */
export function homeFindings(home: string): readonly HomeFinding[] {
  return expectedIn(paths(home)).flatMap((one) => {
    const wrong = wrongWith(one);
    return wrong === undefined ? [] : [{ path: one.path, name: nameIn(home, one.path), wrong }];
  });
}

const nameIn = (home: string, path: string) => path.slice(home.length + 1);

function wrongWith({ path, is, isWhole }: Expected): Wrong | undefined {
  if (!isThere(path)) return undefined;
  try {
    const found = statSync(path);
    if (is === 'folder' ? !found.isDirectory() : !found.isFile()) return 'kind';
    accessSync(path, is === 'folder' ? constants.R_OK | constants.W_OK | constants.X_OK : constants.R_OK);
    return isWhole && !isWhole(readFileSync(path)) ? 'damaged' : undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM') return 'forbidden';
    // A dangling link. Any other error of the system, such as a read-only disk, is not about this file.
    return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' ? 'kind' : undefined;
  }
}

/** A dangling link exists, and nothing can be created through it. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // The fault is in its folder, which is reported.
    return false;
  }
}

/** @throws {QccError} `QCC_HOME_ODD` where nothing would work: thrown before anything is written */
export function refuseOdd(home: string): void {
  for (const one of expectedIn(paths(home)).filter(({ isNeeded }) => isNeeded)) {
    const wrong = wrongWith(one);
    if (wrong === 'kind') throw new QccError('QCC_HOME_ODD', { path: one.path, is: one.is });
    if (wrong === 'forbidden')
      throw new QccError('QCC_FILE_UNREADABLE', { path: one.path, code: '', hint: `chmod u+rwX ${one.path}` });
  }
}

/** Sets aside what is to be recreated, and lets the owner read. It does not check keys. Returns what was repaired. */
export function mendHomeFiles(home: string, stamp: string): readonly HomeFinding[] {
  const found = homeFindings(home).filter(({ path, wrong }) => path !== paths(home).log || wrong === 'forbidden');
  // The quarantine folder first, because the others are set aside in it.
  for (const one of [...found].sort((a, b) => Number(b.name === 'quarantine') - Number(a.name === 'quarantine')))
    if (one.wrong === 'forbidden') chmodSync(one.path, statSync(one.path).isDirectory() ? 0o700 : 0o600);
    else setAside(home, one.path, stamp);
  return found;
}

/** Moves it into the quarantine, under an unused name. */
export function setAside(home: string, path: string, stamp: string): void {
  const { quarantine } = paths(home);
  if (path === quarantine) {
    renameSync(path, `${path}-${stamp}`);
    return;
  }
  mkdirSync(quarantine, { recursive: true, mode: 0o700 });
  let free = join(quarantine, `${basename(path)}-${stamp}`);
  for (let n = 2; existsSync(free); n++) free = join(quarantine, `${basename(path)}-${stamp}-${n}`);
  renameSync(path, free);
}

/** @throws as `readPlain`; a lack of permission is reported as such, not as damage */
export function readOwn(path: string): Buffer {
  try {
    return readPlain(path);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EIO' && code !== 'EMFILE' && code !== 'ENFILE') throw error;
    throw new QccError('QCC_FILE_UNREADABLE', { path, code, hint: `chmod u+rw ${path}` });
  }
}
