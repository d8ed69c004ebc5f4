/** What was used, by day and by session: over recorded facts, in any time zone. */
import { expect, it } from 'vitest';
import { versionOf } from '../../events/catalogue.ts';
import type { Recorded } from '../../events/fact.ts';
import { ask } from '../../src/history/questions.ts';
import { usageGroups } from '../../src/history/usage.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';

const usage = { input: 100, output: 10, cacheRead: 1_000, cacheWrite: 5 };
const tokens = (times: number) => ({
  input: 100 * times,
  output: 10 * times,
  cacheRead: 1_000 * times,
  cacheWrite: 5 * times,
});

function served(seq: number, at: string, more: object = {}): Recorded {
  const attempt = { endpoint: 'a1', at: 0, outcome: 'answered', status: 200, ttfbMs: 5, because: 'first' };
  const data = {
    ...{ session: 'one', model: 'm', stream: true, path: '/v1/messages', within: null, status: 200, durationMs: 10 },
    ...{ view: 0, endpoint: 'a1', profile: 'work', ttfbMs: 5, ttftMs: 7, bytes: 1, usage, attempts: [attempt] },
    ...more,
  };
  const stream = `request/0192f0c1-2345-7000-8000-00000000000${seq}`;
  const told = { seq, at: Date.parse(at), stream, version: 1, id: `id-${seq}`, type: 'RequestServed', v: 1, data };
  return { ...told, cause: null, by: 'traffic' } as unknown as Recorded;
}

function logOf(...facts: readonly Recorded[]): MemoryLog {
  return new MemoryLog(facts);
}

const failed = { endpoint: 'b2', at: 0, outcome: 'serverError', status: 503, ttfbMs: 5, because: 'first' };

async function by(log: MemoryLog, params: { by: 'day' | 'session'; zone?: string; since?: number }) {
  return (await ask(log, 'stats.usage', params)).groups.map(({ name, requests, failures, tokens: { input } }) => [
    name,
    requests,
    failures,
    input,
  ]);
}

it('a request belongs to the day that it ended on, in the zone that is asked for', async () => {
  const log = logOf(
    served(1, '2026-11-29T22:30:00Z'),
    served(2, '2026-11-29T23:30:00Z'),
    served(3, '2026-11-30T12:00:00Z'),
  );
  expect(await by(log, { by: 'day', zone: 'UTC' })).toEqual([
    ['2026-11-30', 1, 0, 100],
    ['2026-11-29', 2, 0, 200],
  ]);
  expect(await by(log, { by: 'day', zone: 'Europe/Berlin' })).toEqual([
    ['2026-11-30', 2, 0, 200],
    ['2026-11-29', 1, 0, 100],
  ]);
});

it('sessions stand by what they used, and requests without one together', async () => {
  const log = logOf(
    served(1, '2026-11-30T10:00:00Z', { session: null }),
    served(2, '2026-11-30T11:00:00Z', { session: 'two' }),
    served(3, '2026-11-30T12:00:00Z', {
      session: 'two',
      attempts: [failed, { ...failed, endpoint: 'a1', outcome: 'answered' }],
    }),
    served(4, '2026-11-30T13:00:00Z', { session: 'none', usage: null }),
  );
  expect(await by(log, { by: 'session' })).toEqual([
    ['two', 2, 1, 200],
    [null, 1, 0, 100],
    ['none', 1, 0, 0],
  ]);
  expect(await by(log, { by: 'session', since: Date.parse('2026-11-30T11:30:00Z') })).toEqual([
    ['two', 1, 1, 100],
    ['none', 1, 0, 0],
  ]);
});

it('a request that the queue answered later belongs to the session that asked it', async () => {
  const queue = (seq: number, type: string, data: object) =>
    ({
      ...served(seq, '2026-11-30T10:00:00Z'),
      stream: 'queue/0123456789ab',
      type,
      v: versionOf(type),
      data,
    }) as unknown as Recorded;
  const own = { endpoint: 'a1', model: 'm', ttfbMs: 1, ttftMs: 2, usage };
  const log = logOf(
    queue(1, 'RequestQueued', { request: 'r', session: 'late', because: 'x' }),
    queue(2, 'RetrySucceeded', { attempt: 1, epoch: 'e', answer: null, bytes: 1, status: 200, own, expiresAt: 0 }),
  );
  expect(await by(log, { by: 'session' })).toEqual([['late', 1, 0, 100]]);
});

it('what has a price is added up, and what has none leaves the sum as it is', () => {
  const part = {
    endpoint: 'a1',
    model: 'm',
    requests: 1,
    attempts: 1,
    failures: 0,
    tokens: tokens(1),
    firstAt: 1,
    lastAt: 2,
  };
  const cost = { inputUsd: 0, outputUsd: 0, cacheReadUsd: 0, cacheWriteUsd: 0, totalUsd: 2 };
  const { groups } = usageGroups('session', [
    { ...part, group: 'a', cost },
    { ...part, group: 'a', cost, firstAt: 0, lastAt: 9 },
    { ...part, group: 'a', cost: null },
    { ...part, group: 'b', cost: null },
  ]);
  expect(groups).toMatchObject([
    {
      name: 'a',
      totalUsd: 4,
      tokens: tokens(3),
      firstAt: '1970-01-01T00:00:00.000Z',
      lastAt: '1970-01-01T00:00:00.009Z',
    },
    { name: 'b', totalUsd: null },
  ]);
});

it('of very many sessions the list holds a hundred, and tells of the others', () => {
  const part = { endpoint: 'a1', model: 'm', requests: 1, attempts: 1, failures: 0, firstAt: 1, lastAt: 2, cost: null };
  const parts = Array.from({ length: 130 }, (_, place) => ({ ...part, group: `s${place}`, tokens: tokens(place) }));
  const { groups, leftOut } = usageGroups('session', parts);
  expect([groups.length, groups[0]?.name, leftOut]).toEqual([100, 's129', 30]);
});
