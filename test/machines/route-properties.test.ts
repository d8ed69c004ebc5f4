/** Properties of every plan, for any routing view. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EndpointId } from '../../events/ids.ts';
import { type Plan, plan } from '../../machines/route.ts';
import type { RoutableEndpoint } from '../../machines/routing-view.ts';
import { routable, viewOf } from '../support/routing-view.ts';

const now = Date.UTC(2026, 0, 1, 12);

const condition: fc.Arbitrary<Partial<RoutableEndpoint>> = fc.oneof(
  fc.constant({}),
  fc.record({
    state: fc.constant('degraded' as const),
    until: fc.constantFrom(null, now - 1, now + 5_000),
  }),
  fc.record({
    state: fc.constant('failed' as const),
    until: fc.constantFrom(now + 1_000, now + 60_000),
    held: fc.boolean(),
  }),
  fc.record({ state: fc.constant('recovering' as const), ramp: fc.constantFrom(0, 0.1, 0.8) }),
  fc.constant({ state: 'disabled' as const }),
);
const endpoint = fc.record({
  condition,
  priority: fc.integer({ min: 1, max: 2 }),
  weight: fc.integer({ min: 1, max: 1_000 }),
  origin: fc.constantFrom('https://one.test', 'https://two.test'),
  inFlight: fc.integer({ min: 0, max: 2 }),
  permit: fc.boolean(),
  tried: fc.boolean(),
  lacksModel: fc.boolean(),
});
const roster = fc.array(fc.array(endpoint, { maxLength: 4 }), { minLength: 1, maxLength: 3 });
const situation = fc.record({
  roster,
  strategy: fc.constantFrom(
    'weighted' as const,
    'round-robin' as const,
    'least-connections' as const,
    'failover' as const,
  ),
  healthAware: fc.boolean(),
  bindingAt: fc.option(fc.nat(11), { nil: null }),
  avoidAt: fc.option(fc.nat(11), { nil: null }),
  overloaded: fc.subarray(['https://one.test', 'https://two.test']),
  turn: fc.nat(9),
  dice: fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 1, maxLength: 20 }),
});
type Situation = typeof situation extends fc.Arbitrary<infer T> ? T : never;

interface Case {
  readonly made: Plan;
  readonly all: readonly (RoutableEndpoint & { readonly room: boolean; readonly open: boolean })[];
}

function run(given: Situation): Case {
  const told = given.roster.map((endpoints, p) =>
    endpoints.map((one, i) => {
      const { condition: state, priority, weight, origin } = one;
      return { one, endpoint: routable(`e${p}${i}`, { ...state, priority, weight, origin, maxConcurrent: 2 }) };
    }),
  );
  const view = viewOf(Object.fromEntries(told.map((of, p) => [`p${p}`, of.map((each) => each.endpoint)])));
  const flat = told.flat();
  const of = (id: EndpointId) => flat.find((each) => each.endpoint.id === id)?.one;
  const at = (index: number | null) => (index === null ? null : (flat[index]?.endpoint.id ?? null));
  let throws = 0;
  const made = plan(
    view,
    {
      within: null,
      model: null,
      binding: at(given.bindingAt),
      tried: new Set(flat.filter(({ one }) => one.tried).map((each) => each.endpoint.id)),
      avoid: at(given.avoidAt),
      overloaded: new Set(given.overloaded),
      lacksModel: ({ id }) => of(id)?.lacksModel ?? false,
    },
    {
      count: (id) => of(id)?.inFlight ?? 0,
      isHalfOpenPermitFree: (id) => of(id)?.permit ?? true,
      panicAt: () => Number.NEGATIVE_INFINITY,
      turn: () => given.turn,
    },
    { strategy: given.strategy, healthAware: given.healthAware },
    now,
    () => given.dice[throws++ % given.dice.length] ?? 0,
  );
  const all = flat.map(({ one, endpoint: made_ }) => ({
    ...made_,
    room: one.inFlight < 2,
    open: !one.tried && !one.lacksModel,
  }));
  return { made, all };
}

const isUsable = ({ state, until }: RoutableEndpoint) =>
  state !== 'failed' && state !== 'disabled' && (until === null || until <= now);

describe('every plan', () => {
  it('is never empty while one endpoint is available', () => {
    fc.assert(
      fc.property(situation, (given) => {
        const { made, all } = run(given);
        if (all.some((one) => isUsable(one) && one.open && one.room)) expect(made.candidates).not.toEqual([]);
      }),
    );
  });

  it('names each endpoint once, and none that is disabled, tried or, except in panic mode, without the model', () => {
    fc.assert(
      fc.property(situation, (given) => {
        const { made, all } = run(given);
        const ids = made.candidates.map((one) => one.endpoint.id);
        expect(new Set(ids).size).toBe(ids.length);
        const never = all.filter((one) => one.state === 'disabled' || !one.open).map(({ id }) => id);
        const named = made.candidates
          .filter(({ because }) => because !== 'lastResort')
          .map(({ endpoint }) => endpoint.id);
        expect(named.filter((id) => never.includes(id))).toEqual([]);
      }),
    );
  });

  it('names an ejected endpoint only in panic mode, alone, and never one that is quarantined', () => {
    fc.assert(
      fc.property(situation, (given) => {
        const { made } = run({ ...given, healthAware: true });
        const out = made.candidates.filter((one) => !isUsable(one.endpoint));
        if (out.length === 0) return;
        expect(made.candidates).toHaveLength(1);
        expect(out[0]).toMatchObject({ because: 'lastResort', endpoint: { held: false } });
      }),
    );
  });

  it('says "busy" exactly when waiting for room helps', () => {
    fc.assert(
      fc.property(situation, (given) => {
        const { made, all } = run({ ...given, healthAware: true });
        const waits = all.filter((one) => isUsable(one) && one.open);
        expect(made.busy).toBe(waits.length > 0 && waits.every((one) => !one.room));
      }),
    );
  });

  it('keeps profile before profile and priority before priority, except for the first or last choice', () => {
    const asIs = ['weighted', 'round-robin', 'least-connections', 'failover'];
    fc.assert(
      fc.property(situation, (given) => {
        const { made } = run({ ...given, healthAware: true });
        const places = made.candidates
          .filter((one) => asIs.includes(one.because))
          .map(({ endpoint: { profile, priority } }) => `${profile} ${priority}`);
        expect(places).toEqual([...places].sort());
      }),
    );
  });
});
