/** The one gateway of a home: the process that has the log open is alone; a second one waits for the end of the first, or is refused. */
import { setTimeout as sleep } from 'node:timers/promises';
import { paths } from '../config/files/home.ts';
import type { StatusRow } from '../contract/gateway.ts';
import { askGateway } from '../control/client.ts';
import { exitCodes, QccError } from '../errors/qcc-error.ts';
import { type Installation, openInstallation } from '../installation/installation.ts';
import { livingGateway } from '../installation/life.ts';
import { answers } from '../platform/listening.ts';

// A command holds the log for a moment.
const lockWaitMs = 10_000;
// A gateway that stops drains requests for half a minute, and has its own deadline after that.
const endWaitMs = 60_000;
const lockPollMs = 50;

interface Waiting {
  /** Throws to give up waiting. */
  check(): void;
  /** Called once. */
  waits(pid: number): void;
}

/**
 * The log's lock makes a gateway the only one; a command that holds it for a moment, and a gateway that is ending, are waited for.
 * @throws {QccError} `QCC_GATEWAY_RUNNING`, and any error that keeps the log from being opened
 */
export async function openAlone(home: string, { check, waits }: Waiting): Promise<Installation> {
  const { run, socket } = paths(home);
  const startedAt = Date.now();
  let waitsFor: number | undefined;
  for (;;) {
    check();
    const other = await ofHome(socket);
    if (other !== undefined && !other.stopping) throw alreadyRuns(home, other);
    const ending = other?.pid ?? livingGateway(run)?.pid;
    if (ending !== undefined && waitsFor === undefined) waits(ending);
    waitsFor ??= ending;
    const isLate = Date.now() - startedAt > patienceMs(waitsFor);
    const opened = other === undefined ? await openedNow(home, isLate) : undefined;
    if (opened !== undefined) return opened;
    if (isLate && other !== undefined) throw stillStops(other.pid);
    await sleep(lockPollMs);
  }
}

function patienceMs(ending: number | undefined): number {
  return ending === undefined ? lockWaitMs : endWaitMs;
}

/** Undefined while another process has the log open. */
async function openedNow(home: string, isLate: boolean): Promise<Installation | undefined> {
  try {
    return await openInstallation(home);
  } catch (error) {
    const locked = error instanceof QccError && error.code === 'QCC_LOG_LOCKED';
    if (!locked || isLate) throw error;
    return undefined;
  }
}

/** The gateway that serves the home now. A starting gateway answers when it has started, and never if its start fails. */
async function ofHome(socket: string): Promise<StatusRow | undefined> {
  if (!(await answers(socket))) return undefined;
  try {
    return await askGateway(socket, 'proxy.status', {}, statusMs);
  } catch (error) {
    // The gateway ended while it was asked.
    if (error instanceof QccError && goneCodes.has(error.code)) return undefined;
    throw error;
  }
}

// A starting gateway answers when it is done. Shorter than the patience of the process that starts this one.
const statusMs = 8_000;
const goneCodes: ReadonlySet<string> = new Set(['QCC_GATEWAY_DOWN', 'QCC_GATEWAY_LOST', 'QCC_GATEWAY_ENDING']);

function alreadyRuns(home: string, { pid, url }: StatusRow): QccError {
  return new QccError('QCC_GATEWAY_RUNNING', { home, url, pid }, exitCodes.conflict);
}

function stillStops(pid: number): QccError {
  return new QccError('QCC_GATEWAY_STOPPING', { pid }, exitCodes.conflict);
}
