/** The gateway in the background: started from here, alive on its own, and waited for until it answers. */
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

// A gateway answers within one second; a disk that is slow today gets ten times that.
const answerMs = 10_000;
// Where the one before is still stopping: as long as that may take, and then its own start.
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
  /** The pid of the one whose end it waits for. */
  readonly waiting?: number;
  readonly found?: readonly Check[];
  readonly error?: ToldError;
}

/**
 * How node is started for a gateway in the background. V8 collects garbage with four threads beside the one that makes it, and at
 * the priority of requests: while a question folds a long log, they had requests wait for a core (p99 twice as long, measured).
 * One is enough for heaps as small as these.
 */
export const gatewayNode: readonly [string, ...string[]] = [process.execPath, '--v8-pool-size=1'];

/**
 * It speaks the language of whoever starts it: its notifications do.
 * @throws {QccError} what kept it from starting, in its own words
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
  // Its output goes to its own log: a pipe of ours in its hands would keep `x=$(qcc proxy start)` waiting for ever.
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

/** @throws {QccError} what keeps a file from being written there */
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
  return new QccError('QCC_GATEWAY_SILENT', whole, hint, exitCodes.failed, {}, said);
}

/** The last lines that this gateway has written: what stood there before is another one's. */
function tail(file: string, from: number): readonly string[] {
  let log: number;
  try {
    log = openSync(file, 'r');
  } catch {
    // Gone meanwhile: what kept the gateway from starting is told without its last words.
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
