import { describe, expect, it } from 'vitest';
import type { EndpointDecision, Failure } from '../../events/endpoint.ts';
import {
  answered,
  at,
  endpointAfter,
  failed,
  given,
  hour,
  later,
  minute,
  probeFailed,
  second,
} from '../support/given.ts';

const degraded = (because: Failure): EndpointDecision => ({ type: 'EndpointDegraded', data: { because, until: null } });
type Out = Extract<EndpointDecision, { type: 'EndpointFailed' }>['data'];
const out = (because: Failure, until: number, more: Partial<Out> = {}): EndpointDecision => ({
  type: 'EndpointFailed',
  data: { because, until, belief: 'inferred', times: 1, held: false, ...more },
});
const held = (because: Failure): EndpointDecision =>
  out(because, later(10 * minute), { belief: 'observed', held: true });

describe('strikes of an endpoint', () => {
  it('degrade it at the first one', () => {
    given().when(failed('serverError')).records(failed('serverError'), degraded('serverError'));
  });

  it('are tolerated below the limit', () => {
    given(failed('timeout'), degraded('timeout')).when(failed('timeout')).records(failed('timeout'));
  });

  it('eject it at its limit', () => {
    given(failed('timeout'), degraded('timeout'), failed('timeout'))
      .when(failed('serverError'))
      .records(failed('serverError'), out('serverError', later(10 * second)));
  });

  it('eject it directly from healthy when one is enough', () => {
    given()
      .when(failed('unreachable'), { policy: { maxFailures: 1 } })
      .records(failed('unreachable'), out('unreachable', later(10 * second)));
  });

  it('count in a row only: a success ends the row', () => {
    given(failed('timeout'), degraded('timeout'), failed('timeout'), answered())
      .when(failed('timeout'))
      .records(failed('timeout'));
  });

  it('from a probe count like those from traffic', () => {
    given(failed('timeout'), degraded('timeout'), probeFailed('timeout'))
      .when(probeFailed('badAnswer'))
      .records(probeFailed('badAnswer'), out('badAnswer', later(10 * second)));
  });

  it('that come by chance eject no endpoint that fails now and then among many requests', () => {
    const struck = [failed('timeout'), degraded('timeout'), failed('timeout')] as const;
    // 5 % of 400 attempts before: three in a row come once in 8,000, four once in 160,000.
    const recent = { attempts: 402, failures: 22 };
    given(...struck)
      .when(failed('timeout'), { recent })
      .records(failed('timeout'));
    given(...struck, failed('timeout'))
      .when(failed('timeout'), { recent: { attempts: 404, failures: 24 } })
      .recordsTypes('AttemptFailed', 'EndpointFailed');
    given(...struck)
      .when(failed('timeout'), { recent: { attempts: 402, failures: 2 } })
      .recordsTypes('AttemptFailed', 'EndpointFailed');
    given(...struck)
      .when(failed('timeout'), { recent: { attempts: 60, failures: 5 } })
      .recordsTypes('AttemptFailed', 'EndpointFailed');
    given()
      .when(failed('timeout'), { recent: { attempts: 400, failures: 20 }, policy: { maxFailures: 1 } })
      .recordsTypes('AttemptFailed', 'EndpointFailed');
  });

  it('are not given for a missing model, which says nothing about the endpoint', () => {
    given().when(failed('noModel')).recordsNothing();
    given().when(probeFailed('noModel')).recordsNothing();
    given(failed('timeout'), degraded('timeout')).when(failed('noModel')).recordsNothing();
  });

  it.each<Failure>(['unreachable', 'timeout', 'serverError', 'badAnswer', 'brokenAnswer'])(
    'are counted in full for %s',
    (failure) => {
      expect(endpointAfter(failed(failure)).context.strikes).toBe(1);
    },
  );
});

describe('the failure rate', () => {
  const recent = { attempts: 9, failures: 4 };

  it('ejects an endpoint at half of ten attempts, in a row or not', () => {
    given(answered())
      .when(failed('timeout'), { recent })
      .records(failed('timeout'), out('timeout', later(10 * second)));
  });

  it('is ignored below ten attempts', () => {
    given()
      .when(failed('timeout'), { recent: { attempts: 8, failures: 8 } })
      .records(failed('timeout'), degraded('timeout'));
  });

  it('is tolerated below a half', () => {
    given()
      .when(failed('timeout'), { recent: { attempts: 9, failures: 3 } })
      .records(failed('timeout'), degraded('timeout'));
  });

  it('excludes rate limits', () => {
    given().when(failed('rateLimited'), { recent }).recordsTypes('AttemptFailed', 'EndpointPaused');
  });
});

describe('the back-off', () => {
  const times = (n: number) => [
    at(0, out('timeout', later(0), { times: n })),
    at(0, { type: 'EndpointRecovering', data: { ramp: 0, nextAt: null } } as const),
  ];
  const untilOf = (n: number, dice = 0.5) => {
    const [, decision] = given(...times(n)).when(failed('timeout'), { dice }).facts;
    return decision?.type === 'EndpointFailed' ? decision.data.until - later(0) : undefined;
  };

  it('doubles with each time in a row, up to its limit', () => {
    expect([0, 1, 2, 3, 4, 5, 20].map((n) => untilOf(n))).toEqual(
      [10, 20, 40, 80, 160, 300, 300].map((s) => s * second),
    );
  });

  it('spreads by a fifth either way, and never beyond its limit', () => {
    expect([untilOf(1, 0), untilOf(1, 0.999_999)]).toEqual([16 * second, 24 * second]);
    expect(untilOf(5, 0.999_999)).toBe(300 * second);
  });

  const recoveredOnce = [...times(4), at(0, { type: 'EndpointRecovered', data: {} } as const)];
  const once = { policy: { maxFailures: 1 } };

  it('remembers the times in a row for ten good minutes', () => {
    given(...recoveredOnce)
      .when(failed('timeout'), { at: 10 * minute - 1, ...once })
      .records(failed('timeout'), out('timeout', later(10 * minute - 1) + 160 * second, { times: 5 }));
  });

  it('forgets them after', () => {
    given(...recoveredOnce)
      .when(failed('timeout'), { at: 10 * minute, ...once })
      .records(failed('timeout'), out('timeout', later(10 * minute + 10 * second), { times: 1 }));
  });
});

describe('a certain failure', () => {
  it.each<Failure>(['credential', 'billing', 'misconfigured', 'certificate'])(
    '%s ejects at once, and quarantines',
    (failure) => {
      given().when(failed(failure)).records(failed(failure), held(failure));
      given().when(probeFailed(failure)).records(probeFailed(failure), held(failure));
    },
  );

  it('of a quarantined endpoint keeps its time', () => {
    given(failed('credential'), held('credential'))
      .when(failed('credential'), { at: minute })
      .records(failed('credential'));
  });

  it('of a quota ejects until the reset that it names, to the millisecond', () => {
    const resetAt = later(30 * minute) + 7;
    given()
      .when(failed('quota', { resetAt, retryAfterMs: 5 * second }))
      .records(failed('quota', { resetAt, retryAfterMs: 5 * second }), out('quota', resetAt, { belief: 'advertised' }));
  });

  it('of a quota without a reset ejects for the time of retry-after', () => {
    const quota = failed('quota', { retryAfterMs: 90 * second });
    given()
      .when(quota)
      .records(quota, out('quota', later(90 * second), { belief: 'advertised' }));
  });

  it('of a quota without a time, or with more than an hour, is probed within the hour', () => {
    const late = failed('quota', { resetAt: later(48 * hour) });
    given()
      .when(failed('quota'))
      .records(failed('quota'), out('quota', later(hour), { belief: 'advertised' }));
    given()
      .when(late)
      .records(late, out('quota', later(hour), { belief: 'advertised' }));
  });

  it('with a reset in the past does not end the ejection early', () => {
    const past = failed('quota', { resetAt: later(-hour) });
    given()
      .when(past)
      .records(past, out('quota', later(second), { belief: 'advertised' }));
  });
});

describe('a failed endpoint', () => {
  it('is not ejected for longer by answers to earlier requests', () => {
    given(failed('timeout'), out('timeout', later(10 * second)))
      .when(failed('timeout'), { at: second })
      .records(failed('timeout'));
  });

  it('is ejected anew, for as long as before, when a probe fails, because that result is current', () => {
    const history = [failed('timeout'), out('timeout', later(20 * second), { times: 2 })];
    given(...history)
      .when(probeFailed('unreachable'), { at: 15 * second })
      .records(probeFailed('unreachable'), out('unreachable', later(35 * second), { times: 2 }));
    given(failed('timeout'), out('timeout', later(10 * minute)))
      .when(probeFailed('timeout'), { at: second })
      .records(probeFailed('timeout'));
    given(...history)
      .when(probeFailed('rateLimited'), { at: 15 * second })
      .records(probeFailed('rateLimited'));
  });

  it('records that its key is refused', () => {
    given(failed('timeout'), out('timeout', later(10 * second)))
      .when(probeFailed('credential'))
      .records(probeFailed('credential'), held('credential'));
  });

  it('becomes half-open by a success, which counts as one', () => {
    given(failed('timeout'), out('timeout', later(10 * second)))
      .when(answered())
      .records(answered(), { type: 'EndpointRecovering', data: { ramp: 0, nextAt: null } });
  });
});
