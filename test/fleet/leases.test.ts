/** Who acts for all: one gateway probes a key that several have, and one tells a person; each for itself when they are apart. */
import { describe, expect, it } from 'vitest';
import { heldMs } from '../../src/fleet/leases.ts';
import { Exchange, gatewayIn } from '../support/fleet.ts';
import { first, second } from '../support/world.ts';

type Gateway = Awaited<ReturnType<typeof gatewayIn>>;

async function three() {
  const exchange = new Exchange();
  const { world } = exchange;
  const all: Gateway[] = [];
  for (const name of ['a', 'b', 'c']) all.push(await gatewayIn(exchange, name, { world }));
  const pass = async (seconds: number, of = all) => {
    for (let i = 0; i < seconds; i++) {
      world.pass(1_000);
      for (const one of of) await one.fleet.step();
    }
  };
  await pass(4);
  const leaders = (of = all) => of.filter(({ fleet }) => !fleet.isLedElsewhere(first));
  return { exchange, world, all, pass, leaders };
}

describe('a key that several gateways have', () => {
  it('is probed by one of them, and goes on being probed by the same', async () => {
    const { pass, leaders } = await three();
    const [leader, ...others] = leaders();
    expect(others).toEqual([]);
    for (let i = 0; i < 20; i++) {
      await pass(2);
      expect(leaders()).toEqual([leader]);
    }
  });

  it('and a key that one has alone are told apart', async () => {
    const { all } = await three();
    expect(all.map(({ fleet }) => fleet.isLedElsewhere(second))).toEqual([false, false, false]);
  });

  it('is taken over within five seconds of the end of a holder that is gone without a word', async () => {
    const { all, pass, leaders } = await three();
    const [leader] = leaders();
    const left = all.filter((one) => one !== leader);
    expect(leaders(left)).toEqual([]);
    await pass(4, left);
    expect(heldMs).toBeLessThan(4_000);
    expect(leaders(left).length).toBe(1);
  });

  it('is probed by each for itself while the engine is away, and by one when it is back', async () => {
    const { exchange, all, pass, leaders } = await three();
    exchange.isDown = true;
    // The next beat notices it.
    await pass(25);
    expect(leaders()).toEqual(all);
    exchange.isDown = false;
    await pass(50);
    expect(leaders().length).toBe(1);
  });

  it('is not given to who is no member, whatever stands in the register', async () => {
    const { exchange, world } = await three();
    const engine = await exchange.open();
    const forge = engine.swap.bind(engine);
    exchange.open = async (owner) => {
      const opened = await Exchange.prototype.open.call(exchange, owner);
      return { ...opened, read: async () => ({ revision: 0, bytes: Buffer.from('{"member":"me"}'), ageMs: 0 }) };
    };
    expect(await forge('lease.x', 0, Buffer.from('forged'))).not.toBeNull();
    const late = await gatewayIn(exchange, 'late', { world });
    world.pass(4_000);
    await late.fleet.step();
    expect(late.fleet.isLedElsewhere(first)).toBe(false);
  });
});

describe('a person', () => {
  it('is told by one gateway, however many write to the same webhook, and by each to another one', async () => {
    const { all } = await three();
    const told = async (what: string, endpoint = null as typeof first | null) => {
      const is = await Promise.all(all.map(({ fleet }) => fleet.isTeller(what, endpoint)));
      return is.filter((one) => one).length;
    };
    expect(await told('https://hook failover main')).toBe(1);
    expect(await told('https://hook all_down')).toBe(1);
    expect(await told('https://hook credential', first)).toBe(1);
    // Keys of their own, of which each is refused alone.
    expect(await told('https://hook credential', second)).toBe(3);
    const [a, b] = all;
    expect(await a?.fleet.isTeller('https://one all_down', null)).toBe(true);
    expect(await b?.fleet.isTeller('https://other all_down', null)).toBe(true);
  });

  it('is told again of the ladder after minutes, and of a key after hours, or once it has worked meanwhile', async () => {
    const { all, world } = await three();
    const [a, b] = all as [Gateway, Gateway];
    const all2 = async (one: Gateway) => [
      await one.fleet.isTeller('all_down', null),
      await one.fleet.isTeller('credential', first),
    ];
    expect(await all2(a)).toEqual([true, true]);
    expect(await all2(b)).toEqual([false, false]);
    world.pass(121_000);
    expect(await all2(b)).toEqual([true, false]);
    await a.fails('credential');
    world.pass(1_000);
    await a.answers();
    expect(await b.fleet.isTeller('credential', first)).toBe(true);
  });

  it('is told by each gateway for itself while the engine is away or frozen', async () => {
    const { exchange, all, pass } = await three();
    exchange.isDown = true;
    const is = () => Promise.all(all.map(({ fleet }) => fleet.isTeller('all_down', null)));
    expect(await is()).toEqual([true, true, true]);
    await pass(25);
    expect(await is()).toEqual([true, true, true]);
  });
});
