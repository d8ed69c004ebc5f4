/**
 * What gateways promise each other, over every engine: the one in memory, and a real nats-server whose ways are cut. One suite, two engines;
 * what an engine alone can do to them stands in `fleet.test.ts` and in `nats.test.ts`.
 */
import { describe, expect, it } from 'vitest';
import { streams } from '../../events/ids.ts';
import { reason } from '../../events/reason.ts';
import { priorityStatus } from '../../machines/priority.ts';
import { aboutCredential, fleetKeys, identityOf } from '../../src/fleet/identity.ts';
import { type Body, messageBytesMax, sealed } from '../../src/fleet/message.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';
import { fleetSecret, gatewayIn, keepsPromises, wordsOf } from '../support/fleet.ts';
import { type Ground, inMemory, onServer, until } from '../support/fleet-ground.ts';
import { hasNats } from '../support/nats.ts';
import { FakeWorld, first, openCore, second } from '../support/world.ts';

type Gateway = Awaited<ReturnType<typeof gatewayIn>>;

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const limitUsd = 20;
// A beat finds a dead way within 20 s, and the next attempt is made within 30 s.
const [noticed, back] = [21, 31];

const engines: readonly (readonly [string, boolean, () => Promise<Ground>])[] = [
  ['in memory', true, inMemory],
  ['of nats-server', hasNats, onServer()],
];

describe.each(engines)('over the engine %s', (_, isThere, groundOf) => {
  describe.skipIf(!isThere)('gateways', () => {
    async function fleetOf<const Names extends readonly string[]>(...names: Names) {
      const ground = await groundOf();
      const { world } = ground;
      const budgets = names.map(() => ({ token: 'ci', limitUsd, period: '2026-11-30', spentUsd: 0 }));
      const all: Gateway[] = [];
      for (const [i, name] of names.entries())
        all.push(await gatewayIn(ground, name, { world, budgets: budgets.slice(i, i + 1) }));
      /** Everybody's clock goes on, and all do what is due. */
      const pass = async (seconds: number, of: readonly Gateway[] = all) => {
        for (let i = 0; i < seconds; i++) {
          world.pass(1_000);
          for (const one of of) {
            one.core.tick();
            await one.fleet.step();
          }
        }
      };
      const away = async (...of: readonly string[]) => {
        ground.cut(...of);
        await pass(noticed);
        expect(all.filter(({ fleet }) => fleet.row().state !== 'connected').length).toBe(of.length);
      };
      const healed = async (...of: readonly string[]) => {
        ground.mend(...of);
        await pass(back);
        expect(all.map(({ fleet }) => fleet.row().state)).toEqual(all.map(() => 'connected'));
      };
      return { ground, world, all: all as { [K in keyof Names]: Gateway }, budgets, pass, away, healed };
    }

    const isOut = ({ hearsay }: Gateway, id = first) => hearsay(id).until !== null;
    const stands = ({ core }: Gateway) => priorityStatus(core.state.priority).pinned;
    const byHand = { by: 'cli', sync: true } as const;
    const switchTo = async ({ core, fleet }: Gateway, to: string) => {
      core.tellPriority({ type: 'SwitchByHand', to, reason: reason('byHand') }, byHand);
      await fleet.step();
    };
    /** What a gateway has heard of another one. */
    const heardOf = (one: Gateway, of: Gateway) => {
      const { member } = of.fleet.row();
      return wordsOf(one).filter((word) => word.startsWith(member ?? '?'));
    };

    it('find it keeping the promises of every engine', async () => {
      const ground = await groundOf();
      await keepsPromises(() => ground.open('any'));
    });

    it('stay away from a key that one was refused with, and come back when any of them gets an answer', async () => {
      const { all, world } = await fleetOf('a', 'b', 'c');
      const [a, b, c] = all;
      const [saidAt] = [world.now(), await a.fails('quota', { retryAfterMs: 600_000 })];
      await until(() => isOut(b) && isOut(c));
      expect(b.hearsay()).toMatchObject({ because: 'quota', by: 'a' });
      const [heard] = await b.facts('FailureHeard');
      expect(heard).toMatchObject({ by: 'fleet', data: { name: 'a', because: 'quota', status: 429, saidAt } });
      // Its own machine is told by nobody but itself, so that nothing echoes.
      expect([b.core.state.endpoint(first).value, (await a.facts('FailureHeard')).length]).toEqual(['healthy', 0]);
      world.pass(1_000);
      await c.answers();
      await until(() => !isOut(b));
      await a.fails('credential');
      await until(() => isOut(b) && isOut(c));
      world.pass(1_000);
      await a.answers();
      await until(() => !isOut(b) && !isOut(c));
    });

    it('say nothing of a key that is another one, take a vendor’s trouble as a hint, and only show a path', async () => {
      const { all } = await fleetOf('a', 'b');
      const [a, b] = all;
      await a.fails('credential', {}, second);
      for (let i = 0; i < 3; i++) await a.fails('unreachable', { status: null }, second);
      await a.fails('overloaded', { status: 529, retryAfterMs: 5_000 });
      await until(() => b.hearsay().hintUntil !== null);
      expect([isOut(b), isOut(b, second)]).toEqual([false, false]);
      const heard = await b.facts('FailureHeard');
      expect(new Set(heard.map(({ data }) => data['because']))).toEqual(new Set(['overloaded']));
    });

    it('tell after an outage what counts still, once, and that they were alone', async () => {
      const { all, pass, away, healed } = await fleetOf('a', 'b');
      const [a, b] = all;
      await away('a', 'b');
      await a.fails('overloaded', { status: 529 }, second);
      await a.fails('quota', { retryAfterMs: 1_800_000 });
      await pass(70);
      await healed('a', 'b');
      await until(() => isOut(b));
      await pass(1);
      expect(b.hearsay(second).hintUntil).toBeNull();
      expect((await b.facts('FailureHeard')).length).toBe(1);
      for (const one of all)
        expect([(await one.facts('FleetLost')).length, (await one.facts('FleetBack')).length]).toEqual([1, 1]);
    });

    it('go on alone when one is cut off, and come to the same when it is back', async () => {
      const { all, budgets, pass, away, healed } = await fleetOf('a', 'b', 'c');
      const [a, b, c] = all;
      await away('a');
      await a.fails('quota', { retryAfterMs: 3_000_000 });
      await b.fails('credential');
      await until(() => isOut(c));
      expect([isOut(a), heardOf(c, a)]).toEqual([false, []]);
      await switchTo(a, 'spare');
      await switchTo(b, 'main');
      await until(() => stands(c) === 'main');
      expect(stands(a)).toBe('spare');
      // Alone it probes for itself, tells for itself, and spends what it has taken.
      expect([a.fleet.isLedElsewhere(first), await a.fleet.isTeller('all_down', null)]).toEqual([false, true]);
      const spend = () => {
        for (const [i, one] of all.entries()) {
          const budget = budgets[i];
          if (budget) budget.spentUsd = Math.max(budget.spentUsd, one.fleet.allowedUsd(budget));
        }
      };
      const spent = () => budgets.reduce((sum, { spentUsd }) => sum + spentUsd, 0);
      spend();
      await healed('a');
      await until(() => stands(a) === 'main' && heardOf(b, a).length === 1 && heardOf(a, b).length === 1);
      expect(heardOf(b, a)).toEqual(heardOf(c, a));
      expect(heardOf(a, b)).toEqual(heardOf(c, b));
      expect((await a.facts('Overruled')).map(({ data }) => data)).toEqual([
        { name: 'b', wanted: 'spare', to: 'main' },
      ]);
      expect([...(await b.facts('Overruled')), ...(await c.facts('Overruled'))]).toEqual([]);
      const before = spent();
      for (let i = 0; i < 5; i++) {
        spend();
        await pass(2);
      }
      expect(spent()).toBeGreaterThan(before);
      expect(spent()).toBeLessThanOrEqual(limitUsd * 1.1);
    });

    it('fill an empty store anew: what was said, who is there, what was switched', async () => {
      const { ground, all, world, away, healed } = await fleetOf('a', 'b');
      const [a, b] = all;
      await a.fails('quota', { retryAfterMs: 1_800_000 });
      await switchTo(a, 'spare');
      await until(() => isOut(b) && stands(b) === 'spare');
      await away('a', 'b');
      await ground.forget();
      await healed('a', 'b');
      const late = await gatewayIn(ground, 'late', { world });
      await until(() => isOut(late) && late.fleet.row().members.length === 2);
      expect(late.hearsay()).toMatchObject({ because: 'quota', by: 'a' });
      await switchTo(b, 'main');
      await until(() => stands(a) === 'main' && stands(late) === 'main');
    });

    it('are the same member after a restart, and another one when their log went back', async () => {
      const { ground, all, world, pass } = await fleetOf('a', 'b');
      const [a, b] = all;
      const backup = new MemoryLog();
      for await (const facts of a.log.read(1)) await backup.append(facts, { sync: true });
      await a.fails('quota', { retryAfterMs: 1_800_000 });
      await until(() => isOut(b));
      await pass(25);
      const { member } = a.fleet.row();
      await a.fleet.stop();
      const again = await gatewayIn(ground, 'a', { world, opened: a });
      expect(again.fleet.row().member).toBe(member);
      world.pass(1_000);
      await again.answers();
      await until(() => !isOut(b));
      await pass(25, [again]);
      await again.fleet.stop();
      const restored = await gatewayIn(ground, 'a', { world, opened: await openCore(backup, world) });
      expect(restored.fleet.row()).toMatchObject({
        state: 'connected',
        member: expect.not.stringMatching(String(member)),
      });
    });

    it('keep off a name under which another one speaks', async () => {
      const { ground, world } = await fleetOf('a');
      const twin = await gatewayIn(ground, 'a', { world, seed: 'another home' });
      expect(twin.fleet.row()).toMatchObject({ state: 'nameTaken', fault: 'nameTaken' });
    });

    it('are not harmed by a clock that is an hour off, before or behind', async () => {
      const { ground, all, world, pass } = await fleetOf('a');
      const [a] = all;
      const [early, late] = [new FakeWorld(), new FakeWorld()];
      early.pass(2 * hourMs);
      world.pass(hourMs);
      const b = await gatewayIn(ground, 'b', { world: early });
      const c = await gatewayIn(ground, 'c', { world: late });
      const others = [b, c];
      await a.fails('rateLimited', { retryAfterMs: minuteMs });
      await until(() => others.every((one) => isOut(one)));
      for (const one of others) {
        const left = (one.hearsay().until ?? 0) - one.world.now();
        // What it lay in the server is taken off.
        expect([left <= minuteMs, left > minuteMs / 2]).toEqual([true, true]);
      }
      await switchTo(b, 'spare');
      await until(() => stands(a) === 'spare' && stands(c) === 'spare');
      await switchTo(c, 'main');
      await until(() => stands(a) === 'main' && stands(b) === 'main');
      const together = async (seconds: number) => {
        for (let i = 0; i < seconds; i++) {
          await pass(1);
          for (const one of others) await one.pass(1);
        }
      };
      await together(61);
      expect(others.map((one) => isOut(one))).toEqual([false, false]);
      await until(() =>
        [a, b, c].every(({ fleet }) => fleet.row().members.filter((one) => one.isPresent).length === 2),
      );
      await together(4);
      expect([a, b, c].filter(({ fleet }) => !fleet.isLedElsewhere(first)).length).toBe(1);
      expect(await Promise.all([a, b, c].map(({ fleet }) => fleet.isTeller('all_down', null)))).toContain(false);
    });

    it('hear nothing of what is no member’s word, and count why', async () => {
      const { ground, all } = await fleetOf('victim');
      const [victim] = all;
      const { sent, failure, mallory, secret } = await badMember(ground);
      await sent(failure(), { secret: fleetKeys('another secret of others') });
      await sent(failure(), { on: 'victim' });
      await ground
        .open('x')
        .then((engine) => engine.publish('mallory', 'fact', 'big', Buffer.alloc(messageBytesMax + 1, '{')));
      await sent({ ...failure(), v: 2 } as never);
      const strange = [
        { v: 'two' },
        { key: 'sk-ant-a-key-of-somebody' },
        { command: 'rm -rf /' },
        { path: '/etc/passwd' },
        { name: '../../etc' },
        { name: '$(reboot)' },
        { about: 'sk-ant-a-key-of-somebody' },
        { validMs: -1 },
      ];
      for (const more of strange) await sent({ ...failure(), ...more } as never);
      const forged = JSON.parse(Buffer.from(sealed(secret, mallory, failure())).toString());
      const other = JSON.parse(
        Buffer.from(sealed(secret, identityOf(Buffer.from('x'), 'mallory', 1), failure())).toString(),
      );
      await sent({ ...forged, signature: other.signature }, { isRaw: true });
      const count = () => Object.values(victim.fleet.row().refused).reduce((sum, one) => sum + one, 0);
      await until(() => count() === 5 + strange.length);
      expect(victim.fleet.row().refused).toEqual({
        stranger: 1,
        subject: 1,
        size: 1,
        form: strange.length,
        signature: 1,
        version: 1,
      });
      expect([victim.hearsay().words, victim.fleet.row().members]).toEqual([[], []]);
    });

    it('hear an honest one beside one that floods them', async () => {
      const { ground, all } = await fleetOf('victim');
      const [victim] = all;
      const { engine } = await badMember(ground);
      const flood = Array.from({ length: 1_010 }, (_, i) =>
        engine.publish('mallory', 'fact', `f${i}`, Buffer.from('x')),
      );
      await Promise.all(flood);
      await until(() => victim.fleet.row().refused['rate'] === 10);
      const honest = await gatewayIn(ground, 'honest', { world: ground.world });
      await honest.fails('quota', { retryAfterMs: 600_000 });
      await until(() => isOut(victim));
      expect(victim.hearsay().by).toBe('honest');
    });

    it('lose a key for an hour at worst to one that lies, and not at all once a person forgets it', async () => {
      const { ground, all, world, pass } = await fleetOf('victim');
      const [victim] = all;
      const { sent, failure } = await badMember(ground);
      const began = world.now();
      await sent(failure({ validMs: 999 * hourMs }));
      await until(() => isOut(victim));
      for (let seq = 2; (victim.hearsay().until ?? 0) > world.now(); seq++) {
        expect(victim.hearsay().until ?? 0).toBeLessThanOrEqual(began + hourMs);
        await pass(600);
        await sent(failure({ seq, at: world.now(), validMs: 999 * hourMs }));
      }
      expect([world.now() - began, victim.core.state.endpoint(first).value]).toEqual([hourMs, 'recovering']);
      await victim.answers();
      await sent(failure({ seq: 99, at: world.now() }));
      await until(() => isOut(victim));
      const forgotten = { type: 'HearsayForgotten', data: { member: null, deafUntil: world.now() + hourMs } };
      await victim.core.command({ do: 'change', steps: [{ stream: streams.endpoint(first), fact: forgotten }] });
      expect(isOut(victim)).toBe(false);
      const { received } = victim.fleet.row();
      await sent(failure({ seq: 100, at: world.now() }));
      await until(() => victim.fleet.row().received > received);
      expect(isOut(victim)).toBe(false);
    });
  });
});

/** It knows the secret, and says what it likes. */
async function badMember(ground: Ground) {
  const secret = fleetKeys(fleetSecret);
  const mallory = identityOf(Buffer.from('mallory'), 'mallory', 1);
  const engine = await ground.open('mallory');
  const about = aboutCredential(secret, 'http://127.0.0.1:1', 'sk-shared-by-all');
  type Failure = Extract<Body, { kind: 'failure' }>;
  const failure = (more: Partial<Failure> = {}) =>
    ({
      kind: 'failure',
      seq: 1,
      id: '00000000-0000-7000-8000-000000000000',
      at: ground.world.now(),
      about,
      because: 'quota',
      status: 429,
      validMs: 600_000,
      ...more,
    }) as const;
  let sentBefore = 0;
  const sent = (one: object, { on = 'mallory', secret: by = secret, isRaw = false } = {}) => {
    const bytes = isRaw ? Buffer.from(JSON.stringify(one)) : sealed(by, mallory, one as never);
    return engine.publish(on, 'fact', `mallory:${sentBefore++}`, bytes);
  };
  return { engine, secret, mallory, failure, sent };
}
