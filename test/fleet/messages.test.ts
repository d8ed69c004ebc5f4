/** The door: who may speak, for whom, how much, and what a message can say at all. */
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/fleet/engine.ts';
import { aboutCredential, aboutVendor, fleetKeys, identityOf } from '../../src/fleet/identity.ts';
import { type Body, messageBytesMax, opened, sealed } from '../../src/fleet/message.ts';
import { Exchange, fleetSecret, gatewayIn } from '../support/fleet.ts';
import { first, noon } from '../support/world.ts';

const keys = fleetKeys(fleetSecret);
const mallory = identityOf(Buffer.from('mallory'), 'mallory', 1);
const about = aboutCredential(keys, 'http://127.0.0.1:1', 'sk-shared-by-all');
const id = '00000000-0000-7000-8000-000000000000';
const failure = (more: Partial<Extract<Body, { kind: 'failure' }>> = {}) =>
  ({
    kind: 'failure',
    seq: 1,
    id,
    at: noon,
    about,
    because: 'quota',
    status: 429,
    validMs: 999_999_999,
    ...more,
  }) as const;

async function victim() {
  const exchange = new Exchange();
  const gateway = await gatewayIn(exchange, 'victim', { world: exchange.world });
  return { ...gateway, exchange };
}

describe('a message is refused', () => {
  it.each<[string, string, string, Uint8Array]>([
    [
      'from a stranger, who does not know the secret',
      'stranger',
      'mallory',
      sealed(fleetKeys('another secret of others'), mallory, failure()),
    ],
    ['on the subject of another gateway', 'subject', 'victim', sealed(keys, mallory, failure())],
    ['that is larger than any', 'size', 'mallory', Buffer.alloc(messageBytesMax + 1, '{')],
    ['that is no message', 'form', 'mallory', Buffer.from('{"__proto__":1}')],
    ['with a field that none has', 'form', 'mallory', sealed(keys, mallory, { ...failure(), command: 'rm' } as never)],
    [
      'about a failure that is nobody else’s affair',
      'form',
      'mallory',
      sealed(keys, mallory, failure({ because: 'timeout' as never })),
    ],
    ['of another day', 'old', 'mallory', sealed(keys, mallory, failure({ at: noon - 27 * 3_600_000 }))],
  ])('%s', async (_, why, name, bytes) => {
    const { exchange, fleet, hearsay } = await victim();
    await exchange.inject(name, bytes);
    expect(fleet.row().refused).toEqual({ [why]: 1 });
    expect(hearsay().words).toEqual([]);
  });

  it('whose signature is of another key, also from a member', () => {
    const [one, other] = [
      sealed(keys, mallory, failure()),
      sealed(keys, identityOf(Buffer.from('b'), 'mallory', 1), failure()),
    ];
    const envelope = JSON.parse(Buffer.from(one).toString());
    const { signature } = JSON.parse(Buffer.from(other).toString());
    expect(opened(keys, 'mallory', one)).toMatchObject({ member: mallory.member });
    expect(opened(keys, 'mallory', Buffer.from(JSON.stringify({ ...envelope, signature })))).toBe('signature');
  });

  it('of a gateway with another secret, which its owner is told of while it speaks', async () => {
    const { exchange, fleet, world } = await victim();
    const other = await gatewayIn(exchange, 'other', { world, secret: 'another secret of others' });
    expect(fleet.row().refusedNow).toEqual(['stranger']);
    await other.fleet.stop();
    world.pass(61_000);
    expect(fleet.row()).toMatchObject({ refused: { stranger: 1 }, refusedNow: [] });
  });

  it('beyond a rate, which others do not feel', async () => {
    const { exchange, fleet } = await victim();
    for (let i = 0; i < 1_010; i++) await exchange.inject('mallory', Buffer.from(String(i)));
    expect(fleet.row().refused['rate']).toBe(10);
    await exchange.inject('honest', sealed(keys, identityOf(Buffer.from('h'), 'honest', 1), failure()));
    expect(fleet.row().members).toMatchObject([{ name: 'honest' }]);
  });

  it('from a 65th member', async () => {
    const { exchange, fleet } = await victim();
    for (let i = 0; i < 65; i++)
      await exchange.inject(`m${i}`, sealed(keys, identityOf(Buffer.from(`m${i}`), `m${i}`, 1), failure()));
    expect(fleet.row().members.length).toBe(64);
    expect(fleet.row().refused).toEqual({ members: 1 });
  });
});

it('a malicious member keeps an endpoint out for an hour, however often it speaks, and however many it is', async () => {
  const { exchange, hearsay, core, world, pass } = await victim();
  const began = world.now();
  for (let i = 1; i <= 8; i++) {
    const who = identityOf(Buffer.from(`m${i}`), `m${i}`, 1);
    await exchange.inject(who.name, sealed(keys, who, failure({ seq: i, at: world.now() })));
    await pass(600);
    expect(hearsay().until ?? 0).toBeLessThanOrEqual(began + 3_600_000);
  }
  // Then a request of this gateway's own finds out.
  expect(hearsay().until).toBeNull();
  expect(core.state.endpoint(first).value).toBe('recovering');
});

it('what is published holds no key, no address and no name of an endpoint', async () => {
  const exchange = new Exchange();
  const a = await gatewayIn(exchange, 'a', { world: exchange.world });
  await a.fails('credential');
  await a.fails('overloaded', { status: 529 });
  exchange.world.pass(1_000);
  await a.answers();
  const all = exchange.stored.map(({ bytes }) => Buffer.from(bytes).toString()).join('\n');
  expect(all).toContain('credential');
  // Whole beginnings of the keys: three characters may stand in a seal by chance.
  for (const secret of ['sk-shared', 'sk-of', '127.0.0.1', 'relay-', 'main', fleetSecret])
    expect(all).not.toContain(secret);
});

it('a credential has another name in another fleet, at another address, and none that a vendor has', () => {
  const others = fleetKeys('another secret of others');
  const names = [
    about,
    aboutCredential(others, 'http://127.0.0.1:1', 'sk-shared-by-all'),
    aboutCredential(keys, 'http://127.0.0.1:2', 'sk-shared-by-all'),
    aboutVendor(keys, 'http://127.0.0.1:1'),
  ];
  expect(new Set(names).size).toBe(names.length);
});

it('a copy of a home that runs beside it is noticed, and one of the two becomes another member', async () => {
  const exchange = new Exchange();
  const { world } = exchange;
  const a = await gatewayIn(exchange, 'a', { world });
  const { member } = a.fleet.row();
  const who = identityOf(Buffer.from(`a fleet/${noon}`), 'a', noon);
  expect(who.member).toBe(member);
  const engine: Engine = await exchange.open();
  await engine.publish('a', 'beat', 'x', sealed(keys, who, { kind: 'beat', seq: 999, id, at: noon }));
  await a.pass(2);
  expect((await a.facts('FleetJoined')).length).toBe(2);
});
