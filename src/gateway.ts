/** The gateway: the one place that wires the parts together, and takes them apart again in the right order. */
import { randomUUID } from 'node:crypto';
import { streams } from '../events/ids.ts';
import { faceOf } from '../machines/endpoint.ts';
import { facePriority } from '../machines/priority.ts';
import { openAccessLog } from './access-log-file.ts';
import { isLoopback } from './config/base-url.ts';
import { readCertificate } from './config/certificate.ts';
import { paths } from './config/home.ts';
import { brokenProxies } from './config/outbound-proxy.ts';
import { closeMask } from './config/umask.ts';
import { sweepFrozen } from './control/frozen-home.ts';
import { type Installation, openInstallation } from './control/installation.ts';
import { answers } from './control/listening.ts';
import type { LiveSide } from './control/live-side.ts';
import { notifySettings } from './control/notify.ts';
import type { Answer } from './control/operations.ts';
import { keeping } from './control/policies.ts';
import { iso } from './control/rows.ts';
import { type ControlServer, serveControl } from './control/server.ts';
import { operations } from './control/table.ts';
import { probeJob } from './control/testing.ts';
import { Descriptors, openFilesMax, openFilesNow } from './descriptors.ts';
import { exitCodes, QccError } from './errors.ts';
import { notReady, proxyPorts } from './gateway-ports.ts';
import { openQueue } from './gateway-queue.ts';
import { addresses } from './health/addresses.ts';
import { Monitor } from './health/monitor.ts';
import { Notifier } from './notify/notifier.ts';
import { notifyWordsOf } from './notify/words.ts';
import { openPool, openReplayPool } from './pool.ts';
import { explainTaken } from './port-holder.ts';
import type { ProxyServer } from './proxy/ports.ts';
import { startProxy } from './proxy/server.ts';
import { Caretaker } from './runtime/caretaker.ts';
import { Scheduler } from './runtime/scheduler.ts';
import { version } from './version.ts';
import { visible } from './visible.ts';

export interface GatewayOptions {
  readonly home: string;
  readonly host?: string;
  readonly port?: number;
  /** Of the notifications; English when it is not said. */
  readonly language?: 'en' | 'zh-CN';
  /** Where errors are counted that nobody expected; none are when it is not said. */
  readonly uncaught?: { readonly count: number };
}

export interface Gateway {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  readonly home: string;
  /** Resolves when it has stopped, by whatever way. */
  readonly stopped: Promise<void>;
  stop(graceMs: number): Promise<Answer<'proxy.stop'>>;
}

const lockWaitMs = 10_000;
const lockPollMs = 50;

/**
 * Starts the gateway in this process; resolves when it answers.
 * @throws {QccError} when one runs already, the port is taken, the certificate is no good, the listener would be open to others
 */
export async function runGateway(options: GatewayOptions): Promise<Gateway> {
  closeMask();
  const installation = await openAlone(options.home);
  try {
    return await serve(installation, options);
  } catch (error) {
    await installation.close();
    throw error;
  }
}

/** The log's lock is what makes a gateway the only one; a command that holds it for a moment is waited for. */
async function openAlone(home: string): Promise<Installation> {
  for (const startedAt = Date.now(); ; ) {
    if (await answers(paths(home).socket)) throw alreadyRuns(home);
    try {
      return await openInstallation(home);
    } catch (error) {
      const locked = error instanceof QccError && error.code === 'QCC_LOG_LOCKED';
      if (!locked || Date.now() - startedAt > lockWaitMs) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, lockPollMs));
  }
}

function alreadyRuns(home: string): QccError {
  return new QccError(
    'QCC_GATEWAY_RUNNING',
    `a gateway already runs for ${home}`,
    'qcc proxy status',
    exitCodes.conflict,
  );
}

async function serve(installation: Installation, options: GatewayOptions): Promise<Gateway> {
  const {
    core,
    home,
    paths: { run },
    world,
    settings,
  } = installation;
  sweepFrozen(run);
  const host = options.host ?? settings()['proxy.host'];
  const wanted = options.port ?? settings()['proxy.port'];
  refuseOpenListener(host, settings()['proxy.require_token']);
  const tls = await readCertificate(settings()['proxy.tls_cert'], settings()['proxy.tls_key'], world.now());
  const descriptors = new Descriptors({
    limit: openFilesMax(),
    inUse: openFilesNow(),
    tell: (sentence) => warn(sentence, 'OpenFilesWarning'),
  });
  warnOfSurroundings(descriptors, settings()['proxy.max_concurrent']);
  const accessLog = openAccessLog(installation.paths.accessLog);
  const pool = openPool();
  const monitor = new Monitor({
    core,
    world,
    settings,
    probe: (endpoint, depth, signal) => pool.probe(probeJob(installation, endpoint, depth), signal),
    addresses,
    networkChanged: () => proxy.networkChanged(),
    wokeUp: () => proxy.wokeUp(),
  });
  const epoch = randomUUID();
  const queue = await openQueue(installation, monitor, epoch);
  const uncaught = () => options.uncaught?.count ?? 0;
  const proxy = await startProxy(
    proxyPorts(installation, monitor, queue, (code) => descriptors.heard(code)),
    {
      host,
      port: wanted,
      tls,
      accessLog: accessLog.write,
      files: descriptors,
      uncaught,
      version,
    },
  ).catch(async (error: NodeJS.ErrnoException) => {
    throw error.code === 'EADDRINUSE' ? await explainTaken(host, wanted) : error;
  });
  const scheduler = new Scheduler(core);
  const caretaker = new Caretaker(core, () => keeping(settings()));
  const startedAt = world.now();
  await core.tellLosses();
  await tellStart(installation, proxy.url, epoch);
  core.onFacts((facts) => {
    if (facts.some(({ stream }) => !isTraffic(stream))) proxy.settingsChanged();
  });
  const notifier = new Notifier(core, world, {
    ...notifySettings(installation),
    words: notifyWordsOf(options.language ?? 'en'),
    undelivered: (sentence) => {
      if (settings()['proxy.log_level'] !== 'error') warn(sentence, 'NotifyWarning');
    },
  });
  const end = deferred();
  let control: ControlServer | undefined;
  let stopping: Promise<Answer<'proxy.stop'>> | undefined;
  const stop = (graceMs: number) => {
    stopping ??= (async () => {
      const [counted] = await Promise.all([proxy.drain(graceMs), queue.close(graceMs)]);
      scheduler.stop();
      await monitor.stop();
      await pool.close();
      await caretaker.stop();
      await notifier.stop();
      await core.report(streams.gateway, [{ type: 'GatewayStopped', data: { reason: 'asked' } }], {
        by: 'gateway',
        sync: true,
      }).done;
      await core.snapshot();
      // The answer to whoever asked goes out over the socket that closes here: only then is the rest let go.
      setImmediate(() => void letGo());
      return { stopped: true as const, ...counted };
    })();
    return stopping;
  };
  const letGo = async () => {
    await control?.close();
    descriptors.stop();
    await replay.close();
    await accessLog.close();
    await installation.close();
    end.resolve();
  };
  const replay = openReplayPool();
  const live: LiveSide = {
    url: proxy.url,
    stop,
    replay,
    status: () => status(installation, { proxy, host, startedAt, descriptors, uncaught: uncaught() }),
    loads: () => proxy.loads(),
    check: (ids) => monitor.check(ids),
    nextProbes: () => monitor.next(),
  };
  const table = operations(installation, live);
  control = await serveControl(installation.paths.socket, () => table as never);
  descriptors.start();
  scheduler.arm();
  caretaker.start();
  monitor.start();
  return { url: proxy.url, host, port: proxy.port, pid: process.pid, home, stopped: end.promise, stop };
}

/** In the background, this is logs/gateway.log. */
function warn(sentence: string, name: string): void {
  process.emitWarning(visible(sentence), name);
}

/** What would be found out later, by what goes wrong. */
function warnOfSurroundings({ limit, connectionsMax }: Descriptors, wanted: number): void {
  if (limit !== null && connectionsMax < wanted)
    warn(
      `${limit} open files allow ${connectionsMax} connections at once, and proxy.max_concurrent is ${wanted} - run: ulimit -n`,
      'OpenFilesWarning',
    );
  for (const name of brokenProxies(process.env))
    warn(`${name} names no http:// or https:// proxy: nothing behind it can be reached`, 'ProxyWarning');
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

/** Says that a life begins, and, when the one before ended without a word, that too. */
async function tellStart({ core }: Installation, url: string, epoch: string): Promise<void> {
  const { gatewayState } = core.state;
  const dead =
    gatewayState === 'stopped' ? [] : [{ type: 'GatewayFoundDead', data: { epoch: core.state.gatewayEpoch } }];
  const started = { type: 'GatewayStarted', data: { version, url, pid: process.pid, epoch } };
  await core.report(streams.gateway, [...dead, started], { by: 'gateway', sync: true }).done;
}

interface Serving {
  readonly proxy: ProxyServer;
  readonly host: string;
  readonly startedAt: number;
  readonly descriptors: Descriptors;
  readonly uncaught: number;
}

function status(
  { core, settings, world }: Installation,
  { proxy, host, startedAt, descriptors, uncaught }: Serving,
): Answer<'proxy.status'> {
  const { state } = core;
  const counts = { healthy: 0, degraded: 0, failed: 0, recovering: 0, disabled: 0 };
  for (const { id } of state.profiles.endpoints()) counts[faceOf(state.endpoint(id)).state]++;
  const { active, state: condition } = facePriority(state.priority);
  const { total, inFlight, waiting, succeeded, failed, cancelled, dropped } = proxy.figures();
  const { limit, connectionsMax, isShort, shortages } = descriptors;
  return {
    running: true,
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
    notReady: notReady(core, settings()['loadbalancer.health_aware'], core.now()),
    requests: { total, inFlight, waiting, succeeded, failed, cancelled },
    files: { limit, connections: limit === null ? null : connectionsMax, short: isShort, shortages, dropped },
    uncaught,
    endpoints: counts,
  };
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
