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
  it('does not write its successes down: they change nothing', () => {
    given().when(answered()).recordsNothing();
  });

  it('writes each probe down', () => {
    given().when(probed).records(probed);
  });

  it('is degraded when it is slow against its own past', () => {
    given().when(answered(3_001), { recent }).records(answered(3_001), degraded('slow'));
    given().when(answered(3_000), { recent }).recordsNothing();
    given().when(answered(60_000)).recordsNothing();
    given().when(answered(null), { recent }).recordsNothing();
  });

  it('is degraded when its limits warn, once', () => {
    const seen = { type: 'LimitsSeen', data: { status: 'allowed_warning', resetAt: null } } as const;
    given().when(seen).records(seen, degraded('limitsWarning'));
    given(degraded('limitsWarning')).when(seen).recordsNothing();
  });

  it('is well again when nobody warns for a minute', () => {
    const end = elapsed(endpointAfter(degraded('limitsWarning')));
    given(degraded('limitsWarning')).when(end, { at: minute }).records(end, { type: 'EndpointRecovered', data: {} });
  });

  it('is not healed by answers that are slow again: they begin its streak anew', () => {
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

  it('writes nothing down while it goes on being slow, save so often that it is not taken for quiet', () => {
    given(...slow)
      .when(answered(4_000), { recent, at: 20 * second })
      .recordsNothing();
    given(...slow)
      .when(answered(4_000), { recent, at: 31 * second })
      .records(answered(4_000), degraded('slow'));
  });

  it('is one that lets people wait: below a second nobody is slow', () => {
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

  it('lasts until the limits are reset, looked at within the hour', () => {
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

  it('is not taken back by answers and probes, which say nothing about limits', () => {
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

  it('ends no sooner for a failure, and a failure no sooner for it', () => {
    const dueAt = (until: number, at_: number) =>
      endpointStatus(endpointAfter(warned(until), at(at_, failed('timeout')))).timer?.dueAt;
    expect(dueAt(later(20 * minute), second)).toBe(later(20 * minute));
    expect(dueAt(later(20 * second), 10 * second)).toBe(later(70 * second));
  });

  it('is what moves it next', () => {
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

describe('whether a success is worth telling', () => {
  const success = { ttftMs: 300 };

  it('not to a healthy endpoint with a clean streak', () => {
    expect(worthTelling(endpointAfter(), success, () => quiet)).toBe(false);
  });

  it('to one that has a strike, is slow, or is not healthy', () => {
    expect(worthTelling(endpointAfter(failed('overloaded')), success, () => quiet)).toBe(true);
    expect(worthTelling(endpointAfter(), { ttftMs: 3_001 }, () => ({ ...quiet, ...recent }))).toBe(true);
    expect(worthTelling(endpointAfter(degraded('slow')), success, () => quiet)).toBe(true);
  });
});

describe('a timer', () => {
  const stale = (gen: number) => ({ type: 'TimerElapsed', data: { name: 'quiet', gen } }) as const;

  it('that nobody waits for moves nothing', () => {
    given().when(stale(1)).recordsNothing();
    given(failed('timeout'), degraded('timeout')).when(stale(0)).recordsNothing();
  });

  it('that was armed anew does not elapse for the old one', () => {
    const first = elapsed(endpointAfter(failed('timeout'), degraded('timeout')));
    given(failed('timeout'), degraded('timeout'), at(second, failed('timeout')))
      .when(first, { at: minute })
      .recordsNothing();
  });

  it('of a life before it was disabled does not elapse in the next', () => {
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

describe('what others see', () => {
  const out = (held: boolean): EndpointFact => ({
    type: 'EndpointFailed',
    data: { because: 'credential', until: later(minute), belief: 'observed', times: 1, held },
  });
  const nexts = (probing: boolean, ...history: EndpointFact[]) =>
    nextOf(endpointAfter(...history), { ...endpointPolicy, probing }).map(({ on, to, at: when }) => [on, to, when]);

  it('a fresh endpoint is healthy since nobody knows when', () => {
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

  it('says since when it is in its state, not since its last fact', () => {
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

  it('names the instant at which a failed endpoint moves', () => {
    expect(nexts(false, out(false))).toContainEqual(['time', 'recovering', later(minute)]);
    expect(nexts(false, out(true))).toContainEqual(['time', 'recovering', later(minute)]);
    expect(nexts(true, out(true))).toContainEqual(['time', 'failed', later(minute)]);
    expect(nexts(true, out(true))).toContainEqual(['new key or address', 'healthy', null]);
  });

  it('names what would move each other state', () => {
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

  it('knows where a decision must land, and that a report must land nowhere', () => {
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
