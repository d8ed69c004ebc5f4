/** `qcc proxy start, run, stop, restart, status`, and `qcc status`. */

import { paths } from '../../config/files/home.ts';
import type { Check } from '../../contract/checks.ts';
import type { StatusRow } from '../../contract/gateway.ts';
import type { Answer } from '../../contract/operations.ts';
import { askGateway } from '../../control/client.ts';
import { diskError } from '../../errors/disk-error.ts';
import { exitCodes, QccError } from '../../errors/qcc-error.ts';
import { toldOf } from '../../errors/told-error.ts';
import type { GatewayNews } from '../../gateway/gateway.ts';
import { checkDetail } from '../../messages/checks.ts';
import type { Words } from '../../messages/messages.ts';
import { reasonText } from '../../messages/reasons.ts';
import { spanMs } from '../../messages/times.ts';
import { clockOf, iso, shortSpan } from '../../platform/time.ts';
import { type Change, isTold, tellChange } from '../changed.ts';
import { type Context, flag, isOn, portFlag, withInstallation } from '../context.ts';
import { coloured } from '../endpoint/cli.ts';
import { healthTable } from '../health/cli.ts';
import { ladderLine } from '../priority/cli.ts';
import { watched } from '../watch.ts';
import { type Started, startDaemon } from './daemon.ts';
import { type EndSignal, endGateway } from './ending.ts';
import { keepGatewayLog } from './gateway-log.ts';
import { remoteStatus } from './remote-status.ts';

const drainMs = 30_000;
// A gateway that is starting answers when it has started.
const statusMs = 8_000;
// A stopped gateway takes no longer than this to end, unless it hangs.
const lingerMs = 2_000;

export async function start(context: Context): Promise<number | undefined> {
  if (isOn(context, 'foreground')) return run(context);
  const { found, ...started } = await startDaemon(context, addressArgs(context));
  tellFound(context, found);
  const next = await nextOf(context);
  return tellStarted(context, started, (said) => [said.next, next]);
}

function tellStarted(context: Context, started: Started, next: NonNullable<Change['next']>): undefined {
  return tellChange(context, {
    json: started,
    data: () => context.out.done(context.words.started(started.url)),
    now: (said) => said.gatewayAnswers(started.url, started.pid),
    next,
  });
}

/** What makes use of a gateway that has just started: Claude Code, or the endpoint that it lacks. */
async function nextOf(context: Context): Promise<string> {
  if (!isTold(context)) return '';
  const { profiles } = await withInstallation(context, ({ call }) => call('profile.list', {}));
  if (profiles.some(({ endpoints }) => endpoints > 0)) return 'qcc code';
  const [empty] = profiles;
  return empty === undefined ? 'qcc init' : `qcc endpoint add ${empty.name}`;
}

function addressArgs(context: Context): readonly string[] {
  portFlag(context);
  return ['host', 'port'].flatMap((name) => {
    const value = flag(context, name);
    return value === undefined ? [] : [`--${name}`, value];
  });
}

/** Runs in this process, until a signal. The process that started it in the background receives the outcome by IPC. */
export async function run(context: Context): Promise<number> {
  const host = flag(context, 'host');
  const port = portFlag(context);
  const ofParent = process.send !== undefined;
  const parent = (message: object) =>
    new Promise<void>((resolve) => (process.connected ? process.send?.(message, () => resolve()) : resolve()));
  const background = keepGatewayLog(paths(context.home).gatewayLog);
  const tell = (news: GatewayNews) => {
    if (news.type === 'waits') void parent({ waiting: news.pid });
    const line = newsText(news, context.words);
    if (background) background.say(line);
    else if (news.type === 'fault' || news.type === 'unwritten' || news.type === 'overdue') context.out.warn(line);
    else context.out.note(line);
    // Whatever keeps the process alive, it serves no request any more.
    if (news.type === 'overdue') process.exit(exitCodes.interrupted);
  };
  // Installed before anything is opened: a signal at any moment leads to an orderly end.
  const signals = hearSignals();
  try {
    const [{ runGateway }, { UncaughtErrors }] = await Promise.all([
      import('../../gateway/gateway.ts'),
      import('../../platform/uncaught.ts'),
    ]);
    const uncaught = new UncaughtErrors();
    const gateway = await runGateway({
      uncaught,
      home: context.home,
      language: context.language,
      signal: signals.starting,
      tell,
      ...(host === undefined ? {} : { host }),
      ...(port === undefined ? {} : { port }),
    });
    signals.end = () => void gateway.stop(drainMs);
    if (signals.starting.aborted) signals.end();
    // Not before this point: a fault during the start ends the gateway and is reported to the process that starts it.
    uncaught.watch();
    const { url, pid, home } = gateway;
    const started = { url, host: gateway.host, port: gateway.port, pid, home };
    background?.say(context.words.started(url));
    const found = gateway.found();
    await parent({ started, found });
    if (process.connected) process.disconnect();
    if (!ofParent) tellStarted(context, started, (said) => [said.toEnd, 'Ctrl-C']);
    if (background) for (const line of foundLines(context.language, found)) background.say(line);
    else if (!ofParent) tellFound(context, found);
    await gateway.stopped;
    background?.say(context.words.hasStopped);
    // A part that could not be ended must not keep the process alive.
    setTimeout(() => process.exit(exitCodes.done), lingerMs).unref();
    return exitCodes.done;
  } catch (error) {
    const known = error instanceof QccError ? error : faultAtStart(error, context.home);
    await parent({ error: toldOf(known) });
    // The gateway was asked to end, and ended.
    if (known.code === 'QCC_GATEWAY_STOPPED') return exitCodes.done;
    throw known;
  }
}

/** What is damaged, with the command that repairs it. It goes to stderr, because it is not data. */
export function tellFound({ out, language }: Pick<Context, 'out' | 'language'>, found: readonly Check[]): void {
  for (const check of found) out.warn(checkDetail(check, language), `    ${check.fix}`);
}

function foundLines(language: Context['language'], found: readonly Check[]): readonly string[] {
  return found.map((check) => `${checkDetail(check, language)} - ${check.fix}`);
}

function faultAtStart(error: unknown, home: string): QccError {
  const { code } = error as NodeJS.ErrnoException;
  const ofDisk = diskError(error, home);
  if (ofDisk) return ofDisk;
  if (code === 'EMFILE' || code === 'ENFILE') return new QccError('QCC_FILES_FEW', { dir: '' });
  const message = error instanceof Error ? error.message : String(error);
  return new QccError('QCC_GATEWAY_FAULT', { text: message });
}

/** The first signal drains, or aborts the start; the second one ends the process at once. */
function hearSignals(): { readonly starting: AbortSignal; end: () => void } {
  const start = new AbortController();
  const signals = { starting: start.signal, end: () => start.abort() };
  let asked = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (asked) process.exit(exitCodes.interrupted);
      asked = true;
      signals.end();
    });
  }
  return signals;
}

function newsText(news: GatewayNews, words: Words): string {
  switch (news.type) {
    case 'waits':
      return words.waitsForEnd(news.pid);
    case 'stopping':
      return words.isStopping(news.graceMs);
    case 'fault':
      return words.stopFault(news.step, news.why);
    case 'unwritten':
      return words.unwritten(news.facts, iso(news.since));
    case 'overdue':
      return words.stopOverdue;
  }
}

export async function stop(context: Context): Promise<undefined> {
  const stopped = await stopGateway(context);
  return tellChange(context, {
    json: stopped,
    data: () => context.out.done(context.words.stopping(stopped.drained, stopped.cut)),
    now: (said) => said.gatewayStopped(stopped.drained, stopped.cut),
    next: (said) => [said.startAgain, 'qcc proxy start'],
  });
}

type Stopped = Answer<'proxy.stop'> & { readonly forced?: EndSignal };

/** Ends the gateway by escalating steps; each step after the first is reported. @throws {QccError} when no gateway runs */
export async function stopGateway(context: Context): Promise<Stopped> {
  const timeout = flag(context, 'timeout');
  const graceMs = timeout === undefined ? drainMs : spanMs(timeout, context.words);
  const { out, words } = context;
  const { stopped, forced } = await endGateway(context.home, graceMs, words, (signal, pid, why) =>
    out.warn(words.stopBySignal(signal, pid, why)),
  );
  if (stopped.unwritten) out.warn(words.unwritten(stopped.unwritten.facts, stopped.unwritten.since));
  return forced === undefined ? stopped : { ...stopped, forced };
}

export async function restart(context: Context): Promise<undefined> {
  addressArgs(context);
  const { socket } = paths(context.home);
  // A gateway that does not answer is ended as well; its address then comes from the settings.
  const before = await askGateway(socket, 'proxy.status', {}, statusMs).catch(() => undefined);
  await stopGateway(context);
  const [host, port] = [flag(context, 'host') ?? before?.host, flag(context, 'port') ?? before?.port];
  const args = Object.entries({ host, port }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, String(value)],
  );
  const { found, ...started } = await startDaemon(context, args);
  tellFound(context, found);
  return tellStarted(context, started, (said) => [said.see, 'qcc status']);
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
  out.prose(
    2,
    `${out.paint('green', '●')} ${out.paint('bold', row.url)}  pid ${row.pid}  ${words.upFor(shortSpan(row.uptimeMs))}  qcc ${row.version}`,
    ladderLine(context, row.active, row.state),
    words.labelled(words.requests, words.requestCounts(requests)),
  );
  // An older gateway does not report it.
  if (row.connections) out.prose(2, words.labelled(words.clients, words.clientCounts(row.connections)));
  const { healthy, ...others } = endpoints;
  // An older gateway does not report it.
  const { untried, failing } = row.unproven ?? { untried: 0, failing: 0 };
  const told = { healthy: healthy - untried - failing, untried, resting: failing, ...others };
  const counts = Object.entries(told).flatMap(([state, n]) =>
    n > 0 ? [words.counted(n, coloured(context, state as keyof typeof told))] : [],
  );
  out.prose(2, words.labelled(words.endpoints, counts.join(words.comma) || words.none));
  for (const warning of words.troubles(row)) out.warn(warning);
  tellFound(context, row.found);
  if (row.uncertain) out.note(words.uncertain(clockOf(Date.parse(row.uncertain.from))));
  for (const reason of row.notReady) out.note(reasonText(reason, language));
}

/** The gateway, the ladder, and every endpoint on one screen. */
export async function overview(context: Context): Promise<number> {
  const remote = await remoteStatus(context);
  if (remote !== undefined) return remote;
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
