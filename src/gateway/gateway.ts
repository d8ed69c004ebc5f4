/** The gateway: the one place that wires the parts together, and takes them apart again in the right order. */
import { randomUUID } from 'node:crypto';
import { streams } from '../../events/ids.ts';
import { endpointStatus } from '../../machines/endpoint.ts';
import { priorityStatus } from '../../machines/priority.ts';
import { probeJob } from '../commands/endpoint/test-operation.ts';
import { notifySettings } from '../commands/notify/operation.ts';
import { isLoopback } from '../config/network/base-url.ts';
import { readCertificate } from '../config/network/certificate.ts';
import { brokenProxies } from '../config/network/outbound-proxy.ts';
import type { Check } from '../contract/checks.ts';
import type { Answer } from '../contract/operations.ts';
import { type ControlServer, serveControl } from '../control/server.ts';
import { operations } from '../control/table.ts';
import { Inspector } from '../diagnostics/inspector.ts';
import { exitCodes, QccError } from '../errors/qcc-error.ts';
import { addresses } from '../health/addresses.ts';
import { Monitor } from '../health/monitor.ts';
import { sweepFrozen } from '../installation/frozen-home.ts';
import type { Installation } from '../installation/installation.ts';
import { beginLife, endedInOrder, endLife, forgetLife } from '../installation/life.ts';
import type { LiveSide } from '../installation/live-side.ts';
import { notifyWordsOf } from '../messages/notify.ts';
import { Notifier } from '../notify/notifier.ts';
import { type AccessLogFile, openAccessLog } from '../platform/access-log-file.ts';
import { Descriptors, openFilesMax, openFilesNow } from '../platform/descriptors.ts';
import { explainTaken } from '../platform/port-holder.ts';
import { iso } from '../platform/time.ts';
import { closeMask } from '../platform/umask.ts';
import { version } from '../platform/version.ts';
import { visible } from '../platform/visible.ts';
import { keeping } from '../policies/policies.ts';
import { openPool, openReplayPool, type Pool, type ReplayPool } from '../pool/pool.ts';
import type { ProxyServer } from '../proxy/ports.ts';
import { startProxy, type Uncaught } from '../proxy/server/server.ts';
import { Caretaker } from '../runtime/maintenance.ts';
import { Scheduler } from '../runtime/scheduler.ts';
import { openAlone } from './alone.ts';
import { Parts, type StepFault, step } from './end.ts';
import { notReady, proxyPorts } from './ports.ts';
import { openQueue } from './queue.ts';

export interface GatewayOptions {
  readonly home: string;
  readonly host?: string;
  readonly port?: number;
  /** Of the notifications; English when it is not said. */
  readonly language?: 'en' | 'zh-CN';
  /** Where errors are counted that nobody expected; none are when it is not said. */
  readonly uncaught?: Uncaught;
  /** Aborted while it starts: what has been opened is closed again. Afterwards it means nothing: then there is `stop`. */
  readonly signal?: AbortSignal;
  /** What whoever looks after it ought to know, and no fact can say: the log may be what is in trouble. */
  readonly tell?: (news: GatewayNews) => void;
}

export type GatewayNews =
  /** Another gateway of this home comes to its end. */
  | { readonly type: 'waits'; readonly pid: number }
  | { readonly type: 'stopping'; readonly graceMs: number }
  | ({ readonly type: 'fault' } & StepFault)
  | { readonly type: 'unwritten'; readonly facts: number; readonly since: number }
  /** The end did not come in its time: the process has to be ended. */
  | { readonly type: 'overdue' };

export interface Gateway {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  readonly home: string;
  /** What is wrong with what is on the disk. */
  found(): readonly Check[];
  /** Resolves when it has stopped, by whatever way. */
  readonly stopped: Promise<void>;
  stop(graceMs: number): Promise<Answer<'proxy.stop'>>;
}

// Beyond the time that requests were given: for the steps of the end, of which most take no time at all.
const endMs = 15_000;
// Whoever has had its time to end is cut off; that takes a moment.
const cutMs = 2_000;
// Notifications have a limit of their own, of half of it.
const notifyMs = 4_000;

/**
 * Starts the gateway in this process; resolves when it answers. The log first: who has it is alone. Then the control socket, and the
 * port last: nobody is served by what cannot be asked or stopped. What fails takes everything apart again.
 * @throws {QccError} when one runs already, the port is taken, the certificate is no good, the listener would be open to others
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
  throw new QccError(
    'QCC_GATEWAY_STOPPED',
    'it was stopped while it started',
    'qcc proxy start',
    exitCodes.interrupted,
  );
}

async function serve(installation: Installation, options: GatewayOptions, parts: Parts): Promise<Gateway> {
  const {
    core,
    home,
    paths: { run, socket },
    world,
    settings,
  } = installation;
  sweepFrozen(run);
  const inspector = new Inspector(installation);
  await inspector.first();
  const host = options.host ?? settings()['proxy.host'];
  const wanted = options.port ?? settings()['proxy.port'];
  refuseOpenListener(host, settings()['proxy.require_token']);
  const tls = await readCertificate(settings()['proxy.tls_cert'], settings()['proxy.tls_key'], world.now());
  const descriptors = new Descriptors({
    limit: openFilesMax(),
    inUse: openFilesNow(),
    tell: (sentence) => warn(sentence, 'OpenFilesWarning'),
  });
  warnOfSurroundings();
  const epoch = randomUUID();
  // Before this life says anything: what the one before has left on record.
  const lastAt = core.state.at;
  parts.add('run', () => forgetLife(run));
  beginLife(run, epoch);
  // Whoever asks while it starts gets an answer when it has started.
  const table = deferred<ReturnType<typeof operations>>();
  table.promise.catch(() => {});
  const control = await serveControl(socket, () => table.promise as never);
  parts.add('control socket', () => control.close());
  parts.add('start', () => table.reject(ended()));
  const accessLog = openAccessLog(installation.paths.accessLog);
  parts.add('access log', () => accessLog.close());
  const pool = openPool();
  parts.add('probes', () => pool.close());
  const monitor = new Monitor({
    core,
    world,
    settings,
    probe: (endpoint, depth, stop) => pool.probe(probeJob(installation, endpoint, depth), stop),
    addresses,
    networkChanged: () => proxy.networkChanged(),
    resume: () => proxy.resume(),
  });
  const queue = await openQueue(installation, monitor, epoch);
  parts.add('queue', () => queue.close(0));
  const replay = openReplayPool();
  parts.add('questions', () => replay.close());
  await core.tellLosses();
  refuseStopped(options.signal);
  const uncaught = () => options.uncaught?.count ?? 0;
  const proxy = await startProxy(
    proxyPorts(installation, monitor, queue, (code) => descriptors.heard(code)),
    {
      host,
      port: wanted,
      tls,
      accessLog: accessLog.write,
      files: descriptors,
      tell: (sentence) => warn(sentence, 'ClientsWarning'),
      ...(options.uncaught && { uncaught: options.uncaught }),
      version,
    },
  ).catch(async (error: NodeJS.ErrnoException) => {
    throw error.code === 'EADDRINUSE' ? await explainTaken(host, wanted) : error;
  });
  parts.add('port', () => proxy.drain(0));
  const scheduler = new Scheduler(core);
  parts.add('timers', () => scheduler.stop());
  const caretaker = new Caretaker(core, () => keeping(settings()));
  const startedAt = world.now();
  const certainUntil = await tellStart(installation, { url: proxy.url, epoch, lastAt });
  parts.add('log', () => tellStop(installation, 'failed'));
  core.onFacts((facts) => {
    if (facts.some(({ stream }) => !isTraffic(stream))) proxy.settingsChanged();
  });
  const notifier = newNotifier(installation, options.language ?? 'en');
  const ending = endOf(
    {
      installation,
      control,
      proxy,
      queue,
      scheduler,
      caretaker,
      inspector,
      monitor,
      notifier,
      pool,
      replay,
      accessLog,
      descriptors,
    },
    options.tell,
  );
  const found = () => inspector.found();
  const live: LiveSide = {
    url: proxy.url,
    stop: ending.stop,
    replay,
    found,
    status: () =>
      status(installation, {
        proxy,
        host,
        startedAt,
        descriptors,
        uncaught: uncaught(),
        certainUntil,
        stopping: ending.hasBegun(),
        found: found(),
      }),
    loads: () => proxy.loads(),
    check: (ids) => monitor.check(ids),
    nextProbes: () => monitor.next(),
  };
  descriptors.start();
  parts.add('files', () => descriptors.stop());
  scheduler.arm();
  caretaker.start();
  monitor.start();
  inspector.start(replay);
  table.resolve(operations(installation, live));
  const { stop, stopped } = ending;
  return { url: proxy.url, host, port: proxy.port, pid: process.pid, home, found, stopped, stop };
}

function newNotifier(installation: Installation, language: 'en' | 'zh-CN'): Notifier {
  const { core, world, settings } = installation;
  return new Notifier(core, world, {
    ...notifySettings(installation),
    words: notifyWordsOf(language),
    undelivered: (sentence) => {
      if (settings()['proxy.log_level'] !== 'error') warn(sentence, 'NotifyWarning');
    },
  });
}

interface Open {
  readonly installation: Installation;
  readonly control: ControlServer;
  readonly proxy: ProxyServer;
  readonly queue: Awaited<ReturnType<typeof openQueue>>;
  readonly scheduler: Scheduler;
  readonly caretaker: Caretaker;
  readonly inspector: Inspector;
  readonly monitor: Monitor;
  readonly notifier: Notifier;
  readonly pool: Pool;
  readonly replay: ReplayPool;
  readonly accessLog: AccessLogFile;
  readonly descriptors: Descriptors;
}

/** The end, in its order: each step in its time, and whatever a step could not do is told and keeps nothing else. */
function endOf(
  {
    installation,
    control,
    proxy,
    queue,
    scheduler,
    caretaker,
    inspector,
    monitor,
    notifier,
    pool,
    replay,
    accessLog,
    descriptors,
  }: Open,
  tell: GatewayOptions['tell'],
) {
  const {
    core,
    paths: { run },
  } = installation;
  const end = deferred<void>();
  let stopping: Promise<Answer<'proxy.stop'>> | undefined;
  const fault = (one: StepFault) => tell?.({ type: 'fault', ...one });
  const stop = (graceMs: number) => {
    stopping ??= (async () => {
      tell?.({ type: 'stopping', graceMs });
      // Where even the steps below hang, somebody else has to end the process.
      const overdue = setTimeout(() => tell?.({ type: 'overdue' }), graceMs + endMs);
      overdue.unref();
      void end.promise.then(() => clearTimeout(overdue));
      const drained = () => Promise.all([proxy.drain(graceMs), queue.close(graceMs)]);
      const [counted = { drained: 0, cut: 0 }] = (await step('requests', drained, fault, graceMs + cutMs)) ?? [];
      scheduler.stop();
      await step('probes', () => monitor.stop(), fault);
      await step('probes', () => pool.close(), fault);
      await step('snapshots', () => caretaker.stop(), fault);
      inspector.stop();
      await step('notifications', () => notifier.stop(), fault, notifyMs);
      await step('log', () => tellStop(installation, 'asked'), fault);
      await step('snapshot', () => core.snapshot(), fault);
      // Before the log is let go: who has it next says the same of itself.
      endLife(run);
      await step('log', () => installation.close(), fault);
      const { unwritten } = core.log;
      if (unwritten) tell?.({ type: 'unwritten', ...unwritten });
      // The answer to whoever asked goes out over the socket that closes here: only then is the rest let go.
      setImmediate(() => void letGo());
      return {
        stopped: true as const,
        ...counted,
        ...(unwritten ? { unwritten: { facts: unwritten.facts, since: iso(unwritten.since) } } : {}),
      };
    })();
    return stopping;
  };
  const letGo = async () => {
    await step('control socket', () => control.close(), fault);
    descriptors.stop();
    await step('questions', () => replay.close(), fault);
    await step('access log', () => accessLog.close(), fault);
    end.resolve();
  };
  return { stop, stopped: end.promise, hasBegun: () => stopping !== undefined };
}

/** In the background, this is logs/gateway.log. */
function warn(sentence: string, name: string): void {
  process.emitWarning(visible(sentence), name);
}

/** What would be found out later, by what goes wrong. */
function warnOfSurroundings(): void {
  for (const name of brokenProxies(process.env))
    warn(`${name} names no http:// or https:// proxy: nothing behind it can be reached`, 'ProxyWarning');
}

function ended(): QccError {
  return new QccError(
    'QCC_GATEWAY_ENDING',
    'the gateway could not start, or is ending',
    'qcc proxy status',
    exitCodes.notRunning,
  );
}

/** What requests and the queue come to changes no setting. */
function isTraffic(stream: string): boolean {
  return stream.startsWith('request/') || stream.startsWith('queue/');
}

function refuseOpenListener(host: string, tokenRequired: boolean): void {
  if (isLoopback(host) || tokenRequired) return;
  throw new QccError(
    'QCC_PROXY_OPEN',
    `${host} can be reached from other machines, and proxy.require_token is off: anybody could spend your keys`,
    'qcc config set proxy.require_token true',
    exitCodes.usage,
    { host },
  );
}

/**
 * Says that a life begins, and, when the one before ended without a word, that too. One that ended in order and could not write it
 * down, on a full disk, was not dead.
 */
async function tellStart(
  { core, paths: { run } }: Installation,
  { url, epoch, lastAt }: { readonly url: string; readonly epoch: string; readonly lastAt: number },
): Promise<number | null> {
  const { gatewayState, gatewayEpoch } = core.state;
  const end = endedInOrder(run, gatewayEpoch)
    ? { type: 'GatewayStopped', data: { reason: 'asked' } }
    : { type: 'GatewayFoundDead', data: { epoch: gatewayEpoch, certainUntil: lastAt } };
  const dead = gatewayState === 'stopped' ? [] : [end];
  const started = { type: 'GatewayStarted', data: { version, url, pid: process.pid, epoch } };
  await core.report(streams.gateway, [...dead, started], { by: 'gateway', sync: true }).done;
  return dead[0]?.type === 'GatewayFoundDead' ? lastAt : null;
}

function tellStop({ core }: Installation, reason: 'asked' | 'failed'): Promise<void> {
  const stopped = { type: 'GatewayStopped', data: { reason } };
  return core.report(streams.gateway, [stopped], { by: 'gateway', sync: true }).done;
}

interface Serving {
  readonly proxy: ProxyServer;
  readonly host: string;
  readonly startedAt: number;
  readonly descriptors: Descriptors;
  readonly uncaught: number;
  readonly stopping: boolean;
  readonly certainUntil: number | null;
  readonly found: readonly Check[];
}

function status(
  { core, settings, world }: Installation,
  { proxy, host, startedAt, descriptors, uncaught, stopping, certainUntil, found }: Serving,
): Answer<'proxy.status'> {
  const { state } = core;
  const counts = { healthy: 0, degraded: 0, failed: 0, recovering: 0, disabled: 0 };
  for (const { id } of state.profiles.endpoints()) counts[endpointStatus(state.endpoint(id)).state]++;
  const { active, state: condition } = priorityStatus(state.priority);
  const { total, inFlight, waiting, succeeded, failed, cancelled, connections } = proxy.figures();
  const { limit, connectionsMax, isShort, shortages } = descriptors;
  return {
    running: true,
    stopping,
    uncertain: certainUntil === null ? null : { from: iso(certainUntil), until: iso(startedAt) },
    url: proxy.url,
    host,
    port: proxy.port,
    pid: process.pid,
    version,
    startedAt: iso(startedAt),
    uptimeMs: world.now() - startedAt,
    active,
    state: condition,
    network: state.gatewayState === 'offline' ? 'offline' : 'online',
    logState: core.log.state,
    found,
    notReady: notReady(core, settings()['loadbalancer.health_aware'], core.now()),
    requests: { total, inFlight, waiting, succeeded, failed, cancelled },
    files: {
      limit,
      connections: limit === null ? null : connectionsMax,
      short: isShort,
      shortages,
      dropped: connections.dropped,
    },
    connections,
    uncaught,
    endpoints: counts,
  };
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: unknown) => void } {
  let [resolve, reject]: [(value: T) => void, (error: unknown) => void] = [() => {}, () => {}];
  const promise = new Promise<T>((done, failed) => {
    [resolve, reject] = [done, failed];
  });
  return { promise, resolve, reject };
}
