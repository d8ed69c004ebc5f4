/**
 * The process that serves a home, recorded beside its log: for ending a gateway that does not answer, and for the next start, which must
 * tell a killed gateway from one that stopped but could not record it.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFileAtomic } from '../platform/atomic-file.ts';
import { isListed } from '../platform/processes.ts';

export interface Life {
  readonly pid: number;
  /** When the process began, as the system reports it: another process gets the same pid one day. */
  readonly began: string | null;
  readonly epoch: string;
}

const psMs = 2_000;
// Fields of /proc/PID/stat, counted after the name in brackets, which may hold any character: `state` and `starttime`.
const [stateField, startField] = [0, 19];

const livingFile = (run: string) => join(run, 'gateway.json');
const endedFile = (run: string) => join(run, 'gateway-ended.json');

/** The caller has the log open, so that there is no other life. @throws {QccError} `QCC_FILE_UNWRITABLE` */
export function beginLife(run: string, epoch: string): void {
  const life: Life = { pid: process.pid, began: beginningOf(process.pid), epoch };
  mkdirSync(dirname(livingFile(run)), { recursive: true, mode: 0o700 });
  writeFileAtomic(livingFile(run), `${JSON.stringify(life)}\n`);
}

/** Records an orderly end, by a rename, because a full disk allows nothing else. */
export function endLife(run: string): void {
  try {
    renameSync(livingFile(run), endedFile(run));
  } catch {
    // The file was removed: only the log says how the life ended.
  }
}

/** For a gateway that never began to serve. */
export function forgetLife(run: string): void {
  rmSync(livingFile(run), { force: true });
}

/** Whether the life of this epoch ended in order, even if the log could not record it. */
export function endedInOrder(run: string, epoch: string | null): boolean {
  return epoch !== null && read(endedFile(run))?.epoch === epoch;
}

/** The gateway of this home while its process exists: serving, starting or ending. */
export function livingGateway(run: string): Life | undefined {
  const life = read(livingFile(run));
  return life !== undefined && isAlive(life.pid) && beginningOf(life.pid) === life.began ? life : undefined;
}

/** True while a process with this pid exists. A zombie (ended, but not yet reaped by its parent) does not count. */
export function isAlive(pid: number): boolean {
  return isListed(pid) && (process.platform !== 'linux' || statOf(pid)?.[stateField] !== 'Z');
}

function read(path: string): Life | undefined {
  try {
    const life = JSON.parse(readFileSync(path, 'utf8')) as Partial<Life>;
    const { pid, began = null, epoch } = life;
    const isOne = Number.isSafeInteger(pid) && Number(pid) > 0 && typeof epoch === 'string';
    return isOne ? { pid: Number(pid), began, epoch } : undefined;
  } catch {
    return undefined;
  }
}

function beginningOf(pid: number): string | null {
  if (process.platform === 'win32') return null;
  try {
    if (process.platform !== 'linux')
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', timeout: psMs }).trim();
    // Ticks count from the boot.
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${statOf(pid)?.[startField]}`;
  } catch {
    return null;
  }
}

function statOf(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
