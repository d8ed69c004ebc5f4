/** Batches and files belong to one account: one endpoint, no failover, bytes that stream through both ways. */
import { once } from 'node:events';
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { as, ask, errorOf, gateway, open, token } from './gateway.ts';
import { hangsUp, refuses, type Step, says, signal, silence, upstream } from './upstreams.ts';

const batches = '/v1/messages/batches';

describe('a request that belongs to one account', () => {
  it('goes to the first endpoint of the active profile, whatever the weather', async () => {
    const [a, b, c] = [await upstream('a', says(200, '{}')), await upstream('b'), await upstream('c')];
    const out = { state: 'failed', until: Date.now() + 60_000, priority: 1 } as const;
    const gw = await gateway({ main: [as(b, { priority: 2 }), as(a, out)], spare: [c] });
    const got = await ask(gw, { path: batches });
    expect(got).toMatchObject({ status: 200, text: '{}' });
    expect(got.headers).toMatchObject({ 'x-qcc-endpoint': 'a', 'x-qcc-profile': 'main', 'x-qcc-attempts': '1' });
    expect([a.heard.length, b.heard.length, c.heard.length]).toEqual([1, 0, 0]);
    expect(a.heard[0]?.headers).toMatchObject({ 'x-api-key': a.key, 'accept-encoding': 'identity' });
    expect(gw.facts).toMatchObject([
      { type: 'RequestServed', data: { path: batches, attempts: [{ because: 'pinned' }] } },
    ]);
  });

  it('stays inside of the profile that its path names', async () => {
    const [a, b] = [await upstream('a'), await upstream('b', says(200, '{}'))];
    const gw = await gateway({ main: [a], spare: [b] });
    expect((await ask(gw, { path: '/p/spare/v1/files/f_1', method: 'GET' })).headers['x-qcc-endpoint']).toBe('b');
  });

  it.each([401, 429, 503, 529])('is never failed over: a %i comes verbatim', async (status) => {
    const [a, b] = [await upstream('a', refuses(status, { 'request-id': 'req_a' })), await upstream('b')];
    const gw = await gateway({ main: [a, b] });
    const got = await ask(gw, { path: batches });
    expect([got.status, got.headers['request-id'], b.heard.length]).toEqual([status, 'req_a', 0]);
    expect(gw.failures).toEqual([]);
  });

  it('that gets no answer says who did not answer', async () => {
    const gw = await gateway({ main: [await upstream('a', hangsUp), await upstream('b')] });
    const got = await ask(gw, { path: batches });
    expect([got.status, errorOf(got).type]).toEqual([502, 'api_error']);
    expect(errorOf(got).message).toMatch(/^qcc: a did not answer .* - run: qcc endpoint test main$/);
    expect(gw.facts).toMatchObject([{ type: 'RequestFailed', data: { attempts: [{ endpoint: 'a' }] } }]);
  });

  it('without any endpoint is a 503', async () => {
    const gw = await gateway({ main: [as(await upstream('a'), { state: 'disabled' })] });
    expect((await ask(gw, { path: batches })).status).toBe(503);
  });

  it('of multipart goes up byte for byte', async () => {
    const a = await upstream('a', says(200, '{"id":"file_1"}'));
    const body = Buffer.concat([
      Buffer.from('--x\r\n\r\n'),
      Buffer.from([0, 255, 13, 10, 128, 0]),
      Buffer.from('\r\n--x--\r\n'),
    ]);
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    const gw = await gateway({ main: [a] });
    expect((await ask(gw, { path: '/v1/files', body, headers })).status).toBe(200);
    expect(a.heard[0]?.body.equals(body)).toBe(true);
    expect(a.heard[0]?.headers).toMatchObject({ ...headers, 'content-length': String(body.length) });
  });

  it('may be larger than what is buffered of others', async () => {
    const a = await upstream('a', says(200, '{}'));
    const body = Buffer.alloc(40 * 1_048_576, 'x');
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    expect((await ask(await gateway({ main: [a] }), { path: '/v1/files', body, headers })).status).toBe(200);
    expect(a.heard[0]?.body.length).toBe(body.length);
  });

  it('streams up: the endpoint hears of it before its end', async () => {
    const first = signal();
    const { createServer } = await import('node:http');
    const server = createServer((incoming, response) => {
      incoming.once('data', () => first.give());
      incoming.on('end', () => response.end('{}')).resume();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const a = { ...(await upstream('a')), port, url: `http://127.0.0.1:${port}` };
    const gw = await gateway({ main: [a] });
    const sent = request({
      port: gw.port,
      host: '127.0.0.1',
      path: '/v1/files',
      method: 'POST',
      agent: false,
      headers: { 'x-api-key': token, 'content-type': 'multipart/form-data; boundary=x' },
    });
    sent.write('--x');
    await first.given;
    sent.end('--');
    const [response] = await once(sent, 'response');
    expect(response.statusCode).toBe(200);
    response.resume();
    await once(response, 'end');
    server.closeAllConnections();
    server.close();
  });

  it('that its client leaves ends the call of the upstream', async () => {
    const reached = signal();
    const a = await upstream('a', () => reached.give());
    const gw = await gateway({ main: [a] });
    const live = open(gw, { path: batches });
    await reached.given;
    live.leave();
    expect(await gw.fact()).toMatchObject({ type: 'RequestCancelled' });
    expect(await a.heard[0]?.left).toBe(true);
  });

  it('cuts the client’s connection when the answer is cut off', async () => {
    const cut: Step = ({ request: incoming, response }) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => incoming.socket.destroy());
    };
    const got = await ask(await gateway({ main: [await upstream('a', cut)] }), {
      path: '/v1/files/f/content',
      method: 'GET',
    });
    expect([got.status, got.whole]).toEqual([200, false]);
  });

  it('does not send its key where it would be read on the way', async () => {
    const a = await upstream('a', silence);
    // An address of this machine that is none of its loopback names.
    const gw = await gateway({ main: [as(a, { baseUrl: `http://0.0.0.0:${a.port}` })] });
    a.does(says(200, '{}'));
    const got = await ask(gw, { path: batches });
    expect(a.heard).toEqual([]);
    expect(got.status).toBeGreaterThanOrEqual(500);
  });
});
