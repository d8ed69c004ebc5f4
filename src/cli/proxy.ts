/** `qcc proxy start, run, stop, restart, status`, and `qcc status`. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, StatusRow } from '../control/operations.ts';
import { exitCodes, QccError } from '../errors.ts';
import { codeText, unreadyText } from './code-words.ts';
import { type Context, flag, isOn, numberFlag, usage, withInstallation } from './context.ts';
import { isAlive, startDaemon } from './daemon.ts';
import { coloured } from './endpoint.ts';
import { healthTable } from './health.ts';
import { shortSpan, spanMs } from './times.ts';
import { watched } from './watch.ts';

const drainMs = 30_000;
const endMs = 10_000;

export async function start(context: Context): Promise<number | undefined> {
  if (isOn(context, 'foreground')) return run(context);
  const started = await startDaemon(context, addressArgs(context));
  if (context.json) context.out.json(started);
  else context.out.done(context.words.started(started.url));
  return undefined;
}

const portMax = 65_535;

function portFlag(context: Context): number | undefined {
  const port = numberFlag(context, 'port');
  if (port === undefined || (Number.isInteger(port) && port >= 0 && port <= portMax)) return port;
  throw usage(context.words.mustBePort(portMax, flag(context, 'port') ?? ''), '--port 7860');
}

function addressArgs(context: Context): readonly string[] {
  portFlag(context);
  return ['host', 'port'].flatMap((name) => {
    const value = flag(context, name);
    return value === undefined ? [] : [`--${name}`, value];
  });
}

/** In this process, until a signal. The one who started it in the background hears by IPC how it went. */
export async function run(context: Context): Promise<number> {
  const [host, port] = [flag(context, 'host'), numberFlag(context, 'port')];
  const parent = (message: object) =>
    new Promise<void>((resolve) => (process.send ? process.send(message, () => resolve()) : resolve()));
  try {
    const [{ runGateway }, { UncaughtErrors }] = await Promise.all([import('../gateway.ts'), import('../uncaught.ts')]);
    const uncaught = new UncaughtErrors();
    const gateway = await runGateway({
      uncaught,
      home: context.home,
      language: context.language,
      ...(host === undefined ? {} : { host }),
      ...(port === undefined ? {} : { port }),
    });
    // Not before: what fails at the start ends it, and is told to whoever starts it.
    uncaught.watch();
    const { url, pid, home } = gateway;
    const started = { url, host: gateway.host, port: gateway.port, pid, home };
    const ofParent = process.send !== undefined;
    await parent({ started });
    if (process.connected) process.disconnect();
    if (!ofParent && context.json) context.out.json(started);
    else if (!ofParent) context.out.done(context.words.started(url));
    stopOnSignals(gateway);
    await gateway.stopped;
    return exitCodes.done;
  } catch (error) {
    const known = error instanceof QccError ? error : faultAtStart(error);
    await parent({
      error: { code: known.code, message: known.message, hint: known.hint, exit: known.exit, params: known.params },
    });
    throw known;
  }
}

function faultAtStart(error: unknown): QccError {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EMFILE' || code === 'ENFILE')
    return new QccError('QCC_FILES_FEW', 'the system allows this program too few open files', 'ulimit -n 1024');
  const message = error instanceof Error ? error.message : String(error);
  return new QccError('QCC_GATEWAY_FAULT', message, 'QCC_DEBUG=1 qcc proxy run');
}

/** The first signal drains; the second one is meant. */
function stopOnSignals(gateway: { stop(graceMs: number): Promise<unknown> }): void {
  let asked = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (asked) process.exit(exitCodes.interrupted);
      asked = true;
      void gateway.stop(drainMs);
    });
  }
}

export async function stop(context: Context): Promise<undefined> {
  const stopped = await stopGateway(context);
  if (context.json) context.out.json(stopped);
  else context.out.done(context.words.stopping(stopped.drained, stopped.cut));
  return undefined;
}

export async function stopGateway(context: Context): Promise<Answer<'proxy.stop'>> {
  const timeout = flag(context, 'timeout');
  const graceMs = timeout === undefined ? drainMs : spanMs(timeout, context.words);
  const { pid, stopped } = await withInstallation(
    context,
    async ({ call }) => {
      const status = await call('proxy.status', {});
      return { pid: status.pid, stopped: await call('proxy.stop', { graceMs }) };
    },
    true,
  );
  for (const begun = Date.now(); isAlive(pid) && Date.now() - begun < endMs; ) await sleep(20);
  return stopped;
}

export async function restart(context: Context): Promise<undefined> {
  const { host, port } = await withInstallation(context, ({ call }) => call('proxy.status', {}), true);
  addressArgs(context);
  await stopGateway(context);
  const args = ['--host', flag(context, 'host') ?? host, '--port', flag(context, 'port') ?? String(port)];
  const started = await startDaemon(context, args);
  if (context.json) context.out.json(started);
  else context.out.done(context.words.started(started.url));
  return undefined;
}

async function statusOf(context: Context): Promise<StatusRow | undefined> {
  try {
    return await withInstallation(context, ({ call }) => call('proxy.status', {}), true);
  } catch (error) {
    if (error instanceof QccError && error.exit === exitCodes.notRunning) return undefined;
    throw error;
  }
}

export function status(context: Context): Promise<number> {
  return watched(context, async () => printStatus(context, await statusOf(context)));
}

function printStatus(context: Context, row: StatusRow | undefined): number {
  const { out, words, json } = context;
  if (!row) {
    if (json) out.json({ running: false });
    else out.note(words.notRunning, `  ${words.startIt}`);
    return exitCodes.notRunning;
  }
  if (json) out.json(row);
  else statusLines(context, row);
  return exitCodes.done;
}

function statusLines(context: Context, row: StatusRow): void {
  const { out, words, language } = context;
  const { requests, endpoints } = row;
  out.line(
    `${out.paint('green', '●')} ${out.paint('bold', row.url)}  pid ${row.pid}  ${shortSpan(row.uptimeMs)}  qcc ${row.version}`,
  );
  out.line(`${words.active}: ${row.active ?? words.none}  ${words.state}: ${codeText('states', row.state, language)}`);
  out.line(`${words.requests}: ${words.requestCounts(requests)}`);
  out.line(
    `${words.endpoints}: ${
      Object.entries(endpoints)
        .filter(([, n]) => n > 0)
        .map(([state, n]) => `${n} ${coloured(context, state as keyof typeof endpoints)}`)
        .join(', ') || words.none
    }`,
  );
  for (const warning of words.troubles(row)) out.warn(warning);
  if (row.logState !== 'open') out.warn(`log: ${row.logState}`);
  for (const reason of row.notReady) out.note(unreadyText(reason, language));
}

/** The gateway, the ladder, and every endpoint: one look. */
export async function overview(context: Context): Promise<number> {
  const row = await statusOf(context);
  const { ladder, health } = await withInstallation(context, async ({ call }) => ({
    ladder: await call('priority.list', {}),
    health: await call('health.status', {}),
  }));
  if (context.json) {
    context.out.json(row ? { ...row, ladder } : { running: false, ladder });
    return row ? exitCodes.done : exitCodes.notRunning;
  }
  const code = printStatus(context, row);
  if (health.endpoints.length > 0) healthTable(context, health.endpoints);
  return code;
}
