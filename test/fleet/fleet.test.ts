/** Gateways that tell each other what they found out: what comes through, what ends it, and what an engine may do without harm. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryLog } from '../../src/log/memory-log.ts';
import { Exchange, gatewayIn, keepsPromises, wordsOf } from '../support/fleet.ts';
import { FakeWorld, first, openCore, second } from '../support/world.ts';

const hour = 3_600;

async function pair(exchange = new Exchange()) {
  const { world } = exchange;
  const a = await gatewayIn(exchange, 'a', { world });
  const b = await gatewayIn(exchange, 'b', { world });
  return { exchange, world, a, b };
}

it('the engine in memory keeps the promises of every engine', () => {
  const exchange = new Exchange();
  return keepsPromises(() => exchange.open());
});

describe('a gateway of a fleet', () => {
  it('stays away from a key that another one was refused with, and says who, what and when', async () => {
    const { a, b, world } = await pair();
    await a.fails('quota', { retryAfterMs: 600_000 });
    expect(b.hearsay()).toMatchObject({ until: world.now() + 600_000, because: 'quota', by: 'a' });
    const [heard] = await b.facts('FailureHeard');
    expect(heard).toMatchObject({
      by: 'fleet',
      data: { name: 'a', because: 'quota', status: 429, saidAt: world.now() },
    });
    expect(b.core.view().endpoints.get(first)?.hearsay.until).toBe(world.now() + 600_000);
    // Its own machine is told by nobody but itself, so that nothing echoes.
    expect(b.core.state.endpoint(first).value).toBe('healthy');
    expect(await a.facts('FailureHeard')).toEqual([]);
  });

  it('says nothing of another key, and nothing of the way to an endpoint', async () => {
    const { a, b, exchange } = await pair();
    const before = exchange.stored.length;
    await a.fails('credential', {}, second);
    expect(b.hearsay(second).until).toBeNull();
    expect(exchange.stored.length).toBe(before + 1);
    for (let i = 0; i < 3; i++) await a.fails('timeout', { status: null });
    expect(exchange.stored.length).toBe(before + 1);
    expect(await b.facts('FailureHeard')).toEqual([]);
    expect(b.fleet.row().paths).toEqual([]);
  });

  it('shows what another one cannot reach, which changes nothing, until it is over', async () => {
    const { a, b } = await pair();
    const before = b.core.state.seq;
    for (let i = 0; i < 3; i++) await a.fails('unreachable', { status: null });
    expect(b.fleet.row().paths).toMatchObject([{ name: 'a', because: 'unreachable', endpoints: [first, second] }]);
    expect([b.core.state.seq, b.hearsay().words]).toEqual([before, []]);
    await b.pass(3_601);
    expect(b.fleet.row().paths).toEqual([]);
  });

  it('takes what is said of a vendor as a hint', async () => {
    const { a, b, world } = await pair();
    await a.fails('overloaded', { status: 529, retryAfterMs: 5_000 });
    expect(b.hearsay()).toMatchObject({ until: null, hintUntil: world.now() + 5_000 });
  });

  it('lifts what it said when it gets an answer, and what others said as well', async () => {
    const { a, b, world, exchange } = await pair();
    const c = await gatewayIn(exchange, 'c', { world });
    await a.fails('quota', { retryAfterMs: 600_000 });
    world.pass(1_000);
    await c.answers();
    expect(b.hearsay().until).toBeNull();
    await a.fails('credential');
    expect(b.hearsay().until).not.toBeNull();
    world.pass(1_000);
    await a.answers();
    expect(b.hearsay().until).toBeNull();
    expect(c.hearsay().until).toBeNull();
  });

  it('makes a trial of its own when the time is over', async () => {
    const { a, b } = await pair();
    await a.fails('quota', { retryAfterMs: 600_000 });
    await b.pass(600);
    expect(b.hearsay().until).toBeNull();
    expect(b.core.state.endpoint(first).value).toBe('recovering');
  });

  it('tells after an outage what counts still, and nothing twice', async () => {
    const { a, b, exchange, world } = await pair();
    exchange.isDown = true;
    await a.fails('quota', { retryAfterMs: 1_800_000 });
    await a.fails('overloaded', { status: 529 }, second);
    await a.pass(70);
    expect((await a.facts('FleetLost')).length).toBe(1);
    exchange.isDown = false;
    await a.pass(31);
    expect((await a.facts('FleetBack')).length).toBe(1);
    await b.pass(31, []);
    expect(b.hearsay()).toMatchObject({ because: 'quota', by: 'a' });
    expect(b.hearsay(second).hintUntil).toBeNull();
    expect((await b.facts('FailureHeard')).length).toBe(1);
    expect(world.now()).toBe(exchange.world.now());
  });

  it('notices a subscription that has died unnoticed, and hears what it has missed', async () => {
    const { a, b, exchange } = await pair();
    await b.pass(1);
    exchange.deaf.add('b');
    await a.fails('quota', { retryAfterMs: 1_800_000 });
    expect(b.hearsay().until).toBeNull();
    await b.pass(80);
    expect(b.hearsay().until).not.toBeNull();
  });

  it('publishes anew what an engine with an empty folder has lost', async () => {
    const { a, exchange, world } = await pair();
    await a.fails('quota', { retryAfterMs: 1_800_000 });
    exchange.forget();
    exchange.isDown = true;
    await a.pass(25);
    exchange.isDown = false;
    await a.pass(31);
    const late = await gatewayIn(exchange, 'late', { world });
    expect(late.hearsay()).toMatchObject({ because: 'quota', by: 'a' });
  });

  it('goes on where it was after a restart, as the same member', async () => {
    const { a, b, exchange, world } = await pair();
    await a.fails('quota', { retryAfterMs: 1_800_000 });
    await a.pass(25);
    await a.fleet.stop();
    const again = await gatewayIn(exchange, 'a', { world, opened: a });
    expect((await a.facts('FleetJoined')).map(({ data }) => data['member'])).toEqual([again.fleet.row().member]);
    // It lifts what its former life has said.
    world.pass(1_000);
    await again.answers();
    expect(b.hearsay().until).toBeNull();
  });

  it('becomes another member when its log went back', async () => {
    const { a, exchange, world } = await pair();
    const backup = new MemoryLog();
    for await (const facts of a.log.read(1)) await backup.append(facts, { sync: true });
    await a.fails('quota', { retryAfterMs: 1_800_000 });
    await a.pass(25);
    await a.fleet.stop();
    const restored = await gatewayIn(exchange, 'a', { world, opened: await openCore(backup, world) });
    const members = (await restored.facts('FleetJoined')).map(({ data }) => data['member']);
    expect(members.length).toBe(2);
    expect(new Set(members).size).toBe(2);
  });

  it('keeps off a name under which another gateway speaks', async () => {
    const { exchange, world } = await pair();
    const twin = await gatewayIn(exchange, 'a', { world, seed: 'another home' });
    expect(twin.fleet.row()).toMatchObject({ state: 'nameTaken', error: 'nameTaken' });
    // The other one is gone for a minute.
    await twin.pass(120);
    expect(twin.fleet.row().state).toBe('connected');
  });

  it('counts spans on its own clock: one that is an hour off changes nothing', async () => {
    const exchange = new Exchange();
    const a = await gatewayIn(exchange, 'a', { world: exchange.world });
    const ahead = new FakeWorld();
    ahead.pass(hour * 1_000);
    const b = await gatewayIn(exchange, 'b', { world: ahead });
    await a.fails('rateLimited', { retryAfterMs: 60_000 });
    expect(b.hearsay().until).toBe(ahead.now() + 60_000);
  });

  it('takes the time that a message lay in the engine off its span', async () => {
    const { a, exchange, world } = await pair();
    await a.fails('quota', { retryAfterMs: 600_000 });
    world.pass(500_000);
    const late = await gatewayIn(exchange, 'late', { world });
    expect(late.hearsay().until).toBe(world.now() + 100_000);
    world.pass(200_000);
    const later = await gatewayIn(exchange, 'later', { world });
    expect(later.hearsay().until).toBeNull();
  });

  it('begins and ends with its settings', async () => {
    const { a, b } = await pair();
    const was = a.settings.now;
    a.settings.now = null;
    await a.fleet.step();
    expect(a.fleet.row()).toMatchObject({ state: 'off', members: [] });
    await b.fails('quota', { retryAfterMs: 600_000 });
    expect(a.hearsay().until).toBeNull();
    a.settings.now = was;
    await a.fleet.step();
    expect(a.hearsay().until).not.toBeNull();
  });

  it('knows who is there, and who has gone', async () => {
    const { a, b } = await pair();
    expect(a.fleet.row().members).toMatchObject([{ name: 'b', isPresent: true }]);
    b.settings.now = null;
    await b.fleet.step();
    expect(a.fleet.row().members).toEqual([]);
  });
});

it('an end does not wait for an engine that is frozen', async () => {
  const { exchange, a } = await pair();
  exchange.isFrozen = true;
  void a.fails('quota', { retryAfterMs: 600_000 });
  await a.fleet.stop();
  expect(a.fleet.row()).toMatchObject({ published: 0 });
});

it('gateways come to the same, whatever an engine drops, doubles and delays, when they have heard all of it', async () => {
  const step = fc.record({
    who: fc.integer({ min: 0, max: 2 }),
    what: fc.constantFrom('quota', 'credential', 'answers'),
    fate: fc.constantFrom('drop', 'double', 'late', 'none'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      const exchange = new Exchange();
      const { world } = exchange;
      const all = await Promise.all(['a', 'b', 'c'].map((name) => gatewayIn(exchange, name, { world })));
      const held: (typeof exchange.stored)[number][] = [];
      for (const { who, what, fate } of steps) {
        exchange.way = (one) => {
          if (fate === 'late') held.push(one);
          if (fate === 'drop' || fate === 'late') return held.length > 3 ? held.splice(0).reverse() : [];
          return fate === 'double' ? [one, one] : [one];
        };
        world.pass(1_000);
        const one = all[who];
        await (what === 'answers' ? one?.answers() : one?.fails(what as 'quota', { retryAfterMs: 3_000_000 }));
      }
      exchange.way = (one) => [one];
      // Ten minutes later each has read all of it again.
      world.pass(601_000);
      for (const one of all) {
        await one.fleet.step();
        one.core.tick();
      }
      const [a, b, c] = all;
      const about = (one: typeof a, name: string) =>
        one
          ? wordsOf(one).filter((word) =>
              word.startsWith(one.fleet.row().members.find((m) => m.name === name)?.member ?? '?'),
            )
          : [];
      expect(about(a, 'c')).toEqual(about(b, 'c'));
      expect(about(a, 'b')).toEqual(about(c, 'b'));
      expect(about(b, 'a')).toEqual(about(c, 'a'));
      for (const one of all) await one.fleet.stop();
    }),
    { numRuns: 20, seed: 1 },
  );
});
