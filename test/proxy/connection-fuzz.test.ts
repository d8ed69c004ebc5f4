/**
 * Whatever breaks off, at whatever byte, ends one request: the gateway answers on, nothing of it counts as running, and nothing stays
 * open. `node scripts/fuzz-connections.mjs` plays more of the same cases, or all of them.
 */
import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { serveControl } from '../../src/control/server.ts';
import { Upstreams } from '../../src/proxy/upstream/upstream.ts';
import { selfSigned } from '../config/self-signed.ts';
import { temporaryHome } from '../support/home.ts';
import { BreakingServer, casesOf, play, sample, send, sendOverTls } from './connection-fuzz.ts';
import { as, ask, bodyOf, type Gateway, gateway, open, token } from './gateway.ts';
import { streamed, upstream } from './upstreams.ts';

const seed = Number(process.env['QCC_FUZZ_SEED'] ?? 1);
const count = (usual: number) => Number(process.env['QCC_FUZZ_CASES'] ?? usual);
// A case takes some milliseconds, more on a busy machine; all of them some minutes.
const caseMs = 20;
const patienceMs = 60_000 + caseMs * Number(process.env['QCC_FUZZ_CASES'] ?? 0);

const body = bodyOf({ stream: true });
const head = (line: string, ...fields: readonly string[]) =>
  [line, 'Host: 127.0.0.1', `Authorization: Bearer ${token}`, ...fields, '', ''].join('\r\n');
const json = 'Content-Type: application/json';
const messages = (...fields: readonly string[]) =>
  `${head('POST /v1/messages HTTP/1.1', json, `Content-Length: ${body.length}`, ...fields)}${body}`;
const chunked = `${head('POST /v1/messages HTTP/1.1', json, 'Transfer-Encoding: chunked')}5\r\n${body.slice(0, 5)}\r\n${(body.length - 5).toString(16)};x=y\r\n${body.slice(5)}\r\n0\r\nx-trailer: 1\r\n\r\n`;
const form = 'multipart/form-data; boundary=b';
const file = '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhello\r\n--b--\r\n';

/** The bytes of a client. */
const requests: Readonly<Record<string, string>> = {
  page: head('GET /healthz HTTP/1.1'),
  get: head('GET /v1/models HTTP/1.1'),
  head: head('HEAD /v1/models HTTP/1.1'),
  straight: messages('Connection: keep-alive'),
  ordinary: messages('Connection: close'),
  chunked,
  continued: messages('Expect: 100-continue'),
  expecting: messages('Expect: a miracle'),
  upgrade: head('GET /v1/messages HTTP/1.1', 'Connection: Upgrade', 'Upgrade: websocket'),
  upgradeWithBody: messages('Connection: Upgrade', 'Upgrade: h2c'),
  tunnel: 'CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test:443\r\n\r\n',
  pipelined: `${messages()}${messages()}${head('GET /v1/models HTTP/1.1')}`,
  afterUpgrade: `${messages()}${head('GET / HTTP/1.1', 'Connection: Upgrade', 'Upgrade: websocket')}more`,
  file: `${head('POST /v1/files HTTP/1.1', `Content-Type: ${form}`, `Content-Length: ${file.length}`)}${file}`,
  fileInChunks: `${head('POST /v1/files HTTP/1.1', `Content-Type: ${form}`, 'Transfer-Encoding: chunked')}${file.length.toString(16)}\r\n${file}\r\n0\r\n\r\n`,
  download: head('GET /v1/files/file_1/content HTTP/1.1'),
  stranger: 'GET / HTTP/1.1\r\nHost: evil.test\r\nOrigin: http://evil.test\r\n\r\n',
  junk: '\x16\x03\x01\x00\x05hello\r\n\r\n',
};

const chunks = (text: string) =>
  `${text.slice(0, 40).length.toString(16)}\r\n${text.slice(0, 40)}\r\n${text.slice(40).length.toString(16)}\r\n${text.slice(40)}\r\n0\r\n\r\n`;
const error = JSON.stringify({ type: 'error', error: { type: 'overloaded_error', message: 'busy' } });
const events = 'content-type: text/event-stream\r\n';

/** The answer of an endpoint. */
const answersOf: Readonly<Record<string, string>> = {
  stream: `HTTP/1.1 200 OK\r\n${events}transfer-encoding: chunked\r\n\r\n${chunks(streamed)}`,
  streamToTheEnd: `HTTP/1.1 200 OK\r\n${events}connection: close\r\n\r\n${streamed}`,
  hinted: `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 200 OK\r\n${events}transfer-encoding: chunked\r\n\r\n${chunks(streamed)}`,
  refusal: `HTTP/1.1 529 Overloaded\r\ncontent-type: application/json\r\ncontent-length: ${error.length}\r\n\r\n${error}`,
  nothing: 'HTTP/1.1 204 No Content\r\n\r\n',
  protocol: 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
  twoAtOnce: `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\n\r\n`,
};

/** The answers of a proxy on the way, and the bytes through its tunnel. */
const opened = 'HTTP/1.1 200 Connection established\r\nvia: 1.1 proxy\r\n\r\n';
const tunnels: Readonly<Record<string, { readonly origin: string; readonly parts: readonly string[] }>> = {
  plain: { origin: 'http', parts: [opened, answersOf['stream'] as string] },
  secure: { origin: 'https', parts: [opened, '\x16\x03\x03\x00\x2ahello, this is no hello of a server at all'] },
  refused: { origin: 'https', parts: ['HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 2\r\n\r\nno'] },
  overtaken: { origin: 'http', parts: [`${opened}bytes that nobody asked for`] },
};

const lengths = (texts: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, text.length]));

/** Nothing counts as running, no client is connected, and a new one is answered. */
async function isWell(gw: Gateway): Promise<void> {
  await vi.waitFor(() => expect(gw.server.counts()).toMatchObject({ inFlight: 0, waiting: 0 }), { timeout: 10_000 });
  expect(Object.values(gw.server.inFlight().inFlight).filter((n) => n > 0)).toEqual([]);
}

describe('a client that breaks off', () => {
  it.each([
    ['without TLS', null, 400],
    ['with TLS', selfSigned(Date.now() - 3_600_000, Date.now() + 3_600_000), 150],
  ])(
    'at any byte of any request, %s, ends that request and nothing else',
    { timeout: patienceMs },
    async (_, tls, usual) => {
      const up = await upstream('a');
      const gw = await gateway({ main: [up] }, tls ? { tls } : {});
      // A handshake comes before the request, and makes of its bytes some more.
      const more = tls ? 700 : 0;
      const all = Object.fromEntries(Object.entries(requests).map(([name, text]) => [name, text.length + more]));
      const cases = sample(casesOf(all), count(usual), seed);
      const cut = tls ? sendOverTls : send;
      await play(cases, (it, over) => cut(gw.port, Buffer.from(requests[it.of] as string, 'latin1'), it, over));
      await isWell(gw);
      await vi.waitFor(() => expect(gw.server.counts().connections.open).toBe(0), { timeout: 10_000 });
      if (!tls) expect(await ask(gw)).toMatchObject({ status: 200, text: streamed });
    },
  );
});

describe('an endpoint that breaks off', () => {
  it('at any byte of any answer ends that request and nothing else', { timeout: patienceMs }, async () => {
    const server = new BreakingServer();
    const up = await upstream('a');
    onTestFinished(() => server.close());
    const baseUrl = `http://127.0.0.1:${await server.listen()}`;
    const gw = await gateway({ main: [as(up, { baseUrl })] });
    const cases = sample(casesOf(lengths(answersOf)), count(400), seed);
    let number = 0;
    await play(cases, async (it, over) => {
      const own = number++;
      server.told.set(own, { parts: [Buffer.from(answersOf[it.of] as string, 'latin1')], cut: it, over });
      const live = open(gw, { path: `/v1/messages?case-${own}` });
      void over.then(() => live.leave());
      await live.done.catch(() => undefined);
      server.told.delete(own);
    });
    await isWell(gw);
    gw.server.networkChanged();
    await vi.waitFor(() => expect(server.sockets.size).toBe(0), { timeout: 10_000 });
    gw.show({ main: [up] });
    expect(await ask(gw)).toMatchObject({ status: 200, text: streamed });
  });
});

describe('a proxy on the way that breaks off', () => {
  it('at any byte of its answer is reported once to each attempt, and leaves nothing open', {
    timeout: patienceMs,
  }, async () => {
    const server = new BreakingServer();
    onTestFinished(() => {
      server.close();
      vi.unstubAllEnvs();
    });
    const proxy = `http://me:100%@127.0.0.1:${await server.listen()}`;
    for (const name of ['http_proxy', 'https_proxy']) vi.stubEnv(name, proxy);
    vi.stubEnv('no_proxy', '');
    const upstreams = new Upstreams();
    upstreams.configure(60_000);
    const all = Object.entries(tunnels).map(([name, { parts }]) => [name, parts.join('').length]);
    const cases = sample(casesOf(Object.fromEntries(all)), count(400), seed);
    const ends: number[] = [];
    let number = 0;
    await play(cases, async (it, over) => {
      const own = number++;
      const { origin, parts } = tunnels[it.of] as (typeof tunnels)[string];
      server.told.set(own, { parts: parts.map((part) => Buffer.from(part, 'latin1')), cut: it, over });
      ends[own] = 0;
      await new Promise<void>((resolve) => {
        const ended = () => {
          ends[own] = (ends[own] ?? 0) + 1;
          resolve();
        };
        const call = { origin: `${origin}://case-${own}.test`, path: `/case-${own}`, method: 'POST', fresh: false };
        const sink = { head: () => undefined, data: () => true, end: ended, failed: ended, fault: ended };
        const abort = upstreams.send({ ...call, fields: '', body: Buffer.from('{}') }, sink);
        void over.then(() => {
          abort();
          resolve();
        });
      });
      server.told.delete(own);
    });
    upstreams.close();
    expect(ends.filter((n) => n > 1)).toEqual([]);
    await vi.waitFor(() => expect(server.sockets.size).toBe(0), { timeout: 10_000 });
  });
});

describe('a command that breaks off', () => {
  it('at any byte of its query leaves the control socket as it was', { timeout: patienceMs }, async () => {
    const path = `${temporaryHome()}.sock`;
    const control = await serveControl(path, () => ({ 'proxy.status': () => ({ running: true }) }));
    const post = 'POST /call/proxy.status HTTP/1.1\r\nHost: qcc\r\nContent-Length: 2\r\n';
    const questions: Readonly<Record<string, string>> = {
      question: `${post}\r\n{}`,
      unknown: 'POST /call/nothing HTTP/1.1\r\nHost: qcc\r\nContent-Length: 2\r\n\r\n{}',
      chunked:
        'POST /call/proxy.status HTTP/1.1\r\nHost: qcc\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
      twice: `${post}\r\n{}${post}\r\n{}`,
      upgrade: `${post}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n{}`,
      tunnel: 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n',
      junk: 'hello\r\n\r\n',
    };
    const cases = sample(casesOf(lengths(questions)), count(300), seed);
    await play(cases, (it, over) => send(path, Buffer.from(questions[it.of] as string, 'latin1'), it, over));
    const answer = await new Promise<string>((resolve) => {
      let said = '';
      const socket = connect(path);
      socket.on('data', (piece) => {
        said += piece;
      });
      socket.on('close', () => resolve(said));
      socket.write(`${post}Connection: close\r\n\r\n{}`);
    });
    expect(answer).toContain('{"answer":{"running":true}}');
    // One that asks half a question must not keep it from closing.
    const half: Socket = connect(path);
    onTestFinished(() => void half.destroy());
    await new Promise<void>((resolve) => half.on('error', () => undefined).write(post, () => resolve()));
    await control.close();
  });
});
