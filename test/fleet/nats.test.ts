/** What only a real nats-server can suffer: it is killed, emptied, frozen, and full. What gateways promise over it stands in `contract.test.ts`. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { gatewayIn, onNats } from '../support/fleet.ts';
import { madeByHand, until } from '../support/fleet-ground.ts';
import { hasNats, natsServer } from '../support/nats.ts';
import { FakeWorld } from '../support/world.ts';

// The next beat, and the longest wait for the next attempt.
const [noticed, back] = [21, 31];

describe.skipIf(!hasNats)('over nats-server, a fleet', () => {
  it('outlives one that is killed, and comes back with its folder, and with an empty one', async () => {
    const server = await natsServer();
    const world = new FakeWorld();
    const join = (name: string) => gatewayIn(onNats(server.url), name, { world });
    const [a, b] = [await join('a'), await join('b')];
    await a.fails('quota', { retryAfterMs: 1_800_000 });
    await until(() => b.hearsay().until !== null);
    const killed = async () => {
      await server.kill();
      await a.pass(noticed);
      expect(a.fleet.row()).toMatchObject({ state: 'connecting', fault: 'refused', error: 'ECONNREFUSED' });
    };
    const started = async () => {
      await server.start();
      for (const one of [a, b]) await one.pass(back);
      expect([a, b].map(({ fleet }) => fleet.row().state)).toEqual(['connected', 'connected']);
    };
    await killed();
    await started();
    // It is told again from the newest beat on, and is no news.
    await b.pass(1);
    expect((await b.facts('FailureHeard')).length).toBe(1);
    await killed();
    server.forget();
    await started();
    expect(a.fleet.row().published).toBe(1);
    const late = await join('late');
    await until(() => late.hearsay().until !== null);
    expect(late.hearsay()).toMatchObject({ because: 'quota', by: 'a' });
    // The server has it twice, from two lives of its own; each gateway takes it once.
    expect((await b.facts('FailureHeard')).length).toBe(1);
  });

  it('leaves one that is frozen after two seconds, and comes back to it', async () => {
    const server = await natsServer();
    const a = await gatewayIn(onNats(server.url), 'a');
    server.freeze();
    await a.fails('quota', { retryAfterMs: 1_800_000 });
    expect(a.fleet.row()).toMatchObject({ state: 'connecting', fault: 'silent', published: 0 });
    server.process.kill('SIGCONT');
    await a.pass(back);
    expect(a.fleet.row()).toMatchObject({ state: 'connected', fault: null, behind: 0 });
    const b = await gatewayIn(onNats(server.url), 'b', { world: a.world });
    await until(() => b.hearsay().until !== null);
  });

  it('tells a full one nothing, and all that counts when there is room again', async () => {
    const { url } = await natsServer('jetstream { STORE, max_file_store: 300000 }');
    const store = await madeByHand(url);
    onTestFinished(() => store.close());
    const world = new FakeWorld();
    const a = await gatewayIn(onNats(url), 'a', { world });
    const b = await gatewayIn(onNats(url), 'b', { world });
    await store.fill();
    await a.fails('quota', { retryAfterMs: 1_800_000 });
    expect(a.fleet.row()).toMatchObject({ state: 'connecting', fault: 'full' });
    await store.purge();
    await a.pass(back);
    expect(a.fleet.row()).toMatchObject({ state: 'connected', fault: null });
    await until(() => b.hearsay().until !== null);
    expect(b.hearsay()).toMatchObject({ because: 'quota', by: 'a' });
  });
});
