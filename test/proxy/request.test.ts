/** What goes up: the request as it came, to where its session is. */
import { describe, expect, it } from 'vitest';
import { as, ask, bodyOf, gateway } from './gateway.ts';
import { upstream } from './upstreams.ts';

describe('a request to an endpoint', () => {
  it.each([
    ['odd spacing', '{ "model" :"claude-test",\n\t"stream": false , "messages":[ ],"max_tokens":1  }\r\n'],
    ['big integers', '{"model":"claude-test","messages":[],"n":12345678901234567890,"f":1.0,"e":1E+2,"z":-0}'],
    ['escapes and raw unicode', '{"model":"claude-test","messages":[],"s":"\\u4f60\\/ 你 \\ud83d\\ude00 😀 \u2028"}'],
    ['a key twice', '{"model":"claude-test","x":1,"x":2,"messages":[]}'],
  ])('is sent byte for byte, with %s', async (_, body) => {
    const a = await upstream('a');
    await ask(await gateway({ main: [a] }), { body });
    expect(a.heard[0]?.body.toString()).toBe(body);
  });

  it('of 20 MiB is sent byte for byte', async () => {
    const a = await upstream('a');
    const body = Buffer.from(`{"model":"claude-test","messages":["${'x'.repeat(20 * 1_048_576)}"]}`);
    expect((await ask(await gateway({ main: [a] }), { body })).status).toBe(200);
    expect(a.heard[0]?.body.equals(body)).toBe(true);
  });

  it('in chunks, without a length, is sent byte for byte', async () => {
    const a = await upstream('a');
    const gw = await gateway({ main: [a] });
    const body = bodyOf({ stream: false });
    const got = await ask(gw, { body, headers: { 'transfer-encoding': 'chunked' }, without: ['content-length'] });
    expect([got.status, a.heard[0]?.body.toString()]).toEqual([200, body]);
  });

  it('keeps its query; a doubled /v1 is folded, and a base path is prepended', async () => {
    const a = await upstream('a');
    const gw = await gateway({ main: [a] });
    for (const path of ['/v1/messages?beta=true&x=%2F%20y', '/v1/v1/messages?beta=true', '/p/main/v1/v1/messages']) {
      await ask(gw, { path });
    }
    gw.show({ main: [as(a, { baseUrl: `${a.url}/anthropic` })] });
    await ask(gw);
    expect(a.heard.map(({ url }) => url)).toEqual([
      '/v1/messages?beta=true&x=%2F%20y',
      '/v1/messages?beta=true',
      '/v1/messages',
      '/anthropic/v1/messages?beta=true',
    ]);
  });

  it('stays with its session, by header or by metadata', async () => {
    const [a, b] = [await upstream('a'), await upstream('b')];
    const gw = await gateway({ main: [a, b] }, { settings: { 'loadbalancer.strategy': 'round-robin' } });
    for (let turn = 0; turn < 3; turn++) {
      await ask(gw, { session: 'x' });
      await ask(gw, { session: 'y', without: ['X-Claude-Code-Session-Id'] });
    }
    const where = (session: string) =>
      gw.facts.filter(({ data }) => data.session === session).map(({ data }) => data.attempts[0]?.endpoint);
    expect(new Set(where('x')).size).toBe(1);
    expect(new Set(where('y')).size).toBe(1);
    expect(where('x')[0]).not.toBe(where('y')[0]);
  });

  it('is not bound to an endpoint when sticky sessions are off', async () => {
    const [a, b] = [await upstream('a'), await upstream('b')];
    const settings = { 'loadbalancer.strategy': 'round-robin', 'loadbalancer.sticky_session': false };
    const gw = await gateway({ main: [a, b] }, { settings });
    for (let turn = 0; turn < 4; turn++) await ask(gw, { session: 'x' });
    expect([a.heard.length, b.heard.length]).toEqual([2, 2]);
  });
});
