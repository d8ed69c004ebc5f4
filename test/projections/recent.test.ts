/** How an endpoint has been doing of late. */

import { describe, expect, it } from 'vitest';
import type { EndpointReport } from '../../events/endpoint.ts';
import type { Recorded } from '../../events/fact.ts';
import { type CallReason, reason } from '../../events/reason.ts';
import { Recent } from '../../src/projections/recent.ts';
import { atEndpoint, attempt, ended, failedAt, inRequest, noon, one, served, two } from './request-facts.ts';

const second = 1_000;

function recentOf(...facts: readonly Recorded[]): Recent {
  const recent = new Recent();
  for (const fact of facts) recent.apply(fact);
  return recent;
}

const doing = (...facts: readonly Recorded[]) => recentOf(...facts).of(one);
const times = (count: number, fact: (i: number) => Recorded) => Array.from({ length: count }, (_, i) => fact(i));
const good = () => served();
const bad = () => failedAt(one, 'serverError');
const throughJson = (recent: Recent) => Recent.from(JSON.parse(JSON.stringify(recent)));

function probed(responseMs: number, at = noon): Recorded {
  const data = { responseMs, ttftMs: 50, score: 90, model: 'm', tokens: 1 };
  return atEndpoint(one, { type: 'ProbeSucceeded', data } satisfies EndpointReport, at);
}

function probeFailed(detail: CallReason, at = noon): Recorded {
  const data = { verdict: 'timeout', failure: 'timeout', detail, responseMs: 1_000 } as const;
  return atEndpoint(one, { type: 'ProbeFailed', data } satisfies EndpointReport, at);
}

function attemptFailed(detail: CallReason | null): Recorded {
  const silent = { status: 503, request: 'r', retryAfterMs: null, resetAt: null };
  const data = { failure: 'serverError', ...silent, maybeBilled: false, detail } as const;
  return atEndpoint(one, { type: 'AttemptFailed', data } satisfies EndpointReport);
}

describe('an endpoint without results', () => {
  it('has no rates, no times and no score', () => {
    expect(doing(served({ endpoint: two }))).toEqual({
      checks: 0,
      successRate: null,
      recentSuccessRate: null,
      avgResponseMs: null,
      p95ResponseMs: null,
      recentResponseMs: null,
      stability: null,
      stabilityParts: null,
      consecutiveSuccesses: 0,
      consecutiveFailures: 0,
      lastCheckAt: null,
      provenAt: null,
      lastError: null,
      verdicts: { success: 0, failure: 0, timeout: 0, rate_limited: 0, invalid_key: 0, model_error: 0 },
      probing: { probes: 0, tokens: 0, changes: 0 },
      model: null,
    });
    expect(new Recent().window(one, noon)).toEqual({
      attempts: 0,
      failures: 0,
      medianTtftMs: null,
    });
  });
});

describe('a result of an endpoint', () => {
  it('is each attempt inside a request', () => {
    const recent = recentOf(served({ endpoint: two, attempts: [attempt(one, 'timeout'), attempt(two)] }), good());
    expect(recent.of(one).successRate).toBe(0.5);
    expect(recent.of(two).successRate).toBe(1);
  });

  it('is counted once for an attempt, although the endpoint’s own fact supplies the words', () => {
    const recent = recentOf(attemptFailed(reason('status', { status: 503, type: null })), bad());
    expect(recent.window(one, noon)).toMatchObject({ attempts: 1, failures: 1 });
    expect(recent.of(one).lastError).toEqual(reason('status', { status: 503, type: null }));
  });

  it('has the kind of failure as its error if there are no words', () => {
    expect(doing(attemptFailed(null)).lastError).toBe('serverError');
  });

  it('is not given by a client that left, or a model that the endpoint never had', () => {
    const left = inRequest({
      type: 'RequestCancelled',
      data: ended({ attempts: [attempt(one, 'cancelled')] }),
    });
    expect(recentOf(left, failedAt(one, 'noModel')).window(one, noon).attempts).toBe(0);
    expect(doing(good(), left).consecutiveSuccesses).toBe(1);
  });

  it('is a failure for a broken answer', () => {
    const failure = 'brokenAnswer' as const;
    const data = { ...ended({ attempts: [attempt(one, failure, 200)] }), failure };
    const broken = inRequest({ type: 'AnswerBroken', data });
    expect(doing(good(), broken)).toMatchObject({ successRate: 0.5, consecutiveSuccesses: 0 });
  });

  it('may come from a probe, which sets the time of the last check', () => {
    expect(doing(probed(400, noon), probeFailed(reason('noAnswerInTime'), noon + second))).toMatchObject({
      successRate: 0.5,
      avgResponseMs: 400,
      lastCheckAt: noon + second,
      lastError: reason('noAnswerInTime'),
    });
  });
});

describe('the rates of an endpoint', () => {
  it('cover all attempts, and the last twenty', () => {
    const told = doing(...times(20, bad), ...times(15, good), ...times(5, bad));
    expect(told).toMatchObject({ successRate: 15 / 40, recentSuccessRate: 15 / 20 });
  });

  it('of all attempts keep counting when the old ones are forgotten', () => {
    const told = doing(...times(1_000, bad), ...times(1_000, good));
    expect(told).toMatchObject({ successRate: 0.5, recentSuccessRate: 1 });
  });

  it('come with the successes in a row, which a failure ends', () => {
    expect(doing(bad(), ...times(7, good)).consecutiveSuccesses).toBe(7);
    expect(doing(...times(7, good), bad()).consecutiveSuccesses).toBe(0);
  });
});

describe('the window of the last 120 seconds', () => {
  it('holds the attempts in it, and forgets earlier ones', () => {
    const recent = recentOf(
      failedAt(one, 'timeout', noon),
      served({}, noon + 60 * second),
      failedAt(one, 'timeout', noon + 119 * second),
    );
    const counts = (s: number) => recent.window(one, noon + s * second);
    expect(counts(119)).toMatchObject({ attempts: 3, failures: 2 });
    expect(counts(121)).toMatchObject({ attempts: 2, failures: 1 });
    expect(counts(300)).toMatchObject({ attempts: 0, failures: 0 });
  });

  it('covers a busy endpoint: at least the last 256 attempts are in it', () => {
    const { attempts, failures } = recentOf(...times(600, good), ...times(256, bad)).window(one, noon);
    expect(failures).toBe(256);
    expect(attempts).toBeGreaterThanOrEqual(256);
  });
});

describe('the typical time to the first token', () => {
  it('is unknown below five samples, and then their median', () => {
    const slowly = (i: number) => served({ ttftMs: [100, 100, 400, 900, 900][i] ?? 0 });
    expect(recentOf(...times(4, slowly)).window(one, noon).medianTtftMs).toBeNull();
    const median = recentOf(...times(5, slowly)).window(one, noon).medianTtftMs ?? 0;
    expect(Math.abs(median - 400) / 400).toBeLessThan(0.02);
  });

  it('is that of the endpoint that answered, and is unaffected by requests without tokens', () => {
    const recent = recentOf(
      ...times(5, () => served({ endpoint: two, ttftMs: 100, attempts: [attempt(one, 'timeout'), attempt(two)] })),
      ...times(5, () => served({ ttftMs: null })),
    );
    expect(recent.window(one, noon).medianTtftMs).toBeNull();
    expect(recent.window(two, noon).medianTtftMs).not.toBeNull();
  });
});

describe('the response times', () => {
  it('have a mean and a 95th percentile', () => {
    const told = doing(...times(100, (i) => served({ attempts: [attempt(one, 'answered', i + 1)] })));
    expect(told.avgResponseMs).toBe(51);
    // 2 % of the sketch, and half a millisecond of the rounding.
    expect(Math.abs((told.p95ResponseMs ?? 0) - 95)).toBeLessThanOrEqual(95 * 0.02 + 0.5);
  });

  it('are those of answered attempts', () => {
    const failedLate = inRequest({
      type: 'RequestFailed',
      data: { ...ended({ attempts: [attempt(one, 'serverError', 9_000)] }), because: 'failed' },
    });
    expect(doing(good(), failedLate).avgResponseMs).toBe(200);
    expect(doing(failedLate).avgResponseMs).toBeNull();
  });
});

describe('the stability score', () => {
  it('is 100 for twenty good answers in a row, all in the same time', () => {
    expect(doing(...times(20, good)).stability).toBe(100);
  });

  it('is 0 for an endpoint that never answers: silence is not steadiness', () => {
    expect(doing(...times(20, bad)).stability).toBe(0);
  });

  it('is the sum of its parts: 50 for recent success, 30 for steadiness, 20 for the streak', () => {
    expect(doing(...times(20, good)).stabilityParts).toEqual({ recent: 50, steadiness: 30, streak: 20 });
    expect(doing(...times(10, good), ...times(10, bad)).stabilityParts).toEqual({
      recent: 25,
      steadiness: 30,
      streak: 0,
    });
  });

  it('grows with the streak', () => {
    const scoreAfter = (count: number) => doing(...times(count, good)).stability;
    expect([1, 10, 20, 40].map(scoreAfter)).toEqual([81, 90, 100, 100]);
  });

  it('falls when the times vary, and never below the worth of the other parts', () => {
    const wild = (i: number) => served({ attempts: [attempt(one, 'answered', i % 10 === 0 ? 60_000 : 10)] });
    expect(doing(...times(20, wild)).stability).toBe(70);
  });

  it('forgets old times: an endpoint that became steady counts as steady', () => {
    const slow = () => served({ attempts: [attempt(one, 'answered', 30_000)] });
    expect(doing(...times(50, slow), ...times(20, good)).stability).toBe(100);
  });
});

describe('verdicts', () => {
  it('are counted of traffic and of probes alike', () => {
    const { verdicts, checks } = doing(
      good(),
      failedAt(one, 'credential'),
      failedAt(one, 'overloaded'),
      probeFailed(reason('noAnswerInTime')),
    );
    expect(verdicts).toMatchObject({ success: 1, invalid_key: 1, rate_limited: 1, timeout: 1, failure: 0 });
    expect(checks).toBe(4);
  });

  it('of a probe that does not count change no rate: a retired model is no fault of the endpoint', () => {
    const data = { depth: 'conversation', verdict: 'model_error', responseMs: 9, score: 0, tokens: 0 } as const;
    const noted = atEndpoint(one, { type: 'ProbeNoted', data: { ...data, ttftMs: null, model: 'm', detail: '404' } });
    expect(doing(good(), noted)).toMatchObject({
      successRate: 1,
      checks: 1,
      verdicts: { success: 1, model_error: 1 },
      lastCheckAt: noon,
    });
  });

  it('do not include attempts without a network', () => {
    expect(doing(good(), failedAt(one, 'noNetwork'))).toMatchObject({ checks: 1, consecutiveFailures: 0 });
  });
});

describe('the cost of probing', () => {
  it('is shown with how often it led to a decision', () => {
    const probe = { ...probed(100), seq: 5 };
    const recovering = atEndpoint(one, { type: 'EndpointRecovering', data: { ramp: 0, nextAt: null } });
    const recent = recentOf(probe, { ...recovering, seq: 6, cause: 5 }, { ...probed(100), seq: 7 });
    expect(recent.of(one).probing).toEqual({ probes: 2, tokens: 2, changes: 1 });
    expect(throughJson(recent).of(one).probing).toEqual({ probes: 2, tokens: 2, changes: 1 });
  });

  it('is not credited with decisions from traffic', () => {
    const out = { because: 'timeout', until: noon, belief: 'inferred', times: 1, held: false } as const;
    const failed = atEndpoint(one, { type: 'EndpointFailed', data: out });
    expect(doing({ ...probed(100), seq: 5 }, { ...failed, seq: 9, cause: 8 }).probing.changes).toBe(0);
  });
});

describe('saved results', () => {
  it('are equal when they are restored, and continue from there', () => {
    const recent = recentOf(
      ...times(30, good),
      bad(),
      attemptFailed(reason('status', { status: 503, type: null })),
      probed(250),
      good(),
    );
    const back = throughJson(recent);
    for (const more of [good, bad]) {
      expect([back.of(one), back.window(one, noon)]).toEqual([recent.of(one), recent.window(one, noon)]);
      for (const either of [recent, back]) either.apply(more());
    }
  });

  it('do not change with later facts', () => {
    const recent = recentOf(good());
    const saved = recent.toJSON();
    const then = JSON.stringify(saved);
    recent.apply(served({ ttftMs: 9_000, attempts: [attempt(one, 'answered', 9_000)] }));
    recent.apply(bad());
    expect(JSON.stringify(saved)).toBe(then);
  });

  it('stay small however busy the endpoint is', () => {
    const recent = new Recent();
    for (let i = 0; i < 20_000; i++) {
      recent.apply(served({ attempts: [attempt(one, 'answered', 1.01 ** (i % 2_000))], ttftMs: i }));
    }
    const charactersMax = 24_000;
    expect(JSON.stringify(recent).length).toBeLessThan(charactersMax);
  });
});
