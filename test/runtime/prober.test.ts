/** The prober: places, the network, sleep. Its clock, its timers and its pool are the test's. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EndpointReport } from '../../events/endpoint.ts';
import type { EndpointId } from '../../events/ids.ts';
import { reason } from '../../events/reason.ts';
import { type Occasion, type PlannedProbe, Prober, reportOf } from '../../src/health/prober.ts';
import type { Depth, ProbeResult } from '../../workers/probe.ts';
import { good, noKey, noNetwork, noProxy, refused } from '../support/probed.ts';
import { FakeWorld } from '../support/world.ts';

const [a, b, c] = ['aaaaaaaa', 'bbbbbbbb', 'cccccccc'] as EndpointId[] as [EndpointId, EndpointId, EndpointId];
const secondMs = 1_000;
const lookMs = 1_000;

const bad: ProbeResult = {
  ...good,
  verdict: 'failure',
  failure: 'serverError',
  status: 500,
  valid: false,
  error: reason('status', { status: 500, type: null }),
};

interface Call {
  readonly endpoint: EndpointId;
  readonly depth: Depth;
  readonly signal: AbortSignal;
  answer(result: ProbeResult): Promise<void>;
  lose(): Promise<void>;
}

const conversation = (endpoint: EndpointId): PlannedProbe => ({ endpoint, depth: 'conversation' });

function probing({ atOnceMax = 10, local = [] as readonly EndpointId[] } = {}) {
  const world = new FakeWorld();
  const calls: Call[] = [];
  const told: string[] = [];
  const found: [EndpointId, EndpointReport['type']][] = [];
  const occasions: Occasion[] = [];
  let plan: readonly PlannedProbe[] = [];
  let off = false;
  const prober = new Prober(
    {
      plan: (occasion) => {
        occasions.push(occasion);
        return plan;
      },
      probe: ({ endpoint, depth }, signal) =>
        new Promise((resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
          const settled = async (settle: () => void) => {
            settle();
            await vi.advanceTimersByTimeAsync(0);
          };
          calls.push({
            endpoint,
            depth,
            signal,
            answer: (result) => settled(() => resolve({ ...result, depth })),
            lose: () => settled(() => reject(new Error('worker exited'))),
          });
        }),
      isLocal: (endpoint) => local.includes(endpoint),
      isOff: () => off,
      found: (endpoint, report) => found.push([endpoint, report.type]),
      network: (online) => told.push(online ? 'online' : 'offline'),
      slept: (forMs) => told.push(`slept ${forMs / secondMs} s`),
    },
    world,
    { lookEveryMs: () => lookMs, atOnceMax },
  );
  return {
    prober,
    calls,
    told,
    found,
    occasions,
    last: () => calls.at(-1) as Call,
    open: () => calls.filter(({ signal }) => !signal.aborted).map(({ endpoint }) => endpoint),
    turnOff: () => {
      off = true;
    },
    plans: (...planned: readonly PlannedProbe[]) => {
      plan = planned;
    },
    /** The clock and the timers, together. */
    pass: async (ms: number) => {
      world.pass(ms);
      await vi.advanceTimersByTimeAsync(ms);
    },
    /** The clock alone: the timers stood still, as in a sleep. */
    sleep: (ms: number) => world.pass(ms),
  };
}

/** One round of `endpoints`, all out of reach. */
async function offline(...endpoints: readonly EndpointId[]) {
  const it = probing();
  it.plans(...endpoints.map(conversation));
  it.prober.start();
  await it.pass(lookMs);
  for (const call of [...it.calls]) await call.answer(noNetwork);
  it.calls.length = 0;
  it.occasions.length = 0;
  return it;
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

describe('a look of the prober that throws', () => {
  it('is not the last one', async () => {
    const { prober, occasions, plans, pass } = probing();
    prober.start();
    plans(null as never);
    await expect(pass(lookMs)).rejects.toThrow();
    plans();
    await pass(lookMs);
    await pass(lookMs);
    expect(occasions).toEqual(['look', 'look', 'look']);
    await prober.stop();
  });
});

describe('a planned probe', () => {
  it('runs at each look, and its result is reported to the machines', async () => {
    const { prober, plans, pass, calls, found } = probing();
    plans(conversation(a), { endpoint: b, depth: 'api' });
    prober.start();
    expect(calls).toEqual([]);
    await pass(lookMs);
    expect(calls.map(({ endpoint, depth }) => [endpoint, depth])).toEqual([
      [a, 'conversation'],
      [b, 'api'],
    ]);
    await calls[0]?.answer(good);
    await calls[1]?.answer(bad);
    expect(found).toEqual([
      [a, 'ProbeSucceeded'],
      [b, 'ProbeFailed'],
    ]);
  });

  it('is reported as soon as it ends, even if others hang', async () => {
    const { prober, plans, pass, calls, found } = probing();
    plans(conversation(a), conversation(b));
    prober.start();
    await pass(lookMs);
    await calls[1]?.answer(bad);
    expect(found).toEqual([[b, 'ProbeFailed']]);
  });

  it('runs once at a time for an endpoint, however often it is due', async () => {
    const { prober, plans, pass, calls } = probing();
    plans(conversation(a), { endpoint: a, depth: 'connection' });
    prober.start();
    for (let looks = 0; looks < 5; looks++) await pass(lookMs);
    expect(calls.map(({ depth }) => depth)).toEqual(['conversation']);
    await calls[0]?.answer(good);
    await pass(lookMs);
    expect(calls).toHaveLength(2);
  });

  it('waits in order when too many run', async () => {
    const { prober, plans, pass, calls } = probing({ atOnceMax: 2 });
    plans(conversation(a), conversation(b), conversation(c));
    prober.start();
    await pass(lookMs);
    expect(calls.map(({ endpoint }) => endpoint)).toEqual([a, b]);
    plans();
    await calls[1]?.answer(good);
    expect(calls.map(({ endpoint }) => endpoint)).toEqual([a, b, c]);
  });

  it('frees its place when it was lost, without a report', async () => {
    const { prober, plans, pass, calls, found, told } = probing({ atOnceMax: 1 });
    plans(conversation(a), conversation(b));
    prober.start();
    await pass(lookMs);
    await calls[0]?.lose();
    expect(calls.map(({ endpoint }) => endpoint)).toEqual([a, b]);
    expect([found, told]).toEqual([[], []]);
  });
});

describe('a manual probe', () => {
  it('runs at once, counts, and returns its result', async () => {
    const { prober, pass, last, found } = probing();
    const probed = prober.probe([conversation(a)]);
    await pass(0);
    await last().answer(good);
    expect((await probed).get(a)).toMatchObject({ verdict: 'success' });
    expect(found).toEqual([[a, 'ProbeSucceeded']]);
  });

  it('shares a running one, which is reported once', async () => {
    const { prober, plans, pass, calls, found, last } = probing();
    plans(conversation(a));
    prober.start();
    await pass(lookMs);
    const probed = prober.probe([{ endpoint: a, depth: 'api' }]);
    await last().answer(good);
    expect((await probed).get(a)).toMatchObject({ verdict: 'success', depth: 'conversation' });
    expect([calls.length, found.length]).toEqual([1, 1]);
  });

  it('that is deeper follows the running one', async () => {
    const { prober, plans, pass, calls, last } = probing();
    plans({ endpoint: a, depth: 'connection' });
    prober.start();
    await pass(lookMs);
    const probed = prober.probe([conversation(a)]);
    expect(calls).toHaveLength(1);
    await last().answer(good);
    expect(last().depth).toBe('conversation');
    await last().answer(bad);
    expect((await probed).get(a)).toMatchObject({ verdict: 'failure' });
  });

  it('that is lost has no result', async () => {
    const { prober, pass, last } = probing();
    const probed = prober.probe([conversation(a)]);
    await pass(0);
    await last().lose();
    expect((await probed).get(a)).toBeNull();
  });
});

describe('the network', () => {
  it('is down when no dial of a round succeeded, which is no endpoint’s fault', async () => {
    const { found, told } = await offline(a, b);
    expect([found, told]).toEqual([[], ['offline']]);
  });

  it.each([
    ['another one answered', good],
    ['another one answered with an error', bad],
    ['another one refused', refused],
  ])('is up when %s: the unreachable endpoint has failed', async (_, other) => {
    const { prober, plans, pass, calls, found, told } = probing();
    plans(conversation(a), conversation(b));
    prober.start();
    await pass(lookMs);
    await calls[0]?.answer(noNetwork);
    expect(found).toEqual([]);
    await calls[1]?.answer(other);
    expect(found).toContainEqual([a, 'ProbeFailed']);
    expect(told).toEqual([]);
  });

  it.each([
    ['an endpoint on this machine', good],
    ['one that was not dialled', noKey],
    ['one whose proxy is down', noProxy],
  ])('is not shown to be up by %s', async (_, other) => {
    const { prober, plans, pass, calls, told } = probing({ local: other === good ? [b] : [] });
    plans(conversation(a), conversation(b));
    prober.start();
    await pass(lookMs);
    await calls[1]?.answer(other);
    await calls[0]?.answer(noNetwork);
    expect(told).toEqual(['offline']);
  });

  it('is not taken for down because of an endpoint on this machine', async () => {
    const { prober, plans, pass, calls, told, found } = probing({ local: [a] });
    plans(conversation(a));
    prober.start();
    await pass(lookMs);
    await calls[0]?.answer(refused);
    expect([told, found]).toEqual([[], [[a, 'ProbeFailed']]]);
  });

  it('is unknown behind a proxy that is down: nothing is reported, and no endpoint has failed', async () => {
    const { prober, plans, pass, calls, found, told } = probing();
    plans(conversation(a), conversation(b));
    prober.start();
    await pass(lookMs);
    for (const call of calls) await call.answer(noProxy);
    expect([told, found]).toEqual([
      [],
      [
        [a, 'ProbeNoted'],
        [b, 'ProbeNoted'],
      ],
    ]);
  });

  it('is dialled for with the others when the proxy of one has gone too', async () => {
    const { pass, last, calls, told } = await offline(a, b);
    await pass(lookMs);
    await last().answer(noProxy);
    await pass(lookMs);
    expect(last().endpoint).toBe(b);
    await last().answer(good);
    expect(told).toEqual(['offline', 'online']);
    expect(calls[0]?.endpoint).toBe(a);
  });

  it('that is down stops the plan: endpoints are dialled one after the other', async () => {
    const { pass, calls, occasions, last, found } = await offline(a, b);
    for (let looks = 0; looks < 3; looks++) {
      await pass(lookMs);
      await last().answer(noNetwork);
    }
    expect(calls.map(({ endpoint, depth }) => [endpoint, depth])).toEqual([
      [a, 'connection'],
      [b, 'connection'],
      [a, 'connection'],
    ]);
    expect([occasions, found]).toEqual([[], []]);
  });

  it('that is back is reported, and all endpoints are probed at once', async () => {
    const { pass, calls, occasions, last, told } = await offline(a, b);
    await pass(lookMs);
    await last().answer(good);
    expect(told).toEqual(['offline', 'online']);
    expect(occasions).toEqual(['online']);
    expect(calls.slice(1).map(({ endpoint, depth }) => [endpoint, depth])).toEqual([
      [a, 'conversation'],
      [b, 'conversation'],
    ]);
  });

  it('is not dialled for when probing is off', async () => {
    const { pass, turnOff, plans, calls, told } = await offline(a, b);
    turnOff();
    plans();
    await pass(lookMs);
    expect(told).toEqual(['offline', 'online']);
    expect(calls).toEqual([]);
  });

  it('does not stay down for endpoints that can no longer be probed', async () => {
    const { pass, last, told, occasions } = await offline(a, b);
    for (let looks = 0; looks < 2; looks++) {
      await pass(lookMs);
      await last().lose();
    }
    expect(told).toEqual(['offline', 'online']);
    expect(occasions).toEqual(['online']);
  });
});

describe('a sleep in the prober', () => {
  it('is seen as a jump of the clock: all endpoints are probed at once', async () => {
    const { prober, plans, pass, sleep, calls, told, occasions } = probing();
    prober.start();
    await pass(lookMs);
    plans(conversation(a));
    sleep(3_600 * secondMs);
    await pass(lookMs);
    expect(told).toEqual(['slept 3600 s']);
    expect(occasions).toEqual(['look', 'wokeUp']);
    expect(calls).toHaveLength(1);
  });

  it('ends running probes, and nothing of them is reported', async () => {
    const { prober, plans, pass, sleep, calls, found, open } = probing();
    plans(conversation(a));
    prober.start();
    await pass(lookMs);
    sleep(60 * secondMs);
    await pass(lookMs);
    expect(calls.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    expect([open(), found]).toEqual([[a], []]);
  });

  it('is seen by a probe that timed out in it, too', async () => {
    const { prober, plans, pass, sleep, last, found } = probing();
    plans(conversation(a));
    prober.start();
    await pass(lookMs);
    sleep(60 * secondMs);
    await last().answer({ ...bad, verdict: 'timeout', failure: 'timeout', status: null });
    expect(found).toEqual([]);
  });

  it('does not count as a lost network: half a round before it proves nothing', async () => {
    const { prober, plans, pass, sleep, calls, told } = probing();
    plans(conversation(a), conversation(b));
    prober.start();
    await pass(lookMs);
    await calls[0]?.answer(noNetwork);
    plans();
    sleep(60 * secondMs);
    await pass(lookMs);
    expect(told).toEqual(['slept 60 s']);
  });

  it('does not bring a lost network back', async () => {
    const { pass, sleep, told, plans } = await offline(a);
    plans();
    await pass(lookMs);
    sleep(60 * secondMs);
    await pass(lookMs);
    expect(told).toEqual(['offline', 'slept 60 s']);
  });

  it.each([
    ['a busy loop', 3 * secondMs],
    ['a clock that is set back', -3_600 * secondMs],
  ])('is not %s', async (_, ms) => {
    const { prober, pass, sleep, told, occasions } = probing();
    prober.start();
    await pass(lookMs);
    sleep(ms);
    await pass(lookMs);
    await pass(lookMs);
    expect([told, occasions]).toEqual([[], ['look', 'look', 'look']]);
  });
});

describe('stopping the prober', () => {
  it('ends all probes, reports nothing, and looks no more', async () => {
    const { prober, plans, pass, calls, found, occasions } = probing({ atOnceMax: 1 });
    plans(conversation(a), conversation(b));
    prober.start();
    await pass(lookMs);
    await prober.stop();
    await pass(10 * lookMs);
    expect(calls.map(({ endpoint, signal }) => [endpoint, signal.aborted])).toEqual([[a, true]]);
    expect([found, occasions]).toEqual([[], ['look']]);
    expect((await prober.probe([conversation(c)])).get(c)).toBeNull();
  });
});

describe('the report to the machines', () => {
  const noted = (more: Partial<Extract<EndpointReport, { type: 'ProbeNoted' }>['data']>): EndpointReport => {
    const { depth, verdict, responseMs, ttftMs, score, model, tokens } = good;
    return {
      type: 'ProbeNoted',
      data: { depth, verdict, responseMs, ttftMs, score, model, tokens, detail: null, ...more },
    };
  };
  it.each<[string, Partial<ProbeResult>, EndpointReport]>([
    [
      'of a conversation',
      {},
      { type: 'ProbeSucceeded', data: { responseMs: 120, ttftMs: 80, score: 99, model: 'claude-x', tokens: 31 } },
    ],
    ['of an API that answers', { depth: 'api' }, noted({ depth: 'api' })],
    ['of a connection', { depth: 'connection' }, noted({ depth: 'connection' })],
    [
      'of a failure at any depth',
      {
        depth: 'connection',
        verdict: 'failure',
        failure: 'unreachable',
        error: reason('noConnection', { code: 'ECONNREFUSED' }),
      },
      {
        type: 'ProbeFailed',
        data: {
          verdict: 'failure',
          failure: 'unreachable',
          detail: reason('noConnection', { code: 'ECONNREFUSED' }),
          responseMs: 120,
        },
      },
    ],
    [
      'of a failure, without what the endpoint said: it may say back a prompt',
      {
        verdict: 'failure',
        failure: 'serverError',
        error: reason('status', { status: 503, type: null, said: 'cannot serve "my secret plan"' }),
      },
      {
        type: 'ProbeFailed',
        data: {
          verdict: 'failure',
          failure: 'serverError',
          detail: reason('status', { status: 503, type: null }),
          responseMs: 120,
        },
      },
    ],
    [
      'of a refusal that is no fault',
      {
        verdict: 'failure',
        failure: null,
        error: reason('status', { status: 400, type: null, said: 'for Claude Code only' }),
      },
      noted({ verdict: 'failure', detail: reason('status', { status: 400, type: null }) }),
    ],
    [
      'of a model that was retired: the endpoint is not sick',
      {
        verdict: 'model_error',
        failure: 'noModel',
        error: reason('status', { status: 404, type: null, said: 'model' }),
      },
      noted({ verdict: 'model_error', detail: reason('status', { status: 404, type: null }) }),
    ],
  ])('%s', (_, of, report) => {
    expect(reportOf({ ...good, ...of })).toEqual(report);
  });
});
