/** The gateway: the one place that wires the parts together, and closes them again in the right order. */
import { randomUUID } from 'node:crypto';
import { probeJob } from '../commands/endpoint/test-operation.ts';
import { notifySettings } from '../commands/notify/operation.ts';
import { Budgets } from '../commands/token/budgets.ts';
import { isLoopback } from '../config/network/base-url.ts';
import { readCertificate } from '../config/network/certificate.ts';
import { brokenProxies } from '../config/network/outbound-proxy.ts';
import { parseSetting, rangeOf, shortRangeOf } from '../config/settings/settings.ts';
import type { Check } from '../contract/checks.ts';
import type { Answer, OperationName } from '../contract/operations.ts';
import { serveControl } from '../control/server.ts';
import { operations } from '../control/table.ts';
import type { Dashboard } from '../dashboard/dashboard.ts';
import { Inspector } from '../diagnostics/inspector.ts';
import { exitCodes, QccError } from '../errors/qcc-error.ts';
import { addresses } from '../health/addresses.ts';
import { Monitor } from '../health/monitor.ts';
import { sweepFrozen } from '../installation/frozen-home.ts';
import type { Installation } from '../installation/installation.ts';
import { beginLife, forgetLife } from '../installation/life.ts';
import type { LiveSide } from '../installation/live-side.ts';
import { notifyWordsOf } from '../messages/notify.ts';
import { Notifier } from '../notify/notifier.ts';
import { openAccessLog } from '../platform/access-log-file.ts';
import { deferred } from '../platform/deferred.ts';
import { Descriptors, openFilesMax, openFilesNow } from '../platform/descriptors.ts';
import { explainTaken } from '../platform/port-holder.ts';
import { closeMask } from '../platform/umask.ts';
import { version } from '../platform/version.ts';
import { visible } from '../platform/visible.ts';
import { keeping } from '../policies/policies.ts';
import { openPool, openReplayPool } from '../pool/pool.ts';
import type { ProxyServer } from '../proxy/ports.ts';
import type { Listen, Uncaught } from '../proxy/server/listener.ts';
import { startProxy } from '../proxy/server/server.ts';
import { Maintenance } from '../runtime/maintenance.ts';
import { Scheduler } from '../runtime/scheduler.ts';
import { openAlone } from './alone.ts';
import { Parts, type StepFault } from './end.ts';
import { endOf, type Open } from './ending.ts';
import { type FleetSide, fleetSideOf } from './fleet-side.ts';
import { LastServed } from './last-served.ts';
import { tellStart, tellStop } from './lifecycle.ts';
import { liveSideOf } from './live-side.ts';
import { dashboardOf } from './page-side.ts';
import { proxyPorts } from './ports.ts';
import { openQueue } from './queue.ts';
import { clientTokens } from './tokens.ts';

export interface GatewayOptions {
  readonly home: string;
  readonly host?: string;
  readonly port?: number;
  /** Language of the notifications; English if undefined. */
  readonly language?: 'en' | 'zh-CN';
  /** Counts unexpected errors; without it they are not counted. */
  readonly uncaught?: Uncaught;
  /** Aborts the start: what has been opened is closed again. After the start it has no effect: use `stop`. */
  readonly signal?: AbortSignal;
  /** Faults that the operator should know and no fact can record: the log itself may be in trouble. */
  readonly tell?: (news: GatewayNews) => void;
}

export type GatewayNews =
  /** Another gateway of this home is ending. */
  | { readonly type: 'waits'; readonly pid: number }
  | { readonly type: 'stopping'; readonly graceMs: number }
  | ({ readonly type: 'fault' } & StepFault)
  | { readonly type: 'unwritten'; readonly facts: number; readonly since: number }
  /** The stop missed its deadline: the process must be ended. */
  | { readonly type: 'overdue' };

export interface Gateway {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  readonly home: string;
  /** The faults found on the disk. */
  found(): readonly Check[];
  /** Resolves when it has stopped, for whatever reason. */
  readonly stopped: Promise<void>;
  stop(graceMs: number): Promise<Answer<'proxy.stop'>>;
}

/**
 * Starts the gateway in this process; resolves when it answers. The log comes first, because the process that has it open is alone. Then
 * the control socket, and the port last, so that a gateway that serves can always be queried and stopped. A failure closes everything
 * again.
 * @throws {QccError} when a gateway runs already, the port is taken, the certificate is unusable, or the listener would be open to others
 */
export async function runGateway(options: GatewayOptions): Promise<Gateway> {
  closeMask();
  const installation = await openAlone(options.home, {
    check: () => refuseStopped(options.signal),
    waits: (pid) => options.tell?.({ type: 'waits', pid }),
  });
  const parts = new Parts();
  const fault = (one: StepFault) => options.tell?.({ type: 'fault', ...one });
  parts.add('log', () => installation.close());
  try {
    return await serve(installation, options, parts);
  } catch (error) {
    await parts.closeAll(fault);
    throw error;
  }
}

function refuseStopped(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new QccError('QCC_GATEWAY_STOPPED', {}, exitCodes.interrupted);
}

async function serve(installation: Installation, options: GatewayOptions, parts: Parts): Promise<Gateway> {
  const { core, home, world, settings } = installation;
  const { run, socket, log } = installation.paths;
  sweepFrozen(run);
  const inspector = new Inspector(installation);
  await inspector.first();
  const listener = await listenerOf(installation, options);
  const descriptors = newDescriptors();
  warnOfSurroundings();
  const epoch = randomUUID();
  // Before this life writes anything: what the previous one left on record.
  const lastAt = core.state.at;
  parts.add('run', () => forgetLife(run));
  beginLife(run, epoch);
  // A command that arrives during the start is answered when it has finished.
  const table = deferred<ReturnType<typeof operations>>();
  table.promise.catch(() => {});
  const control = await serveControl(socket, () => table.promise as never);
  parts.add('control socket', () => control.close());
  parts.add('start', () => table.reject(ended()));
  const background = await openBackground(installation, parts, epoch, () => proxy);
  await core.tellLosses();
  refuseStopped(options.signal);
  const proxy = await openPort(installation, options, listener, background, descriptors);
  parts.add('port', () => proxy.drain(0));
  const scheduler = new Scheduler(core);
  parts.add('timers', () => scheduler.stop());
  const makeRollUp = (from: number) => background.replay.rollUp(log, from);
  const maintenance = new Maintenance(core, () => keeping(settings()), makeRollUp);
  const startedAt = world.now();
  const certainUntil = await tellStart(installation, { url: proxy.url, epoch, lastAt });
  parts.add('log', () => tellStop(installation, 'failed'));
  core.onFacts((facts) => {
    if (facts.some(({ stream }) => !isTraffic(stream))) proxy.settingsChanged();
  });
  const notifier = newNotifier(installation, background.fleet, options.language ?? 'en');
  const open: Open = {
    installation,
    control,
    proxy,
    scheduler,
    maintenance: maintenance,
    inspector,
    notifier,
    descriptors,
    dashboard: newDashboard(installation, options, table.promise, () => live),
    ...background,
  };
  const ending = endOf(open, options.tell);
  const { host } = listener;
  const uncaught = () => options.uncaught?.count ?? 0;
  const live: LiveSide = liveSideOf(open, { host, startedAt, certainUntil, uncaught, ending });
  descriptors.start();
  parts.add('files', () => descriptors.stop());
  scheduler.arm();
  maintenance.start();
  background.monitor.start();
  background.fleet.start();
  inspector.start(background.replay);
  table.resolve(operations(installation, live));
  const { stop, stopped } = ending;
  return { url: proxy.url, host, port: proxy.port, pid: process.pid, home, found: live.found, stopped, stop };
}

function newDashboard(
  installation: Installation,
  { language = 'en' }: GatewayOptions,
  table: Promise<ReturnType<typeof operations>>,
  live: () => LiveSide,
): Dashboard {
  const call = async (name: string, params: unknown) => (await table)[name as OperationName]?.(params as never);
  return dashboardOf({ installation, live, call, language, warn: (sentence) => warn(sentence, 'DashboardWarning') });
}

function newDescriptors(): Descriptors {
  const tell = (sentence: string) => warn(sentence, 'OpenFilesWarning');
  return new Descriptors({ limit: openFilesMax(), inUse: openFilesNow(), tell });
}

type Background = Pick<Open, 'accessLog' | 'pool' | 'monitor' | 'queue' | 'replay' | 'served' | 'tokens' | 'fleet'>;

/** What works beside the port: probes, retries, questions of the past. */
async function openBackground(
  installation: Installation,
  parts: Parts,
  epoch: string,
  proxy: () => ProxyServer,
): Promise<Background> {
  const { core, world, settings, paths } = installation;
  const accessLog = openAccessLog(paths.accessLog);
  parts.add('access log', () => accessLog.close());
  const pool = openPool();
  parts.add('probes', () => pool.close());
  const budgets = new Budgets(
    core.state,
    () => core.now(),
    (budget) => fleet.fleet.allowedUsd(budget),
  );
  const fleet = fleetSideOf(
    installation,
    () => budgets.shared(),
    () => replay,
    (id) => proxy().inFlight().inFlight[id] ?? 0,
  );
  parts.add('fleet', () => fleet.stop());
  const monitor = new Monitor({
    core,
    world,
    settings,
    probe: (endpoint, depth, stop) => pool.probe(probeJob(installation, endpoint, depth), stop),
    addresses,
    networkChanged: () => proxy().networkChanged(),
    isLedElsewhere: (id) => fleet.fleet.isLedElsewhere(id),
    resume: () => proxy().resume(),
  });
  const queue = await openQueue(installation, monitor, epoch, budgets);
  parts.add('queue', () => queue.close(0));
  const replay = openReplayPool();
  parts.add('questions', () => replay.close());
  const tokens = await clientTokens(installation, budgets);
  const served = new LastServed();
  core.onFacts((facts) => served.heard(facts));
  return { accessLog, pool, monitor, queue, replay, served, tokens, fleet };
}

type Listener = Pick<Listen, 'host' | 'port' | 'tls'>;

async function listenerOf({ settings, world }: Installation, options: GatewayOptions): Promise<Listener> {
  const host = String(parseSetting('proxy.host', options.host ?? settings()['proxy.host']).value);
  const port = options.port ?? settings()['proxy.port'];
  refuseOpenListener(host, settings()['proxy.require_token']);
  const tls = await readCertificate(settings()['proxy.tls_cert'], settings()['proxy.tls_key'], world.now());
  return { host, port, tls };
}

async function openPort(
  installation: Installation,
  { uncaught }: GatewayOptions,
  listener: Listener,
  { accessLog, monitor, queue, served, tokens, fleet }: Background,
  descriptors: Descriptors,
): Promise<ProxyServer> {
  const ports = proxyPorts(installation, monitor, queue, {
    tokens,
    slots: (endpoint, count) => fleet.fleet.slots(endpoint, count),
    dialFailed: (code) => descriptors.heard(code),
    planSeen: (endpoint, plan) => served.planSeen(endpoint, plan),
    refusalUnknown: (endpoint, said) => served.unknown.note(endpoint, said),
  });
  return await startProxy(ports, {
    ...listener,
    accessLog: accessLog.write,
    files: descriptors,
    tell: (sentence) => warn(sentence, 'ClientsWarning'),
    ...(uncaught && { uncaught }),
    version,
  }).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE') throw await explainTaken(listener.host, listener.port);
    throw notHere.has(error.code ?? '') ? badHost(listener.host) : error;
  });
}

// The system knows no such name, or this machine has no such address.
const notHere: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EADDRNOTAVAIL', 'EINVAL']);

function badHost(given: string): QccError {
  const key = 'proxy.host';
  const params = { key, chinese: shortRangeOf(key, 'zh-CN'), given, list: rangeOf(key), not: `, not "${given}"` };
  return new QccError('QCC_SETTING_INVALID', params, exitCodes.usage);
}

function newNotifier(installation: Installation, fleet: FleetSide, language: 'en' | 'zh-CN'): Notifier {
  const { core, world, settings } = installation;
  return new Notifier(core, world, {
    ...notifySettings(installation),
    isTeller: fleet.isTeller,
    words: notifyWordsOf(language),
    undelivered: (sentence) => {
      if (settings()['proxy.log_level'] !== 'error') warn(sentence, 'NotifyWarning');
    },
  });
}

/** In the background, this is logs/gateway.log. */
function warn(sentence: string, name: string): void {
  process.emitWarning(visible(sentence), name);
}

/** Problems that would otherwise show only later, as failures. */
function warnOfSurroundings(): void {
  for (const name of brokenProxies(process.env))
    warn(`${name} names no http:// or https:// proxy: nothing behind it can be reached`, 'ProxyWarning');
}

function ended(): QccError {
  return new QccError('QCC_GATEWAY_ENDING', {}, exitCodes.notRunning);
}

/** Facts of requests and of the queue change no setting. */
function isTraffic(stream: string): boolean {
  return stream.startsWith('request/') || stream.startsWith('queue/');
}

function refuseOpenListener(host: string, tokenRequired: boolean): void {
  if (isLoopback(host) || tokenRequired) return;
  throw new QccError('QCC_PROXY_OPEN', { host }, exitCodes.usage);
}
