/** Facts grouped into incidents: over the histories that released versions left, and for each rule a few facts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Recorded } from '../../events/fact.ts';
import { ask } from '../../src/history/questions.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';

const [relay, spare, third] = ['11111111', '22222222', '33333333'];
const minuteMs = 60_000;

type Given = readonly [afterMs: number, stream: string, type: string, data?: object, more?: Partial<Recorded>];

/** A log in which that has happened, each so long after the one before. */
function logOf(...given: readonly Given[]): MemoryLog {
  let at = 1_795_561_500_000;
  const facts = given.map(([afterMs, stream, type, data = {}, more = {}], index) => {
    at += afterMs;
    const envelope = { seq: index + 1, at, stream, version: index + 1, id: `id-${index}`, v: 1, cause: null };
    return { ...envelope, by: 'traffic', type, data, ...more } as Recorded;
  });
  return new MemoryLog(facts);
}

const failed = (request: string | null = null) => ({
  failure: 'serverError',
  status: 500,
  request,
  retryAfterMs: null,
  resetAt: null,
  maybeBilled: false,
  detail: null,
});
const degraded = { because: 'serverError', until: null };

function served(endpoints: readonly string[], session: string | null) {
  const attempts = endpoints.map((endpoint) => ({
    endpoint,
    at: 1,
    outcome: 'answered',
    status: 200,
    ttfbMs: 1,
    because: 'weighted',
  }));
  const asked = { session, model: 'm', stream: false, path: '/v1/messages', within: null, attempts };
  const usage = { input: 10, output: 5, cacheRead: 100, cacheWrite: null };
  return {
    ...asked,
    status: 200,
    durationMs: 1,
    view: 0,
    endpoint: endpoints.at(-1),
    profile: 'work',
    ttfbMs: 1,
    ttftMs: 1,
    bytes: 1,
    usage,
  };
}

const list = async (log: MemoryLog, params = {}) => (await ask(log, 'incidents.list', params)).incidents;

describe('an incident', () => {
  it('spans the first failure to the fact after which everything is healthy, and lists what it affected', async () => {
    const log = logOf(
      [0, `endpoint/${relay}`, 'AttemptFailed', failed('a')],
      [0, `endpoint/${relay}`, 'EndpointDegraded', degraded, { cause: 1 }],
      [5, 'request/a', 'RequestServed', served([relay, spare], 's1')],
      [5, 'request/b', 'RequestServed', served([spare], 's2')],
      [1_000, `endpoint/${relay}`, 'EndpointRecovered'],
      [5, 'request/c', 'RequestServed', served([relay], 's1')],
    );
    expect(await list(log)).toEqual([
      {
        number: 1,
        from: '2026-11-24T23:05:00.000Z',
        to: expect.any(String),
        durationMs: 1_010,
        began: expect.objectContaining({ seq: 1, type: 'AttemptFailed' }),
        ended: expect.objectContaining({ seq: 5, type: 'EndpointRecovered' }),
        unwell: [],
        endpoints: [{ endpoint: relay, failures: [{ failure: 'serverError', count: 1 }] }],
        requests: { failed: 0, broken: 0, moved: 1, queued: 0, answeredLater: 0 },
        sessions: 1,
        tokens: 115,
        switches: [],
        factCount: 4,
      },
    ]);
  });

  it('continues while an endpoint, the ladder or the network is not healthy', async () => {
    const log = logOf(
      [0, `endpoint/${relay}`, 'AttemptFailed', failed()],
      [0, `endpoint/${relay}`, 'EndpointFailed', { because: 'serverError' }, { cause: 1 }],
      [0, 'priority', 'FailedOver', { from: 'work', to: 'rest', because: 'told' }, { cause: 1 }],
      [1_000, `endpoint/${relay}`, 'EndpointRecovered'],
    );
    expect(await list(log)).toMatchObject([
      { to: null, ended: null, unwell: ['ladder'], switches: [{ from: 'work', to: 'rest' }] },
    ]);
    const offline = logOf(
      [0, 'gateway', 'Offline'],
      [10, 'request/a', 'RequestFailed', { ...served([], 's'), because: 'offline' }],
      [9, 'gateway', 'Online'],
    );
    expect(await list(offline)).toMatchObject([{ ended: { type: 'Online' }, requests: { failed: 1 }, sessions: 1 }]);
  });

  it('includes failures soon after another one, for five minutes at most', async () => {
    const held: Given = [0, `endpoint/${relay}`, 'EndpointFailed', { because: 'credential' }];
    const other: Given = [minuteMs, `endpoint/${spare}`, 'EndpointDegraded', degraded];
    const later: Given = [6 * minuteMs, `endpoint/${third}`, 'EndpointDegraded', degraded];
    const back: Given = [minuteMs, `endpoint/${third}`, 'EndpointRecovered'];
    expect(await list(logOf(held, other, later, back))).toMatchObject([
      { number: 3, ended: { seq: 4 } },
      { number: 1, to: null, unwell: [relay, spare] },
    ]);
  });

  it('includes failures without a change of state when less than a minute is between them', async () => {
    const once = (afterMs: number): Given => [afterMs, `endpoint/${relay}`, 'AttemptFailed', failed()];
    expect(await list(logOf(once(0), once(30_000), once(2 * minuteMs)))).toMatchObject([
      { number: 3, ended: null, factCount: 1 },
      { number: 1, ended: null, durationMs: 30_000, factCount: 2 },
    ]);
  });

  it('does not begin with a missing model, nor with a probe that confirms a known failure', async () => {
    const lacking = { ...failed(), failure: 'noModel' };
    expect(await list(logOf([0, `endpoint/${relay}`, 'AttemptFailed', lacking]))).toEqual([]);
    const probe: Given = [
      2 * minuteMs,
      `endpoint/${relay}`,
      'ProbeFailed',
      { verdict: 'failure', failure: 'credential', detail: null, responseMs: 1 },
      { by: 'probe' },
    ];
    const log = logOf([0, `endpoint/${relay}`, 'EndpointFailed', { because: 'credential' }], probe, probe, probe, [
      9,
      `endpoint/${spare}`,
      'EndpointDegraded',
      degraded,
    ]);
    expect(await list(log)).toMatchObject([{ number: 5 }, { number: 1, factCount: 4 }]);
  });

  it('counts requests that waited in the queue, and those that were answered later', async () => {
    const log = logOf(
      [0, `endpoint/${relay}`, 'EndpointFailed', { because: 'unreachable' }],
      [1, 'priority', 'AllOut', { because: 'told' }, { cause: 1 }],
      [9, 'request/a', 'RequestFailed', { ...served([], null), because: 'nobodyAnswers' }],
      [1, 'queue/a', 'RequestQueued', { request: 'a', priority: 'normal', because: 'nobodyAnswers' }],
      [9 * minuteMs, 'queue/a', 'RetrySucceeded', { bytes: 1 }],
    );
    expect(await list(log)).toMatchObject([{ requests: { failed: 1, queued: 1, answeredLater: 1 } }]);
  });
});

describe('the list of incidents', () => {
  it('includes incidents that lasted into the span, and the newest of them', async () => {
    const one = (afterMs: number): readonly Given[] => [
      [afterMs, `endpoint/${relay}`, 'EndpointDegraded', degraded],
      [minuteMs, `endpoint/${relay}`, 'EndpointRecovered'],
    ];
    const log = logOf(...one(0), ...one(10 * minuteMs), ...one(10 * minuteMs));
    const numbers = async (params: object) => (await list(log, params)).map(({ number }) => number);
    expect(await numbers({})).toEqual([5, 3, 1]);
    expect(await numbers({ limit: 2 })).toEqual([5, 3]);
    expect(await numbers({ fromSeq: 4 })).toEqual([5, 3]);
    expect(await numbers({ toSeq: 5 })).toEqual([3, 1]);
    const [newest] = await list(log);
    expect(await numbers({ since: Date.parse(newest?.from ?? '') })).toEqual([5]);
    expect(await numbers({ until: Date.parse(newest?.from ?? '') })).toEqual([3, 1]);
    expect(await ask(log, 'incidents.show', { number: 4 })).toMatchObject({
      number: 3,
      facts: [{ seq: 3 }, { seq: 4 }],
    });
    expect(await ask(log, 'incidents.show', {})).toMatchObject({ number: 5 });
    await expect(ask(log, 'incidents.show', { number: 7 })).rejects.toMatchObject({
      code: 'QCC_INCIDENT_UNKNOWN',
      exit: 5,
    });
  });
});

describe('the incidents of recorded histories', () => {
  const recorded = (name: string) => {
    const text = readFileSync(join(import.meta.dirname, `../histories/0.1.0-${name}.ndjson`), 'utf8');
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Recorded);
  };

  it.each(['demo', 'queue', 'sentences', 'storm'])(
    '%s: every failed and broken request belongs to exactly one incident',
    async (name) => {
      const facts = recorded(name);
      const incidents = await list(new MemoryLog(facts));
      const count = (type: string) => facts.filter((fact) => fact.type === type).length;
      const sum = (key: 'failed' | 'broken') => incidents.reduce((all, { requests }) => all + requests[key], 0);
      expect([sum('failed'), sum('broken')]).toEqual([count('RequestFailed'), count('AnswerBroken')]);
      const shown = await Promise.all(
        incidents.map(({ number }) => ask(new MemoryLog(facts), 'incidents.show', { number })),
      );
      const seqs = shown.flatMap((one) => one.facts.map(({ seq }) => seq));
      expect(new Set(seqs).size).toBe(seqs.length);
    },
  );

  it('the day of faults has six incidents in 178 facts', async () => {
    const incidents = await list(new MemoryLog(recorded('demo')));
    expect(incidents.map(({ number, ended }) => [number, ended?.type ?? null])).toEqual([
      [116, null],
      [105, 'EndpointRecovered'],
      [75, 'EndpointRecovered'],
      [59, 'LadderHealthy'],
      [47, 'EndpointRecovered'],
      [27, 'LadderHealthy'],
    ]);
  });
});
