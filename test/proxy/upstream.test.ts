/** How an endpoint is reached: proxies of the environment, certificates, and what is not followed. */
import { createServer } from 'node:http';
import { createServer as createSecure } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type TransportError, Upstreams } from '../../src/proxy/upstream/upstream.ts';
import { selfSigned } from '../config/self-signed.ts';
import { as, ask, gateway } from './gateway.ts';
import { answers, says, streamed, upstream } from './upstreams.ts';

type Said = { readonly status: number; readonly text: string } | TransportError;

/** One call, and what its sink heard in the end. */
function call(origin: string, connectMs = 2_000): Promise<Said> {
  const upstreams = new Upstreams();
  onTestFinished(() => upstreams.close());
  upstreams.configure(connectMs);
  return callOver(upstreams, origin);
}

function callOver(upstreams: Upstreams, origin: string): Promise<Said> {
  return new Promise((resolve, reject) => {
    let status = 0;
    let text = '';
    upstreams.send(
      { origin, path: '/v1/models', method: 'GET', fields: 'x-api-key: secret\r\n', body: null, fresh: false },
      {
        head: (code) => {
          status = code;
        },
        data: (chunk) => {
          text += chunk;
          return true;
        },
        end: () => resolve({ status, text }),
        failed: resolve,
        fault: reject,
      },
    );
  });
}

/** A proxy that leads everybody to one port of this machine. */
async function proxyTo(port: number): Promise<{ readonly url: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end('by the proxy itself');
  });
  server.on('connect', (request, socket) => {
    asked.push(request.url ?? '');
    const through = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      through.pipe(socket).pipe(through);
    });
    for (const end of [through, socket]) end.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
    vi.unstubAllEnvs();
  });
  for (const name of ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'])
    vi.stubEnv(name, '');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

describe('a proxy of the environment', () => {
  it('is used for hosts other than this machine', async () => {
    const a = await upstream('a', says(200, 'reached'));
    const proxy = await proxyTo(a.port);
    vi.stubEnv('http_proxy', proxy.url);
    expect(await call('http://endpoint.test')).toMatchObject({ status: 200 });
    expect(proxy.asked).toHaveLength(1);
    expect(proxy.asked[0]).toContain('endpoint.test');
  });

  it('is never used for this machine', async () => {
    const a = await upstream('a', says(200, 'reached'));
    const proxy = await proxyTo(1);
    for (const name of ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY']) vi.stubEnv(name, proxy.url);
    expect(await call(a.url)).toEqual({ status: 200, text: 'reached' });
    expect(await call(`http://localhost:${a.port}`)).toEqual({ status: 200, text: 'reached' });
    expect(proxy.asked).toEqual([]);
  });

  it.each(['*', '0.0.0.0', 'other.test, 0.0.0.0'])('is not used for hosts in NO_PROXY=%s', async (names) => {
    const a = await upstream('a', says(200, 'reached'));
    const proxy = await proxyTo(1);
    vi.stubEnv('HTTP_PROXY', proxy.url);
    vi.stubEnv('NO_PROXY', names);
    // An address of this machine that is none of its loopback names.
    expect(await call(`http://0.0.0.0:${a.port}`)).toEqual({ status: 200, text: 'reached' });
    expect(proxy.asked).toEqual([]);
  });
});

describe('a proxy that fails', () => {
  /** The error code of an attempt at an endpoint behind it. */
  async function codeBehind(hear: (socket: Socket) => void, { tls = false, patienceMs = 2_000 } = {}) {
    const server = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      hear(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    await proxyTo(1);
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    vi.stubEnv('http_proxy', `${tls ? 'https' : 'http'}://me:secret@${host}`);
    const said = await call('http://endpoint.test', patienceMs);
    expect(said).toMatchObject({ proxy: host });
    return 'code' in said ? said.code : said.status;
  }
  const answering = (status: string) => (socket: Socket) =>
    socket.once('data', () => socket.end(`HTTP/1.1 ${status}\r\n\r\n`));

  it('is at fault itself when it refuses us, hangs up, or is no proxy', async () => {
    expect(await codeBehind(answering('407 Proxy Authentication Required'))).toBe('EPROXY');
    expect(await codeBehind(answering('403 Forbidden'))).toBe('EPROXY');
    expect(await codeBehind((socket) => socket.once('data', () => socket.end('SSH-2.0\r\n\r\n')))).toBe('EPROXY');
    expect(await codeBehind((socket) => socket.once('data', () => socket.end()))).toBe('EPROXY');
    expect(await codeBehind((socket) => socket.once('data', () => socket.resetAndDestroy()))).toBe('EPROXY');
  });

  it('is at fault itself when it is not reachable, and when its handshake hangs', async () => {
    await proxyTo(1);
    vi.stubEnv('http_proxy', 'http://127.0.0.1:1');
    expect(await call('http://endpoint.test')).toMatchObject({ code: 'EPROXY', proxy: '127.0.0.1:1' });
    expect(await codeBehind(() => undefined, { tls: true, patienceMs: 100 })).toBe('EPROXY');
    expect(await codeBehind((socket) => socket.once('data', () => socket.destroy()), { tls: true })).toBe('EPROXY');
  });

  it.each(['http://[', 'socks5://127.0.0.1:1', 'nonsense://'])(
    'is at fault itself when it is invalid: %s',
    async (url) => {
      await proxyTo(1);
      vi.stubEnv('http_proxy', url);
      expect(await call('http://endpoint.test')).toEqual({ code: 'EPROXY', reused: false, proxy: null });
    },
  );

  it('receives its password as it was written, percent signs included', async () => {
    const heard: string[] = [];
    const server = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (bytes) => {
        heard.push(/proxy-authorization: Basic (\S+)/.exec(bytes.toString())?.[1] ?? '');
        socket.end('HTTP/1.1 407 No\r\n\r\n');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    await proxyTo(1);
    for (const password of ['%', '100%', '%zz', '%ff', '%40']) {
      vi.stubEnv('http_proxy', `http://me:${password}@127.0.0.1:${(server.address() as AddressInfo).port}`);
      expect(await call('http://endpoint.test')).toMatchObject({ code: 'EPROXY' });
    }
    const told = heard.map((one) => Buffer.from(one, 'base64').toString());
    expect(told).toEqual(['me:%', 'me:100%', 'me:%zz', 'me:%ff', 'me:@']);
  });

  it('leaves the fault with the endpoint, or the network, when it could not connect further', async () => {
    for (const status of ['502 Bad Gateway', '503 Service Unavailable', '504 Gateway Timeout'])
      expect(await codeBehind(answering(status))).toBe('EHOSTUNREACH');
    expect(await codeBehind(() => undefined, { patienceMs: 100 })).toBe('ETIMEDOUT');
  });
});

describe('connections over all endpoints', () => {
  it('are limited: the one that was idle longest makes room', async () => {
    const upstreams = new Upstreams();
    onTestFinished(() => upstreams.close());
    upstreams.configure(2_000, 2);
    const servers = await Promise.all(
      [1, 2, 3].map(async () => {
        const open = new Set<Socket>();
        const server = createServer((_, response) => void response.end('{}'));
        server.on('connection', (socket) => {
          open.add(socket);
          socket.on('close', () => open.delete(socket));
        });
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        onTestFinished(() => {
          server.closeAllConnections();
          server.close();
        });
        return { open, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
      }),
    );
    for (const { url } of servers) expect(await callOver(upstreams, url)).toMatchObject({ status: 200 });
    await vi.waitFor(() => expect(servers.map(({ open }) => open.size)).toEqual([0, 1, 1]));
    // Of those that broke off none is counted for ever.
    for (let i = 0; i < 5; i++) expect(await callOver(upstreams, 'http://127.0.0.1:1')).toHaveProperty('code');
    for (const { url } of [...servers, ...servers])
      expect(await callOver(upstreams, url)).toMatchObject({ status: 200 });
    await vi.waitFor(() => expect(servers.reduce((sum, { open }) => sum + open.size, 0)).toBe(2));
  });
});

describe('a connection to an endpoint', () => {
  /** An upstream that counts its connections, and answers when the test says so. */
  async function counting() {
    let connections = 0;
    const waiting: (() => void)[] = [];
    const server = createServer((_, response) => void waiting.push(() => void response.end('{}')));
    server.on('connection', () => connections++);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const upstreams = new Upstreams();
    onTestFinished(() => upstreams.close());
    upstreams.configure(2_000);
    const { port } = server.address() as AddressInfo;
    const calls = async (meanwhile: () => void = () => undefined) => {
      const said = callOver(upstreams, `http://127.0.0.1:${port}`);
      await vi.waitFor(() => expect(waiting).toHaveLength(1));
      meanwhile();
      waiting.pop()?.();
      await said;
    };
    return { calls, upstreams, connections: () => connections };
  }
  const minuteMs = 60_000;
  let passedMs = 0;
  const pass = (ms: number) => {
    passedMs += ms;
  };
  beforeEach(() => {
    passedMs = 0;
    const real = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => real() + passedMs);
  });
  afterEach(() => void vi.restoreAllMocks());

  it('is reused until it is ten minutes old, and never after that', async () => {
    const { calls, connections } = await counting();
    await calls();
    await calls(() => pass(9 * minuteMs));
    await calls();
    expect(connections()).toBe(1);
    await calls(() => pass(1.1 * minuteMs));
    await calls();
    expect(connections()).toBe(2);
  });

  it('that is idle is closed when its network changes; one in use finishes its request first', async () => {
    const { calls, connections, upstreams } = await counting();
    await calls();
    upstreams.drain();
    await calls(() => upstreams.drain());
    expect(connections()).toBe(2);
    await calls();
    expect(connections()).toBe(3);
  });
});

describe('an untrusted certificate', () => {
  it.each(['1', '0'])('ejects the endpoint, whatever the environment says: %s', async (strict) => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', strict);
    onTestFinished(() => void vi.unstubAllEnvs());
    const hour = 3_600_000;
    let heard = 0;
    const server = createSecure(selfSigned(Date.now() - hour, Date.now() + hour), (_, response) => {
      heard++;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const a = await upstream('a');
    const gw = await gateway({ main: [as(a, { baseUrl: `https://127.0.0.1:${port}` }), await upstream('b')] });
    expect(await ask(gw)).toMatchObject({ status: 200, text: streamed, headers: { 'x-qcc-endpoint': 'b' } });
    expect(gw.failures).toEqual([{ endpoint: 'a', failure: 'certificate' }]);
    expect(heard).toBe(0);
  });
});

describe('an untrusted certificate of the proxy', () => {
  it('stops all requests through it, whatever the environment says', async () => {
    const hour = 3_600_000;
    let heard = 0;
    const server = createSecure(selfSigned(Date.now() - hour, Date.now() + hour));
    server.on('connect', (_, socket) => {
      heard++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    await proxyTo(1);
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    vi.stubEnv('http_proxy', `https://me:secret@127.0.0.1:${(server.address() as AddressInfo).port}`);
    expect(await call('http://endpoint.test')).toMatchObject({ code: 'EPROXY' });
    expect(heard).toBe(0);
  });
});

describe('an answer that leads elsewhere', () => {
  it('is not followed', async () => {
    const trap = await upstream('trap');
    const a = await upstream('a', says(307, '', { location: `${trap.url}/v1/messages` }));
    await ask(await gateway({ main: [a, await upstream('b')] }));
    expect(trap.heard).toEqual([]);
  });

  it('is a bad answer when it changes the protocol', async () => {
    const a = await upstream(
      'a',
      ({ request }) =>
        void request.socket.end(
          'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
        ),
    );
    const gw = await gateway({ main: [a, await upstream('b')] });
    expect((await ask(gw)).headers['x-qcc-endpoint']).toBe('b');
    expect(gw.failures).toEqual([{ endpoint: 'a', failure: 'badAnswer' }]);
    expect(a.heard).toHaveLength(1);
  });

  it('with status 103 precedes the answer, and is not one', async () => {
    const a = await upstream('a', (turn) => {
      turn.response.writeEarlyHints({ link: '</x>; rel=preload' });
      return answers()(turn);
    });
    expect(await ask(await gateway({ main: [a] }))).toMatchObject({ status: 200, text: streamed });
  });
});

describe('an answer without a body', () => {
  it('is complete: HEAD returns the length that GET would have', async () => {
    const a = await upstream('a', ({ response }) => void response.writeHead(200, { 'content-length': '100' }).end());
    const gw = await gateway({ main: [a] });
    expect(await ask(gw, { method: 'HEAD', path: '/v1/models' })).toMatchObject({ status: 200, text: '' });
    expect(gw.failures).toEqual([]);
  });

  it('is complete: 204', async () => {
    const a = await upstream('a', ({ response }) => void response.writeHead(204).end());
    const gw = await gateway({ main: [a] });
    expect((await ask(gw, { method: 'DELETE', path: '/v1/things/1' })).status).toBe(204);
    expect(gw.failures).toEqual([]);
  });
});
