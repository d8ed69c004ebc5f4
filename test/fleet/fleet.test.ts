/** What an engine in memory can be told to do: drop, double and delay, stand still, go deaf, and let an exact time go by. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { streams } from '../../events/ids.ts';
import { Exchange, gatewayIn, wordsOf } from '../support/fleet.ts';
import { first, second } from '../support/world.ts';

async function pair(exchange = new Exchange()) {
  const { world } = exchange;
  const a = await gatewayIn(exchange, 'a', { world });
  const b = await gatewayIn(exchange, 'b', { world });
  return { exchange, world, a, b };
}

describe('a gateway of a fleet', () => {
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

  it('keeps off a name under which another gateway speaks', async () => {
    const { exchange, world } = await pair();
    const twin = await gatewayIn(exchange, 'a', { world, seed: 'another home' });
    expect(twin.fleet.row()).toMatchObject({ state: 'nameTaken', error: 'nameTaken' });
    // The other one is gone for a minute.
    await twin.pass(120);
    expect(twin.fleet.row().state).toBe('connected');
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

it('a server that was just set is looked for at once, and one that was unset is no fault any more', async () => {
  const { exchange, a } = await pair();
  const was = a.settings.now;
  const set = async (now: typeof was, to: string | null) => {
    a.settings.now = now;
    const changed = { type: 'SettingChanged', data: { key: 'fleet.url', from: null, to } };
    a.core.report(streams.config, [changed], { by: 'cli' });
  };
  await set(null, null);
  expect(a.fleet.row()).toMatchObject({ state: 'off', fault: null, since: null });
  while (a.fleet.row().member !== null) await new Promise((resolve) => setImmediate(resolve));
  exchange.isDown = true;
  await set(was, 'nats://x');
  expect(a.fleet.row()).toMatchObject({ state: 'connecting', fault: null });
  while (a.fleet.row().fault === null) await new Promise((resolve) => setImmediate(resolve));
  expect(a.fleet.row()).toMatchObject({ state: 'connecting', fault: 'refused' });
  await set(null, null);
  expect(a.fleet.row()).toMatchObject({ state: 'off', fault: null, error: null, since: null });
});
