import { describe, expect, it } from 'vitest';
import type { EndpointFact } from '../../events/endpoint.ts';
import { reason } from '../../events/reason.ts';
import { endpointStatus, targetState } from '../../machines/endpoint.ts';
import { worthTelling } from '../../machines/endpoint-decisions.ts';
import { nextOf } from '../../machines/endpoint-next.ts';
import {
  answered,
  at,
  elapsed,
  endpointAfter,
  endpointPolicy,
  failed,
  given,
  later,
  minute,
  probed,
  quiet,
  second,
} from '../support/given.ts';

const degraded = (because: 'slow' | 'limitsWarning' | 'timeout'): EndpointFact => ({
  type: 'EndpointDegraded',
  data: { because, until: null },
});
const recent = { medianTtftMs: 1_000 };

describe('a healthy endpoint', () => {
  it('records no successes that change nothing', () => {
    given().when(answered()).recordsNothing();
  });

  it('records each probe', () => {
    given().when(probed).records(probed);
  });

  it('degrades when it is slow compared with its own past', () => {
    given().when(answered(3_001), { recent }).records(answered(3_001), degraded('slow'));
    given().when(answered(3_000), { recent }).recordsNothing();
    given().when(answered(60_000)).recordsNothing();
    given().when(answered(null), { recent }).recordsNothing();
  });

  it('degrades when its limits warn, once', () => {
    const seen = { type: 'LimitsSeen', data: { status: 'allowed_warning', resetAt: null } } as const;
    given().when(seen).records(seen, degraded('limitsWarning'));
    given(degraded('limitsWarning')).when(seen).recordsNothing();
  });

  it('is healthy again after a minute without a warning', () => {
    const end = elapsed(endpointAfter(degraded('limitsWarning')));
    given(degraded('limitsWarning')).when(end, { at: minute }).records(end, { type: 'EndpointRecovered', data: {} });
  });

  it('is not healed by slow answers, which restart its streak', () => {
    const slow = [answered(4_000), degraded('slow')] as const;
    given(...slow, answered(), answered())
      .when(answered(4_000), { recent })
      .records(answered(4_000), degraded('slow'));
    given(...slow, answered(), answered(), ...slow, answered(), answered(900))
      .when(answered(900), { recent })
      .recordsTypes('AttemptSucceeded', 'EndpointRecovered');
    given(...slow, ...slow, answered(900))
      .when(answered(900), { recent })
      .records(answered(900));
  });
});

describe('a slow endpoint', () => {
  const slow = [answered(4_000), degraded('slow')] as const;

  it('records nothing while it stays slow, except often enough not to seem quiet', () => {
    given(...slow)
      .when(answered(4_000), { recent, at: 20 * second })
      .recordsNothing();
    given(...slow)
      .when(answered(4_000), { recent, at: 31 * second })
      .records(answered(4_000), degraded('slow'));
  });

  it('takes at least a second: below that no endpoint counts as slow', () => {
    given()
      .when(answered(999), { recent: { medianTtftMs: 4 } })
      .recordsNothing();
    given()
      .when(answered(1_000), { recent: { medianTtftMs: 4 } })
      .recordsTypes('AttemptSucceeded', 'EndpointDegraded');
  });
});

describe('a warning of limits', () => {
  const warning = (resetAt: number | null) =>
    ({ type: 'LimitsSeen', data: { status: 'allowed_warning', resetAt } }) as const;
  const warned = (until: number | null): EndpointFact => ({
    type: 'EndpointDegraded',
    data: { because: 'limitsWarning', until },
  });

  it('lasts until the limits are reset, for an hour at most', () => {
    given()
      .when(warning(later(20 * minute)))
      .records(warning(later(20 * minute)), warned(later(20 * minute)));
    given()
      .when(warning(later(300 * minute)))
      .records(warning(later(300 * minute)), warned(later(60 * minute)));
    given()
      .when(warning(later(-minute)))
      .records(warning(later(-minute)), warned(later(second)));
    const state = endpointAfter(warned(later(20 * minute)));
    expect(endpointStatus(state)).toMatchObject({ state: 'degraded', until: null, belief: 'advertised' });
    given(warned(later(20 * minute)))
      .when(elapsed(state), { at: 20 * minute })
      .records(elapsed(state), { type: 'EndpointRecovered', data: {} });
  });

  it('is not cleared by answers and probes, which say nothing about limits', () => {
    const history = [warned(later(20 * minute)), answered(), answered()];
    given(...history)
      .when(answered())
      .recordsNothing();
    given(...history)
      .when(probed)
      .records(probed);
    given(...history)
      .when(answered(4_000), { recent })
      .recordsNothing();
  });

  it('ends no sooner because of a failure, nor a failure because of it', () => {
    const dueAt = (until: number, at_: number) =>
      endpointStatus(endpointAfter(warned(until), at(at_, failed('timeout')))).timer?.dueAt;
    expect(dueAt(later(20 * minute), second)).toBe(later(20 * minute));
    expect(dueAt(later(20 * second), 10 * second)).toBe(later(70 * second));
  });

  it('defines the next transition', () => {
    const nexts = nextOf(endpointAfter(warned(later(20 * minute))), endpointPolicy).map(({ on, at: when }) => [
      on,
      when,
    ]);
    expect(nexts).toEqual([
      ['quiet', later(20 * minute)],
      ['failures', null],
    ]);
  });
});

describe('a success', () => {
  const success = { ttftMs: 300 };

  it('is not worth a fact for a healthy endpoint with a clean streak', () => {
    expect(worthTelling(endpointAfter(), success, () => quiet)).toBe(false);
  });

  it('is worth a fact for an endpoint that has a strike, is slow, or is not healthy', () => {
    expect(worthTelling(endpointAfter(failed('overloaded')), success, () => quiet)).toBe(true);
    expect(worthTelling(endpointAfter(), { ttftMs: 3_001 }, () => ({ ...quiet, ...recent }))).toBe(true);
    expect(worthTelling(endpointAfter(degraded('slow')), success, () => quiet)).toBe(true);
  });
});

describe('a timer', () => {
  const stale = (gen: number) => ({ type: 'TimerElapsed', data: { name: 'quiet', gen } }) as const;

  it('that is not armed moves nothing', () => {
    given().when(stale(1)).recordsNothing();
    given(failed('timeout'), degraded('timeout')).when(stale(0)).recordsNothing();
  });

  it('that was armed anew does not elapse for the old instant', () => {
    const first = elapsed(endpointAfter(failed('timeout'), degraded('timeout')));
    given(failed('timeout'), degraded('timeout'), at(second, failed('timeout')))
      .when(first, { at: minute })
      .recordsNothing();
  });

  it('from before the endpoint was disabled does not elapse afterwards', () => {
    const before = elapsed(endpointAfter(failed('timeout'), degraded('timeout')));
    const again = [
      { type: 'EndpointDisabled', data: {} },
      { type: 'EndpointRecovering', data: { ramp: 0.1, nextAt: later(minute) } },
    ] as const;
    given(failed('timeout'), degraded('timeout'), ...again)
      .when(before, { at: minute })
      .recordsNothing();
  });
});

describe('the status of an endpoint', () => {
  const out = (held: boolean): EndpointFact => ({
    type: 'EndpointFailed',
    data: { because: 'credential', until: later(minute), belief: 'observed', times: 1, held },
  });
  const nexts = (probing: boolean, ...history: EndpointFact[]) =>
    nextOf(endpointAfter(...history), { ...endpointPolicy, probing }).map(({ on, to, at: when }) => [on, to, when]);

  it('is healthy without a known beginning when it is new', () => {
    expect(endpointStatus(endpointAfter())).toMatchObject({
      state: 'healthy',
      since: null,
      until: null,
      because: null,
      held: false,
      ramp: 1,
      strikes: 0,
      consecutiveFailures: 0,
      consecutiveSuccesses: 0,
      lastError: null,
      timer: null,
      belief: null,
      times: 0,
    });
  });

  it('has the instant at which its state began, not that of its last fact', () => {
    const status = endpointStatus(
      endpointAfter(at(second, failed('timeout')), at(second, degraded('timeout')), at(9_000, failed('timeout'))),
    );
    expect(status.since).toBe(later(second));
  });

  it('says what its last error was, and its failure where nothing more is known', () => {
    expect(endpointStatus(endpointAfter(failed('timeout'))).lastError).toBe('timeout');
    const told = failed('timeout', { detail: reason('noHeadersInTime') });
    expect(endpointStatus(endpointAfter(told)).lastError).toEqual(reason('noHeadersInTime'));
  });

  it('names the instant of a failed endpoint’s next transition', () => {
    expect(nexts(false, out(false))).toContainEqual(['time', 'recovering', later(minute)]);
    expect(nexts(false, out(true))).toContainEqual(['time', 'recovering', later(minute)]);
    expect(nexts(true, out(true))).toContainEqual(['time', 'failed', later(minute)]);
    expect(nexts(true, out(true))).toContainEqual(['new key or address', 'healthy', null]);
  });

  it('names the causes of every other transition', () => {
    const pause = {
      type: 'EndpointPaused',
      data: { because: 'overloaded', until: later(second), belief: 'inferred', times: 1 },
    } as const;
    const recovering = (ramp: number, nextAt: number | null) =>
      ({ type: 'EndpointRecovering', data: { ramp, nextAt } }) as const;
    const worse = ['failures', 'failed', null];
    expect(nexts(false)).toEqual([['failure', 'degraded', null], worse]);
    expect(nexts(false, degraded('slow'))).toContainEqual(['quiet', 'recovering', later(minute)]);
    expect(nexts(false, pause)).toEqual([['pause over', 'healthy', later(second)], worse]);
    expect(nexts(false, recovering(0, null)).map(([, to]) => to)).toEqual(['recovering', 'failed']);
    expect(nexts(false, recovering(0.1, later(second)))).toEqual([
      ['ramp', 'recovering', later(second)],
      ['failure', 'failed', null],
    ]);
    expect(nexts(false, { type: 'EndpointDisabled', data: {} })).toEqual([['enable', 'recovering', null]]);
  });

  it('knows the target state of a decision, and none for a report', () => {
    const decisions: readonly EndpointFact[] = [
      degraded('slow'),
      { type: 'EndpointPaused', data: { because: 'overloaded', until: later(0), belief: 'inferred', times: 1 } },
      out(true),
      { type: 'EndpointRecovering', data: { ramp: 0, nextAt: null } },
      { type: 'EndpointRecovered', data: {} },
      { type: 'EndpointDisabled', data: {} },
    ];
    for (const decision of decisions) expect(targetState(decision)).toBe(endpointStatus(endpointAfter(decision)).state);
    for (const report of [failed('timeout'), answered(), probed]) expect(targetState(report)).toBeNull();
  });
});
