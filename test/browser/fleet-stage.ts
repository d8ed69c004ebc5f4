/** The stage as a member of a fleet: another gateway disagrees about one of its keys, hints at a vendor, and cannot reach a third. */
import { aboutCredential, aboutVendor, fleetKeys, identityOf } from '../../src/fleet/identity.ts';
import { sealed } from '../../src/fleet/message.ts';
import { openNats } from '../../src/fleet/nats-engine.ts';
import { fleetSecret } from '../support/fleet.ts';
import { natsServer } from '../support/nats.ts';
import type { Stage } from './stage.ts';

/** @returns what ends it */
export async function joinFleet({ call, actors }: Stage): Promise<() => Promise<void>> {
  const ends: (() => Promise<void>)[] = [];
  const { url: server } = await natsServer('', (end) => ends.push(end));
  await call('token.add', { name: 'ci', limit: { usd: 20, per: 'day' } });
  for (const [key, value] of [
    ['fleet.name', 'here'],
    ['fleet.secret', fleetSecret],
    ['fleet.url', server],
  ] as const)
    await call('config.set', { key, value });
  const settings = { url: server, name: 'laptop', secret: fleetSecret, user: '', password: '', nkey: '', tlsCa: '' };
  const engine = await openNats({ ...settings, followsSwitch: true });
  const keys = fleetKeys(fleetSecret);
  const who = identityOf(Buffer.from('laptop'), 'laptop', Date.now());
  const { office, relay, desk } = actors;
  const head = { id: '00000000-0000-7000-8000-000000000000', at: Date.now(), validMs: 3_000_000 };
  const { url, key } = relay.simulated;
  const vendor = ({ simulated }: typeof relay) => aboutVendor(keys, simulated.url);
  const said = [
    { kind: 'failure', seq: 1, about: aboutCredential(keys, url, key), because: 'quota', status: 429, ...head },
    { kind: 'failure', seq: 2, about: vendor(office), because: 'overloaded', status: 529, ...head },
    { kind: 'path', seq: 3, about: vendor(desk), because: 'unreachable', ...head },
  ] as const;
  for (const one of said) await engine.publish('laptop', 'fact', String(one.seq), sealed(keys, who, one));
  while ((await call('fleet.beliefs', {})).beliefs.length < said.length)
    await new Promise((resolve) => setImmediate(resolve));
  return async () => {
    await engine.close();
    for (const end of ends) await end();
  };
}
