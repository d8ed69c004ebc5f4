/** Properties of an endpoint for any reports, in any order, at any time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnyTransitionDefinition } from 'xstate';
import type { EndpointFact, EndpointReport, Failure } from '../../events/endpoint.ts';
import { type EndpointSnapshot, endpointChart, endpointStatus, targetState } from '../../machines/endpoint.ts';
import { decideEndpoint } from '../../machines/endpoint-decisions.ts';
import { nextOf } from '../../machines/endpoint-next.ts';
import { fold, initialOf, persist, restore } from '../../machines/fold.ts';
import {
  answered,
  endpointPolicy,
  failed,
  heard,
  hour,
  later,
  minute,
  probed,
  probeFailed,
  quiet,
  second,
} from '../support/given.ts';
import { EndpointLife } from '../support/life.ts';
import { missing, takenBy } from '../support/paths.ts';

const failures: readonly Failure[] = [
  'unreachable',
  'certificate',
  'timeout',
  'serverError',
  'overloaded',
  'quota',
  'rateLimited',
  'credential',
  'billing',
  'noModel',
  'notForThis',
  'tooLargeHere',
  'blocked',
  'misconfigured',
  'badAnswer',
  'brokenAnswer',
];

const probeRefused: EndpointReport = {
  type: 'ProbeNoted',
  data: {
    depth: 'conversation',
    verdict: 'failure',
    responseMs: 1,
    ttftMs: null,
    score: 0,
    model: null,
    tokens: 0,
    detail: null,
    isForLooks: true,
  },
};

const failure = fc.constantFrom(...failures);
const span = fc.option(fc.integer({ min: 1, max: 3 * hour }), { nil: null });
const report: fc.Arbitrary<EndpointReport> = fc.oneof(
  fc
    .tuple(failure, span, span)
    .map(([one, retryAfterMs, resetMs]) =>
      failed(one, { retryAfterMs, resetAt: resetMs === null ? null : later(resetMs) }),
    ),
  failure.map(probeFailed),
  fc.integer({ min: 1, max: 9_000 }).map(answered),
  fc.constant(answered()),
  fc.constant(probed),
  fc
    .tuple(fc.constantFrom('m', 'n'), span)
    .map(
      ([model, ms]): EndpointReport =>
        ms === null
          ? { type: 'ModelFound', data: { model, request: null } }
          : { type: 'ModelNotFound', data: { model, until: later(ms), request: null } },
    ),
  fc.constantFrom<EndpointReport>(
    { type: 'CountRefused', data: { until: later(hour), request: null } },
    { type: 'BodyRefused', data: { bytes: 9, until: later(hour), request: null } },
    { type: 'NetworkChanged', data: {} },
    {
      type: 'CapabilityMissing',
      data: { model: 'm', what: 'speed', limit: null, evidence: 'extraInput', until: later(hour), request: null },
    },
    { type: 'CapabilityForgotten', data: { what: 'speed' } },
    probeRefused,
  ),
  fc.constantFrom<EndpointReport>(
    { type: 'LimitsSeen', data: { status: 'allowed_warning', resetAt: null } },
    { type: 'EndpointEnabled', data: {} },
    { type: 'EndpointDisabled', data: {} },
    { type: 'EndpointReset', data: {} },
    { type: 'KeyChanged', data: {} },
  ),
  fc.constantFrom<EndpointReport>(
    heard('b', 1, 'quota', { until: later(minute) }),
    heard('b', 2, 'rateLimited', { until: later(hour) }),
    heard('c', 1, 'overloaded', { until: later(minute) }),
    { type: 'HearsayLifted', data: { by: 'c', name: 'c', of: [{ member: 'b', seq: 1 }], heardAt: later(0) } },
    { type: 'HearsayForgotten', data: { member: null, deafUntil: later(hour) } },
  ),
);
const step = fc.record({
  report,
  waitMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 30 * second }), fc.integer({ min: 0, max: hour })),
  dice: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  recent: fc.constantFrom(
    quiet,
    { attempts: 12, failures: 6, medianTtftMs: 1_000 },
    { attempts: 40, failures: 1, medianTtftMs: 1_000 },
  ),
});
const steps = fc.record({ probing: fc.boolean(), told: fc.array(step, { maxLength: 40 }) });
type Steps = typeof steps extends fc.Arbitrary<infer T> ? T : never;

function lived({ probing, told }: Steps, look: (life: EndpointLife) => void = () => {}): EndpointLife {
  const life = new EndpointLife();
  life.policy = { ...endpointPolicy, probing };
  for (const { report: one, waitMs, dice, recent } of told) {
    Object.assign(life, { dice, recent });
    life.tell(one);
    look(life);
    life.pass(waitMs);
    look(life);
  }
  return life;
}

const always = (property: (one: Steps) => void) => fc.assert(fc.property(steps, property), { numRuns: 300, seed: 1 });
const replayed = (history: EndpointLife['history'], from: EndpointSnapshot = initialOf(endpointChart)) =>
  history.reduce((state, { at, fact }) => fold(endpointChart, state, { ...fact, at }), from);
const isReport = ({ type }: EndpointFact) => targetState({ type }) === null && type !== 'WeightAdjusted';

describe('for any sequence of reports to an endpoint,', () => {
  it('replay gives the state that it had, with a snapshot at any point', () => {
    fc.assert(
      fc.property(steps, fc.nat(), (one, anywhere) => {
        const { history, snapshot } = lived(one);
        const cut = anywhere % (history.length + 1);
        const saved = JSON.parse(JSON.stringify(persist(replayed(history.slice(0, cut)))));
        expect(endpointStatus(replayed(history.slice(cut), restore(endpointChart, saved)))).toEqual(
          endpointStatus(snapshot),
        );
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it('each decision leads to its target state', () => {
    always((one) => {
      let state = initialOf(endpointChart);
      for (const { at, fact } of lived(one).history) {
        state = fold(endpointChart, state, { ...fact, at });
        expect(targetState(fact) ?? state.value).toBe(state.value);
      }
    });
  });

  it('a failed one has a timer, and shows its next transition', () => {
    always((one) => {
      lived(one, ({ snapshot, policy, now }) => {
        if (snapshot.value !== 'failed') return;
        expect(endpointStatus(snapshot).timer).toMatchObject({ name: 'out', dueAt: endpointStatus(snapshot).until });
        expect(endpointStatus(snapshot).timer?.dueAt).toBeLessThanOrEqual(now + hour);
        expect(nextOf(snapshot, policy).some(({ at }) => at !== null)).toBe(true);
      });
    });
  });

  it('a degraded one has a timer too, and a healthy or disabled one has none', () => {
    always((one) => {
      lived(one, ({ snapshot }) => {
        const { state, timer } = endpointStatus(snapshot);
        if (state === 'degraded') expect(timer?.name).toMatch(/^(quiet|pause)$/);
        if (state === 'healthy' || state === 'disabled') expect(timer).toBeNull();
      });
    });
  });

  it('a timer that is not armed moves nothing', () => {
    always((one) => {
      lived(one, ({ snapshot, now, policy, recent }) => {
        const gen = (endpointStatus(snapshot).timer?.gen ?? snapshot.context.gen + 1) - 1;
        for (const name of ['quiet', 'pause', 'out', 'ramp'] as const) {
          const stale = { type: 'TimerElapsed', data: { name, gen } } as const;
          expect(decideEndpoint(snapshot, stale, { now, dice: 0 }, policy, recent)).toEqual([]);
          expect(endpointStatus(fold(endpointChart, snapshot, { ...stale, at: now }))).toEqual(
            endpointStatus(snapshot),
          );
        }
      });
    });
  });

  it('a jump of the clock changes no state', () => {
    fc.assert(
      fc.property(steps, fc.array(fc.integer({ min: -hour, max: hour })), (one, shifts) => {
        const { history, snapshot } = lived(one);
        const shifted = history.map(({ at, fact }, i) => ({ at: at + (shifts[i % shifts.length] ?? 0), fact }));
        const timeless = ({ since: _, healthySince: __, timer, ...rest }: ReturnType<typeof endpointStatus>) => ({
          ...rest,
          timer: timer && { name: timer.name, gen: timer.gen },
        });
        expect(timeless(endpointStatus(replayed(shifted)))).toEqual(timeless(endpointStatus(snapshot)));
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it('records begin with the report, and decide once', () => {
    always(({ probing, told }) => {
      const life = new EndpointLife();
      life.policy = { ...endpointPolicy, probing };
      for (const { report: one, waitMs, dice, recent } of told) {
        Object.assign(life, { dice, recent });
        const [first, ...decisions] = life.tell(one);
        expect(first ?? one).toEqual(one);
        expect(decisions.length).toBeLessThanOrEqual(1);
        expect(decisions.some(isReport)).toBe(false);
        life.pass(waitMs);
      }
    });
  });

  it('it is healthy again when the faults stop', () => {
    always((one) => {
      const life = lived(one);
      life.recent = quiet;
      life.tell({ type: 'EndpointEnabled', data: {} });
      // One answer each minute for two hours: a refused credential is probed, too.
      for (let i = 0; i < 120; i++) {
        if (endpointStatus(life.snapshot).state !== 'failed') life.tell(answered());
        else if (i % 10 === 0) life.tell(probed);
        life.pass(minute);
      }
      expect(endpointStatus(life.snapshot)).toMatchObject({ state: 'healthy', strikes: 0, until: null, held: false });
    });
  });
});

it('every transition of the endpoint’s chart is taken by facts that are really decided', () => {
  const taken = new Set<AnyTransitionDefinition>();
  const seen = fc.property(steps, (one) => {
    let state = initialOf(endpointChart);
    for (const { at, fact } of lived(one).history) {
      for (const transition of takenBy(endpointChart, state, { ...fact, at })) taken.add(transition);
      state = fold(endpointChart, state, { ...fact, at });
    }
  });
  fc.assert(seen, { numRuns: 500, seed: 1 });
  expect(missing(endpointChart, taken)).toEqual([]);
});
