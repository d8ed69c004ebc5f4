/** Admission of clients, and the served routes: the guard's rules on the wire. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { reason } from '../../events/reason.ts';
import { selfSigned } from '../config/self-signed.ts';
import { ask, bodyOf, type Call, errorOf, type Gateway, gateway, raw, token } from './gateway.ts';
import { type Heard, message, says, streamed, upstream } from './upstreams.ts';

type Refused = Call | ((gw: Gateway) => Call);
const many = Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`x-n-${i}`, '1']));

const rows: Readonly<Record<number, Readonly<Record<string, Refused>>>> = {
  421: {
    'a foreign host': ({ port }) => ({ headers: { host: `evil.test:${port}` } }),
    'a host that begins well': ({ port }) => ({ headers: { host: `127.0.0.1.evil.test:${port}` } }),
    '0.0.0.0': ({ port }) => ({ headers: { host: `0.0.0.0:${port}` } }),
    'another port': { headers: { host: '127.0.0.1:1' } },
  },
  403: {
    'the origin of a site': { headers: { origin: 'https://evil.test' } },
    'the origin null': { headers: { origin: 'null' } },
    'the origin of another local port': { headers: { origin: 'http://localhost:3000' } },
    'its own origin': ({ port }) => ({ headers: { origin: `http://127.0.0.1:${port}` } }),
    'a referer': { headers: { referer: 'https://evil.test/page' } },
    'sec-fetch-site cross-site': { headers: { 'sec-fetch-site': 'cross-site' } },
    'sec-fetch-site same-origin': { headers: { 'sec-fetch-site': 'same-origin' } },
    'a preflight': {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.test', 'access-control-request-method': 'POST' },
    },
  },
  400: {
    'an absolute target': { path: 'http://evil.test/v1/messages' },
    'an absolute target of its own': ({ port }) => ({ path: `http://127.0.0.1:${port}/v1/messages` }),
    'a target of //': { path: '//evil.test/v1/messages' },
    'a // inside': { path: '/v1//messages' },
    'dot segments': { path: '/v1/../v1/messages' },
    'encoded dot segments': { path: '/v1/%2e%2E/v1/messages' },
    'an encoded slash': { path: '/v1/files%2f..' },
    'a backslash': { path: '/v1\\messages' },
  },
  431: { 'more than 100 headers': { headers: many } },
  401: {
    'no credential': { without: ['authorization'] },
    'a wrong bearer': { headers: { authorization: 'Bearer wrong' } },
    'an empty bearer': { headers: { authorization: 'Bearer ' } },
    basic: { headers: { authorization: `Basic ${Buffer.from(`proxy-managed:${token}`).toString('base64')}` } },
    'a wrong x-api-key': { without: ['authorization'], headers: { 'x-api-key': 'sk-ant-wrong' } },
    'a GET without any': { method: 'GET', path: '/v1/models', without: ['authorization'] },
    'an unknown path without any': { method: 'GET', path: '/nothing', without: ['authorization'] },
  },
  415: {
    'plain text': { headers: { 'content-type': 'text/plain' } },
    'plain text with JSON in a parameter': { headers: { 'content-type': 'text/plain; x=application/json' } },
    'a type that begins like JSON': { headers: { 'content-type': 'application/jsonp' } },
    'a form': { headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    'multipart outside of files': { headers: { 'content-type': 'multipart/form-data; boundary=x' } },
    'no type': { without: ['content-type'] },
  },
};

describe('an unauthorized client', () => {
  for (const [status, refused] of Object.entries(rows)) {
    for (const [title, given] of Object.entries(refused)) {
      it(`gets ${status} for ${title}, and no endpoint receives anything`, async () => {
        const a = await upstream('a');
        const gw = await gateway({ main: [a] });
        const got = await ask(gw, typeof given === 'function' ? given(gw) : given);
        expect(got.status).toBe(Number(status));
        expect(errorOf(got).message).not.toBe('');
        expect(got.headers['x-qcc-request-id']).toBeDefined();
        expect(got.rawHeaders.filter((name) => /^access-control-/i.test(name))).toEqual([]);
        expect(got.headers['x-should-retry']).toBe(status === '401' ? 'false' : undefined);
        expect([a.heard.length, gw.facts.length]).toEqual([0, 0]);
        expect((await ask(gw)).status).toBe(200);
      });
    }
  }

  it('is told which command helps when its credential is wrong', async () => {
    const got = await ask(await gateway({ main: [] }), { without: ['authorization'] });
    expect(errorOf(got).message).toContain('qcc env');
  });

  it.each([
    ['two hosts', 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: 127.0.0.1\r\n\r\n', 421],
    ['no host', 'GET /healthz HTTP/1.0\r\n\r\n', 421],
    [
      'an odd transfer coding',
      'POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    [
      'an upgrade',
      'GET /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      403,
    ],
    [
      'an upgrade among others',
      `POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nConnection: upgrade\r\nUpgrade: h2c, WebSocket/13\r\nContent-Length: 2\r\n\r\n{}`,
      403,
    ],
    ['a tunnel', 'CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test:443\r\n\r\n', null],
  ])('is refused for %s, and its connection is closed', async (_, text, status) => {
    const a = await upstream('a');
    const answer = await raw(await gateway({ main: [a] }), text);
    if (status === null) expect(answer).toBe('');
    else expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).not.toMatch(/access-control/i);
    expect(a.heard).toEqual([]);
  });

  it.each([
    ['an upgrade', 'GET / HTTP/1.1\r\nHost: evil.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'],
    [
      'an upgrade with a body',
      'POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 9\r\n\r\n{}',
    ],
    ['a tunnel', 'CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test:443\r\n\r\n'],
  ])('cannot end the gateway by %s and a reset, at any moment', async (_, text) => {
    const gw = await gateway({ main: [await upstream('a')] });
    const reset = (answered: boolean) =>
      new Promise<void>((resolve) => {
        const socket = connect(gw.port, '127.0.0.1');
        socket.on('error', () => undefined).on('close', () => resolve());
        socket.write(text, () => answered || socket.resetAndDestroy());
        socket.once('data', () => socket.resetAndDestroy());
      });
    for (let i = 0; i < 10; i++) await reset(i % 2 === 0);
    expect((await ask(gw)).status).toBe(200);
  });

  it.each([
    [
      'h2c, with a body',
      'Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk',
      'POST',
      bodyOf(),
    ],
    [
      'h2c, its settings not named',
      'Upgrade: h2c\r\nConnection: Upgrade\r\nHTTP2-Settings: AAMAAABk',
      'POST',
      bodyOf(),
    ],
    ['TLS, without a body', 'Upgrade: TLS/1.0\r\nConnection: keep-alive, Upgrade', 'GET', ''],
    ['h2c, for a file', 'Upgrade: h2c\r\nConnection: Upgrade', 'GET', '', '/v1/files/file_1'],
  ])(
    'that offers another protocol (%s) is answered in this one, once',
    async (_, offer, method, body, path = '/v1/messages') => {
      const a = await upstream('a');
      const gw = await gateway({ main: [a] });
      const type = body === '' ? '' : `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
      const head = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n${type}`;
      // What stands behind it might be the other protocol's.
      const answer = await raw(gw, `${head}${offer}\r\n\r\n${body}GET /behind HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1.1 200 /);
      expect(answer).toMatch(/\r\nconnection: close\r\n/i);
      expect(answer.split('HTTP/1.1 ')).toHaveLength(2);
      expect(a.heard.map((heard) => [heard.method, heard.body.toString()])).toEqual([[method, body]]);
      const { headers } = a.heard[0] as Heard;
      expect([headers.upgrade, headers['http2-settings'], headers.connection]).toEqual([
        undefined,
        undefined,
        'keep-alive',
      ]);
    },
  );

  it('with a hanging upgrade does not delay a stop', async () => {
    const gw = await gateway({ main: [] });
    const socket = connect({ port: gw.port, host: '127.0.0.1', allowHalfOpen: true });
    onTestFinished(() => void socket.destroy());
    await new Promise((resolve) => {
      socket.on('error', () => undefined).once('data', resolve);
      socket.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    });
    const startedAt = performance.now();
    await gw.server.drain(0);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  const paths = ['/v1/messages', '/v1/messages?x=1', '/p/main/v1/messages', '/v1/files', '/v1/messages/batches'];
  const frames: Readonly<Record<string, string>> = {
    'two lengths that are equal': 'Content-Length: 0\r\nContent-Length: 0\r\n\r\n',
    'two lengths': 'Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}',
    'a length with leading zeros': 'Content-Length: 002\r\n\r\n{}',
    'a length of many zeros': 'Content-Length: 00\r\n\r\n',
    'a length with a sign': 'Content-Length: +2\r\n\r\n{}',
    'a length that is a list': 'Content-Length: 2, 2\r\n\r\n{}',
    'a length beside a coding': 'Content-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
    'a coding beside a length': 'Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n',
    'a coding twice': 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'another coding': 'Transfer-Encoding: identity\r\n\r\n',
    'a coding with a parameter': 'Transfer-Encoding: chunked;x=1\r\n\r\n0\r\n\r\n',
  };
  const behind = `GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\nx-api-key: ${token}\r\n\r\n`;

  it.each(Object.entries(frames))(
    'is refused for %s on every route, and the bytes after it are discarded',
    async (_, rest) => {
      const a = await upstream('a');
      const gw = await gateway({ main: [a] });
      const last = await upstream('last');
      for (const path of paths) {
        const head = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nx-api-key: ${token}\r\nContent-Type: application/json\r\n`;
        const answer = await raw(gw, head + rest + behind);
        expect([path, answer.match(/HTTP\/1\.1 \d+/g)]).toEqual([path, ['HTTP/1.1 400']]);
        expect(answer).toMatch(/connection: close/i);
      }
      // Had one of them gone up, it would have been heard before this.
      gw.show({ main: [last] });
      expect((await ask(gw)).status).toBe(200);
      expect(a.heard).toEqual([]);
      expect(last.heard).toHaveLength(1);
    },
  );

  it.each([
    ['an unknown credential', '/v1/files', 'x-api-key: wrong', 401],
    ['an unknown profile', '/p/nobody/v1/files', `x-api-key: ${token}`, 404],
    ['a form', '/v1/messages', `x-api-key: ${token}\r\nContent-Type: text/plain`, 415],
  ])('is refused for %s before its body, whose end is ambiguous', async (_, path, line, status) => {
    const a = await upstream('a');
    const gw = await gateway({ main: [a] });
    const head = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${line}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`;
    const answer = await raw(gw, head + behind);
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual([`HTTP/1.1 ${status}`]);
    expect(answer).toMatch(/connection: close/i);
    expect(a.heard).toEqual([]);
  });

  it('is not let in to the pages without a credential either', async () => {
    const gw = await gateway({ main: [] });
    for (const path of ['/healthz', '/readyz', '/metrics']) {
      const without = ['authorization'];
      expect((await ask(gw, { method: 'GET', path, without, headers: { host: 'evil.test' } })).status).toBe(421);
      expect((await ask(gw, { method: 'GET', path, without, headers: { origin: 'null' } })).status).toBe(403);
    }
  });
});

describe('a client of this machine', () => {
  const welcome: Readonly<Record<string, Refused>> = {
    'by the name of localhost': ({ port }) => ({ headers: { host: `localhost:${port}` } }),
    'by an address of IPv6': ({ port }) => ({ headers: { host: `[::1]:${port}` } }),
    'by a host without a port': { headers: { host: '127.0.0.1' } },
    'by a host in capitals': ({ port }) => ({ headers: { host: `LOCALHOST:${port}` } }),
    'with the token in x-api-key': { without: ['authorization'], headers: { 'x-api-key': token } },
    'with the well-known credential': { headers: { authorization: 'Bearer proxy-managed' } },
    'with one credential that is right of two': { headers: { authorization: 'Bearer wrong', 'x-api-key': token } },
    'with a charset': { headers: { 'content-type': 'application/json; charset=utf-8' } },
    'with sec-fetch-site none': { headers: { 'sec-fetch-site': 'none' } },
  };

  for (const [title, given] of Object.entries(welcome)) {
    it(`is let in ${title}`, async () => {
      const gw = await gateway({ main: [await upstream('a')] });
      expect((await ask(gw, typeof given === 'function' ? given(gw) : given)).status).toBe(200);
    });
  }

  it('needs the token itself when it is required, from that moment on', async () => {
    const gw = await gateway({ main: [await upstream('a')] });
    const known = { headers: { authorization: 'Bearer proxy-managed' } };
    expect((await ask(gw, known)).status).toBe(200);
    gw.set({ 'proxy.require_token': true });
    expect([(await ask(gw, known)).status, (await ask(gw)).status]).toEqual([401, 200]);
  });

  it('may have a host and an origin that the settings allow, and gets no CORS header', async () => {
    const settings = { 'proxy.allowed_hosts': 'gateway.test, other.test', 'proxy.allowed_origins': 'app://client' };
    const gw = await gateway({ main: [await upstream('a')] }, { settings });
    const status = async (headers: Record<string, string>) => (await ask(gw, { headers })).status;
    expect(await status({ host: 'gateway.test' })).toBe(200);
    expect(await status({ host: `other.test:${gw.port}` })).toBe(200);
    expect(await status({ host: 'third.test' })).toBe(421);
    expect(await status({ origin: 'app://client' })).toBe(200);
    expect(await status({ origin: 'app://client', referer: 'app://client/x' })).toBe(200);
    expect(await status({ origin: 'app://other' })).toBe(403);
    const { rawHeaders } = await ask(gw, { headers: { origin: 'app://client' } });
    expect(rawHeaders.filter((name) => /^access-control-/i.test(name))).toEqual([]);
  });

  it('keeps its connection over many requests', async () => {
    const gw = await gateway({ main: [await upstream('a', says(200, message))] });
    const socket = connect(gw.port, '127.0.0.1');
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
    });
    for (let n = 1; n <= 3; n++) {
      socket.write(
        `POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nx-api-key: ${token}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
      );
      while (text.split(message).length <= n) await once(socket, 'data');
    }
    socket.destroy();
    expect(text.match(/HTTP\/1.1 200/g)).toHaveLength(3);
  });
});

describe('the status pages', () => {
  const get = (gw: Gateway, path: string, method = 'GET') => ask(gw, { method, path, without: ['authorization'] });

  it('answer HEAD / and HEAD /api/hello, empty, without a credential', async () => {
    const gw = await gateway({ main: [] });
    for (const path of ['/', '/api/hello']) {
      expect(await get(gw, path, 'HEAD')).toMatchObject({ status: 200, text: '' });
    }
  });

  it.each(['/v2/messages', '/messages', '/v1', '/v1/', '/control', '/p/main/other', '/p/main', '/toString'])(
    'are not at %s: a 404 says what to set',
    async (path) => {
      const gw = await gateway({ main: [] });
      const got = await ask(gw, { method: 'GET', path });
      expect([got.status, errorOf(got).type]).toEqual([404, 'not_found_error']);
      expect(errorOf(got).message).toContain(`ANTHROPIC_BASE_URL to http://127.0.0.1:${gw.port}`);
    },
  );

  it('show that the process serves, and whether it is ready, with reasons', async () => {
    const gw = await gateway({ main: [] });
    expect(await get(gw, '/healthz')).toMatchObject({ status: 200 });
    expect(await get(gw, '/readyz')).toMatchObject({ status: 200 });
    gw.unready.push(reason('allOut'));
    const got = await get(gw, '/readyz');
    expect(got.status).toBe(503);
    expect(JSON.parse(got.text)).toEqual({ ready: false, reasons: ['no endpoint is usable - run: qcc health status'] });
    expect((await get(gw, '/healthz')).status).toBe(200);
  });

  it('show metrics as Prometheus reads them, without secrets', async () => {
    const a = await upstream('a');
    const gw = await gateway({ main: [a] });
    await ask(gw);
    await ask(gw, { path: '/v1/messages/x', method: 'GET', without: ['authorization'] });
    const got = await get(gw, '/metrics');
    expect(got.headers['content-type']).toMatch(/^text\/plain; version=0.0.4/);
    for (const line of [
      '# TYPE qcc_requests_total counter',
      'qcc_requests_total{outcome="succeeded"} 1',
      'qcc_refused_total 1',
      'qcc_attempts_total 1',
      'qcc_requests_in_flight 0',
      'qcc_endpoint_state{endpoint="a",profile="main",state="healthy"} 1',
      'qcc_build_info{version="1.2.3"} 1',
    ]) {
      expect(got.text.split('\n')).toContain(line);
    }
    expect(got.text).toMatch(/^qcc_heap_used_bytes \d{7,}$/m);
    for (const secret of [a.key, token]) expect(got.text).not.toContain(secret);
  });

  it('show how long the event loop was blocked since the last query', async () => {
    const gw = await gateway({ main: [await upstream('a')] });
    const atMost = async () =>
      Number(/qcc_event_loop_delay_seconds\{quantile="1"\} (\S+)/.exec((await get(gw, '/metrics')).text)?.[1]);
    expect(await atMost()).toBe(0);
    const heldMs = 120;
    for (const began = performance.now(); performance.now() - began < heldMs; );
    // It is told by the next tick.
    await expect.poll(atMost).toBeGreaterThan(0.1);
  });

  it('are served over TLS when there is a certificate', async () => {
    const hour = 3_600_000;
    const { cert, key } = selfSigned(Date.now() - hour, Date.now() + hour);
    const gw = await gateway({ main: [await upstream('a')] }, { tls: { cert, key } });
    expect(gw.server.url).toBe(`https://127.0.0.1:${gw.port}`);
    const { request } = await import('node:https');
    const sent = request({
      host: '127.0.0.1',
      port: gw.port,
      path: '/v1/messages',
      method: 'POST',
      ca: cert,
      servername: 'localhost',
      checkServerIdentity: () => undefined,
      agent: false,
      headers: { 'x-api-key': token, 'content-type': 'application/json' },
    });
    sent.end('{"stream":true}');
    const [response] = await once(sent, 'response');
    let text = '';
    for await (const chunk of response) text += chunk;
    expect([response.statusCode, text]).toEqual([200, streamed]);
  });
});
