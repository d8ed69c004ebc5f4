/** A switch by hand that all gateways follow: the one with the highest number, whoever was apart. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { streams } from '../../events/ids.ts';
import { reason } from '../../events/reason.ts';
import { isNewer, nextOfSwitch } from '../../machines/fleet-switch.ts';
import { priorityStatus } from '../../machines/priority.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';
import { Exchange, gatewayIn } from '../support/fleet.ts';
import { openCore } from '../support/world.ts';

type Gateway = Awaited<ReturnType<typeof gatewayIn>>;

async function pair(exchange = new Exchange()) {
  const { world } = exchange;
  const a = await gatewayIn(exchange, 'a', { world });
  const b = await gatewayIn(exchange, 'b', { world });
  const settle = async (seconds = 1) => {
    for (let i = 0; i < seconds; i++) {
      world.pass(1_000);
      for (const one of [a, b]) await one.fleet.step();
    }
  };
  return { exchange, world, a, b, settle };
}

const command = { by: 'cli', sync: true } as const;
const switchTo = async ({ core, fleet }: Gateway, to: string) => {
  core.tellPriority({ type: 'SwitchByHand', to, reason: reason('byHand') }, command);
  await fleet.step();
};
const release = async ({ core, fleet }: Gateway) => {
  core.tellPriority({ type: 'ReleasePin' }, command);
  await fleet.step();
};
const stands = ({ core }: Gateway) => {
  const { active, pinned } = priorityStatus(core.state.priority);
  return { active, pinned };
};

describe('a switch by hand', () => {
  it('at one gateway is one at all, and its release too', async () => {
    const { a, b, settle } = await pair();
    await switchTo(a, 'spare');
    await settle();
    expect(stands(b)).toEqual({ active: 'spare', pinned: 'spare' });
    const [switched] = await b.facts('SwitchedByHand');
    expect(switched).toMatchObject({ by: 'fleet', data: { to: 'spare', reason: reason('byGateway', { name: 'a' }) } });
    // It is not told on: nothing echoes.
    await settle(30);
    expect((await a.facts('SwitchHeard')).length + (await b.facts('SwitchShared')).length).toBe(0);
    await release(b);
    await settle();
    expect(stands(a).pinned).toBeNull();
    expect((await a.facts('SwitchHeard')).at(-1)?.data).toMatchObject({ name: 'b', to: null, isKnown: true });
  });

  it('counts at once where it was made, without the server, and elsewhere when that is back', async () => {
    const { exchange, a, b, settle } = await pair();
    exchange.isDown = true;
    await switchTo(a, 'spare');
    expect(stands(a).pinned).toBe('spare');
    await settle(25);
    expect(stands(b).pinned).toBeNull();
    exchange.isDown = false;
    await settle(45);
    expect(stands(b).pinned).toBe('spare');
  });

  it('of two that were apart one is followed, and the other gateway records that it was overruled', async () => {
    const { exchange, a, b, settle } = await pair();
    exchange.isDown = true;
    await switchTo(a, 'spare');
    await switchTo(b, 'main');
    await settle(25);
    expect([stands(a).pinned, stands(b).pinned]).toEqual(['spare', 'main']);
    exchange.isDown = false;
    await settle(50);
    expect(stands(a)).toEqual(stands(b));
    const overruled = [...(await a.facts('Overruled')), ...(await b.facts('Overruled'))];
    expect(overruled.length).toBe(1);
    expect(overruled[0]?.data).toMatchObject({ to: stands(a).pinned });
  });

  it('is known after a restart, as told or as still to be told', async () => {
    const { exchange, world, a, b, settle } = await pair();
    exchange.isDown = true;
    await switchTo(a, 'spare');
    await a.fleet.stop();
    const log = new MemoryLog();
    for await (const facts of a.log.read(1)) await log.append(facts, { sync: true });
    exchange.isDown = false;
    const again = await gatewayIn(exchange, 'a', { world, opened: await openCore(log, world) });
    await again.fleet.step();
    await settle(50);
    expect(stands(b).pinned).toBe('spare');
    expect((await again.facts('SwitchShared')).length).toBe(1);
  });

  it('does nothing where no profile has its name, or where it is not to be followed', async () => {
    const { a, b, settle } = await pair();
    a.core.report(
      streams.profile('new' as never),
      [{ type: 'ProfileAdded', data: { name: 'new', description: '' } }],
      command,
    );
    await switchTo(b, 'spare');
    await settle();
    b.core.report(streams.profile('spare' as never), [{ type: 'ProfileRemoved', data: { name: 'spare' } }], command);
    await switchTo(a, 'main');
    await switchTo(a, 'spare');
    await settle();
    expect((await b.facts('SwitchHeard')).at(-1)?.data).toMatchObject({ to: null, isKnown: false });
    const { now } = b.settings;
    b.settings.now = now && { ...now, followsSwitch: false };
    await b.fleet.step();
    const before = (await b.facts('SwitchHeard')).length;
    await switchTo(a, 'main');
    await settle(25);
    expect((await b.facts('SwitchHeard')).length).toBe(before);
  });

  it('goes on after the server has lost its store', async () => {
    const { exchange, a, b, settle } = await pair();
    await switchTo(a, 'spare');
    await switchTo(a, 'main');
    await settle();
    exchange.forget();
    exchange.isDown = true;
    await settle(25);
    exchange.isDown = false;
    await settle(45);
    await switchTo(b, 'spare');
    await settle();
    expect(stands(a).pinned).toBe('spare');
  });

  it('of a stranger is none', async () => {
    const { exchange, b, settle } = await pair();
    const engine = await exchange.open();
    await engine.swap('kept.switch', 0, Buffer.from('{"body":"{}"}'));
    await settle(2);
    expect(await b.facts('SwitchHeard')).toEqual([]);
    await switchTo(b, 'spare');
    expect((await b.facts('SwitchShared')).length).toBe(1);
  });
});

describe('the number of a switch', () => {
  it('is never taken back: a lower one is refused, in whatever order they are heard', () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(numbers, (heard) => {
        let known: { era: number; token: number } | null = null;
        for (const token of heard) {
          const there = { era: 1, token, isOurs: false };
          if (nextOfSwitch(known, there, null, 0) === 'follow') known = { era: 1, token };
        }
        expect(known).toEqual({ era: 1, token: Math.max(...heard) });
      }),
      { seed: 1 },
    );
  });

  it('begins anew with another store', () => {
    expect(isNewer({ era: 1, token: 9 }, { era: 2, token: 1 })).toBe(true);
    expect(isNewer({ era: 1, token: 9 }, { era: 1, token: 9 })).toBe(false);
  });

  it('is asked for within an hour: what a machine did before it slept for a day moves no other', () => {
    const byHand = { to: 'main', at: 0 };
    expect(nextOfSwitch(null, null, byHand, 3_600_000)).toBe('tell');
    expect(nextOfSwitch(null, null, byHand, 3_600_001)).toBeNull();
    expect(nextOfSwitch(null, { era: 1, token: 1, isOurs: false }, byHand, 3_600_001)).toBe('overrule');
    expect(nextOfSwitch(null, { era: 1, token: 1, isOurs: true }, null, 0)).toBe('note');
  });
});
