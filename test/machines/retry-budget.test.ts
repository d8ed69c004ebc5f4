import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Budget, fullBudget, onRequest, spend } from '../../machines/retry-budget.ts';

const start = Date.UTC(2026, 0, 1, 12);
const minute = 60_000;

/** How many attempts it allows at this instant, one after the other. */
function allowed(budget: Budget, now: number): number {
  let count = 0;
  for (let left = spend(budget, now); left; left = spend(left, now)) count++;
  return count;
}

function emptied(now: number): Budget {
  let budget: Budget = { ...fullBudget, at: now };
  for (let left = spend(budget, now); left; left = spend(budget, now)) budget = left;
  return budget;
}

function requests(count: number, budget: Budget, now: number): Budget {
  let after = budget;
  for (let i = 0; i < count; i++) after = onRequest(after, now);
  return after;
}

describe('the retry budget', () => {
  it('allows a burst of ten at first', () => {
    expect(allowed(fullBudget, start)).toBe(10);
  });

  it('is empty after the burst, and stays empty while nothing happens', () => {
    expect(spend(emptied(start), start)).toBeUndefined();
  });

  it('gains one attempt for five requests', () => {
    expect(allowed(requests(4, emptied(start), start), start)).toBe(0);
    expect(allowed(requests(26, emptied(start), start), start)).toBe(5);
  });

  it('gains ten a minute without any request', () => {
    expect(allowed(emptied(start), start + 5_999)).toBe(0);
    expect(allowed(emptied(start), start + 6_000)).toBe(1);
    expect(allowed(emptied(start), start + minute)).toBe(10);
  });

  it('never holds more than its burst', () => {
    expect(allowed(requests(1_000, emptied(start), start), start)).toBe(10);
    expect(allowed(emptied(start), start + 60 * minute)).toBe(10);
  });

  it('is unharmed by a clock that runs backwards', () => {
    expect(allowed(emptied(start), start - minute)).toBe(0);
    expect(allowed({ ...fullBudget, at: start }, start - minute)).toBe(10);
  });

  it('never allows more than the burst, a fifth of the requests and ten a minute', () => {
    const step = fc.record({ waitMs: fc.integer({ min: 0, max: minute }), isRequest: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        let now = start;
        let budget: Budget = { ...fullBudget, at: start };
        let asked = 0;
        let spent = 0;
        for (const { waitMs, isRequest } of steps) {
          now += waitMs;
          if (isRequest) {
            asked++;
            budget = onRequest(budget, now);
          }
          const left = spend(budget, now);
          if (!left) continue;
          spent++;
          budget = left;
        }
        const most = 10 + 0.2 * asked + (10 * (now - start)) / minute;
        // A ten-thousandth for sums of fractions.
        expect(spent).toBeLessThanOrEqual(most + 1e-4);
      }),
    );
  });
});
