/** The rules of failover inside one request: limits, budget, waits, and the error that its client must see. */

import { describe, expect, it } from 'vitest';
import type { Failure } from '../../events/endpoint.ts';
import { type QueueReason, reason } from '../../events/reason.ts';
import { classifyCount } from '../../machines/classify.ts';
import {
  attemptLimits,
  drawsOnBudget,
  type FailoverPolicy,
  isMissing,
  mayAskAnother,
  type Refused,
  shortWait,
  soleRefused,
  tellingWord,
  timeLeftMs,
  type Word,
  waitHereMs,
  waitingHelps,
  whyInVain,
  worthWaitingFor,
} from '../../machines/failover-policy.ts';
import type { RoutableEndpoint } from '../../machines/routing-view.ts';
import { later, minute, second } from '../support/given.ts';
import { routable, viewOf } from '../support/routing-view.ts';

const now = later(0);
const names = (endpoints: readonly RoutableEndpoint[]) => endpoints.map(({ name }) => name).join(' ');

const timeouts = { headersMs: 60, firstContentMs: 90, idleMs: 120, totalMs: 590 };
const policy: FailoverPolicy = {
  maxAttempts: 3,
  rules: { strategy: 'failover', healthAware: true },
  stickyMs: 5 * minute,
  timeouts,
};

const saidBy = (name: string, failure: string) => reason('told', { text: `${name}: ${failure}` });

/** The name of an endpoint, and what it said; `missing` is a 404 in the place of a count. */
function word(name: string, failure: Failure | 'missing', more: Partial<Refused> = {}): Word {
  const verdict = failure === 'missing' ? classifyCount : { failure, retryAfterMs: null, resetAt: null };
  return {
    candidate: { endpoint: routable(name), because: 'failover' },
    said: { verdict, detail: saidBy(name, failure), head: { status: 500 }, ...more },
  };
}

describe('a further attempt', () => {
  it('is made up to the limit of attempts, or until its client has waited long enough', () => {
    expect([2, 3].map((made) => mayAskAnother(made, 1, policy))).toEqual([true, false]);
    expect(mayAskAnother(0, 0, policy)).toBe(false);
    expect([0, 239, 240, 241].map((s) => timeLeftMs(now, later(s * second)))).toEqual([240_000, 1_000, 0, -1_000]);
  });

  it('draws on the retry budget unless it is the first, or the endpoint is healthy', () => {
    expect(
      [
        [true, true],
        [true, false],
        [false, true],
        [false, false],
      ].map(([isFirst, isWell]) => drawsOnBudget(isFirst as boolean, isWell as boolean)),
    ).toEqual([false, false, false, true]);
  });

  it('is made at the endpoint that has just asked for a short pause, if the session is bound to it', () => {
    const limited = { failure: 'rateLimited', retryAfterMs: 5 * second, resetAt: null } as const;
    expect(waitHereMs(limited, true)).toBe(5 * second);
    expect(waitHereMs(limited, false)).toBeNull();
    expect(waitHereMs({ ...limited, retryAfterMs: 5 * second + 1 }, true)).toBeNull();
    expect(waitHereMs({ ...limited, retryAfterMs: null }, true)).toBeNull();
    expect(waitHereMs({ ...limited, failure: 'overloaded' }, true)).toBeNull();
  });

  it('has the limits of the settings, or those of its endpoint', () => {
    expect(attemptLimits(routable('a'), timeouts, null, true)).toEqual({ ...timeouts, commitMs: null });
    expect(attemptLimits(routable('a', { timeoutMs: 70 }), timeouts, null, true)).toMatchObject({
      headersMs: 70,
      totalMs: 70,
    });
    expect(attemptLimits(routable('a', { timeoutMs: 9_000 }), timeouts, null, true)).toMatchObject({ totalMs: 590 });
  });

  it('has as much time as its client where no other endpoint is left, or as its own owner has said', () => {
    const last = (waitedMs: number | null, timeoutMs: number | null = null) => {
      const { headersMs, firstContentMs } = attemptLimits(routable('a', { timeoutMs }), timeouts, waitedMs, false);
      return [headersMs, firstContentMs];
    };
    expect(last(0)).toEqual([240_000, 240_000]);
    expect(last(100 * second)).toEqual([140_000, 140_000]);
    expect(last(239_999 + second)).toEqual([timeouts.headersMs, timeouts.firstContentMs]);
    expect(last(null)).toEqual([timeouts.headersMs, timeouts.firstContentMs]);
    expect(last(0, 70)).toEqual([70, 240_000]);
  });

  it('commits an answer before its client gives up, however long the client has waited already', () => {
    const commitMs = (waitedMs: number) => attemptLimits(routable('a'), timeouts, waitedMs, true).commitMs;
    expect([commitMs(0), commitMs(10 * second), commitMs(5 * minute)]).toEqual([240_000, 230_000, 0]);
  });
});

describe('an endpoint that is worth waiting for', () => {
  const worth = (endpoints: readonly RoutableEndpoint[], asked = '', patienceMs = 2 * minute) =>
    names(worthWaitingFor(endpoints, { model: 'm', isAsked: ({ name }) => name === asked, patienceMs }, now));

  it('was not asked yet, and may come back', () => {
    expect(worth([routable('a'), routable('b', { state: 'failed', until: later(5 * minute) })])).toBe('a b');
    expect(worth([routable('a'), routable('b')], 'a')).toBe('b');
  });

  it('is not refused, and not disabled', () => {
    const held = { state: 'failed', held: true, because: 'credential' } as const;
    expect(worth([routable('a', held), routable('b', { state: 'disabled' })])).toBe('');
  });

  it('does not announce a return that is too late', () => {
    const told = (because: Failure, ms: number) => routable(because, { state: 'failed', because, until: later(ms) });
    expect(worth([told('quota', minute), told('rateLimited', 3 * minute)])).toBe('quota');
    expect(worth([told('timeout', 5 * minute)])).toBe('timeout');
  });

  it('is not known to lack the model for longer than the wait', () => {
    const lacks = [{ model: 'm', until: later(3 * minute) }];
    expect([worth([routable('a', { lacks })]), worth([routable('a', { lacks })], '', 3 * minute)]).toEqual(['', 'a']);
    expect(worth([routable('a', { lacks: [{ model: 'other', until: later(3 * minute) }] })])).toBe('a');
  });

  it('is waited for without a queue, for some seconds', () => {
    const back = (ms: number) => routable('a', { state: 'degraded', until: later(ms) });
    expect(shortWait([back(4 * second), back(2 * second)], now)).toBe(2 * second);
    expect(shortWait([back(6 * second)], now)).toBeNull();
    expect(shortWait([], now)).toBeNull();
    expect(shortWait([routable('a')], now)).toBeNull();
    expect(shortWait([back(0), back(-second)], now)).toBeNull();
  });

  it('does not exist where every key was refused, or there is no endpoint at all', () => {
    const refused = { state: 'failed', held: true, because: 'credential' } as const;
    expect(waitingHelps(viewOf({ main: [routable('a', { state: 'failed' })] }), null, null)).toBe(true);
    expect(waitingHelps(viewOf({ main: [routable('a', refused)] }), null, null)).toBe(false);
    expect(waitingHelps(viewOf({ main: [routable('a', { ...refused, because: 'billing' })] }), null, null)).toBe(false);
    expect(waitingHelps(viewOf({ main: [routable('a', refused), routable('b')] }), null, null)).toBe(true);
    expect(waitingHelps(viewOf({ main: [routable('a', { state: 'disabled' })] }), null, null)).toBe(false);
    expect(waitingHelps(viewOf({ main: [routable('a')], other: [] }), 'other', null)).toBe(false);
  });

  it('does not exist where the only endpoint’s key was refused, which is reported', () => {
    const refused = { state: 'failed', held: true, because: 'credential' } as const;
    const sole = (...endpoints: readonly RoutableEndpoint[]) =>
      soleRefused(viewOf({ main: endpoints }), null, null)?.name;
    expect(sole(routable('a', refused), routable('b', { state: 'disabled' }))).toBe('a');
    expect(sole(routable('a', refused), routable('b'))).toBeUndefined();
    expect(sole(routable('a', { ...refused, because: 'certificate' }))).toBeUndefined();
  });
});

describe('the error that the client receives', () => {
  const told = (...words: readonly Word[]) => tellingWord(words)?.said.detail;

  it('is none of the endpoints’ while another answer may change the next time', () => {
    expect(told(word('a', 'credential'), word('b', 'timeout'))).toBeUndefined();
    expect(told()).toBeUndefined();
  });

  it('is about the model, the plan, the bill, the key or the address; the last of its kind', () => {
    expect(told(word('a', 'credential'), word('b', 'noModel'), word('c', 'misconfigured'))).toEqual(
      saidBy('b', 'noModel'),
    );
    expect(told(word('a', 'billing'), word('b', 'quota'))).toEqual(saidBy('b', 'quota'));
    expect(told(word('a', 'credential'), word('b', 'billing'), word('c', 'credential'))).toEqual(
      saidBy('b', 'billing'),
    );
    expect(told(word('a', 'credential'), word('b', 'credential'))).toEqual(saidBy('b', 'credential'));
  });

  it('is a 404 where all endpoints say so, from one that says just that', () => {
    const page = { head: { status: 405 } };
    expect(told(word('a', 'missing', page), word('b', 'missing', { head: { status: 404 } }))).toEqual(
      saidBy('b', 'missing'),
    );
    expect(told(word('a', 'missing', page), word('b', 'missing', page), word('c', 'missing', { head: null }))).toEqual(
      saidBy('b', 'missing'),
    );
    expect(told(word('a', 'missing'), word('b', 'quota'))).toEqual(saidBy('b', 'quota'));
    expect([isMissing([word('a', 'missing')]), isMissing([]), isMissing([word('a', 'quota')])]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('the reason of a refusal', () => {
  const retryAfter = (retryAfterMs: number): Partial<Refused> => ({
    verdict: { failure: 'rateLimited', retryAfterMs, resetAt: null },
  });

  it.each<readonly [string, readonly Word[], boolean, Failure | null, number | null, QueueReason]>([
    ['no endpoint was asked', [], false, 'unreachable', null, reason('noEndpointUsable')],
    [
      'what may be otherwise next time is waited for',
      [word('a', 'timeout')],
      false,
      'timeout',
      null,
      saidBy('a', 'timeout'),
    ],
    [
      'and what lasts, said after it, is not',
      [word('a', 'rateLimited', retryAfter(7)), word('b', 'quota')],
      false,
      'rateLimited',
      7,
      saidBy('a', 'rateLimited'),
    ],
    ['all of it lasts, and no endpoint is left', [word('a', 'quota')], false, null, null, saidBy('a', 'quota')],
    ['all of it lasts, and one is left', [word('a', 'quota')], true, 'unreachable', null, saidBy('a', 'quota')],
    ['there is no such thing', [word('a', 'missing')], true, null, null, saidBy('a', 'missing')],
    [
      'and elsewhere it is lasting',
      [word('a', 'quota'), word('b', 'missing')],
      false,
      null,
      null,
      saidBy('a', 'quota'),
    ],
  ])('%s', (_, words, isOneLeft, failure, retryAfterMs, detail) => {
    expect(whyInVain(words, () => isOneLeft)).toEqual({ failure, retryAfterMs, detail });
  });
});
