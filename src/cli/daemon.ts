/** The gateway in the background: started from here, alive on its own, and waited for until it answers. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { paths, prepareHome } from '../config/home.ts';
import { type ExitCode, exitCodes, QccError } from '../errors.ts';
import type { Context } from './context.ts';

const answerMs = 15_000;

export interface Started {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  readonly home: string;
}

interface Message {
  readonly started?: Started;
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string; readonly exit: ExitCode };
}

/**
 * It speaks the language of whoever starts it: its notifications do.
 * @throws {QccError} what kept it from starting, in its own words
 */
export async function startDaemon(
  { home, language }: Pick<Context, 'home' | 'language'>,
  args: readonly string[],
): Promise<Started> {
  prepareHome(home);
  const log = openSync(paths(home).gatewayLog, 'a', 0o600);
  const main = fileURLToPath(new URL('./main.js', import.meta.url));
  // Its output goes to its own log: a pipe of ours in its hands would keep `x=$(qcc proxy start)` waiting for ever.
  const child = spawn(process.execPath, [main, 'proxy', 'run', ...args], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
    env: { ...process.env, QCC_HOME: home, QCC_LANG: language },
  });
  closeSync(log);
  try {
    return await new Promise<Started>((resolve, reject) => {
      const timer = setTimeout(() => reject(silent(home, 'did not answer in time')), answerMs);
      child.once('message', (message: Message) => {
        clearTimeout(timer);
        if (message.started) resolve(message.started);
        else if (message.error)
          reject(new QccError(message.error.code, message.error.message, message.error.hint, message.error.exit));
      });
      child.once('exit', (code) => {
        clearTimeout(timer);
        reject(silent(home, `ended with exit code ${code}`));
      });
    });
  } finally {
    child.removeAllListeners();
    if (child.connected) child.disconnect();
    child.unref();
  }
}

function silent(home: string, what: string): QccError {
  return new QccError('QCC_GATEWAY_SILENT', `the gateway ${what}`, `cat ${paths(home).gatewayLog}`, exitCodes.failed);
}

/** True while a process with this id is there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
