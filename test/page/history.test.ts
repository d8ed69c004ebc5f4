/** What the page computes of requests: the waterfall, the filters, and what the chosen ones have in common. */
import { describe, expect, it } from 'vitest';
import type { RequestRow } from '../../src/contract/dashboard.ts';
import type { RequestStory } from '../../src/contract/history.ts';
import { commonTraits, wentWrong } from '../../src/page/common-traits.ts';
import { filtersIn } from '../../src/page/request-filters.ts';
import { keeps } from '../../src/page/request-row.ts';
import { waterfallOf } from '../../src/page/waterfall.ts';
import { noon } from './given.ts';

const iso = (ms: number) => new Date(noon + ms).toISOString();

describe('the waterfall', () => {
  const attempt = (endpoint: string, at: number, more: object) => ({
    endpoint,
    at: iso(at),
    outcome: 'answered',
    status: 200,
    ttfbMs: null,
    because: 'weighted',
    name: `work/${endpoint}`,
    ...more,
  });
  const story: RequestStory = {
    request: 'r',
    decided: {
      outcome: 'answered',
      endpoint: 'b',
      name: 'work/b',
      because: null,
      reason: null,
      failed: [],
      profile: null,
    },
    session: null,
    model: null,
    status: 200,
    startedAt: iso(0),
    durationMs: 100,
    view: 1,
    attempts: [attempt('a', 10, { outcome: 'timeout', status: null }), attempt('b', 40, { ttfbMs: 5 })],
    route: [],
    switches: [],
    facts: [
      {
        seq: 2,
        at: iso(30),
        stream: 'endpoint/a',
        type: 'AttemptFailed',
        data: { request: 'r' },
        cause: null,
        by: 'traffic',
      },
      {
        seq: 3,
        at: iso(100),
        stream: 'request/r',
        type: 'RequestServed',
        data: { ttftMs: 20 },
        cause: null,
        by: 'traffic',
      },
    ],
  };

  it('has the wait, and each attempt from its beginning to its end', () => {
    const { waitedMs, rows } = waterfallOf(story);
    expect(waitedMs).toBe(10);
    expect(rows.map(({ from, head, content, to }) => [from, head, content, to])).toEqual([
      [10, null, null, 30],
      [40, 45, 60, 100],
    ]);
  });

  it('lets an attempt end where the next one begins, when no fact says otherwise', () => {
    expect(waterfallOf({ ...story, facts: [] }).rows[0]?.to).toBe(40);
  });

  it('of a request without an attempt is all wait', () => {
    expect(waterfallOf({ ...story, attempts: [] })).toEqual({ durationMs: 100, waitedMs: 100, rows: [] });
  });
});

const row = (seq: number, more: Partial<RequestRow> = {}): RequestRow => ({
  seq,
  request: `r${seq}`,
  startedAt: iso(seq),
  outcome: 'answered',
  status: 200,
  durationMs: 100,
  ttftMs: 10,
  session: 's',
  model: 'm',
  stream: true,
  path: '/v1/messages',
  endpoint: 'a',
  profile: 'work',
  attempts: 1,
  failures: [],
  because: null,
  usage: null,
  ...more,
});

describe('what requests have in common', () => {
  it('is what the others have not, the greatest difference first', () => {
    const bad = [row(1, { endpoint: 'b', model: 'x' }), row(2, { endpoint: 'b' })];
    const traits = commonTraits(bad, [row(3), row(4)]);
    expect(traits.map(({ field, value, chosen, others }) => [field, value, chosen, others])).toEqual([
      ['endpoint', 'b', 1, 0],
      ['model', 'x', 0.5, 0],
    ]);
  });

  it('is nothing while there are no others', () => {
    expect(commonTraits([row(1)], [])).toEqual([]);
  });

  it('takes for wrong what failed, broke or was moved', () => {
    const rows = [
      row(1),
      row(2, { outcome: 'failed' }),
      row(3, { outcome: 'broken' }),
      row(4, { failures: ['timeout'] }),
      row(5, { outcome: 'cancelled' }),
    ];
    expect(rows.filter(wentWrong).map(({ seq }) => seq)).toEqual([2, 3, 4]);
  });
});

describe('the filters in the address', () => {
  it('leave out what is none', () => {
    expect(filtersIn({ endpoint: 'a', outcome: 'well', slow: 'very', moved: '0', at: '3' })).toEqual({ endpoint: 'a' });
  });

  it('keep what the list’s filters keep', () => {
    const filters = filtersIn({ outcome: 'answered', moved: '1', slow: '100' });
    const attempt = (endpoint: string) => ({
      endpoint,
      at: noon,
      outcome: 'answered' as const,
      status: 200,
      ttfbMs: 1,
      because: 'weighted',
    });
    const served = (...asked: string[]) => ({
      type: 'RequestServed',
      data: { endpoint: 'b', attempts: asked.map(attempt) },
    });
    expect(keeps(row(1), served('a', 'b'), filters)).toBe(true);
    expect(keeps(row(1), served('b', 'b'), filters)).toBe(false);
    expect(keeps(row(1, { durationMs: 99 }), served('a', 'b'), filters)).toBe(false);
    expect(keeps(row(1, { outcome: 'failed' }), served('a', 'b'), filters)).toBe(false);
  });
});
