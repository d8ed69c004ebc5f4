/** Usage by gateway: each tells the sums of its own log, and a question about all of them waits for nobody. */
import { describe, expect, it } from 'vitest';
import { type RequestId, streams } from '../../events/ids.ts';
import { dayMs, hourMs, minuteMs } from '../../events/units.ts';
import { fleetKeys, identityOf } from '../../src/fleet/identity.ts';
import { opened, sealed, spansMax } from '../../src/fleet/message.ts';
import { OwnUsage, UsageTold, type UsedSince } from '../../src/fleet/usage.ts';
import { uuidv7 } from '../../src/platform/uuid.ts';
import { at } from '../cli/command.ts';
import { Exchange, gatewayIn } from '../support/fleet.ts';
import { temporaryHome } from '../support/home.ts';
import { FakeWorld, first } from '../support/world.ts';

type Gateway = Awaited<ReturnType<typeof gatewayIn>>;

const usage = { input: 100, output: 10, cacheRead: 1_000, cacheWrite: 5 };

function serve({ core }: Gateway): void {
  const attempt = { endpoint: first, at: 0, outcome: 'answered', status: 200, ttfbMs: 5, because: 'first' };
  const data = {
    ...{ session: 'one', model: 'a-secret-model', stream: true, path: '/v1/messages', within: null, status: 200 },
    ...{ durationMs: 10, view: 0, endpoint: first, profile: 'main', ttfbMs: 5, ttftMs: 7, bytes: 1, usage },
    attempts: [attempt],
  };
  core.requestEnded(streams.request(uuidv7(core.now()) as RequestId), { type: 'RequestServed', data } as never);
}

async function pair(exchange = new Exchange()) {
  const { world } = exchange;
  const [a, b] = [await gatewayIn(exchange, 'a', { world }), await gatewayIn(exchange, 'b', { world })];
  const settle = async (seconds: number, step = 20) => {
    for (let i = 0; i < seconds; i += step) {
      world.pass(step * 1_000);
      for (const { fleet } of [a, b]) await fleet.step();
      // What is told is told beside the loop.
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  /** Minutes pass until this gateway is known to have answered so many. */
  const known = async (by: Gateway, of: string, requests: number | undefined) => {
    const isSo = () => by.fleet.used(null).find(({ name }) => name === of)?.requests === requests;
    do await settle(340);
    while (!isSo());
  };
  await settle(20);
  return { exchange, world, a, b, settle, known };
}

const counts = (rows: readonly UsedSince[]) =>
  rows.map(({ name, requests, attempts, tokens: { input } }) => [name, requests, attempts, input]);

describe('what a gateway has used', () => {
  it('is known to the others within minutes, and stays known while the server is away', async () => {
    const { exchange, a, b, settle, known } = await pair();
    serve(a);
    serve(a);
    await known(b, 'a', 2);
    await known(a, 'b', 0);
    expect(counts(b.fleet.used(null))).toEqual([['a', 2, 2, 200]]);
    expect(counts(a.fleet.used(null))).toEqual([['b', 0, 0, 0]]);
    exchange.isDown = true;
    exchange.isFrozen = true;
    serve(a);
    await settle(340);
    expect(counts(b.fleet.used(null))).toEqual([['a', 2, 2, 200]]);
    exchange.isDown = false;
    exchange.isFrozen = false;
    await known(b, 'a', 3);
    expect(counts(b.fleet.used(null))).toEqual([['a', 3, 3, 300]]);
  });

  it('is told by hours of two days and by days of a month, and a question is answered by whole ones', async () => {
    const { world, a, b, known } = await pair();
    const start = world.now();
    serve(a);
    world.pass(3 * dayMs);
    serve(a);
    world.pass(3 * hourMs);
    serve(a);
    await known(b, 'a', 3);
    const since = (instant: number) => b.fleet.used(instant);
    expect(counts(since(start))).toEqual([['a', 3, 3, 300]]);
    expect(since(start)[0]?.since).toBe(Math.floor(start / dayMs) * dayMs);
    expect(counts(since(start + dayMs))).toEqual([['a', 2, 2, 200]]);
    const late = start + 3 * dayMs + 2 * hourMs + 30 * minuteMs;
    expect(counts(since(late))).toEqual([['a', 1, 1, 100]]);
    expect(since(late)[0]?.since).toBe(Math.floor(late / hourMs) * hourMs);
    expect(counts(since(late + dayMs))).toEqual([['a', 0, 0, 0]]);
    // What was counted for a span that is over is not read again, and does not change.
    world.pass(2 * dayMs);
    serve(a);
    await known(b, 'a', 4);
    expect(counts(since(start))).toEqual([['a', 4, 4, 400]]);
    expect(counts(since(start + 4 * dayMs))).toEqual([['a', 1, 1, 100]]);
  });

  it('crosses as sums alone: no model, endpoint, profile or session', async () => {
    const { exchange, a, b, known } = await pair();
    serve(a);
    await known(b, 'a', 1);
    const texts = exchange.stored.map(({ bytes }) => Buffer.from(bytes).toString());
    expect(texts.some((text) => text.includes('usage'))).toBe(true);
    for (const text of texts) expect(text).not.toMatch(/a-secret-model|main|session|v1\/messages/);
  });

  it('is forgotten with the gateway that leaves, and all of it by the one that leaves', async () => {
    const { a, b, settle, known } = await pair();
    serve(a);
    await known(b, 'a', 1);
    a.settings.now = null;
    await settle(20);
    expect(b.fleet.used(null)).toEqual([]);
    expect(a.fleet.used(null)).toEqual([]);
  });

  it('is told once an hour at least, so that a gateway that comes later knows it', async () => {
    const { exchange, world, a, b, settle, known } = await pair();
    serve(a);
    await known(b, 'a', 1);
    await known(a, 'b', 0);
    await settle(2 * 3_600, 300);
    const late = await gatewayIn(exchange, 'late', { world });
    expect(counts(late.fleet.used(null)).sort()).toEqual([
      ['a', 1, 1, 100],
      ['b', 0, 0, 0],
    ]);
  });

  it('fits into a message at its largest', () => {
    const keys = fleetKeys('x'.repeat(16));
    const most = Number.MAX_SAFE_INTEGER;
    const used = [most, most, most, most, most, most, most, most, most] as const;
    const spans = Array.from({ length: spansMax }, () => [500_000, 24, ...used] as never);
    const head = { seq: most, id: '00000000-0000-7000-8000-000000000000', at: most };
    const who = identityOf(Buffer.from('a'), 'a', 1);
    const bytes = sealed(keys, who, { kind: 'usage', ...head, all: [...used], spans });
    expect(opened(keys, 'a', bytes)).toMatchObject({ kind: 'usage' });
  });
});

it('a log that cannot be read now is read again after a minute', async () => {
  const world = new FakeWorld();
  let reads = 0;
  const own = new OwnUsage({
    now: world.now,
    read: async () => {
      reads++;
      throw new Error('not now');
    },
  });
  const tend = async () => {
    own.tend(async () => {});
    await new Promise((resolve) => setImmediate(resolve));
  };
  await tend();
  await tend();
  expect(reads).toBe(1);
  world.pass(minuteMs);
  await tend();
  expect(reads).toBe(2);
});

it('of one name the member that joined last counts, and an older word is no news', () => {
  const told = new UsageTold();
  const word = (member: string, epoch: number, seq: number, requests: number) => {
    const numbers = [requests, 0, 0, 0, 0, 0, 0, null, 0] as const;
    const head = { v: 1, kind: 'usage', name: 'a', id: 'x', at: 1 } as const;
    told.take({ ...head, member, epoch, seq, all: [...numbers], spans: [] }, 1_000);
  };
  word('m1', 1, 5, 10);
  word('m1', 1, 4, 9);
  expect(counts(told.since(null, 'b'))).toEqual([['a', 10, 0, 0]]);
  word('m2', 2, 3, 7);
  word('m1', 1, 9, 12);
  expect(counts(told.since(null, 'b'))).toEqual([['a', 7, 0, 0]]);
  expect(told.since(null, 'a')).toEqual([]);
  told.left({ name: 'a', member: 'm1' });
  expect(told.since(null, 'b')).toHaveLength(1);
});

describe('qcc proxy stats --by gateway', () => {
  it('says that a gateway without a fleet is alone, and shows it', async () => {
    const run = at(temporaryHome());
    await run('config', 'set', 'fleet.name', 'here');
    const shown = await run('proxy', 'stats', '--by', 'gateway');
    expect(shown.code).toBe(0);
    expect(shown.out).toMatch(/^here \(this one\) +0/m);
    expect(shown.err).toContain('this gateway is in no fleet');
    expect((await run('proxy', 'stats', '--by', 'gateway', '--since', '-1h', '--json')).json()).toMatchObject({
      fleet: 'off',
      gateways: [{ name: 'here', isThis: true, member: null, requests: 0, totalUsd: null }],
    });
  });

  it('says that what others used is not known while the gateway does not run', async () => {
    const run = at(temporaryHome());
    await run('config', 'set', 'fleet.url', 'nats://127.0.0.1:1');
    expect((await run('proxy', 'stats', '--by', 'gateway', '--lang', 'zh-CN')).err).toContain('不知道其他网关的用量');
    expect((await run('proxy', 'stats', '--by', 'gateway', '--json')).json()).toMatchObject({ fleet: 'notRunning' });
  });
});
