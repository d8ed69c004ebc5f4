/** Totals of requests, per endpoint and model. */
import { describe, expect, it } from 'vitest';
import { upcast } from '../../events/catalogue.ts';
import type { Recorded } from '../../events/fact.ts';
import type { OwnTry } from '../../events/queue.ts';
import { Stats } from '../../src/projections/stats.ts';
import { attempt, ended, failedAt, inQueue, inRequest, one, served, two } from './request-facts.ts';

const owners: Readonly<Record<string, string>> = { [one]: 'main', [two]: 'spare' };
const profileOf = (endpoint: string) => owners[endpoint] ?? null;
const noTimes = { p50: null, p95: null, p99: null };
const noTokens = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };

function statsOf(...facts: readonly Recorded[]): Stats {
  const stats = new Stats();
  for (const fact of facts) stats.apply(fact);
  return stats;
}

const rowsOf = (...facts: readonly Recorded[]) => statsOf(...facts).rows(profileOf);
const throughJson = (stats: Stats) => Stats.from(JSON.parse(JSON.stringify(stats)));

const ofQueue = (own: OwnTry | null): Recorded =>
  inQueue({
    type: 'RetrySucceeded',
    data: { attempt: 1, epoch: 'e', answer: 'a', bytes: 9, status: 200, own, expiresAt: 0 },
  });

describe('an answer that came without a waiting client', () => {
  const usage = { input: 10, output: 20, cacheRead: 3, cacheWrite: 4 };
  const own = { endpoint: one, model: 'claude-test', ttfbMs: 200, ttftMs: 300, usage };

  it('counts like any other', () => {
    expect(rowsOf(ofQueue(own))).toEqual(rowsOf(served()));
  });

  it('counts once, whichever client collects it', () => {
    expect(rowsOf(ofQueue(own), served({ attempts: [], usage: null }))).toEqual(rowsOf(ofQueue(own)));
  });

  it('counts with the request of its client, if that was waiting', () => {
    expect(rowsOf(ofQueue(null), served())).toEqual(rowsOf(served()));
  });

  it('in a log of an older version counts nothing, because its tokens are unknown', () => {
    const { own: _, ...older } = ofQueue(own).data as { own: OwnTry };
    expect(rowsOf(upcast({ ...ofQueue(own), data: older }))).toEqual([]);
  });
});

describe('a request that was served', () => {
  it('is one request and one attempt of its endpoint and model, with its tokens and times', () => {
    const [row, ...rest] = rowsOf(served());
    expect(rest).toEqual([]);
    expect(row).toMatchObject({
      endpoint: one,
      profile: 'main',
      model: 'claude-test',
      requests: 1,
      attempts: 1,
      failures: 0,
      tokens: { input: 10, output: 20, cacheRead: 3, cacheWrite: 4 },
    });
    expect(Math.abs((row?.ttfbMs.p50 ?? 0) - 200) / 200).toBeLessThan(0.02);
    expect(Math.abs((row?.ttftMs.p99 ?? 0) - 300) / 300).toBeLessThan(0.02);
  });

  it('after a failover counts as a request where it was answered, and as a failure where it was not', () => {
    const rows = rowsOf(served({ endpoint: two, attempts: [attempt(one, 'serverError'), attempt(two)] }));
    expect(rows).toEqual([
      expect.objectContaining({
        endpoint: one,
        requests: 0,
        attempts: 1,
        failures: 1,
        tokens: noTokens,
        ttfbMs: noTimes,
      }),
      expect.objectContaining({ endpoint: two, requests: 1, attempts: 1, failures: 0 }),
    ]);
  });

  it('without tokens or a first token counts all the same', () => {
    const partly = { input: 1, output: null, cacheRead: null, cacheWrite: null };
    const [row] = rowsOf(served({ usage: null, ttftMs: null }), served({ usage: partly, ttftMs: null }));
    expect(row).toMatchObject({
      requests: 2,
      ttftMs: noTimes,
      tokens: { ...noTokens, input: 1 },
    });
  });
});

describe('a request that was not served', () => {
  it('counts as no request of any endpoint, only as failures of the endpoints that were asked', () => {
    const [row] = rowsOf(failedAt(one, 'unreachable'));
    expect(row).toMatchObject({ requests: 0, attempts: 1, failures: 1, ttfbMs: noTimes });
  });

  it('without any attempt leaves no row', () => {
    const data = { ...ended({ attempts: [] }), because: 'noEndpoint' };
    expect(rowsOf(inRequest({ type: 'RequestFailed', data }))).toEqual([]);
  });

  it('because the client left is no endpoint’s failure', () => {
    const data = ended({ attempts: [attempt(one, 'cancelled')] });
    const [row] = rowsOf(inRequest({ type: 'RequestCancelled', data }));
    expect(row).toMatchObject({ requests: 0, attempts: 1, failures: 0 });
  });

  it('completely, because the answer broke, counts as a request and a failure, and its tokens are billed', () => {
    const failure = 'brokenAnswer' as const;
    const data = { ...ended({ attempts: [attempt(one, failure, 200)] }), failure };
    const [row] = rowsOf(inRequest({ type: 'AnswerBroken', data }));
    expect(row).toMatchObject({ requests: 1, attempts: 1, failures: 1, tokens: { output: 20 } });
  });
});

describe('the rows of the statistics', () => {
  it('separate models, and requests without a model', () => {
    const models = rowsOf(served({ model: 'a' }), served({ model: 'b' }), served({ model: null }));
    expect(models.map(({ model }) => model)).toEqual(['a', 'b', null]);
  });

  it('of a removed endpoint have no profile', () => {
    const [row] = rowsOf(served({ endpoint: '33333333' }));
    expect(row?.profile).toBeNull();
  });

  it('show the percentiles of many requests', () => {
    const [row] = rowsOf(...Array.from({ length: 100 }, (_, i) => served({ ttfbMs: i + 1 })));
    for (const [told, truth] of [
      [row?.ttfbMs.p50, 50],
      [row?.ttfbMs.p95, 95],
      [row?.ttfbMs.p99, 99],
    ] as const) {
      // 2 % of the sketch, and one decimal of the rounding.
      expect(Math.abs((told ?? 0) - truth)).toBeLessThanOrEqual(truth * 0.02 + 0.05);
    }
  });

  it('stay few when clients make up models, and lose no request', () => {
    const stats = new Stats();
    const requests = 2_000;
    for (let i = 0; i < requests; i++) {
      stats.apply(served({ model: `made-up-${i}`, endpoint: i % 2 === 0 ? one : two }));
    }
    const rows = stats.rows(profileOf);
    expect(rows.length).toBeLessThanOrEqual(512 + 2);
    expect(rows.reduce((sum, row) => sum + row.requests, 0)).toBe(requests);
    expect(rows.filter(({ model }) => model === null).map(({ endpoint }) => endpoint)).toEqual([one, two]);
  });
});

describe('the saved statistics', () => {
  it('are equal when they are restored, and continue from there', () => {
    const stats = statsOf(served(), served({ model: null }), failedAt(two, 'timeout'));
    const back = throughJson(stats);
    expect(back.rows(profileOf)).toEqual(stats.rows(profileOf));
    for (const either of [stats, back]) either.apply(served({ model: null, ttfbMs: 5_000 }));
    expect(back.rows(profileOf)).toEqual(stats.rows(profileOf));
  });

  it('do not change with later facts', () => {
    const stats = statsOf(served());
    const saved = stats.toJSON();
    const then = JSON.stringify(saved);
    stats.apply(served({ ttfbMs: 9_000 }));
    expect(JSON.stringify(saved)).toBe(then);
  });
});
