import { expect, it } from 'vitest';
import { tokenGroups } from '../../src/page/token-groups.ts';

const tokens = { input: 1, output: 2, cacheRead: 3, cacheWrite: 4 };
const cost = { inputUsd: 1, outputUsd: 0, cacheReadUsd: 0, cacheWriteUsd: 0, totalUsd: 1 };
const stateOf = (token: string | null) => {
  if (token === null) return null;
  return token === 'bob' ? ('revoked' as const) : ('valid' as const);
};
const row = (token: string | null, requests: number, priced = true) => {
  const counts = { requests, attempts: requests, failures: 0, tokens };
  return { token, state: stateOf(token), ...counts, cost: priced ? cost : null, unpriced: [] };
};

it('the usage by token is a table of its own, with all other requests last, and none without named tokens', () => {
  expect(tokenGroups([row(null, 9)], 'without a token', String)).toEqual([]);
  const groups = tokenGroups([row('ann', 2), row('bob', 1, false), row(null, 9)], 'without a token', String);
  expect(groups.map(({ name, note, requests, dollars }) => [name, note, requests, dollars])).toEqual([
    ['ann', null, 2, 1],
    ['bob', 'revoked', 1, null],
    ['without a token', null, 9, 1],
  ]);
});
