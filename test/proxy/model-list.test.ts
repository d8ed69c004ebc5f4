/** The list of models that clients get: out of memory, as soon as an endpoint has a table. */
import { describe, expect, it } from 'vitest';
import { as, ask, bodyOf, type Gateway, gateway } from './gateway.ts';
import { answers, says, upstream } from './upstreams.ts';

interface Listed {
  readonly type: string;
  readonly id: string;
  readonly display_name: string;
}
const list = { method: 'GET', path: '/v1/models?limit=1000' };
const listed = async (gw: Gateway, path = list.path) => {
  const got = await ask(gw, { ...list, path });
  return JSON.parse(got.text) as { data: Listed[]; has_more: boolean; first_id: string; last_id: string };
};
const glm = [
  { from: 'claude-sonnet-4-5', to: 'glm-4.6' },
  { from: 'claude-opus-4-1', to: null },
];

describe('the list of models', () => {
  it('comes out of the tables without asking anybody: what can be served, and where it goes', async () => {
    const a = await upstream('a');
    const gw = await gateway({ main: [as(a, { models: glm })] });
    await a.close();
    const { data, has_more } = await listed(gw);
    expect(has_more).toBe(false);
    expect(data).toEqual([
      {
        type: 'model',
        id: 'claude-sonnet-4-5',
        display_name: 'claude-sonnet-4-5 · main/a glm-4.6',
        created_at: expect.any(String),
      },
    ]);
    expect(a.heard).toHaveLength(0);
  });

  it('names the endpoints in their order, and what each calls the model', async () => {
    const [a, b] = [await upstream('a'), await upstream('b')];
    const gw = await gateway({ main: [as(a, { models: glm })], spare: [b] });
    const { data } = await listed(gw);
    const shown = (id: string) => data.find((one) => one.id === id)?.display_name;
    expect(shown('claude-sonnet-4-5')).toBe('claude-sonnet-4-5 · main/a glm-4.6 → spare/b');
    expect(shown('claude-opus-4-1')).toBe('claude-opus-4-1 · spare/b');
    expect(shown('claude-haiku-4-5')).toBe('claude-haiku-4-5 · spare/b');
  });

  it('has what clients have asked for, where a rule without an exact name serves it', async () => {
    const a = await upstream('a', answers());
    const gw = await gateway({ main: [as(a, { models: [{ from: 'haiku', to: 'small' }] })] });
    const ids = async () => (await listed(gw)).data.map(({ id }) => id);
    expect(await ids()).toEqual(['claude-haiku-4-5']);
    for (const model of ['claude-haiku-9', 'gpt-5']) await ask(gw, { body: bodyOf().replace('claude-test', model) });
    await gw.fact(1);
    expect(await ids()).toEqual(['claude-haiku-9', 'claude-haiku-4-5']);
  });

  it('leaves out what only a disabled endpoint serves, and another profile', async () => {
    const [a, b] = [await upstream('a'), await upstream('b', says(200, '{"data":[]}'))];
    const gw = await gateway({ main: [as(a, { models: glm, state: 'disabled' })], other: [b] });
    expect((await ask(gw, list)).text).toBe('{"data":[]}');
    gw.show({ main: [as(a, { models: glm })], other: [b] });
    expect((await listed(gw)).data.map(({ id }) => id)).toContain('claude-sonnet-4-5');
    expect((await ask(gw, { ...list, path: '/p/other/v1/models' })).text).toBe('{"data":[]}');
  });

  it('goes on to an endpoint while none has a table', async () => {
    const a = await upstream('a', says(200, '{"data":[{"id":"of a"}]}'));
    const gw = await gateway({ main: [a] });
    expect((await ask(gw, list)).text).toBe('{"data":[{"id":"of a"}]}');
    expect(a.heard[0]?.url).toBe(list.path);
  });

  it('is not sent again to who has it', async () => {
    const gw = await gateway({ main: [as(await upstream('a'), { models: glm })] });
    const first = await ask(gw, list);
    const etag = String(first.headers['etag']);
    expect(etag).toMatch(/^"[\w-]+"$/);
    expect(await ask(gw, { ...list, headers: { 'if-none-match': `W/${etag}` } })).toMatchObject({
      status: 304,
      text: '',
    });
    const other = [{ from: 'claude-sonnet-4-5', to: 'glm-5' }];
    gw.show({ main: [as(await upstream('a'), { models: other })] });
    expect(await ask(gw, { ...list, headers: { 'if-none-match': etag } })).toMatchObject({ status: 200 });
  });

  it('comes in pages', async () => {
    const models = ['1', '2', '3'].map((n) => ({ from: `claude-x-${n}`, to: 'glm' }));
    const gw = await gateway({ main: [as(await upstream('a'), { models })] });
    const first = await listed(gw, '/v1/models?limit=2');
    expect([first.data.length, first.has_more, first.first_id, first.last_id]).toEqual([
      2,
      true,
      'claude-x-1',
      'claude-x-2',
    ]);
    const next = await listed(gw, `/v1/models?limit=2&after_id=${first.last_id}`);
    expect(next.data.map(({ id }) => id)).toEqual(['claude-x-3']);
    for (const limit of ['0', '-1', 'many', '1e9'])
      expect((await listed(gw, `/v1/models?limit=${limit}`)).data).toHaveLength(3);
  });

  it('is for nobody without the token', async () => {
    const gw = await gateway({ main: [as(await upstream('a'), { models: glm })] });
    expect((await ask(gw, { ...list, without: ['authorization'] })).status).toBe(401);
  });
});
