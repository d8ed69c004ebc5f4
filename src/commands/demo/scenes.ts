/** The scenes of the demo: what fails, when, and how it is repaired. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../../simulated-endpoint/faults.ts';
import type { Actor, Stage } from './stage.ts';

export interface Scene {
  /** The words of its heading; `…Is` says what is going on. */
  readonly name: 'calm' | 'overload' | 'cut' | 'refusedKey' | 'slow' | 'heldBack' | 'twoVendors' | 'allOut' | 'back';
  readonly turns: number;
  begin(stage: Stage): Promise<unknown>;
  /** The fault is repaired after the client has received this many 503s. */
  readonly mendAfter?: number;
  mend?(stage: Stage): Promise<unknown>;
  /** Each turn is a session of its own: only new sessions try a recovering endpoint above the active profile. */
  readonly newSessions?: true;
  /** Turns continue, up to this many more, until the condition holds. */
  readonly turnsMore?: number;
  until?(stage: Stage): Promise<boolean>;
  /** What a person does at the end; then the next scene begins with all endpoints healthy. */
  repair?(stage: Stage): Promise<'keyReplaced' | 'billPaid'>;
  /** What was set for this scene alone is taken back. */
  end?(stage: Stage): Promise<unknown>;
  /** The pause between turns that wait for a timer of the gateway. */
  readonly pauseMs?: number;
}

const well: Fault = { kind: 'none' };
const overloaded: Fault = { kind: 'status', status: 529 };
const refusedKey: Fault = { kind: 'status', status: 401, message: 'invalid x-api-key' };
const cut: Fault = { kind: 'breaks', when: 'afterContent', how: 'cut' };

const goesWrong = (fault: Fault) => (stage: Stage) => stage.actors[0].simulated.play(fault);
const nothing = () => Promise.resolve();

export const scenes: readonly Scene[] = [
  { name: 'calm', turns: 3, begin: nothing },
  { name: 'overload', turns: 3, begin: goesWrong(overloaded) },
  { name: 'cut', turns: 2, begin: goesWrong(cut) },
  { name: 'refusedKey', turns: 3, begin: goesWrong(refusedKey), repair: replaceKey },
  {
    name: 'heldBack',
    turns: 1,
    begin: spendBalance,
    turnsMore: 8,
    pauseMs: 500,
    until: ({ call, actors: [, relay] }) => isActive(call, relay),
    repair: payBill,
  },
  { name: 'slow', turns: 2, begin: goesWrong({ kind: 'hang' }) },
  { name: 'twoVendors', turns: 2, begin: meetVendor, end: leaveVendor },
  {
    name: 'allOut',
    turns: 2,
    begin: ({ actors }) => Promise.all(actors.map((actor) => actor.simulated.play({ kind: 'refuse' }))),
    mendAfter: 2,
    mend: ({ actors: [, relay] }) => relay.simulated.play(well),
  },
  { name: 'back', turns: 2, begin: allWell, newSessions: true, turnsMore: 12, until: isBackHome },
];

async function replaceKey({ call, actors: [office] }: Stage): Promise<'keyReplaced'> {
  const { id, profile, simulated } = office;
  await simulated.play(well);
  await call('endpoint.update', { profile, id, key: simulated.key });
  return 'keyReplaced';
}

// Longer than any machine takes from the last switch to the next fault.
const cooldownS = '2';

/** The balance runs out right after a switch, so that the next switch is subject to the cooldown. */
async function spendBalance({ call, actors: [office] }: Stage): Promise<void> {
  await call('config.set', { key: 'failover.cooldown', value: cooldownS });
  await office.simulated.play({ kind: 'status', status: 402, message: 'credit balance is too low' });
}

/** The failure needs no request: a probe detects it. */
async function payBill({ call, actors: [office] }: Stage): Promise<'billPaid'> {
  await call('config.set', { key: 'failover.cooldown', value: '0' });
  await office.simulated.play(well);
  await call('health.check', { id: office.id });
  return 'billPaid';
}

const vendorModel = 'glm-4.6';

/** Behind relay stands another vendor, which knows one model by its own name. */
async function meetVendor({ call, actors: [office, relay] }: Stage): Promise<void> {
  const { id, profile, simulated } = relay;
  await call('endpoint.update', { profile, id, models: [{ from: '*', to: vendorModel }] });
  await simulated.play({ kind: 'oneModel', model: vendorModel });
  await office.simulated.play(overloaded);
}

async function leaveVendor({ call, actors: [, { id, profile }] }: Stage): Promise<void> {
  await call('endpoint.update', { profile, id, noModels: ['*'] });
}

async function isActive(call: Stage['call'], { profile }: Actor): Promise<boolean> {
  return (await call('priority.list', {})).active === profile;
}

/** Ends all faults; health checks and the ladder detect that on their own. */
async function allWell({ actors }: Stage): Promise<void> {
  await Promise.all(actors.map(({ simulated }) => simulated.play(well)));
}

async function isBackHome({ call, actors: [office] }: Stage): Promise<boolean> {
  return (await isActive(call, office)) && (await isHealthy(call, office));
}

async function isHealthy(call: Stage['call'], { id }: Actor): Promise<boolean> {
  const { endpoints } = await call('health.status', {});
  return endpoints.find((endpoint) => endpoint.id === id)?.state === 'healthy';
}

// Recovery is timed in tenths of a second here.
const lookAgainMs = 50;
const looksMax = 40;

/** Hours pass between two scenes: all endpoints are healthy again, and `office` is the active profile. */
export async function letTimePass(stage: Stage, ask: () => Promise<unknown>): Promise<void> {
  await allWell(stage);
  for (let look = 0; look < looksMax && !(await isBackHome(stage)); look++) {
    await ask();
    await sleep(lookAgainMs);
  }
}
