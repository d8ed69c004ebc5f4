/** Batches and files: one account, no failover, bytes that stream. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { as, ask, gateway, open, token } from './gateway.ts';
import { answers, hangsUp, refuses, says, signal, silence, upstream, waitsFor } from './upstreams.ts';

const MiB = 1_048_576;
const file = '/v1/files';
const whenUploaded = '{"type":"file","id":"file_1"}';

describe('a file or a batch', () => {
  it.each([file, '/v1/files/file_1/content', '/v1/messages/batches', '/p/main/v1/messages/batches/b1/results'])(
    'goes to one endpoint with its own key: %s',
    async (path) => {
      const a = await upstream('a', says(200, whenUploaded));
      const gw = await gateway({ main: [a] });
      const { status, text, headers } = await ask(gw, { method: 'GET', path });
      expect([status, text]).toEqual([200, whenUploaded]);
      expect(headers).toMatchObject({ 'x-qcc-endpoint': 'a', 'x-qcc-profile': 'main', 'x-qcc-attempts': '1' });
      expect(a.heard[0]).toMatchObject({
        method: 'GET',
        url: path.replace('/p/main', ''),
        headers: { 'x-api-key': a.key },
      });
      expect(a.heard[0]?.headers.authorization).toBeUndefined();
      expect(await gw.fact()).toMatchObject({
        type: 'RequestServed',
        data: {
          endpoint: 'a',
          status: 200,
          bytes: whenUploaded.length,
          attempts: [{ because: 'pinned', outcome: 'answered' }],
        },
      });
    },
  );

  it('leaves nothing behind on the connection for the next request', async () => {
    const a = await upstream('a', says(200, whenUploaded));
    const gw = await gateway({ main: [a] });
    const added = vi.spyOn(Socket.prototype, 'emit');
    onTestFinished(() => added.mockRestore());
    const sockets = new Set<Socket>();
    for (let i = 0; i < 15; i++) {
      const headers = { 'content-type': 'multipart/form-data; boundary=x' };
      expect((await ask(gw, { path: file, body: 'hello', headers })).status).toBe(200);
    }
    for (const socket of added.mock.contexts as Socket[]) if (socket.remotePort === a.port) sockets.add(socket);
    expect(sockets.size).toBe(1);
    const [carrier] = sockets;
    for (const name of ['close', 'drain', 'error', 'end']) expect(carrier?.listenerCount(name)).toBeLessThan(5);
  });

  it('may be larger than any message, and arrives unchanged', async () => {
    const a = await upstream('a', says(200, whenUploaded));
    const gw = await gateway({ main: [a] });
    const body = randomBytes(40 * MiB);
    const { status } = await ask(gw, {
      path: file,
      body,
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
    });
    expect(status).toBe(200);
    expect(a.heard[0]?.body.equals(body)).toBe(true);
    expect(a.heard[0]?.headers['content-length']).toBe(String(body.length));
  });

  it('arrives without a length, too', async () => {
    const a = await upstream('a', says(200, whenUploaded));
    const gw = await gateway({ main: [a] });
    const headers = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
    const live = open(gw, { path: file, body: '{"a":1}', headers, without: ['content-length'] });
    expect((await live.done).status).toBe(200);
    expect(a.heard[0]?.body.toString()).toBe('{"a":1}');
  });

  it('is downloaded completely, at the pace of a slow reader', async () => {
    const content = randomBytes(8 * MiB);
    const a = await upstream('a', ({ response }) => {
      response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': String(content.length) });
      response.end(content);
    });
    const gw = await gateway({ main: [a] });
    const { body, whole } = await ask(gw, { method: 'GET', path: `${file}/file_1/content` });
    expect(whole).toBe(true);
    expect(body.equals(content)).toBe(true);
  });

  it.each([301, 302, 303, 304, 307, 308])('follows no redirect (%i): it is 502, without the target', async (status) => {
    const location = 'https://elsewhere.test/v1/files';
    const a = await upstream(
      'a',
      says(status, '', { location, 'content-location': location, refresh: `0;${location}` }),
    );
    const gw = await gateway({ main: [a] });
    const got = await ask(gw, { method: 'GET', path: file });
    expect(got.status).toBe(502);
    expect(JSON.stringify(got.rawHeaders) + got.text).not.toContain('elsewhere');
    expect(await gw.fact()).toMatchObject({ type: 'RequestFailed', data: { because: 'badAnswer', status } });
  });

  it.each(['GET', 'POST'])('is waited for no longer than any answer (%s)', async (method) => {
    const a = await upstream('a', silence);
    const gw = await gateway({ main: [a] }, { settings: { 'proxy.total_timeout': 0.05 } });
    expect((await ask(gw, { method, path: file, body: method === 'POST' ? '{}' : null })).status).toBe(502);
    expect(await gw.fact()).toMatchObject({ type: 'RequestFailed', data: { because: 'timeout' } });
    expect(gw.server.counts().inFlight).toBe(0);
  });

  it('is passed on without hop-by-hop headers', async () => {
    const hop = { connection: 'x-hop, keep-alive', 'x-hop': '1', 'keep-alive': 'timeout=1', te: 'x', trailer: 'x-t' };
    const down = { 'x-end': '2', location: '/else', upgrade: 'h2c', 'proxy-authenticate': 'Basic' };
    const a = await upstream('a', says(201, whenUploaded, { ...hop, ...down }));
    const gw = await gateway({ main: [a] });
    const { status, headers } = await ask(gw, { method: 'GET', path: file });
    expect([status, headers['x-end']]).toEqual([201, '2']);
    for (const name of ['x-hop', 'te', 'trailer', 'location', 'upgrade', 'proxy-authenticate'])
      expect([name, headers[name]]).toEqual([name, undefined]);
    expect(headers['keep-alive']).not.toBe('timeout=1');
  });

  it('that the endpoint does not read ends its connection: the rest of it is no request', async () => {
    const gw = await gateway({ main: [] });
    const head = `POST ${file} HTTP/1.1\r\nHost: 127.0.0.1\r\nx-api-key: ${token}\r\nContent-Type: application/json\r\n`;
    const behind = `GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\nx-api-key: ${token}\r\n\r\n`;
    const socket = connect(gw.port, '127.0.0.1').setEncoding('latin1');
    let answer = '';
    socket.on('data', (text: string) => {
      // It is refused before all of it has come.
      if (answer === '') socket.write(`{}${behind}`);
      answer += text;
    });
    socket.write(`${head}Content-Length: 4\r\n\r\n{}`);
    await once(socket, 'close');
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 503']);
    expect(answer).toMatch(/connection: close/i);
  });

  it('is not requested from another endpoint, because only its account knows it', async () => {
    const a = await upstream('a', refuses(529));
    const b = await upstream('b', answers());
    const gw = await gateway({ main: [a, b] });
    expect((await ask(gw, { method: 'GET', path: file })).status).toBe(529);
    expect([a.heard.length, b.heard.length]).toEqual([1, 0]);
  });

  it('stays with the first endpoint by priority whatever its state, unless the user has disabled it', async () => {
    const a = await upstream('a', says(200, whenUploaded));
    const b = await upstream('b', says(200, whenUploaded));
    const gw = await gateway({ main: [as(b, { priority: 2 }), as(a, { priority: 1, state: 'failed' })] });
    expect((await ask(gw, { method: 'GET', path: file })).headers['x-qcc-endpoint']).toBe('a');
    gw.show({ main: [as(b, { priority: 2 }), as(a, { priority: 1, state: 'disabled' })] });
    expect((await ask(gw, { method: 'GET', path: file })).headers['x-qcc-endpoint']).toBe('b');
  });

  it('is 503 with the way out when the profile has no endpoint', async () => {
    const gw = await gateway({ main: [] });
    const { status, text, headers } = await ask(gw, { path: file, body: '{}' });
    expect(status).toBe(503);
    expect(headers['retry-after']).toBe('60');
    expect(text).toContain('qcc endpoint add');
  });

  it.each([0, 4 * MiB])('of %i bytes is 502 with the way out when the endpoint is unreachable', async (size) => {
    const a = await upstream('a');
    const gw = await gateway({ main: [a] });
    await a.close();
    const { status, text } = await ask(
      gw,
      size === 0 ? { method: 'GET', path: file } : { path: file, body: randomBytes(size) },
    );
    expect(status).toBe(502);
    expect(text).toContain('qcc endpoint test main');
    expect(await gw.fact()).toMatchObject({ type: 'RequestFailed', data: { because: 'unreachable', status: 0 } });
  });

  it('that breaks during a download is aborted, so that it does not seem complete', async () => {
    const a = await upstream('a', async (turn) => {
      turn.response.writeHead(200, { 'content-type': 'application/octet-stream' });
      await new Promise<void>((resolve) => turn.response.write('half', () => resolve()));
      await hangsUp(turn);
    });
    const gw = await gateway({ main: [a] });
    expect((await ask(gw, { method: 'GET', path: file })).whole).toBe(false);
    expect((await gw.fact()).type).toBe('RequestFailed');
  });

  it('ends upstream too when its client leaves', async () => {
    const never = signal();
    const a = await upstream('a', async (turn) => {
      turn.response.writeHead(200, { 'content-type': 'application/octet-stream' });
      turn.response.write('half');
      await waitsFor(never.given, () => undefined)(turn);
    });
    const gw = await gateway({ main: [a] });
    const live = open(gw, { method: 'GET', path: file });
    await live.seen('half');
    live.leave();
    expect(await a.heard[0]?.left).toBe(true);
    expect((await gw.fact()).type).toBe('RequestCancelled');
    never.give();
  });

  it('is finished when the gateway stops', async () => {
    const rest = signal();
    const a = await upstream('a', async (turn) => {
      turn.response.writeHead(200, { 'content-type': 'application/octet-stream' });
      turn.response.write('first half, ');
      await waitsFor(rest.given, ({ response }) => void response.end('second half'))(turn);
    });
    const gw = await gateway({ main: [a] });
    const live = open(gw, { method: 'GET', path: file });
    await live.seen('first half');
    const stopped = gw.server.drain(10_000);
    rest.give();
    const { text, whole } = await live.done;
    expect([text, whole]).toEqual(['first half, second half', true]);
    expect(await stopped).toEqual({ drained: 1, cut: 0 });
  });
});
