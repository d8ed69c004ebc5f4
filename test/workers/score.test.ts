/** The score of a valid answer: 50 for being valid, 30 for time, 20 for brevity. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { scoreOf } from '../../workers/score.ts';

it.each([
  [0, 0, 100],
  [1_000, 16, 100],
  [5_500, 16, 85],
  [10_000, 16, 70],
  [60_000, 16, 70],
  [1_000, 88, 90],
  [1_000, 160, 80],
  [1_000, 9_999, 80],
  [60_000, 9_999, 50],
])('the score after %i ms with %i tokens is %i', (responseMs, outputTokens, score) => {
  expect(scoreOf({ responseMs, outputTokens })).toBe(score);
});

it('a score is whole, from 50 to 100, and never better for being slower or longer', () => {
  const amounts = fc.nat(200_000);
  fc.assert(
    fc.property(amounts, amounts, amounts, (responseMs, outputTokens, more) => {
      const score = scoreOf({ responseMs, outputTokens });
      expect(Number.isInteger(score) && score >= 50 && score <= 100).toBe(true);
      expect(scoreOf({ responseMs: responseMs + more, outputTokens })).toBeLessThanOrEqual(score);
      expect(scoreOf({ responseMs, outputTokens: outputTokens + more })).toBeLessThanOrEqual(score);
    }),
  );
});
