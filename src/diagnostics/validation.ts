/** Checks whether the configuration can work: structure, endpoints, the ladder, policies that contradict each other; and connections. */
import { basename } from 'node:path';
import { dayMs, minuteMs } from '../../events/units.ts';
import { priorityStatus } from '../../machines/priority.ts';
import { keyFits } from '../commands/endpoint/operation.ts';
import { poolOfProbes, testEndpoints } from '../commands/endpoint/test-operation.ts';
import { isLoopback, parseBaseUrl } from '../config/network/base-url.ts';
import { certificateEnd, readCertificate } from '../config/network/certificate.ts';
import { secretSetting } from '../config/secrets/secret-setting.ts';
import type { Settings } from '../config/settings/settings.ts';
import { type Check, fault, orPassed, passed, warning } from '../contract/checks.ts';
import type { FleetLive } from '../contract/fleet.ts';
import type { Answer, Params } from '../contract/operations.ts';
import { QccError } from '../errors/qcc-error.ts';
import { toldOf } from '../errors/told-error.ts';
import { type Installation, profileNamed } from '../installation/installation.ts';
import { connectionsIn, openFilesMax } from '../platform/descriptors.ts';
import { version } from '../platform/version.ts';
import type { Pool } from '../pool/pool.ts';
import type { KnownEndpoint, KnownProfile } from '../projections/profiles.ts';
import type { UnknownRefusal } from '../proxy/unknown-refusals.ts';
import { environmentChecks } from './environment-checks.ts';
import { fleetChecks } from './fleet-checks.ts';
import { fileChecks, tableChecks } from './inspector.ts';
import { modelChecks, ruleChecks } from './model-checks.ts';
import { refusalChecks } from './refusal-checks.ts';

/** Of a running gateway: the address on which it listens. */
interface Running {
  readonly url: string;
  found(): readonly Check[];
  unknownRefusals?(): readonly UnknownRefusal[];
  fleet?(): FleetLive;
}

export async function validate(
  installation: Installation,
  { profile, connect, whole }: Params<'config.validate'>,
  live: Running | undefined,
  open: () => Pool | Promise<Pool> = poolOfProbes,
): Promise<Answer<'config.validate'>> {
  const { core, settings } = installation;
  const { profiles } = core.state;
  const chosen = profile === undefined ? profiles.all() : [profileNamed(installation, profile)];
  const endpoints = chosen.flatMap((one) => one.endpoints);
  const checks = [
    ...(profile === undefined ? noneYet(chosen, settings()['client.gateway'] !== '') : []),
    ...serving(installation, chosen),
    ...addresses(endpoints),
    ...loops(endpoints, settings(), live),
    ...keys(installation, endpoints),
    ...twins(installation, endpoints),
    ...modelChecks(endpoints),
    ...ruleChecks(endpoints),
    ...(profile === undefined ? policies(settings(), installation.world.now()) : []),
    ...(profile === undefined ? environmentChecks(process.env) : []),
    ...(connect ? await connections(installation, chosen, open) : []),
    ...(whole ? refusalChecks(endpoints, live?.unknownRefusals?.() ?? []) : []),
    ...(whole ? fleetChecks(settings(), hasFleetSecret(installation), live?.fleet?.()) : []),
    ...(whole ? machinery(installation) : []),
    ...(whole ? onDisk(installation, live) : []),
  ];
  const { url = null } = live ?? {};
  const { 'proxy.host': host, 'proxy.port': port } = settings();
  const active = priorityStatus(core.state.priority).active ?? profiles.all()[0]?.name ?? null;
  return { checks, gateway: url, version, host, port, profile: active };
}

const hasFleetSecret = ({ vault }: Installation) => secretSetting(vault, 'fleet.secret', process.env) !== '';

/** @param isElsewhere this machine's clients use the gateway of another one, which has the profiles */
function noneYet(all: readonly KnownProfile[], isElsewhere: boolean): readonly Check[] {
  return all.length > 0 || isElsewhere ? [passed('profiles', 'warning')] : [warning('profiles', {}, 'qcc init')];
}

function serving({ core: { state } }: Installation, chosen: readonly KnownProfile[]): readonly Check[] {
  const ladder = new Set(state.profiles.ladder().map(({ name }) => name));
  const isEnabled = enabledIn(state);
  const empty = chosen
    .filter(({ name }) => ladder.has(name))
    .filter((profile) => !profile.endpoints.some(({ id }) => isEnabled.has(id)))
    .map(({ name, endpoints: [first] }) =>
      fault(
        'ladder.serves',
        { profile: name, endpoints: first ? 1 : 0 },
        first ? `qcc endpoint enable ${name} ${first.id}` : `qcc endpoint add ${name}`,
      ),
    );
  const outside = chosen
    .filter(({ name, endpoints: own }) => !ladder.has(name) && own.length > 0)
    .map(({ name }) => warning('ladder.outside', { profile: name }, `qcc priority set ${name} fallback`));
  return [...orPassed('ladder.serves', empty), ...outside];
}

function enabledIn(state: Installation['core']['state']): ReadonlySet<string> {
  const endpoints = state.configuration().profiles.flatMap((profile) => profile.endpoints);
  return new Set(endpoints.filter(({ enabled }) => enabled).map(({ id }) => id));
}

const named = ({ profile, id, baseUrl }: KnownEndpoint) => ({ profile, endpoint: id, baseUrl });

/** Rules may have become stricter since the endpoint was added. */
function addresses(endpoints: readonly KnownEndpoint[]): readonly Check[] {
  const refused = endpoints.flatMap((endpoint) => {
    const { profile, id, baseUrl, allowPlaintext } = endpoint;
    const refusal = refusalOf(() => parseBaseUrl(baseUrl, { allowPlaintext }));
    const fix = `qcc endpoint update ${profile} ${id} --base-url URL`;
    return refusal ? [fault('endpoint.address', { ...named(endpoint), why: toldOf(refusal) }, fix)] : [];
  });
  return orPassed('endpoint.address', refused);
}

function refusalOf(work: () => unknown): QccError | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof QccError) return error;
    throw error;
  }
}

/** A gateway that is its own endpoint multiplies one request up to the limit of attempts. */
function loops(endpoints: readonly KnownEndpoint[], settings: Settings, live: Running | undefined): readonly Check[] {
  const own = new Set([String(settings['proxy.port']), ...(live ? [portOf(live.url)] : [])]);
  const here = new Set([settings['proxy.host'], ...(live ? [new URL(live.url).hostname] : [])]);
  const looping = endpoints
    .filter(({ baseUrl }) => {
      const { hostname } = new URL(baseUrl);
      const isHere = isLoopback(hostname) || hostname === '0.0.0.0' || hostname === '[::]' || here.has(hostname);
      return isHere && own.has(portOf(baseUrl));
    })
    .map((endpoint) =>
      fault('endpoint.loop', named(endpoint), `qcc endpoint remove ${endpoint.profile} ${endpoint.id}`),
    );
  return orPassed('endpoint.loop', looping);
}

function portOf(url: string): string {
  const { port, protocol } = new URL(url);
  return port || (protocol === 'https:' ? '443' : '80');
}

function keys({ vault }: Installation, endpoints: readonly KnownEndpoint[]): readonly Check[] {
  const bad = endpoints
    .filter(({ secret }) => !hasKey(vault, secret))
    .map((endpoint) => {
      const fix = `qcc endpoint update ${endpoint.profile} ${endpoint.id} --api-key-stdin`;
      return fault('endpoint.key', named(endpoint), fix);
    });
  return orPassed('endpoint.key', bad);
}

function hasKey(vault: Installation['vault'], secret: string): boolean {
  try {
    const key = vault.get(secret);
    return key !== undefined && keyFits(key);
  } catch {
    return false;
  }
}

/** The same account twice on the ladder adds no redundancy: both fail together. */
function twins({ core: { state }, vault }: Installation, chosen: readonly KnownEndpoint[]): readonly Check[] {
  const ladder = new Set(state.profiles.ladder().map(({ name }) => name));
  const all = state.profiles.endpoints();
  const keyOf = (endpoint: KnownEndpoint) => (hasKey(vault, endpoint.secret) ? vault.get(endpoint.secret) : undefined);
  const seen = new Set<string>();
  const found = chosen.flatMap((one) => {
    const key = keyOf(one);
    const twin = all.find((other) => other.id !== one.id && other.baseUrl === one.baseUrl && keyOf(other) === key);
    if (key === undefined || !twin || seen.has(twin.id)) return [];
    seen.add(one.id);
    const about = { ...named(one), other: twin.profile, twin: twin.id };
    const fix = `qcc endpoint remove ${twin.profile} ${twin.id}`;
    const isFault = ladder.has(one.profile) && ladder.has(twin.profile);
    return [(isFault ? fault : warning)('endpoint.twin', about, fix)];
  });
  return orPassed('endpoint.twin', found);
}

async function connections(
  installation: Installation,
  chosen: readonly KnownProfile[],
  open: () => Pool | Promise<Pool>,
): Promise<readonly Check[]> {
  const tested = await Promise.all(
    chosen.map(({ name }) => testEndpoints(installation, { profile: name }, open, 'api')),
  );
  const failed = tested
    .flatMap(({ checks }) => checks)
    .filter(({ verdict }) => verdict !== 'success')
    .map(({ profile, endpoint, verdict, error }) => {
      const about = { profile, endpoint, verdict, why: error ?? verdict };
      const isKey = verdict === 'invalid_key';
      const fix = isKey ? `qcc endpoint update ${profile} ${endpoint} --api-key-stdin` : `qcc endpoint test ${profile}`;
      return fault('endpoint.connects', about, fix);
    });
  return orPassed('endpoint.connects', failed);
}

// ------------------------------------------------------------------------------------------------------ policies

/** Two settings, each within its range, that contradict each other. */
function policies(settings: Settings, now: number): readonly Check[] {
  const bigger = (id: Check['id'], small: keyof Settings, large: keyof Settings, weigh: typeof fault) =>
    Number(settings[small]) <= Number(settings[large])
      ? passed(id, weigh === fault ? 'fault' : 'warning')
      : weigh(
          id,
          { small, large, smallValue: String(settings[small]), largeValue: String(settings[large]) },
          `qcc config set ${large} ${settings[small]}`,
        );
  const recovery =
    settings['failover.auto_recovery'] && !settings['failover.auto']
      ? warning('policy.recovery', {}, 'qcc config set failover.auto_recovery false')
      : passed('policy.recovery', 'warning');
  const failovers =
    settings['failover.auto'] && settings['failover.max_per_hour'] === 0
      ? warning('policy.failovers', {}, 'qcc config reset failover.max_per_hour')
      : passed('policy.failovers', 'warning');
  return [
    bigger('policy.backoff', 'health.backoff_base', 'health.backoff_max', fault),
    bigger('policy.queue', 'queue.base_delay', 'queue.max_delay', fault),
    bigger('policy.probes', 'health.timeout', 'health.check_interval', warning),
    bigger('policy.timeouts', 'proxy.headers_timeout', 'proxy.first_content_timeout', warning),
    recovery,
    failovers,
    certificate(settings, now),
    expiry(settings, now),
    ...openListener(settings),
    openFiles(settings),
  ];
}

/** The system's limits for the process that checks: the gateway when one runs. */
function openFiles(settings: Settings): Check {
  const limit = openFilesMax();
  const connections = connectionsIn(limit);
  const wanted = settings['proxy.max_concurrent'];
  if (connections >= wanted) return passed('files', 'warning');
  return warning('files', { limit: limit ?? 0, connections, wanted }, 'ulimit -n 65536, then qcc proxy restart');
}

function certificate(settings: Settings, now: number): Check {
  try {
    readCertificate(settings['proxy.tls_cert'], settings['proxy.tls_key'], now);
    return passed('proxy.tls');
  } catch (error) {
    if (!(error instanceof QccError)) throw error;
    return fault('proxy.tls', { why: toldOf(error) }, error.hint);
  }
}

// A month is enough to notice, and to bring clients a new authority.
const expirySoonDays = 30;

/** Before it keeps the gateway from starting. */
function expiry(settings: Settings, now: number): Check {
  const path = settings['proxy.tls_cert'];
  const until = path === '' ? undefined : certificateEnd(path);
  const days = until === undefined ? Number.POSITIVE_INFINITY : Math.floor((until - now) / dayMs);
  if (days < 0 || days >= expirySoonDays) return passed('proxy.expiry', 'warning');
  return warning('proxy.expiry', { path, days }, 'qcc proxy cert, then qcc proxy restart');
}

function openListener(settings: Settings): readonly Check[] {
  const host = settings['proxy.host'];
  if (isLoopback(host)) return [passed('proxy.open'), passed('proxy.plaintext', 'warning')];
  if (!settings['proxy.require_token'])
    return [fault('proxy.open', { host }, 'qcc config set proxy.require_token true')];
  const plain = settings['proxy.tls_cert'] === '';
  return [
    passed('proxy.open'),
    plain ? warning('proxy.plaintext', { host }, 'qcc proxy cert') : passed('proxy.plaintext', 'warning'),
  ];
}

// -------------------------------------------------------------------------------------------------- on the disk

const diskIds = ['home.file', 'log.tables', 'queue.bodies'] as const;

/** A running gateway has checked already, and continues to; without one, everything is checked now. */
function onDisk(installation: Installation, live: Running | undefined): readonly Check[] {
  const found = live?.found() ?? [...fileChecks(installation.home), ...tableChecks(installation)];
  return diskIds.flatMap((id) =>
    orPassed(
      id,
      found.filter((check) => check.id === id),
    ),
  );
}

// ----------------------------------------------------------------------------------------------- log and clock

/** Checks that need the log open. */
function machinery({ core, paths, world }: Installation): readonly Check[] {
  const { log } = core;
  const lost = log.damage.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  const state =
    log.state === 'open'
      ? passed('log')
      : fault('log', { why: log.state, folder: basename(paths.log) }, 'df -h; qcc proxy status');
  const damage =
    lost === 0
      ? passed('log.damage', 'warning')
      : warning('log.damage', { facts: lost }, 'qcc history verify, and qcc history repair');
  const aheadMs = core.state.at - world.now();
  const clock =
    aheadMs < minuteMs
      ? passed('clock', 'warning')
      : warning('clock', { minutes: Math.round(aheadMs / minuteMs) }, 'timedatectl status');
  return [state, damage, clock];
}
