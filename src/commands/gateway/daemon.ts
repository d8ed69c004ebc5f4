/** The gateway in the background: starts it as a process of its own, and waits until it answers. */
import { spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { paths, prepareHome } from '../../config/files/home.ts';
import { refuseOdd } from '../../config/files/home-files.ts';
import type { Check } from '../../contract/checks.ts';
import { diskError } from '../../errors/disk-error.ts';
import { exitCodes, QccError } from '../../errors/qcc-error.ts';
import { errorOf, type ToldError } from '../../errors/told-error.ts';
import type { Words } from '../../messages/messages.ts';
import type { Context } from '../context.ts';

// A gateway answers within one second; a slow disk gets ten times that.
const answerMs = 10_000;
// If the previous gateway is still stopping: the time that its end may take, and then the normal start.
const waitMs = 70_000;
const tailLines = 8;
const tailBytes = 16_384;

export interface Started {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  readonly home: string;
}

interface Message {
  readonly started?: Started;
  /** The pid of the previous gateway, for whose end the new one waits. */
  readonly waiting?: number;
  readonly found?: readonly Check[];
  readonly error?: ToldError;
}

/**
 * How node is started for a gateway in the background. V8 collects garbage with four helper threads, at the priority of requests: while a
 * question folded a long log, requests waited for a core (p99 twice as long, measured). One thread is enough for heaps this small.
 */
export const gatewayNode: readonly [string, ...string[]] = [process.execPath, '--v8-pool-size=1'];

/**
 * The gateway takes the caller's language, for its notifications.
 * @throws {QccError} the error that stopped the start
 */
export async function startDaemon(
  { home, language, words, out }: Pick<Context, 'home' | 'language' | 'words'> & Partial<Pick<Context, 'out'>>,
  args: readonly string[],
): Promise<Started & { readonly found: readonly Check[] }> {
  const file = paths(home).gatewayLog;
  const log = opened(home, file);
  const from = fstatSync(log).size;
  const silent = (what: string, hint: string) => failedStart(what, hint, tail(file, from), words);
  const main = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
  // Its output goes to its own log: an inherited pipe would keep `x=$(qcc proxy start)` waiting for ever.
  const [node, ...flags] = gatewayNode;
  const child = spawn(node, [...flags, main, 'proxy', 'run', ...args], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
    env: { ...process.env, QCC_HOME: home, QCC_LANG: language },
  });
  closeSync(log);
  try {
    return await new Promise<Started & { readonly found: readonly Check[] }>((resolve, reject) => {
      const within = (ms: number) =>
        setTimeout(
          () => reject(silent(words.silent(ms / 1_000, child.pid ?? 0), `qcc proxy status, or cat ${file}`)),
          ms,
        );
      let timer = within(answerMs);
      child.on('message', (message: Message) => {
        clearTimeout(timer);
        if (message.waiting !== undefined) {
          timer = within(waitMs);
          out?.note(words.waitsForEnd(message.waiting));
        } else if (message.started) resolve({ ...message.started, found: message.found ?? [] });
        else if (message.error) reject(errorOf(message.error));
      });
      child.once('error', ({ code, message }: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        reject(silent(words.ended(code ?? message), 'qcc proxy run'));
      });
      child.once('exit', (code) => {
        clearTimeout(timer);
        reject(silent(words.ended(String(code)), 'qcc proxy run'));
      });
    });
  } finally {
    child.removeAllListeners().on('error', () => {});
    if (child.connected) child.disconnect();
    child.unref();
  }
}

/** @throws {QccError} the reason why a file cannot be written there */
function opened(home: string, file: string): number {
  try {
    refuseOdd(home);
    prepareHome(home);
    return openSync(file, 'a', 0o600);
  } catch (error) {
    throw diskError(error, home) ?? error;
  }
}

function failedStart(message: string, hint: string, said: readonly string[], words: Words): QccError {
  const whole = said.length === 0 ? message : `${message}; ${words.logEnds}`;
  return new QccError('QCC_GATEWAY_SILENT', { text: whole, hint }, exitCodes.failed, said);
}

/** The last lines that this gateway has written; earlier lines are another gateway's. */
function tail(file: string, from: number): readonly string[] {
  let log: number;
  try {
    log = openSync(file, 'r');
  } catch {
    // The log is gone: the error is reported without the gateway's last lines.
    return [];
  }
  try {
    const begin = Math.max(from, fstatSync(log).size - tailBytes);
    const buffer = Buffer.alloc(tailBytes);
    const text = buffer.toString('utf8', 0, readSync(log, buffer, 0, tailBytes, begin));
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    return lines.slice(-tailLines).map((line) => `    ${line}`);
  } finally {
    closeSync(log);
  }
}
