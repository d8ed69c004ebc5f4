/** The sketch against the exact quantiles of the same numbers. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Quantiles } from '../../src/projections/quantiles.ts';

const relativeErrorMax = 0.02;
// The error that rounding of the buckets' edges may add.
const rounding = 1e-9;

const times = fc.double({ min: 0.01, max: 1e8, noNaN: true });
const someTimes = fc.array(times, { minLength: 1, maxLength: 300 });
const rank = fc.double({ min: 0, max: 1, noNaN: true });

function sketchOf(values: readonly number[]): Quantiles {
  const sketch = new Quantiles();
  for (const value of values) sketch.add(value);
  return sketch;
}

/** The smallest value that the share `q` of all does not exceed. */
function exact(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1] ?? Number.NaN;
}

const asked = (sketch: Quantiles) => [0, 0.25, 0.5, 0.95, 0.99, 1].map((q) => sketch.at(q));
const throughJson = (sketch: Quantiles) => Quantiles.from(JSON.parse(JSON.stringify(sketch)));

describe('quantiles', () => {
  it('are at most 2 % off, for any numbers', () => {
    fc.assert(
      fc.property(someTimes, rank, (values, q) => {
        const truth = exact(values, q);
        const told = sketchOf(values).at(q) ?? Number.NaN;
        expect(Math.abs(told - truth) / truth).toBeLessThanOrEqual(relativeErrorMax + rounding);
      }),
    );
  });

  it('never fall for a larger share', () => {
    fc.assert(
      fc.property(someTimes, (values) => {
        const told = asked(sketchOf(values)).map(Number);
        expect(told).toEqual([...told].sort((a, b) => a - b));
      }),
    );
  });

  it('survive JSON, and continue from there', () => {
    fc.assert(
      fc.property(someTimes, times, (values, next) => {
        const sketch = sketchOf(values);
        const back = throughJson(sketch);
        expect(asked(back)).toEqual(asked(sketch));
        sketch.add(next);
        back.add(next);
        expect([asked(back), back.count, back.mean]).toEqual([asked(sketch), sketch.count, sketch.mean]);
      }),
    );
  });

  it('of no numbers are null, and so is the mean', () => {
    const nothing = new Quantiles();
    expect([nothing.at(0.5), nothing.mean, nothing.count]).toEqual([null, null, 0]);
    expect(throughJson(nothing).at(0.5)).toBeNull();
  });

  it('come with an exact mean', () => {
    expect(sketchOf([1, 2, 6]).mean).toBe(3);
  });

  it('count numbers outside their range at its ends', () => {
    const sketch = sketchOf([0, 0.001, 1e12]);
    expect(sketch.count).toBe(3);
    expect(sketch.at(0.5)).toBeLessThanOrEqual(0.01);
    expect(sketch.at(1)).toBeGreaterThan(1e8);
  });

  it('need no more space for a hundred thousand numbers of every size', () => {
    const sketch = new Quantiles();
    for (let i = 0; i < 100_000; i++) sketch.add(10 ** (-4 + (i % 1_700) / 100));
    const charactersMax = 12_000;
    expect(JSON.stringify(sketch).length).toBeLessThan(charactersMax);
    expect(sketch.count).toBe(100_000);
  });
});
