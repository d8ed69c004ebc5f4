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
const bounds = { profile: null, maxConcurrent: null, expiresAt: null };
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
