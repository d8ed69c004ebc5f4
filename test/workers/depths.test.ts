/** The depths of a probe: what each asks of an endpoint, what it says, and what it leaves behind. */
import { connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { reason } from '../../events/reason.ts';
import { errorBody, messageBody, readAsked } from '../../src/simulated-endpoint/replies.ts';
import { type Depth, probe } from '../../workers/probe.ts';
import { selfSigned } from '../config/self-signed.ts';
import { jobFor, serving, simulated } from './simulated.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const shortMs = 400;
const depths: readonly Depth[] = ['connection', 'api', 'conversation'];
const dayMs = 86_400_000;
const key = 'sk-ant-test-0123456789abcdef';

/** A server below HTTP, and how many of its connections are open. */
async function listening(server: Server) {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}`, port, sockets, auth: 'x-api-key' as const, key };
}

/** Takes connections, and never says a word on them. */
const silent = () => listening(createTcpServer((socket) => socket.resume()));

describe('a connection probe', () => {
  it('sends nothing', async () => {
    const heard: Buffer[] = [];
    const server = createTcpServer((socket) => socket.on('data', (bytes) => heard.push(bytes)));
    const place = await listening(server);
    expect(await probe(jobFor(place, { depth: 'connection' }))).toMatchObject({
      depth: 'connection',
      verdict: 'success',
      status: null,
      dialError: null,
      ttftMs: null,
      tokens: 0,
      model: null,
      error: null,
    });
    await vi.waitFor(() => expect(place.sockets.size).toBe(0));
    expect(heard).toEqual([]);
  });

  it('passes for an endpoint that does everything else wrong', async () => {
    const endpoint = await simulated();
    await endpoint.play({ kind: 'status', status: 500 });
    expect((await probe(jobFor(endpoint, { depth: 'connection' }))).verdict).toBe('success');
    expect(endpoint.requests).toEqual([]);
  });

  it.each(depths)('that is refused ends a probe of depth %s, as no connection', async (depth) => {
    const endpoint = await simulated();
    await endpoint.stopListening();
    expect(await probe(jobFor(endpoint, { depth, model: null }))).toMatchObject({
      verdict: 'failure',
      failure: 'unreachable',
      dialError: 'ECONNREFUSED',
      error: reason('noConnection', { code: 'ECONNREFUSED' }),
    });
  });

  it.each(depths)('uses TLS where the endpoint has it: an invalid certificate ends depth %s', async (depth) => {
    // It is no good whatever the environment says.
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    onTestFinished(() => void vi.unstubAllEnvs());
    const place = await listening(createTlsServer(selfSigned(Date.now() - dayMs, Date.now() + dayMs)));
    const url = place.url.replace('http:', 'https:');
    expect(await probe(jobFor({ ...place, url }, { depth }))).toMatchObject({
      verdict: 'failure',
      failure: 'certificate',
      dialError: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
  });

  it.each(depths)('that hangs in its TLS is no connection in time, at depth %s', async (depth) => {
    const place = await silent();
    const url = place.url.replace('http:', 'https:');
    const startedAt = performance.now();
    const result = await probe(jobFor({ ...place, url }, { depth, timeoutMs: shortMs }));
    expect(result).toMatchObject({ verdict: 'timeout', failure: 'unreachable', dialError: 'QCC_TIMEOUT' });
    expect(performance.now() - startedAt).toBeLessThan(shortMs * 3);
    await vi.waitFor(() => expect(place.sockets.size).toBe(0));
  });
});

describe('an API probe', () => {
  it('asks for the models, for free', async () => {
    const endpoint = await simulated();
    expect(await probe(jobFor(endpoint, { depth: 'api' }))).toMatchObject({
      verdict: 'success',
      status: 200,
      tokens: 0,
    });
    expect(endpoint.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /v1/models?limit=100']);
  });

  /** Answers the list of models and the count of tokens as told. */
  async function api(list: readonly [number, string], count: readonly [number, string]) {
    const asked: string[] = [];
    const place = await serving((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      const [status, body] = request.method === 'GET' ? list : count;
      request.resume().on('end', () => response.writeHead(status).end(body));
    });
    return { result: await probe(jobFor(place, { depth: 'api' })), asked };
  }

  const gone = [404, errorBody('not_found_error', 'Not Found')] as const;
  const counted = [200, '{"input_tokens":12}'] as const;
  const refused = [401, errorBody('authentication_error', 'no')] as const;
  const page = [200, '<html></html>'] as const;

  it.each<[string, readonly [number, string]]>([
    ['is not there', gone],
    ['is a page', page],
    ['is refused', refused],
    ['breaks', [500, '']],
  ])('counts tokens if the list %s', async (_, list) => {
    const { result, asked } = await api(list, counted);
    expect(result).toMatchObject({ verdict: 'success', model: 'claude-given', tokens: 0 });
    expect(asked[1]).toBe('POST /v1/messages/count_tokens');
  });

  it.each<[string, readonly [number, string], readonly [number, string], object]>([
    ['refuses the key twice', refused, refused, { verdict: 'invalid_key', failure: 'credential', status: 401 }],
    ['refuses the key, and does not count', refused, gone, { verdict: 'invalid_key', failure: 'credential' }],
    ['is limited', [429, ''], [429, ''], { verdict: 'rate_limited', failure: 'rateLimited' }],
    ['is overloaded', [529, ''], gone, { verdict: 'rate_limited', failure: 'overloaded' }],
    ['has no list, and does not count', gone, refused, { verdict: 'failure', failure: null }],
    ['has neither', gone, gone, { verdict: 'failure', failure: null, dialError: null }],
    ['has only pages', page, page, { verdict: 'failure', failure: null }],
  ])('that %s is reported so', async (_, list, count, judged) => {
    const { result } = await api(list, count);
    expect(result).toMatchObject({ ...judged, valid: false, score: 0 });
    expect(result.error).toBeTruthy();
  });

  it('counts tokens if the list hangs, within the same time', async () => {
    const endpoint = await simulated({ perRequest: [{ kind: 'hang' }, { kind: 'none' }] });
    const result = await probe(jobFor(endpoint, { depth: 'api', timeoutMs: 1_000 }));
    expect(result.verdict).toBe('success');
    expect(endpoint.requests).toHaveLength(2);
  });

  it('that hangs altogether is a timeout, in time', async () => {
    const place = await silent();
    const startedAt = performance.now();
    const result = await probe(jobFor(place, { depth: 'api', timeoutMs: shortMs }));
    expect(result).toMatchObject({ verdict: 'timeout', failure: 'timeout', dialError: null });
    expect(performance.now() - startedAt).toBeLessThan(shortMs * 3);
  });
});

describe('an HTTP proxy of a probe', () => {
  /** Tunnels to wherever it is asked, or refuses. */
  async function tunnelling(status = 200) {
    const asked: string[] = [];
    const server = createTcpServer((socket) => {
      socket.once('data', (bytes) => {
        const [, authority = ''] = bytes.toString('latin1').split(' ');
        asked.push(authority);
        socket.write(`HTTP/1.1 ${status} so\r\ncontent-length: 0\r\n\r\n`);
        if (status !== 200) return;
        const [host, port] = authority.split(':');
        const there = connect(Number(port), host);
        there.on('error', () => socket.destroy());
        socket.pipe(there).pipe(socket);
      });
    });
    const place = await listening(server);
    return { url: place.url, asked, sockets: place.sockets };
  }

  it.each(depths)('is used at depth %s', async (depth) => {
    const [endpoint, proxy] = [await simulated(), await tunnelling()];
    const result = await probe(jobFor(endpoint, { depth, proxy: proxy.url }));
    expect(result).toMatchObject({ verdict: 'success', depth });
    expect(proxy.asked).toEqual([`127.0.0.1:${endpoint.port}`]);
    await vi.waitFor(() => expect(proxy.sockets.size).toBe(0));
  });

  it.each(depths)('that cannot reach the endpoint is no connection, at depth %s', async (depth) => {
    const [endpoint, proxy] = [await simulated(), await tunnelling(503)];
    const result = await probe(jobFor(endpoint, { depth, proxy: proxy.url }));
    expect(result).toMatchObject({ verdict: 'failure', failure: 'unreachable', dialError: 'EHOSTUNREACH' });
    expect(endpoint.requests).toEqual([]);
  });

  const nothingOfTheEndpoint = { verdict: 'failure', failure: null, connected: false, dialError: 'EPROXY' };
  const withPassword = (url: string) => url.replace('http://', 'http://me:secret@');

  it.each(depths)('that refuses us says nothing about the endpoint, at depth %s', async (depth) => {
    const [endpoint, proxy] = [await simulated(), await tunnelling(407)];
    const result = await probe(jobFor(endpoint, { depth, proxy: withPassword(proxy.url) }));
    const error = reason('proxyDown', { proxy: new URL(proxy.url).host });
    expect(result).toMatchObject({ ...nothingOfTheEndpoint, error });
    expect(endpoint.requests).toEqual([]);
  });

  it.each(depths)('that is down says nothing about the endpoint, at depth %s', async (depth) => {
    const { url } = await tunnelling();
    const gone = withPassword(url.replace(/:\d+$/, ':1'));
    expect(await probe(jobFor(await simulated(), { depth, proxy: gone }))).toMatchObject(nothingOfTheEndpoint);
  });

  it('that hangs up on us says nothing about the endpoint', async () => {
    const place = await listening(createTcpServer((socket) => socket.once('data', () => socket.destroy())));
    expect(await probe(jobFor(await simulated(), { proxy: place.url }))).toMatchObject(nothingOfTheEndpoint);
  });

  it('whose handshake hangs says nothing about the endpoint', async () => {
    const place = await silent();
    const proxy = place.url.replace('http:', 'https:');
    const result = await probe(jobFor(await simulated(), { proxy, timeoutMs: shortMs }));
    expect(result).toMatchObject(nothingOfTheEndpoint);
    await vi.waitFor(() => expect(place.sockets.size).toBe(0));
  });

  it('that hangs is no connection in time', async () => {
    const [endpoint, proxy] = [await simulated(), await silent()];
    const result = await probe(jobFor(endpoint, { proxy: proxy.url, timeoutMs: shortMs }));
    expect(result).toMatchObject({ verdict: 'timeout', dialError: 'QCC_TIMEOUT' });
    await vi.waitFor(() => expect(proxy.sockets.size).toBe(0));
  });

  it.each(['http://[', 'socks5://127.0.0.1:1'])(
    'that is invalid says nothing about the endpoint: %s',
    async (proxy) => {
      const result = await probe(jobFor(await simulated(), { proxy }));
      expect(result).toMatchObject(nothingOfTheEndpoint);
    },
  );

  it('may have a password with a percent sign that escapes nothing', async () => {
    const [endpoint, proxy] = [await simulated(), await tunnelling()];
    const url = proxy.url.replace('http://', 'http://me:100%@');
    expect(await probe(jobFor(endpoint, { proxy: url }))).toMatchObject({ verdict: 'success' });
  });
});

describe('a probe that is stopped', () => {
  it.each(depths)('ends its sockets and has no verdict, at depth %s', async (depth) => {
    const place = await silent();
    const stop = new AbortController();
    // A TLS handshake that is never answered: depth does not matter, the dial hangs.
    const probed = probe(jobFor({ ...place, url: place.url.replace('http:', 'https:') }, { depth }), stop.signal);
    await vi.waitFor(() => expect(place.sockets.size).toBe(1));
    stop.abort();
    await expect(probed).rejects.toThrow('aborted');
    await vi.waitFor(() => expect(place.sockets.size).toBe(0));
  });

  it('ends its conversation', async () => {
    const endpoint = await simulated();
    await endpoint.play({ kind: 'pingsOnly', everyMs: 20 });
    const stop = new AbortController();
    const probed = probe(jobFor(endpoint), stop.signal);
    await vi.waitFor(() => expect(endpoint.requests).toHaveLength(1));
    stop.abort();
    await expect(probed).rejects.toThrow('aborted');
    await vi.waitFor(() => expect(endpoint.requests[0]?.ended).toBe('cut'));
  });

  it('before it began sends nothing', async () => {
    const endpoint = await simulated();
    await expect(probe(jobFor(endpoint), AbortSignal.abort())).rejects.toThrow('aborted');
    expect(endpoint.requests).toEqual([]);
  });
});

describe('a finished probe', () => {
  it('leaves no connection, no listener on the signal, and no running timer', async () => {
    const sockets = new Set<Socket>();
    const place = await serving((request, response) => {
      sockets.add(request.socket);
      request.socket.once('close', () => sockets.delete(request.socket));
      request.resume().on('end', () => response.end(messageBody(readAsked('{}', 'OK'))));
    });
    const stop = new AbortController();
    const [adding, removing] = [
      vi.spyOn(stop.signal, 'addEventListener'),
      vi.spyOn(stop.signal, 'removeEventListener'),
    ];
    for (let count = 0; count < 50; count++) {
      for (const depth of depths) await probe(jobFor(place, { depth, timeoutMs: 600_000 }), stop.signal);
    }
    await vi.waitFor(() => expect(sockets.size).toBe(0));
    expect(removing.mock.calls.length).toBe(adding.mock.calls.length);
    expect(process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length).toBeLessThan(10);
  });

  it('leaves no memory', async () => {
    const endpoint = await serving((request, response) => {
      request.resume().on('end', () => response.end(messageBody(readAsked('{}', 'OK'))));
    });
    const many = async (count: number) => {
      for (let done = 0; done < count; done += depths.length) {
        await Promise.all(depths.map((depth) => probe(jobFor(endpoint, { depth, timeoutMs: 600_000 }))));
      }
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const before = await many(150);
    // Measured: 100 bytes a probe, over 10,000 of them; a socket or a timer that stays is some thousands.
    expect(((await many(600)) - before) / 600).toBeLessThan(3_000);
  });
});
