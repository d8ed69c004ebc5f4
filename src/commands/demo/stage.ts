/** The environment of the demo: three simulated endpoints, a temporary home, and a real gateway. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Tier } from '../../../events/profile.ts';
import type { FactRow } from '../../contract/history.ts';
import type { Call } from '../../contract/operations.ts';
import { connect } from '../../control/client.ts';
import { exitCodes, QccError } from '../../errors/qcc-error.ts';
import { type Gateway, runGateway } from '../../gateway/gateway.ts';
import { type SimulatedEndpoint, startSimulatedEndpoint } from '../../simulated-endpoint/simulated-endpoint.ts';

/** One endpoint as the gateway knows it, with the simulated endpoint behind it. */
export interface Actor {
  readonly id: string;
  readonly profile: string;
  readonly simulated: SimulatedEndpoint;
}

export interface Stage {
  readonly url: string;
  readonly call: Call;
  /** By tier: the first one is preferred. */
  readonly actors: readonly [Actor, Actor, Actor];
  /** The home, if it stays; null if it is removed. */
  readonly kept: string | null;
  /** The id of the last request that was answered by another endpoint than the one asked first; null when there is none. */
  movedRequest(): Promise<string | null>;
  /** Facts that the log has received since the last call. */
  newFacts(): Promise<readonly FactRow[]>;
  close(): Promise<void>;
}

interface Undo {
  push(step: () => Promise<unknown>): void;
}

const ladder = [
  ['office', 'primary'],
  ['relay', 'secondary'],
  ['spare', 'fallback'],
] as const satisfies readonly (readonly [string, Tier])[];

// The gap between two events of an answer: slow enough to be visible, fast enough for many repetitions.
const paceMs = 10;
// How long the gateway drains when the demo ends: nothing is in flight then.
const graceMs = 500;
// How long an endpoint may be silent. The minimum is the shortest span that a busy machine does not reach by itself.
const silenceS = 1.2;
const silenceMinS = 0.5;
const maxFailures = 2;

/** Scales the day to seconds: every span of minutes becomes one second or less. */
function settings(speed: number): Readonly<Record<string, string>> {
  const silence = String(Math.max(silenceMinS, silenceS / speed));
  return {
    'proxy.headers_timeout': silence,
    'proxy.first_content_timeout': silence,
    'health.mode': 'off',
    'health.backoff_base': '0.8',
    'health.backoff_max': '1.5',
    'health.ramp': '0.4',
    'queue.enabled': 'false',
    'failover.failure_threshold': '1',
    'failover.recovery_checks': '1',
    'failover.cooldown': '0',
    'failover.recovery_delay': '0.3',
    'failover.max_per_hour': '10000',
  };
}

interface StageOptions {
  readonly port: number;
  readonly speed: number;
  readonly keep: string | undefined;
}

/** @throws {QccError} `QCC_DEMO_HOME` when the folder to keep is not empty */
export async function setStage(options: StageOptions): Promise<Stage> {
  const undo: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (let step = undo.pop(); step; step = undo.pop()) await step();
  };
  try {
    return { ...(await set(options, undo)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function set(options: StageOptions, undo: Undo): Promise<Omit<Stage, 'close'>> {
  withoutKeychain(undo);
  const kept = options.keep === undefined ? null : emptyFolder(options.keep);
  const home = kept ?? (await temporaryHome(undo));
  const gateway = await startGateway(home, options.port, undo);
  const { call } = await connect({ home, needGateway: true });
  for (const [key, value] of Object.entries(settings(options.speed))) {
    await call('config.set', { key, value });
  }
  const pace = paceMs / options.speed;
  const [first, second, third] = ladder;
  const actors = [
    await addActor(call, first, pace, undo),
    await addActor(call, second, pace, undo),
    await addActor(call, third, pace, undo),
  ] as const;
  return { url: gateway.url, call, actors, kept, newFacts: factsOf(call), movedRequest: () => movedRequest(call) };
}

/** The master key stays in the demo's folder: the demo does not touch the user's keychain. */
function withoutKeychain(undo: Undo): void {
  const before = process.env['QCC_KEYCHAIN'];
  process.env['QCC_KEYCHAIN'] = 'off';
  undo.push(async () => {
    if (before === undefined) delete process.env['QCC_KEYCHAIN'];
    else process.env['QCC_KEYCHAIN'] = before;
  });
}

function emptyFolder(path: string): string {
  const folder = resolve(path);
  if (existsSync(folder) && (!statSync(folder).isDirectory() || readdirSync(folder).length > 0))
    throw new QccError('QCC_DEMO_HOME', { path: folder }, exitCodes.conflict);
  return folder;
}

async function temporaryHome(undo: Undo): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'qcc-demo-'));
  undo.push(() => rm(root, { recursive: true, force: true }));
  return join(root, 'home');
}

async function startGateway(home: string, port: number, undo: Undo): Promise<Gateway> {
  const gateway = await runGateway({ home, host: '127.0.0.1', port });
  undo.push(async () => {
    await gateway.stop(graceMs);
    await gateway.stopped;
  });
  return gateway;
}

async function addActor(
  call: Call,
  [profile, tier]: (typeof ladder)[number],
  pace: number,
  undo: Undo,
): Promise<Actor> {
  const simulated = await startSimulatedEndpoint({ name: profile, paceMs: pace });
  undo.push(() => simulated.close());
  await call('profile.add', { name: profile, tier });
  const { url: baseUrl, key, auth } = simulated;
  const { id } = await call('endpoint.add', {
    profile,
    name: profile,
    baseUrl,
    key,
    auth,
    maxFailures,
  });
  return { id, profile, simulated };
}

async function movedRequest(call: Call): Promise<string | null> {
  const { facts } = await call('history.read', { type: 'RequestServed' });
  const moved = facts.findLast(({ data }) => ((data as { attempts?: readonly unknown[] }).attempts ?? []).length > 1);
  return moved?.stream.split('/')[1] ?? null;
}

function factsOf(call: Call): Stage['newFacts'] {
  let next: number | undefined;
  return async () => {
    const { facts } = await call('history.read', { fromSeq: next ?? 1 });
    const isFirst = next === undefined;
    next = (facts.at(-1)?.seq ?? (next ?? 1) - 1) + 1;
    // Facts from before the first scene are setup and are not shown.
    return isFirst ? [] : facts;
  };
}
