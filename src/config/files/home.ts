/** The location of an installation, and its protection from other users. */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { QccError } from '../../errors/qcc-error.ts';
import type { Fault } from '../../messages/errors/faults.ts';
import { writeFileAtomic } from '../../platform/atomic-file.ts';
import { closeMask } from '../../platform/umask.ts';

// sun_path holds 104 bytes on macOS with its final zero; libuv truncates longer ones silently.
const socketPathMax = 103;
const othersMayWrite = 0o022;

export interface Paths {
  readonly log: string;
  readonly quarantine: string;
  readonly socket: string;
  readonly logs: string;
  readonly accessLog: string;
  readonly gatewayLog: string;
  readonly vault: string;
  readonly masterKey: string;
  readonly claude: string;
  readonly names: string;
  readonly snapshots: string;
  /** Where its configuration is shared. */
  readonly sync: string;
  readonly tokens: string;
  /** The certificate that qcc makes, and its authority. */
  readonly tls: string;
  /** The queue's store: encrypted requests and answers. */
  readonly bodies: string;
  /** The format of the home. */
  readonly format: string;
  /** Files that exist only while a process runs. */
  readonly run: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Absolute, whatever the working directory is. @throws {QccError} `QCC_HOME_NONE` */
export function homePath(env: Env): string {
  const named = env['QCC_HOME'];
  return named ? resolve(named) : join(userHome(env), '.qcc');
}

/**
 * The user's own folder. An empty or relative HOME would put keys into the working directory: then the system is asked.
 * @throws {QccError} `QCC_HOME_NONE` when the system does not know it either
 */
export function userHome(env: Env): string {
  const found = [env['HOME'], homedir(), knownHome()].find((path) => path !== undefined && isAbsolute(path));
  if (found !== undefined) return found;
  throw new QccError('QCC_HOME_NONE', {});
}

function knownHome(): string | undefined {
  try {
    return userInfo().homedir;
  } catch {
    // A user without an entry: in containers.
    return undefined;
  }
}

/**
 * Whether nothing was ever stored there. A query is answered as for an empty installation then, and nothing is created. A folder that
 * cannot be read does not count: opening it gives the reason.
 */
export function isUnmade(home: string): boolean {
  const { log, quarantine, vault, masterKey, claude, names, bodies, format } = paths(home);
  const own = new Set([log, quarantine, vault, masterKey, claude, names, bodies, format].map((path) => basename(path)));
  try {
    return !readdirSync(home).some((name) => own.has(name) || name.startsWith('log.'));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

/** @throws {QccError} when the socket's path would be too long */
export function paths(home: string): Paths {
  const logs = join(home, 'logs');
  return {
    log: join(home, 'log'),
    quarantine: join(home, 'quarantine'),
    socket: socketOf(home),
    logs,
    accessLog: join(logs, 'access.log'),
    gatewayLog: join(logs, 'gateway.log'),
    vault: join(home, 'vault.json'),
    masterKey: join(home, 'master.key'),
    claude: join(home, 'claude.json'),
    names: join(home, 'names.json'),
    snapshots: join(home, 'snapshots.json'),
    sync: join(home, 'sync.json'),
    tokens: join(home, 'tokens.json'),
    tls: join(home, 'tls'),
    bodies: join(home, 'bodies'),
    format: join(home, 'home.json'),
    run: join(home, 'run'),
  };
}

function socketOf(home: string): string {
  if (process.platform === 'win32') {
    return `\\\\.\\pipe\\qcc-${createHash('sha256').update(home).digest('hex').slice(0, 16)}`;
  }
  const path = join(home, 'qcc.sock');
  if (Buffer.byteLength(path) <= socketPathMax) return path;
  throw new QccError('QCC_HOME_PATH', { bytes: Buffer.byteLength(path), most: socketPathMax });
}

/**
 * Creates the home when it does not exist; returns whether it did.
 * @throws {QccError} when others can write into it, or a newer qcc has made it: then nothing in it is touched
 */
export function prepareHome(home: string): boolean {
  closeMask();
  refuseNewer(home);
  const created = madeFolder(home);
  if (process.platform !== 'win32') refuseForeign(home);
  // Before this point nothing is written, because the home might not be ours.
  mkdirSync(paths(home).logs, { recursive: true, mode: 0o700 });
  if (!existsSync(paths(home).format))
    writeFileAtomic(paths(home).format, `${JSON.stringify({ format: homeFormat })}\n`);
  return created;
}

/** Whether it was made. Node's own way of making parents never ends where the system makes none (/proc). */
function madeFolder(path: string): boolean {
  if (existsSync(path)) return false;
  const parent = dirname(path);
  if (parent !== path) madeFolder(parent);
  try {
    mkdirSync(path, { mode: 0o700 });
    return true;
  } catch (error) {
    // Another command was faster.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && existsSync(path)) return false;
    throw error;
  }
}

/** The format of the whole home: raised when an older qcc could no longer read it, or would damage it. */
export const homeFormat = 1;

/** A home without the file is older than the file. @throws {QccError} `QCC_HOME_NEWER` */
export function refuseNewer(home: string): void {
  const format = formatIn(join(home, 'home.json'));
  if (format > homeFormat) throw newerHome(home, { fault: 'newerFormat', format, known: homeFormat });
}

function formatIn(path: string): number {
  try {
    const { format } = JSON.parse(readFileSync(path, 'utf8')) as { format?: unknown };
    return typeof format === 'number' ? format : homeFormat;
  } catch {
    return homeFormat;
  }
}

export function newerHome(home: string, fault: Fault<'home'>): QccError {
  return new QccError('QCC_HOME_NEWER', { home, ...fault });
}

function refuseForeign(home: string): void {
  const { mode, uid } = statSync(home);
  if (uid !== process.getuid?.()) {
    throw new QccError('QCC_HOME_OWNER', { home });
  }
  if ((mode & othersMayWrite) !== 0) {
    throw new QccError('QCC_HOME_OPEN', { home });
  }
}
