/** The requests at once that a key takes, shared: one limit for all gateways that have it, and no request waits for another machine. */
import { describe, expect, it } from 'vitest';
import { type RoomView, roomAt } from '../../machines/room.ts';
import { Exchange, gatewayIn } from '../support/fleet.ts';
import { first } from '../support/world.ts';

const limit = 20;

interface Sharer extends Awaited<ReturnType<typeof gatewayIn>> {
  readonly now: { running: number };
  most(): number;
}

async function fleetOf(names: readonly string[], exchange = new Exchange(), limits: readonly number[] = []) {
  const { world } = exchange;
  const all: Sharer[] = [];
  for (const [n, name] of names.entries()) {
    const now = { running: 0 };
    const maxConcurrent = limits[n] ?? limit;
    const slots = { limits: () => [{ id: first, maxConcurrent }], running: () => now.running };
    const one = await gatewayIn(exchange, name, { world, slots });
    const most = () => one.fleet.slots(first, now.running);
    all.push({ ...one, now, most });
  }
  const settle = async (seconds = 12) => {
    for (let i = 0; i < seconds; i++) {
      world.pass(1_000);
      for (const { fleet } of all) await fleet.step();
    }
  };
  /** As many as it may, up to so many. */
  const runs = (n: number, count: number) => {
    const one = all[n];
    if (!one) return;
    one.now.running = 0;
    while (one.now.running < count && one.now.running < one.most()) one.now.running++;
    if (one.now.running < count) one.most();
  };
  const allowed = () => all.map(({ most }) => most());
  return { exchange, world, all, settle, runs, allowed };
}

describe('a limit that gateways share', () => {
  it('is one gateway’s own while no other is there', async () => {
    const { settle, allowed } = await fleetOf(['a']);
    await settle();
    expect(allowed()).toEqual([limit]);
  });

  it('is divided evenly, and goes where it is needed', async () => {
    const { all, settle, runs, allowed } = await fleetOf(['a', 'b']);
    await settle();
    expect(allowed()).toEqual([10, 10]);
    runs(0, 20);
    await settle();
    runs(0, 20);
    await settle();
    expect(allowed()[0]).toBeGreaterThanOrEqual(15);
    expect(allowed()[1]).toBeGreaterThanOrEqual(1);
    expect(allowed().reduce((a, b) => a + b)).toBeLessThanOrEqual(limit);
    // What runs is not given back before it ends.
    runs(1, 20);
    await settle();
    expect(allowed()[1]).toBeLessThanOrEqual(limit - (all[0]?.now.running ?? 0));
    runs(0, 0);
    runs(1, 20);
    await settle();
    runs(1, 20);
    await settle();
    expect(allowed()[1]).toBeGreaterThanOrEqual(15);
  });

  it('is shared by key and address alone: each keeps to its own number', async () => {
    const { settle, allowed } = await fleetOf(['a', 'b'], new Exchange(), [10, 4]);
    await settle();
    const [a = 0, b = 0] = allowed();
    expect(a + b).toBeLessThanOrEqual(10);
    expect(b).toBeLessThanOrEqual(4);
  });

  it('is half of it before the server was ever reached, and what it has been afterwards', async () => {
    const exchange = new Exchange();
    exchange.isDown = true;
    const { settle, runs, allowed } = await fleetOf(['a', 'b'], exchange);
    await settle();
    expect(allowed()).toEqual([10, 10]);
    exchange.isDown = false;
    await settle(60);
    runs(0, 20);
    await settle();
    runs(0, 20);
    await settle();
    exchange.isDown = true;
    await settle(60);
    // The others no longer count on what was taken: an even part is what each of them leaves to it.
    expect(allowed()[0]).toBe(10);
    expect(allowed().reduce((a, b) => a + b)).toBeLessThanOrEqual(limit);
  });

  it('goes to the others when a gateway is gone', async () => {
    const { all, settle, runs, allowed } = await fleetOf(['a', 'b']);
    runs(0, 20);
    await settle();
    await all[0]?.fleet.stop();
    runs(1, 20);
    await settle(90);
    expect(all[1]?.most()).toBe(limit);
    expect(allowed()).toHaveLength(2);
  });

  it('is its gateway’s own again when that leaves the fleet, and is looked at without asking anything', async () => {
    const { all, exchange, settle } = await fleetOf(['a', 'b']);
    await settle();
    exchange.isFrozen = true;
    expect(all[0]?.most()).toBe(10);
    expect(all[0]?.fleet.row().slots).toEqual([
      { endpoint: first, profile: expect.any(String), name: expect.any(String), limit, allowed: 10 },
    ]);
    exchange.isFrozen = false;
    if (all[0]) all[0].settings.now = null;
    await all[0]?.fleet.step();
    expect(all[0]?.most()).toBe(Number.POSITIVE_INFINITY);
  });
});

it('an endpoint takes what its limit and this gateway’s part both allow', () => {
  const endpoint = { id: first, maxConcurrent: 8 } as Parameters<typeof roomAt>[0];
  const inFlight = (most?: number): RoomView => ({
    count: () => 3,
    ...(most !== undefined && { most: () => most }),
  });
  expect([roomAt(endpoint, inFlight()), roomAt(endpoint, inFlight(5)), roomAt(endpoint, inFlight(20))]).toEqual([
    5, 2, 5,
  ]);
  expect(roomAt(endpoint, inFlight(2))).toBeLessThanOrEqual(0);
});
