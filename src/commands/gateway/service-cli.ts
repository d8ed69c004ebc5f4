/** `qcc proxy install-service`: lets the system start the gateway whenever its user is logged in. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { paths, prepareHome } from '../../config/files/home.ts';
import { exitCodes, QccError, usage } from '../../errors/qcc-error.ts';
import { type Service, serviceOf } from '../../installation/service.ts';
import { writeFileAtomic } from '../../platform/atomic-file.ts';
import { answers } from '../../platform/listening.ts';
import { tellChange } from '../changed.ts';
import { type Context, isOn } from '../context.ts';
import { gatewayNode } from './daemon.ts';

// Both programs answer at once, or hang because the session bus is missing.
const commandMs = 60_000;

export async function installService(context: Context): Promise<undefined> {
  const { out, words, json } = context;
  if (isOn(context, 'print') && isOn(context, 'uninstall'))
    throw usage(words.contradict('--print', '--uninstall'), words.sayOne);
  const confined = mayConfine();
  const service = serviceFor(context, confined);
  if (isOn(context, 'print')) return printService(context, service);
  if (isOn(context, 'uninstall')) return uninstallService(context, service);
  if (await answers(paths(context.home).socket))
    throw new QccError('QCC_GATEWAY_RUNNING', { home: context.home, url: '', pid: 0 }, exitCodes.conflict);
  const { kind, name, file } = service;
  const text = service.text();
  prepareHome(context.home);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileAtomic(file, text);
  const { failed, isPlain } = await startService(service, confined, context);
  const row = { kind, name, file, started: failed === undefined };
  if (failed === undefined || json)
    tellChange(context, {
      json: { ...row, ...(kind === 'systemd' ? { confined: !isPlain } : {}) },
      data: () => out.done(words.serviceRuns(name, file)),
      now: () => words.serviceRuns(name, file),
      next: (said) => [said.back, 'qcc proxy install-service --uninstall'],
    });
  else out.done(words.applied(file));
  if (failed !== undefined) throw failed;
  if (isPlain) out.warn(words.servicePlain);
  if (kind === 'systemd') out.note(words.serviceLingers, '  loginctl enable-linger');
  return undefined;
}

function printService({ out, json }: Context, service: Service): undefined {
  const { kind, name, file } = service;
  const text = service.text();
  if (json) out.json({ kind, name, file, text });
  else out.line(...text.trimEnd().split('\n'));
}

async function uninstallService(context: Context, { kind, name, file }: Service): Promise<undefined> {
  if (!existsSync(file)) throw missing(file);
  await removeService(context);
  const told = context.words.serviceRemoved(file);
  return tellChange(context, {
    json: { kind, name, file, removed: true },
    data: () => context.out.done(told),
    now: () => told,
    next: (said) => [said.startAgain, 'qcc proxy start'],
  });
}

/** Asks the kernel: a user's own systemd needs user namespaces to confine a service. Root's does not. */
function mayConfine(): boolean {
  if (process.getuid?.() === 0) return true;
  const forbids = ['/proc/sys/user/max_user_namespaces', '/proc/sys/kernel/unprivileged_userns_clone'];
  return !forbids.some((file) => {
    try {
      return readFileSync(file, 'utf8').trim() === '0';
    } catch {
      return false;
    }
  });
}

/**
 * Not every kernel that refuses user namespaces can be recognised beforehand. So a confined unit that does not start is tried once more
 * without them. If that does not help, the cause was another one, and the unit stays confined.
 */
async function startService(
  service: Service,
  confined: boolean,
  context: Context,
): Promise<{ readonly failed: QccError | undefined; readonly isPlain: boolean }> {
  const failed = await runAll(service.start, context);
  const isRefused = failed !== undefined && failed.hint === service.start.at(-1)?.join(' ');
  if (service.kind !== 'systemd' || !confined || !isRefused) return { failed, isPlain: !confined };
  writeFileAtomic(service.file, serviceFor(context, false).text());
  // The failed starts count against the start limit.
  await runAll([['systemctl', '--user', 'reset-failed', service.name]], context);
  const stillFails = await runAll(service.start, context);
  if (stillFails === undefined) return { failed: undefined, isPlain: true };
  writeFileAtomic(service.file, service.text());
  await runAll(service.start.slice(0, 1), context);
  return { failed, isPlain: false };
}

/** Stops the service and removes its file; false when there was none. `qcc uninstall` uses it, too. */
export async function removeService(context: Context): Promise<boolean> {
  const service = serviceFor(context, true);
  if (!existsSync(service.file)) return false;
  // A service that does not run, or cannot be asked, must not keep its file from being removed.
  await runAll(service.stop, context);
  rmSync(service.file, { force: true });
  await runAll(service.forget, context);
  return true;
}

function serviceFor({ home, env, language, words }: Context, confined: boolean): Service {
  const service = serviceOf({
    platform: process.platform,
    env,
    home,
    language,
    command: [...gatewayNode, fileURLToPath(new URL('../../cli/main.js', import.meta.url))],
    uid: process.getuid?.() ?? 0,
    confined,
  });
  if (service) return service;
  throw new QccError('QCC_SERVICE_UNSUPPORTED', { text: words.noServices(process.platform) });
}

function missing(file: string): QccError {
  return new QccError('QCC_SERVICE_MISSING', { file }, exitCodes.notFound);
}

/** Runs commands in order; the first failure ends the sequence, and its error names the command for the user to try by hand. */
async function runAll(commands: Service['start'], { env, words }: Context): Promise<QccError | undefined> {
  for (const command of commands) {
    const [program = '', ...args] = command;
    try {
      await promisify(execFile)(program, args, { timeout: commandMs, env: { ...env } as NodeJS.ProcessEnv });
    } catch (error) {
      const { stderr, message } = error as { stderr?: string; message: string };
      const why = (stderr?.trim() || message).split('\n')[0] ?? '';
      return new QccError('QCC_SERVICE_FAILED', {
        text: words.commandFailed(command.join(' '), why),
        hint: command.join(' '),
      });
    }
  }
  return undefined;
}
