import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adjustWeight, type Weighed, weightBounds } from '../../machines/weight-policy.ts';

const policy = { enabled: true, minChecks: 3 };
const fine: Weighed = {
  weight: 100,
  effectiveWeight: 100,
  checks: 20,
  successRate: 1,
  responseMs: 400,
  usualMs: 400,
  stability: 100,
  consecutiveFailures: 0,
};
const to = (more: Partial<Weighed>) => adjustWeight({ ...fine, ...more }, policy)?.data.to ?? null;

/** Where the weight comes to when nothing changes any more, and by which steps. */
function settled(weighed: Weighed): { readonly steps: readonly number[]; readonly share: number } {
  const steps: number[] = [];
  let effectiveWeight = weighed.effectiveWeight;
  for (;;) {
    const next = adjustWeight({ ...weighed, effectiveWeight }, policy);
    if (!next) return { steps, share: effectiveWeight / weighed.weight };
    steps.push(next.data.to);
    effectiveWeight = next.data.to;
    if (steps.length > 100) throw new Error(`no end: ${steps.slice(-5)}`);
  }
}

describe('the weight of an endpoint', () => {
  it('stays while its results equal its peers’', () => {
    expect(to({})).toBeNull();
    expect(to({ usualMs: null })).toBeNull();
    expect(to({ stability: 80 })).toBeNull();
  });

  it('stays while there is too little evidence', () => {
    expect(to({ checks: 2, successRate: 0 })).toBeNull();
    expect(to({ checks: 3, successRate: 0 })).toBe(73);
  });

  it('falls with failures, slowness, unsteadiness and a streak of failures, and names the part of each', () => {
    const weighed = { ...fine, successRate: 0.8, responseMs: 500, stability: 50, consecutiveFailures: 2 };
    expect(adjustWeight(weighed, policy)).toEqual({
      type: 'WeightAdjusted',
      data: {
        from: 100,
        to: 78.4,
        reasons: { success: 0.64, speed: 0.8, stability: 0.85, streak: 0.64, target: 0.279 },
      },
    });
  });

  it('rises with speed, up to twice the configured one', () => {
    expect(settled({ ...fine, responseMs: 1 }).share).toBeCloseTo(2, 0);
    expect(settled({ ...fine, responseMs: 1 }).share).toBeGreaterThan(1.9);
  });

  it('ignores a difference that is too small to notice', () => {
    expect(to({ responseMs: 90, usualMs: 2 })).toBeNull();
  });

  it('never falls below a tenth of the configured one', () => {
    const { share } = settled({ ...fine, successRate: 0, stability: 0, consecutiveFailures: 9 });
    expect(share).toBeGreaterThanOrEqual(0.1);
    expect(share).toBeLessThan(0.2);
  });

  it('moves in steps: most of the way in three', () => {
    expect(settled({ ...fine, successRate: 0 }).steps.slice(0, 3)).toEqual([73, 54.1, 40.9]);
  });

  it('falls for an endpoint that has never answered, and does not rise for it', () => {
    expect(to({ responseMs: null })).toBeNull();
  });

  it('is the configured one again when adjustment is off', () => {
    const off = { enabled: false, minChecks: 3 };
    expect(adjustWeight({ ...fine, effectiveWeight: 40 }, off)?.data).toEqual({
      from: 40,
      to: 100,
      reasons: { target: 1 },
    });
    expect(adjustWeight({ ...fine, successRate: 0 }, off)).toBeNull();
  });
});

const weighed: fc.Arbitrary<Weighed> = fc
  .record({
    weight: fc.integer({ min: 1, max: 1_000 }),
    share: fc.integer({ min: 1, max: 20 }),
    checks: fc.integer({ min: 3, max: 1_000 }),
    successRate: fc.double({ min: 0, max: 1, noNaN: true }),
    responseMs: fc.option(fc.integer({ min: 0, max: 90_000 }), { nil: null }),
    usualMs: fc.option(fc.integer({ min: 1, max: 90_000 }), { nil: null }),
    stability: fc.integer({ min: 0, max: 100 }),
    consecutiveFailures: fc.integer({ min: 0, max: 50 }),
  })
  .map(({ share, ...rest }) => ({ ...rest, effectiveWeight: (rest.weight * share) / 10 }));

describe('for any metrics', () => {
  const always = (property: (one: Weighed) => void) =>
    fc.assert(fc.property(weighed, property), { numRuns: 500, seed: 1 });

  it('the weight settles in one direction, and stays there', () => {
    always((one) => {
      const path = [one.effectiveWeight, ...settled(one).steps];
      const ways = path.slice(1).map((weight, i) => Math.sign(weight - (path[i] ?? 0)));
      expect(new Set(ways).size).toBeLessThanOrEqual(1);
      expect(path.length).toBeLessThan(25);
    });
  });

  it('the weight is within its bounds at each step, and each step is large enough to matter', () => {
    always((one) => {
      const path = [one.effectiveWeight, ...settled(one).steps];
      for (const [i, weight] of path.entries()) {
        expect(weight / one.weight).toBeGreaterThanOrEqual(weightBounds.least - 1e-9);
        expect(weight / one.weight).toBeLessThanOrEqual(weightBounds.most + 1e-9);
        if (i > 0) expect(Math.abs(weight - (path[i - 1] ?? 0)) / one.weight).toBeGreaterThan(0.04);
      }
    });
  });
});
