import { expect, it } from 'vitest';
import { tokenGroups } from '../../src/page/token-groups.ts';

const tokens = { input: 1, output: 2, cacheRead: 3, cacheWrite: 4 };
const cost = { inputUsd: 1, outputUsd: 0, cacheReadUsd: 0, cacheWriteUsd: 0, totalUsd: 1 };
const row = (token: string | null, requests: number, priced = true) => {
  const counts = { requests, attempts: requests, failures: 0, tokens };
  return { token, ...counts, cost: priced ? cost : null, unpriced: [] };
};

it('the usage by token is a table of its own, with all other requests last, and none without named tokens', () => {
  expect(tokenGroups([row(null, 9)], 'without a token')).toEqual([]);
  const groups = tokenGroups([row('ann', 2), row('bob', 1, false), row(null, 9)], 'without a token');
  expect(groups.map(({ name, requests, dollars }) => [name, requests, dollars])).toEqual([
    ['ann', 2, 1],
    ['bob', 1, null],
    ['without a token', 9, 1],
  ]);
});
