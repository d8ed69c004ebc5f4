/** What the demo plays on: three simulated endpoints, a home that is gone afterwards, and a real gateway. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tier } from '../../../events/profile.ts';
import type { FactRow } from '../../contract/history.ts';
import type { Call } from '../../contract/operations.ts';
import { connect } from '../../control/client.ts';
import { type Gateway, runGateway } from '../../gateway/gateway.ts';
import { type SimulatedEndpoint, startSimulatedEndpoint } from '../../simulated-endpoint/simulated-endpoint.ts';

/** One endpoint as the gateway knows it, and its simulated self. */
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
  /** What the log has got since it was asked last. */
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

// Between two events of an answer: slow enough to be seen, fast enough to be watched often.
const paceMs = 10;
// The client's patience with the gateway when the demo ends: nothing runs then.
const graceMs = 500;
// How long an endpoint may be silent; the shortest that a busy machine never reaches by itself.
const silenceS = 1.2;
const silenceMinS = 0.5;
const maxFailures = 2;

/** A day in a few seconds: every span of minutes is one of a second or less. */
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

export async function setStage(options: { port: number; speed: number }): Promise<Stage> {
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

async function set(options: { port: number; speed: number }, undo: Undo): Promise<Omit<Stage, 'close'>> {
  const home = await temporaryHome(undo);
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
  return { url: gateway.url, call, actors, newFacts: factsOf(call) };
}

/** Its master key stays in its folder: the keychain of whoever watches is none of the demo's affair. */
async function temporaryHome(undo: Undo): Promise<string> {
  const before = process.env['QCC_KEYCHAIN'];
  process.env['QCC_KEYCHAIN'] = 'off';
  undo.push(async () => {
    if (before === undefined) delete process.env['QCC_KEYCHAIN'];
    else process.env['QCC_KEYCHAIN'] = before;
  });
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

function factsOf(call: Call): Stage['newFacts'] {
  let next: number | undefined;
  return async () => {
    const { facts } = await call('history.read', { fromSeq: next ?? 1 });
    const isFirst = next === undefined;
    next = (facts.at(-1)?.seq ?? (next ?? 1) - 1) + 1;
    // What stood there before the play began is scenery.
    return isFirst ? [] : facts;
  };
}
