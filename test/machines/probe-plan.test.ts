import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextProbeAt, type Probed, type ProbePolicy, probesDue, type Surroundings } from '../../machines/probe-plan.ts';
import { later, minute, second } from '../support/given.ts';

const policy: ProbePolicy = { mode: 'passive', intervalMs: minute, credentialIntervalMs: 10 * minute };
const active: ProbePolicy = { ...policy, mode: 'active' };
/** Well, and heard of just now; the dice lie in the middle. */
const well: Probed = {
  id: 'a',
  isAbove: false,
  isWatched: false,
  state: 'healthy',
  since: later(0),
  until: null,
  held: false,
  belief: null,
  ramp: 1,
  provenAt: later(0),
  probedAt: null,
  passed: null,
  isRunning: false,
  isLedElsewhere: false,
  calledAt: null,
  dice: 0.5,
};
const out: Partial<Probed> = { state: 'failed', until: later(5 * minute), belief: 'inferred' };
const trial: Partial<Probed> = { state: 'recovering', ramp: 0 };
const around = (ms: number, more: Partial<Surroundings> = {}): Surroundings => ({
  now: later(ms),
  isOffline: false,
  changedAt: null,
  isAwaited: false,
  ...more,
});

/** An interval is spread downwards only; this is the middle of it. */
const spread = (ms: number) => 0.825 * ms;

const one = (more: Partial<Probed>): readonly Probed[] => [{ ...well, ...more }];
/** The next probe of one endpoint, and its earliest time. */
function asked(more: Partial<Probed>, by: ProbePolicy = policy) {
  const at = nextProbeAt(one(more), around(0), by);
  if (at === null) return null;
  const ms = at - later(0);
  const [probe] = probesDue(one(more), around(ms), by);
  expect(probesDue(one(more), around(ms - 1), by)).toEqual([]);
  return { ms, depth: probe?.depth, because: probe?.because };
}

describe('in passive mode,', () => {
  it('an ejected endpoint is probed once an interval, beginning with the connection', () => {
    expect(asked(out)).toEqual({ ms: spread(minute), depth: 'connection', because: 'out' });
    expect(asked({ ...out, probedAt: later(30 * second) })).toMatchObject({
      ms: 30 * second + spread(minute),
      depth: 'connection',
    });
  });

  it('an endpoint that passed a free probe is probed more deeply at once: the conversation restores it', () => {
    const probedAt = later(minute);
    expect(asked({ ...out, probedAt, passed: 'connection' })).toMatchObject({ ms: minute, depth: 'api' });
    expect(asked({ ...out, probedAt, passed: 'api' })).toMatchObject({ ms: minute, depth: 'conversation' });
  });

  it('an endpoint that queued requests wait for is probed more often, unless it announced its return or its key is quarantined', () => {
    const at = (more: Partial<Probed>, by = policy) =>
      (nextProbeAt(one({ ...out, ...more }), around(0, { isAwaited: true }), by) ?? 0) - later(0);
    expect(at({})).toBe(spread(10 * second));
    expect(at({}, { ...policy, intervalMs: 2 * second })).toBe(spread(2 * second));
    expect(at({ belief: 'advertised' })).toBe(spread(5 * minute));
    expect(at({ held: true })).toBe(spread(10 * minute));
  });

  it('a quarantined endpoint is probed once in its own interval', () => {
    expect(asked({ ...out, held: true })).toEqual({ ms: spread(10 * minute), depth: 'connection', because: 'held' });
  });

  it('an endpoint that announced its return is probed before that, but not often', () => {
    expect(asked({ ...out, belief: 'advertised' })).toMatchObject({ ms: spread(5 * minute) });
  });

  it('a half-open endpoint is probed with a conversation when it gets no traffic', () => {
    expect(asked(trial)).toEqual({ ms: spread(minute), depth: 'conversation', because: 'trial' });
    expect(asked({ ...trial, provenAt: later(20 * second) })).toMatchObject({ ms: 20 * second + spread(minute) });
  });

  it('an endpoint above the active profile is probed sooner, because the ladder waits for it', () => {
    expect(asked({ ...trial, isAbove: true })).toEqual({
      ms: spread(10 * second),
      depth: 'conversation',
      because: 'above',
    });
    expect(asked({ ...out, isAbove: true })).toMatchObject({ ms: spread(minute), because: 'above' });
    const watched = { isAbove: true, isWatched: true, depth: 'conversation', because: 'above' } as const;
    for (const state of [{}, { state: 'degraded' }, { state: 'recovering', ramp: 0.3 }] as const)
      expect(asked({ ...state, ...watched })).toMatchObject({ ms: spread(10_000), depth: 'conversation' });
  });

  it('a healthy endpoint costs nothing: a connection and a key now and then, after a long time without results', () => {
    expect(asked({})).toEqual({ ms: spread(10 * minute), depth: 'connection', because: 'unproven' });
    expect(asked({ probedAt: later(10 * minute), passed: 'connection' })).toMatchObject({
      ms: 10 * minute,
      depth: 'api',
    });
    expect(asked({ probedAt: later(10 * minute), passed: 'api' })).toMatchObject({
      ms: 10 * minute + spread(10 * minute),
      depth: 'connection',
    });
    expect(asked({ provenAt: later(5 * minute) })).toMatchObject({ ms: 5 * minute + spread(10 * minute) });
  });

  it('an endpoint that is paused, is being probed, or is disabled is not probed', () => {
    expect(asked({ state: 'degraded', until: later(minute) })).toBeNull();
    expect(asked({ ...out, isRunning: true })).toBeNull();
    expect(asked({ state: 'disabled' })).toBeNull();
  });
});

describe('in active mode,', () => {
  it('every endpoint is probed with a conversation in each interval', () => {
    expect(asked({}, active)).toEqual({ ms: spread(minute), depth: 'conversation', because: 'interval' });
    expect(asked({ ...trial, ramp: 0.3 }, active)).toMatchObject({ depth: 'conversation', because: 'interval' });
    expect(asked({ ...out, held: true }, active)).toMatchObject({ ms: spread(10 * minute) });
  });

  it('a probe comes up to a quarter sooner, by the dice, and never later, so that the answer fits into the interval', () => {
    expect(asked({ dice: 0 }, active)?.ms).toBe(45 * second);
    expect(asked({ dice: 0.999_999 }, active)?.ms).toBe(54 * second);
  });
});

describe('in a fleet,', () => {
  const led = { isLedElsewhere: true };

  it('what another gateway probes for all is not asked with a conversation in each interval', () => {
    expect(asked(led, active)).toEqual({ ms: spread(10 * minute), depth: 'connection', because: 'unproven' });
    expect(asked({ ...out, held: true, ...led })).toMatchObject({ ms: spread(30 * minute), because: 'held' });
  });

  it('what may be the fault of the way from here is probed here', () => {
    expect(asked({ ...out, ...led })).toEqual(asked(out));
    expect(asked({ ...trial, ...led })).toEqual(asked(trial));
    expect(asked({ ...led, isWatched: true })).toEqual(asked({ isWatched: true }));
  });

  it('what others hint at, and a key that works for another one, is looked at within five seconds, once', () => {
    const called = { calledAt: later(20 * second), dice: 0.5 };
    expect(asked(called)).toEqual({ ms: 22_500, depth: 'connection', because: 'heard' });
    expect(asked({ ...called, probedAt: later(21 * second), passed: 'connection' })).toMatchObject({ depth: 'api' });
    expect(asked({ ...called, probedAt: later(21 * second) })?.because).toBe('unproven');
    expect(asked({ ...out, held: true, ...called, ...led })).toMatchObject({ ms: 22_500, because: 'heard' });
    expect(asked({ state: 'degraded', until: later(minute), ...called })).toBeNull();
  });
});

it('no endpoint is probed with probes off, whatever its state', () => {
  for (const state of [well, out, trial, { ...out, isAbove: true }])
    expect(asked(state, { ...policy, mode: 'off' })).toBeNull();
});

it('no endpoint is probed while offline', () => {
  expect(probesDue(one(out), around(20 * minute, { isOffline: true }), policy)).toEqual([]);
  expect(nextProbeAt(one(out), around(20 * minute, { isOffline: true }), policy)).toBeNull();
});

describe('after a sleep or in another network,', () => {
  const changed = around(2 * second, { changedAt: later(2 * second) });

  it('every endpoint is probed at once, without cost', () => {
    expect(probesDue(one({}), changed, policy)).toEqual([{ id: 'a', depth: 'connection', because: 'changed' }]);
    expect(probesDue(one(out), changed, policy)).toEqual([{ id: 'a', depth: 'connection', because: 'changed' }]);
    expect(probesDue(one(trial), changed, policy)).toEqual([{ id: 'a', depth: 'conversation', because: 'changed' }]);
  });

  it('every endpoint is probed only once', () => {
    expect(probesDue(one({ probedAt: later(3 * second) }), changed, policy)).toEqual([]);
  });
});

describe('of many endpoints,', () => {
  const many = (count: number, more: Partial<Probed> = {}): readonly Probed[] =>
    Array.from({ length: count }, (_, i) => ({ ...well, ...out, id: `e${i}`, ...more }));

  it('never all are probed at once, unless there is only one', () => {
    const begun = (count: number) => probesDue(many(count), around(20 * minute), policy).length;
    expect([1, 2, 3, 4, 6, 9, 50].map(begun)).toEqual([1, 1, 1, 2, 3, 4, 4]);
  });

  it('running probes count towards the limit', () => {
    const [first, ...rest] = many(4);
    const running = [{ ...well, ...first, id: 'e0', isRunning: true }, ...rest];
    expect(probesDue(running, around(20 * minute), policy).map(({ id }) => id)).toEqual(['e1']);
  });

  it('the most urgent ones are probed first', () => {
    const mixed: readonly Probed[] = [
      { ...well, id: 'unproven' },
      { ...well, ...out, id: 'held', held: true },
      { ...well, ...out, id: 'out' },
      { ...well, ...trial, id: 'trial' },
      { ...well, ...out, id: 'above', isAbove: true },
      ...many(5, { isRunning: false, state: 'disabled' }),
    ];
    expect(probesDue(mixed, around(60 * minute), policy).map(({ id }) => id)).toEqual([
      'above',
      'trial',
      'out',
      'held',
    ]);
  });
});

describe('for any states of endpoints,', () => {
  const probed: fc.Arbitrary<Probed> = fc.record({
    id: fc.uuid(),
    isAbove: fc.boolean(),
    isWatched: fc.boolean(),
    state: fc.constantFrom('healthy', 'degraded', 'failed', 'recovering', 'disabled'),
    since: fc.constant(later(0)),
    until: fc.constantFrom(null, later(minute)),
    held: fc.boolean(),
    belief: fc.constantFrom(null, 'advertised', 'inferred', 'observed'),
    ramp: fc.constantFrom(0, 0.3, 1),
    provenAt: fc.option(fc.integer({ min: 0, max: 10 * minute }).map(later), { nil: null }),
    probedAt: fc.option(fc.integer({ min: 0, max: 10 * minute }).map(later), { nil: null }),
    passed: fc.constantFrom(null, 'connection', 'api', 'conversation'),
    isRunning: fc.boolean(),
    isLedElsewhere: fc.constant(false),
    calledAt: fc.option(fc.integer({ min: 0, max: 10 * minute }).map(later), { nil: null }),
    dice: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  });
  const fleet = fc.record({
    endpoints: fc.array(probed, { maxLength: 12 }),
    mode: fc.constantFrom('passive' as const, 'active' as const),
    ms: fc.integer({ min: 0, max: 60 * minute }),
  });

  it('no endpoint is probed twice at once, the limit holds, and what is due is probed', () => {
    fc.assert(
      fc.property(fleet, ({ endpoints, mode, ms }) => {
        const by = { ...policy, mode };
        const due = probesDue(endpoints, around(ms), by);
        const running = endpoints.filter(({ isRunning }) => isRunning);
        expect(new Set([...running, ...due].map(({ id }) => id)).size).toBe(running.length + due.length);
        const most = Math.max(1, Math.floor(endpoints.length / 2));
        expect(due.length === 0 || due.length + running.length <= Math.min(4, most)).toBe(true);
        const at = nextProbeAt(endpoints, around(ms), by);
        if (running.length === 0) expect(due.length > 0).toBe(at !== null && at <= later(ms));
        if (due.length === 0 && at !== null && running.length === 0) {
          expect(probesDue(endpoints, around(at - later(0)), by).length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  it('an ejected endpoint is probed again within an interval, with a tenth of it left for the answers', () => {
    fc.assert(
      fc.property(probed, fc.integer({ min: 50, max: 86_400_000 }), (endpoint, intervalMs) => {
        const gone = {
          ...endpoint,
          state: 'failed' as const,
          held: false,
          belief: null,
          provenAt: null,
          isRunning: false,
        };
        const at = nextProbeAt([gone], around(0), { ...policy, intervalMs }) ?? Number.POSITIVE_INFINITY;
        expect(at - Math.max(gone.since ?? 0, gone.probedAt ?? 0)).toBeLessThanOrEqual(Math.round(0.9 * intervalMs));
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  it('an ejected endpoint is probed at some time, and no money is spent on a healthy one, unless the ladder waits for it', () => {
    fc.assert(
      fc.property(probed, (endpoint) => {
        const quiet = { ...endpoint, isRunning: false };
        const [probe] = probesDue([quiet], around(60 * minute), policy);
        if (quiet.state === 'failed') expect(probe).toBeDefined();
        if (probe?.depth === 'conversation' && !quiet.isWatched)
          expect(['failed', 'recovering']).toContain(quiet.state);
      }),
      { numRuns: 500, seed: 1 },
    );
  });
});
