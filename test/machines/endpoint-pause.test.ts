import { describe, expect, it } from 'vitest';
import type { EndpointDecision, EndpointFact, Failure } from '../../events/endpoint.ts';
import { endpointStatus } from '../../machines/endpoint.ts';
import {
  answered,
  at,
  elapsed,
  endpointAfter,
  failed,
  given,
  hour,
  later,
  probeFailed,
  second,
} from '../support/given.ts';

type Pause = Extract<EndpointDecision, { type: 'EndpointPaused' }>['data'];
const paused = (because: Failure, until: number, more: Partial<Pause> = {}): EndpointDecision => ({
  type: 'EndpointPaused',
  data: { because, until, belief: 'inferred', times: 1, ...more },
});
const recovered: EndpointFact = { type: 'EndpointRecovered', data: {} };
const trial: EndpointFact = { type: 'EndpointRecovering', data: { ramp: 0, nextAt: null } };

describe('a rate limit', () => {
  it('pauses for as long as retry-after asks, and is no strike', () => {
    const limited = failed('rateLimited', { retryAfterMs: 3 * second });
    given()
      .when(limited)
      .records(limited, paused('rateLimited', later(3 * second), { belief: 'advertised' }));
    expect(endpointAfter(limited).context.strikes).toBe(0);
  });

  it('pauses for an hour at most, whatever retry-after asks', () => {
    const limited = failed('rateLimited', { retryAfterMs: 24 * hour });
    given()
      .when(limited)
      .records(limited, paused('rateLimited', later(hour), { belief: 'advertised' }));
  });

  it.each([
    [1, 5],
    [2, 10],
    [3, 20],
    [4, 40],
    [5, 60],
    [9, 60],
  ])('without retry-after: pause %i in a row lasts %i s', (times, seconds) => {
    const before = times === 1 ? [] : [paused('rateLimited', later(0), { times: times - 1 })];
    given(...before)
      .when(failed('rateLimited'))
      .records(failed('rateLimited'), paused('rateLimited', later(seconds * second), { times }));
  });

  it('starts anew after a success', () => {
    given(failed('rateLimited'), paused('rateLimited', later(0), { times: 4 }), answered())
      .when(failed('rateLimited'))
      .records(failed('rateLimited'), paused('rateLimited', later(5 * second)));
  });

  it('found by a probe pauses as well', () => {
    given()
      .when(probeFailed('rateLimited'))
      .records(probeFailed('rateLimited'), paused('rateLimited', later(5 * second)));
  });

  it('never ejects an endpoint, however often it is reported', () => {
    const many = Array.from({ length: 12 }, () => failed('rateLimited'));
    given(...many, paused('rateLimited', later(0), { times: 12 }))
      .when(failed('rateLimited'))
      .recordsTypes('AttemptFailed', 'EndpointPaused');
  });
});

describe('overload', () => {
  it.each([
    [1, 2],
    [2, 4],
    [5, 30],
  ])('pause %i in a row lasts %i s', (times, seconds) => {
    const before = times === 1 ? [] : [paused('overloaded', later(0), { times: times - 1 })];
    given(...before)
      .when(failed('overloaded'))
      .records(failed('overloaded'), paused('overloaded', later(seconds * second), { times }));
  });

  it('honours retry-after', () => {
    const overloaded = failed('overloaded', { retryAfterMs: 12 * second });
    given()
      .when(overloaded)
      .records(overloaded, paused('overloaded', later(12 * second), { belief: 'advertised' }));
  });

  it('causes no pause if it is one answer among many good ones, unless it asks for one', () => {
    const recent = { attempts: 100, failures: 2 };
    given().when(failed('overloaded'), { recent }).records(failed('overloaded'));
    given(failed('overloaded')).when(failed('overloaded'), { recent }).recordsTypes('AttemptFailed', 'EndpointPaused');
    given()
      .when(failed('overloaded', { retryAfterMs: second }), { recent })
      .recordsTypes('AttemptFailed', 'EndpointPaused');
    given()
      .when(failed('overloaded'), { recent: { attempts: 9, failures: 0 } })
      .recordsTypes('AttemptFailed', 'EndpointPaused');
  });

  it('is half a strike', () => {
    const five = Array.from({ length: 5 }, () => failed('overloaded'));
    expect(endpointAfter(...five).context.strikes).toBe(2.5);
    given(...five.slice(1))
      .when(failed('overloaded'))
      .recordsTypes('AttemptFailed', 'EndpointPaused');
    given(...five)
      .when(failed('overloaded'))
      .recordsTypes('AttemptFailed', 'EndpointFailed');
  });
});

describe('a paused endpoint', () => {
  const history = [failed('overloaded'), paused('overloaded', later(2 * second))];

  it('is degraded, with the instant until which it takes no traffic', () => {
    const status = endpointStatus(endpointAfter(...history));
    expect(status).toMatchObject({
      state: 'degraded',
      until: later(2 * second),
      because: 'overloaded',
      belief: 'inferred',
    });
    expect(status.timer).toMatchObject({ name: 'pause', dueAt: later(2 * second) });
  });

  it('returns to its former state after a limit, or if it has answered meanwhile', () => {
    const limited = [failed('rateLimited'), paused('rateLimited', later(5 * second))];
    const over = elapsed(endpointAfter(...limited));
    given(...limited)
      .when(over, { at: 5 * second })
      .records(over, recovered);
    const end = elapsed(endpointAfter(...history));
    given(...history, at(second, answered()))
      .when(end, { at: 2 * second })
      .records(end, recovered);
  });

  it('that was overloaded must prove at the end that it is not any more', () => {
    const end = elapsed(endpointAfter(...history));
    given(...history)
      .when(end, { at: 2 * second })
      .records(end, trial);
    const status = endpointStatus(endpointAfter(...history, at(2 * second, end), at(2 * second, trial)));
    expect(status).toMatchObject({ state: 'recovering', strikes: 0.5, until: null, timer: null });
  });

  it('with a whole strike is half-open at its end', () => {
    const struck = [
      failed('timeout'),
      { type: 'EndpointDegraded', data: { because: 'timeout', until: null } } as const,
      ...history,
    ];
    const end = elapsed(endpointAfter(...struck));
    given(...struck)
      .when(end, { at: 2 * second })
      .records(end, trial);
  });

  it('keeps its pause when an earlier request fails now', () => {
    const status = endpointStatus(endpointAfter(...history, at(second, failed('timeout'))));
    expect(status.timer).toMatchObject({ name: 'pause', dueAt: later(2 * second) });
  });

  it('is not healed by successes of earlier requests', () => {
    given(...history)
      .when(answered(), { at: second })
      .records(answered());
    given(...history, answered())
      .when(answered(), { at: second })
      .recordsNothing();
  });

  it('returns to recovering when it came from there', () => {
    const fromTrial = [
      {
        type: 'EndpointFailed',
        data: { because: 'timeout', until: later(0), belief: 'inferred', times: 1, held: false },
      },
      trial,
      ...history,
    ] as const;
    const end = elapsed(endpointAfter(...fromTrial));
    given(...fromTrial)
      .when(end, { at: 2 * second })
      .records(end, trial);
  });
});

describe('a recovering endpoint', () => {
  it('that is rate limited is paused, not ejected', () => {
    given(trial)
      .when(failed('rateLimited'))
      .records(failed('rateLimited'), paused('rateLimited', later(5 * second)));
  });

  it('that is overloaded is paused, not ejected', () => {
    given(trial)
      .when(failed('overloaded'))
      .records(failed('overloaded'), paused('overloaded', later(2 * second)));
  });
});
