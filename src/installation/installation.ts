/** One opened installation: its log, state, keys and settings. A gateway opens it for its whole life, a command for one call. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { NewerFact } from '../../events/catalogue.ts';
import type { LogSalvaged } from '../../events/gateway.ts';
import { parseProfileName, streams } from '../../events/ids.ts';
import { newerHome, type Paths, paths, prepareHome } from '../config/files/home.ts';
import { refuseOdd } from '../config/files/home-files.ts';
import { keepNames, readNames } from '../config/files/names.ts';
import { openVault, type Vault, vaultGone } from '../config/secrets/vault.ts';
import { effective, type Settings } from '../config/settings/settings.ts';
import { diskError } from '../errors/disk-error.ts';
import { exitCodes, QccError } from '../errors/qcc-error.ts';
import { gone, holdsNothing } from '../log/level-database.ts';
import { LevelLog } from '../log/level-log.ts';
import { finishRepair, forgetIntent, type RepairIntent, sweepRepairs } from '../log/repair-intent.ts';
import { removeLeftovers } from '../platform/atomic-file.ts';
import { realWorld, type World } from '../platform/clock.ts';
import { nearest } from '../platform/nearest.ts';
import { endpointPolicy, priorityPolicy, queuePolicy } from '../policies/policies.ts';
import type { KnownEndpoint, KnownProfile } from '../projections/profiles.ts';
import { type Blobs, openBlobs } from '../retry-queue/blobs.ts';
import { Core, type Policies } from '../runtime/core.ts';
import type { State } from '../runtime/state.ts';
import { forgetUnnamed } from './keys.ts';
import { sweepLaunches, sweepRestores } from './leftovers.ts';

/** Answers live queries while a gateway runs. */
export interface Installation {
  readonly home: string;
  readonly paths: Paths;
  readonly created: boolean;
  readonly core: Core;
  readonly vault: Vault;
  readonly world: World;
  settings(): Settings;
  /** The queue's store of requests and answers; its folder is read on first use. */
  blobs(): Promise<Blobs>;
  close(): Promise<void>;
}

/**
 * Opens the home, and creates it when it does not exist.
 * @throws {QccError} `QCC_LOG_LOCKED` while another process has the log open
 */
export async function openInstallation(home: string, world: World = realWorld): Promise<Installation> {
  refuseOdd(home);
  const created = prepared(home);
  const places = paths(home);
  const repair = finishRepair(places.log);
  if (holdsNothing(places.log) && hadFacts(home)) throw gone(places.log);
  const log = await LevelLog.open(places.log);
  try {
    const core = await Core.open(log, world, policiesOf());
    if (repair) await tellRepair(core, places.log, repair);
    sweepRepairs(places.log);
    // A vault that was read before another process removed a key would still hold that key. Only the process with the log open writes.
    for (const path of [
      places.vault,
      places.masterKey,
      places.names,
      places.snapshots,
      places.tokens,
      places.format,
      places.claude,
    ])
      removeLeftovers(path);
    sweepLaunches(places.run);
    sweepRestores(home);
    // An endpoint has a key: a new, empty vault would hide that the key is lost.
    if (!existsSync(places.vault) && core.state.profiles.endpoints().length > 0) throw vaultGone(places.vault);
    const vault = await openVault(home);
    // A full disk leaves an unused key, which does no harm.
    if (core.carriedOut > 0) await forgetUnnamed({ core, vault }).catch(() => {});
    keepNamesOf(core, places.names);
    keepSnapshotsOf(core, places.snapshots);
    keepTokensOf(core, places.tokens);
    let blobs: Promise<Blobs> | undefined;
    return {
      home,
      paths: places,
      created,
      core,
      vault,
      world,
      settings: settingsOf(core),
      blobs: () => {
        blobs ??= openBlobs(places.bodies, vault.derive('bodies'));
        return blobs;
      },
      close: () => log.close(),
    };
  } catch (error) {
    await log.close();
    throw error instanceof NewerFact
      ? newerHome(home, { fault: 'newerFact', said: error.message })
      : (diskError(error, home) ?? error);
  }
}

function prepared(home: string): boolean {
  try {
    return prepareHome(home);
  } catch (error) {
    throw diskError(error, home) ?? error;
  }
}

/** Whether facts were written in this home, whatever its log says: profiles have names, and the queue's files have items. */
export function hadFacts(home: string): boolean {
  const { names, bodies } = paths(home);
  return readNames(names).length > 0 || (isFolder(bodies) && readdirSync(bodies).length > 0);
}

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** Once, even if the process that was about to report it was killed after it had written the fact. */
async function tellRepair(core: Core, dir: string, { lost, kept }: RepairIntent): Promise<void> {
  const fact: LogSalvaged = { type: 'LogSalvaged', data: { ranges: lost, kept: kept ?? '' } };
  let isTold = false;
  for await (const facts of core.log.readStream(streams.gateway))
    if (facts.some(({ type, data }) => type === fact.type && isDeepStrictEqual(data, fact.data))) isTold = true;
  if (!isTold) await core.report(streams.gateway, [fact], { by: 'gateway', sync: true }).done;
  await core.snapshot();
  forgetIntent(dir);
}

/** Completion reads the names there. Only the process with the log open writes them. */
function keepNamesOf(core: Core, path: string): void {
  const keep = () =>
    keepNames(
      path,
      core.state.profiles.all().map(({ name, endpoints }) => ({
        profile: name,
        endpoints: endpoints.map((endpoint) => ({ id: endpoint.id, name: endpoint.name })),
      })),
    );
  keep();
  core.onFacts((facts) => {
    if (facts.some(({ stream }) => stream.startsWith('profile/'))) keep();
  });
}

/** The same for snapshots. A home that never had one gets no file. */
function keepSnapshotsOf(core: Core, path: string): void {
  const keep = () =>
    keepNames(
      path,
      core.state.snapshots.all().map(({ id, description }) => ({ id, description })),
    );
  keep();
  core.onFacts((facts) => {
    if (facts.some(({ type }) => type === 'SnapshotTaken')) keep();
  });
}

/** The same for named tokens. */
function keepTokensOf(core: Core, path: string): void {
  const keep = () => {
    const { tokens } = core.state;
    if (!tokens.isEmpty)
      keepNames(
        path,
        tokens.all().flatMap(({ name, revokedAt }) => (revokedAt === null ? [name] : [])),
      );
  };
  keep();
  core.onFacts((facts) => {
    if (facts.some(({ stream }) => stream.startsWith('token/'))) keep();
  });
}

/** The effective settings, recomputed only when one has changed. */
export function settingsOf(core: Core): () => Settings {
  let current: Settings | undefined;
  core.onFacts((facts) => {
    if (facts.some(({ stream }) => stream === 'config')) current = undefined;
  });
  return () => {
    current ??= effective(core.state.settings, process.env).settings;
    return current;
  };
}

/** Recomputed only when a setting has changed: while endpoints fail, each request reads them twice. */
export function policiesOf(): (state: State) => Policies {
  let policies: Policies | undefined;
  let of: State | undefined;
  let version: number | undefined;
  return (state) => {
    const now = state.versions.get(streams.config);
    if (!policies || of !== state || version !== now) {
      [of, version] = [state, now];
      const { settings } = effective(state.settings, process.env);
      policies = {
        endpoint: (id) => endpointPolicy(settings, state.profiles.endpoint(id)),
        priority: () => priorityPolicy(settings),
        queue: () => queuePolicy(settings),
      };
    }
    return policies;
  };
}

/** @throws {QccError} `QCC_PROFILE_UNKNOWN`, or `QCC_PROFILE_NAME` for what can be no name */
export function profileNamed({ core }: Installation, name: string): KnownProfile {
  if (parseProfileName(name) === undefined) throw badName(name);
  const found = core.state.profiles.get(name);
  if (found) return found;
  const known = core.state.profiles.all().map((profile) => profile.name);
  const near = nearest(name, known) ?? '';
  throw new QccError('QCC_PROFILE_UNKNOWN', { name, near, known: known.join(', ') }, exitCodes.notFound);
}

export function badName(name: string): QccError {
  return new QccError('QCC_PROFILE_NAME', { name }, exitCodes.usage);
}

/** By a unique beginning of its id or by its name, in one profile or in all. */
export function endpointNamed(installation: Installation, id: string, profile?: string): KnownEndpoint {
  const among =
    profile === undefined
      ? installation.core.state.profiles.endpoints()
      : profileNamed(installation, profile).endpoints;
  const whole = among.filter((endpoint) => endpoint.id === id.toLowerCase());
  // Text that is the beginning of one id and the name of another endpoint is ambiguous: neither may be removed in place of the other.
  const alike = among.filter(
    (endpoint) =>
      id !== '' &&
      (endpoint.id.startsWith(id.toLowerCase()) ||
        endpoint.name === id ||
        `${endpoint.profile}/${endpoint.name}` === id),
  );
  const found = whole.length > 0 ? whole : alike;
  if (found.length === 1 && found[0]) return found[0];
  const list = profile === undefined ? 'qcc health status' : `qcc endpoint list ${profile}`;
  if (found.length > 1) {
    throw new QccError(
      'QCC_ENDPOINT_AMBIGUOUS',
      {
        id,
        count: found.length,
        profile: profile ?? '',
        known: '',
        hint: list,
      },
      exitCodes.usage,
    );
  }
  throw new QccError(
    'QCC_ENDPOINT_UNKNOWN',
    {
      id,
      near:
        nearest(
          id,
          among.map(({ name }) => name),
        ) ?? '',
      profile: profile ?? '',
      hint: list,
    },
    exitCodes.notFound,
  );
}
