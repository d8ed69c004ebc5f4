/** Who this gateway is, and from where on in its log it has to tell, when it comes to an engine. */
import type { Millis, Recorded } from '../../events/fact.ts';
import { streams } from '../../events/ids.ts';
import { hourMs, minuteMs } from '../../events/units.ts';
import { gatewayStatus } from '../../machines/gateway.ts';
import type { Core } from '../runtime/core.ts';
import type { Engine } from './engine.ts';
import { type FleetKeys, type Identity, identityOf } from './identity.ts';
import { type FleetMessage, opened } from './message.ts';

/** What is older than an hour counts nowhere any more. */
export const replayMs = hourMs;
// A gateway that was heard so lately is there.
const presentMs = minuteMs;

interface JoiningPorts {
  readonly core: Core;
  /** A seed that is this installation's alone. */
  readonly derive: (purpose: string) => Buffer;
}

export interface Admitted {
  readonly who: Identity;
  /** The last fact of the log that is published, or is none of the engine's business. */
  readonly position: number;
}

/**
 * A gateway whose log went back, from a backup or in a copied home, has said things that it does not know of: it becomes another member.
 * Undefined: another gateway speaks under this name.
 */
export async function admitted(
  ports: JoiningPorts,
  engine: Engine,
  keys: FleetKeys,
  name: string,
): Promise<Admitted | undefined> {
  const newest = await engine.newest(name, 'beat');
  const said = newest && opened(keys, name, newest.bytes);
  const beat = said !== null && typeof said !== 'string' ? said : null;
  const known = knownAs(ports, name);
  if (beat && beat.member !== known?.member && beat.kind === 'beat' && (newest?.ageMs ?? 0) < presentMs)
    return undefined;
  if (!known) return joined(ports, name);
  if (beat?.member !== known.member) return { who: known, position: await rebuiltFrom(ports.core) };
  return (await isOurs(ports.core, beat)) ? { who: known, position: beat.seq } : joined(ports, name);
}

/** Under a key that was never used. */
export async function joined({ core, derive }: JoiningPorts, name: string): Promise<Admitted> {
  const { fleet } = gatewayStatus(core.state.gateway);
  const epoch = Math.max(core.now(), (fleet?.epoch ?? 0) + 1);
  const who = identityOf(derive(seedOf(epoch)), name, epoch);
  const fact = { type: 'FleetJoined', data: { member: who.member, name, epoch, from: core.state.seq } };
  await core.report(streams.gateway, [fact], { by: 'fleet', sync: true }).done;
  return { who, position: core.state.seq };
}

function knownAs({ core, derive }: JoiningPorts, name: string): Identity | undefined {
  const { fleet } = gatewayStatus(core.state.gateway);
  if (fleet?.name !== name) return undefined;
  const who = identityOf(derive(seedOf(fleet.epoch)), name, fleet.epoch);
  // Another installation's log, under our own master key.
  return who.member === fleet.member ? who : undefined;
}

const seedOf = (epoch: Millis) => `fleet/${epoch}`;

/** Whether a message of ours tells of a fact that is in our log. What retention has removed is believed. */
export async function isOurs({ state, log }: Core, { seq, id }: FleetMessage): Promise<boolean> {
  if (seq > state.seq) return false;
  if (seq < log.tail) return true;
  const fact = await factAt(log, seq);
  return fact === undefined || fact.id === id;
}

export async function factAt(log: Core['log'], seq: number): Promise<Recorded | undefined> {
  // While the disk takes nothing, what is on it can still be read.
  if (log.state === 'open') await log.flush();
  for await (const [fact] of log.read(seq, seq)) return fact;
  return undefined;
}

/** The engine has lost what we told: it is told again, as far as it still counts. */
async function rebuiltFrom(core: Core): Promise<number> {
  const { fleet } = gatewayStatus(core.state.gateway);
  const counts = await core.log.seqAt(core.now() - replayMs);
  return Math.max(fleet?.from ?? 0, counts - 1, core.log.tail - 1);
}
