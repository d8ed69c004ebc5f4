/** Budgets that a fleet shares: never spent twice while the gateways hear each other, and a tenth too much at most when they do not. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstSlice, type Slice, sliceOf, taking, withSlice } from '../../machines/budget-slices.ts';
import { Exchange, gatewayIn } from '../support/fleet.ts';

const limitUsd = 20;

interface Gateway extends Awaited<ReturnType<typeof gatewayIn>> {
  readonly budget: { spentUsd: number };
  spend(usd: number): number;
  allowed(): number;
}

async function fleetOf(names: readonly string[], exchange = new Exchange()) {
  const { world } = exchange;
  const all: Gateway[] = [];
  for (const name of names) {
    const budget = { token: 'ci', limitUsd, period: '2026-11-30', spentUsd: 0 };
    const one = await gatewayIn(exchange, name, { world, budgets: [budget] });
    const spend = (usd: number) => {
      const left = one.fleet.allowedUsd(budget) - budget.spentUsd;
      const spends = Math.min(usd, Math.max(0, left));
      budget.spentUsd += spends;
      return spends;
    };
    all.push({ ...one, budget, spend, allowed: () => one.fleet.allowedUsd(budget) });
  }
  const settle = async (seconds = 3) => {
    for (let i = 0; i < seconds; i++) {
      world.pass(1_000);
      for (const { fleet } of all) await fleet.step();
    }
  };
  const spent = () => all.reduce((sum, { budget }) => sum + budget.spentUsd, 0);
  return { exchange, all, settle, spent };
}

describe('a budget that gateways share', () => {
  it('is spent to its end by one that spends alone, and not beyond by all', async () => {
    const { all, settle, spent } = await fleetOf(['a', 'b', 'c']);
    const [a] = all;
    await settle();
    for (let i = 0; i < 100; i++) {
      a?.spend(0.5);
      await settle(2);
    }
    // One slice of each of the others lies ahead, a tenth in all.
    expect(spent()).toBeGreaterThan(limitUsd * 0.9);
    for (let i = 0; i < 20; i++) {
      for (const one of all) one.spend(0.5);
      await settle(2);
    }
    expect(spent()).toBeLessThanOrEqual(limitUsd + 1e-9);
    expect(spent()).toBeGreaterThan(limitUsd * 0.99);
  });

  it('is known before any request comes: a look at it asks nothing', async () => {
    const { all, exchange, settle } = await fleetOf(['a', 'b']);
    await settle();
    exchange.isFrozen = true;
    exchange.isDown = true;
    expect(all[0]?.allowed()).toBeGreaterThan(0);
    expect(all[0]?.fleet.row().budgets).toMatchObject([{ token: 'ci', limitUsd, spentUsd: 0 }]);
  });

  it('is overrun by a slice for each gateway at most, when all have always been apart', async () => {
    const exchange = new Exchange();
    exchange.isDown = true;
    const { all, settle, spent } = await fleetOf(['a', 'b'], exchange);
    for (let i = 0; i < 50; i++) {
      for (const one of all) one.spend(5);
      await settle(1);
    }
    expect(spent()).toBeCloseTo(limitUsd / 10);
    exchange.isDown = false;
    await settle(60);
    for (let i = 0; i < 100; i++) {
      for (const one of all) one.spend(5);
      await settle(2);
    }
    expect(spent()).toBeGreaterThan(limitUsd * 0.99);
    expect(spent()).toBeLessThanOrEqual(limitUsd * 1.1);
  });

  it('keeps its slice while it is apart', async () => {
    const { all, exchange, settle } = await fleetOf(['a', 'b']);
    await settle();
    const before = all.map(({ allowed }) => allowed());
    exchange.isDown = true;
    await settle(70);
    expect(all.map(({ allowed }) => allowed())).toEqual(before);
  });

  it('is not spent again when the server has lost its store', async () => {
    const { all, exchange, settle, spent } = await fleetOf(['a', 'b']);
    for (let i = 0; i < 60; i++) {
      all[0]?.spend(0.25);
      await settle(2);
    }
    exchange.forget();
    exchange.isDown = true;
    await settle(25);
    exchange.isDown = false;
    await settle(60);
    for (let i = 0; i < 100; i++) {
      all[1]?.spend(5);
      await settle(2);
    }
    expect(spent()).toBeLessThanOrEqual(limitUsd + 1e-9);
  });

  it('is its gateway’s own again when that leaves the fleet', async () => {
    const { all } = await fleetOf(['a', 'b']);
    const [a] = all;
    if (a) a.settings.now = null;
    await a?.fleet.step();
    expect(a?.allowed()).toBe(limitUsd);
  });
});

describe('slices', () => {
  it('are never more than the budget and what was spent unasked, whoever takes when', () => {
    const step = fc.record({ who: fc.integer({ min: 0, max: 4 }), spends: fc.integer({ min: 0, max: 400 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 10, max: 2_000 }), (steps, limit) => {
        const slice = sliceOf(limit, 5);
        let slices: readonly Slice[] = [];
        const spent = [0, 0, 0, 0, 0];
        for (const { who, spends } of steps) {
          const member = String(who);
          const has = slices.find((one) => one.member === member)?.taken ?? firstSlice(limit, spent[who] ?? 0, slice);
          spent[who] = Math.min(has, (spent[who] ?? 0) + spends);
          const takes = taking(slices, member, { limit, spent: spent[who] ?? 0, slice });
          if (takes !== null) slices = withSlice(slices, member, takes);
        }
        expect(slices.reduce((sum, { taken }) => sum + taken, 0)).toBeLessThanOrEqual(limit + 5 * slice);
        expect(spent.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(limit + 5 * slice);
      }),
      { seed: 1 },
    );
  });
});
