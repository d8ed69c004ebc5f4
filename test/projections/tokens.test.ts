import { expect, it } from 'vitest';
import type { Recorded } from '../../events/fact.ts';
import { Tokens } from '../../src/projections/tokens.ts';
import { State } from '../../src/runtime/state.ts';

let seq = 0;
const fact = (stream: string, type: string, data: object): Recorded => ({
  seq: ++seq,
  at: seq,
  stream,
  version: 1,
  id: '',
  type,
  v: 1,
  data,
  cause: null,
  by: 'cli',
});
const hash = (id: string) => id.repeat(8);
const bounds = { profile: null, maxConcurrent: null, expiresAt: null, limit: null };
const added = (name: string, tokenId: string) =>
  fact(`token/${name}`, 'TokenAdded', { name, tokenId, keyedHash: hash(tokenId), ...bounds });

it('a state without tokens is saved as former versions read it, and one with tokens is not', () => {
  const state = new State();
  expect(state.toJSON()).toMatchObject({ form: 4 });
  expect(Object.keys(state.toJSON())).not.toContain('tokens');
  state.apply(added('ann', '0000000a'));
  state.apply(fact('token/ann', 'TokenRotated', { tokenId: '0000000b', keyedHash: hash('0000000b'), expiresAt: null }));
  state.apply(fact('request/1', 'RequestCancelled', { token: 'ann', attempts: [], model: null }));
  const saved = JSON.parse(JSON.stringify(state.toJSON())) as object;
  expect(saved).toMatchObject({ form: 5 });
  const again = State.from(saved);
  expect(again?.tokens.toJSON()).toEqual(state.tokens.toJSON());
  expect(again?.tokens.usedAt('ann')).toBe(3);
  expect([...(again?.tokens.byId() ?? [])].map(([id, { ended }]) => [id, ended])).toEqual([
    ['0000000a', 'rotated'],
    ['0000000b', null],
  ]);
});

it('counts what tokens with a limit have used by day, for a month, and what the queue got for them', () => {
  const tokens = new Tokens();
  tokens.apply(added('bob', '0000000b'));
  const limited = { name: 'ann', tokenId: '0000000a', keyedHash: hash('0000000a'), ...bounds };
  tokens.apply(fact('token/ann', 'TokenAdded', { ...limited, limit: { usd: 1, per: 'month' } }));
  const usage = { input: 10, output: 1, cacheRead: null, cacheWrite: null };
  const served = (token: string, day: string) => {
    const of = { token, day, endpoint: 'e', model: 'm', usage };
    return fact('request/1', 'RequestServed', { ...of, attempts: [{ endpoint: 'e', outcome: 'answered' }] });
  };
  for (const day of ['2026-11-01', '2026-11-30', '2026-11-30', '2026-12-01']) tokens.apply(served('ann', day));
  tokens.apply(served('bob', '2026-11-30'));
  const own = { endpoint: 'e', model: 'other', usage, token: 'ann', day: '2026-11-30' };
  tokens.apply(fact('queue/1', 'RetrySucceeded', { own }));
  const inputs = (period: string) =>
    tokens.spending.rows('ann', period).map(({ model, tokens: { input } }) => [model, input]);
  expect(inputs('2026-11-30')).toEqual([
    ['m', 20],
    ['other', 10],
  ]);
  expect(inputs('2026-11')).toEqual([
    ['m', 10],
    ['m', 20],
    ['other', 10],
  ]);
  expect(tokens.spending.rows('bob', '2026-11')).toEqual([]);
  const again = Tokens.from(JSON.parse(JSON.stringify(tokens.toJSON())));
  expect(again.spending.toJSON()).toEqual(tokens.spending.toJSON());
  for (let i = 1; i <= 31; i++) tokens.apply(served('ann', `2027-01-${String(i).padStart(2, '0')}`));
  expect(inputs('2026')).toEqual([]);
});

it('names of revoked tokens make room for new ones, and former tokens are forgotten in the end', () => {
  const tokens = new Tokens();
  const id = (i: number) => i.toString(16).padStart(8, '0');
  for (let i = 0; i < 600; i++) {
    tokens.apply(added(`t${i}`, id(i)));
    tokens.apply(fact(`token/t${i}`, 'TokenRevoked', { name: `t${i}` }));
  }
  expect(tokens.all()).toHaveLength(512);
  expect(tokens.get('t599')).toBeDefined();
  for (let i = 0; i < 600; i++) tokens.apply(added('ann', id(1_000 + i)));
  expect(tokens.byId().get(id(1_599))).toMatchObject({ ended: null });
  expect(tokens.byId().get(id(1_598))).toMatchObject({ ended: 'revoked' });
  expect(tokens.byId().get(id(1_000))).toBeUndefined();
});
