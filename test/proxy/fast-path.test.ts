/** The fast path and node:http serve the same port: a client cannot tell which of the two answered. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Exchanges, FastPath } from '../../src/proxy/server/fast-path.ts';
import { selfSigned } from '../config/self-signed.ts';
import { bodyOf, type Gateway, gateway, token } from './gateway.ts';
import { answers, signal, upstream, waitsFor } from './upstreams.ts';

interface Wire {
  readonly socket: Socket;
  /** Resolves with all that came, once it holds this. */
  until(text: string | RegExp): Promise<string>;
  readonly closed: Promise<unknown>;
  came(): string;
}

function wire(port: number, socket: Socket = connect(port, '127.0.0.1')): Wire {
  socket.setEncoding('latin1');
  let came = '';
  let look: () => void = () => undefined;
  socket.on('data', (text: string) => {
    came += text;
    look();
  });
  const closed = once(socket, 'close');
  onTestFinished(() => void socket.destroy());
  const until = async (text: string | RegExp) => {
    while (typeof text === 'string' ? !came.includes(text) : !text.test(came))
      await new Promise<void>((resolve) => {
        look = resolve;
      });
    return came;
  };
  return { socket, until, closed, came: () => came };
}

const asked = (body: string, more = '') =>
  `POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n` +
  `Content-Type: application/json\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`;
const one = bodyOf({ stream: false });
const many = bodyOf({ stream: true });
const isAnswered = (times: number) => new RegExp(`(HTTP/1.1 200 OK[\\s\\S]*?"stop_reason"[\\s\\S]*?){${times}}`);
const isRefused = /"request_id":"[^"]*"\}$/;
/** Without what differs from call to call. */
const settled = (text: string) =>
  text
    .replaceAll(/(x-qcc-request-id|date|server-timing): [^\r]*/gi, '$1: *')
    .replaceAll(/\r\nconnection: (keep-alive|close)(\r\nkeep-alive: [^\r]*)?/gi, '');

const open = async (gw: Gateway, text: string, end: string | RegExp) => {
  const { socket, until } = wire(gw.port);
  socket.write(text);
  return until(end);
};

describe('an answer on the fast path', () => {
  it.each([
    ['in one piece', one, '}'],
    ['as a stream', many, '0\r\n\r\n'],
  ])('%s equals what node:http would write', async (_, body, end) => {
    const gw = await gateway({ main: [await upstream('a', answers())] });
    const straight = await open(gw, asked(body), new RegExp(`${end}$`));
    const ordinary = await open(gw, asked(body, 'Connection: close\r\n'), new RegExp(`${end}$`));
    expect(straight).toContain('Connection: keep-alive\r\nKeep-Alive: timeout=75\r\n');
    expect(ordinary).toMatch(/connection: close/i);
    expect(settled(straight)).toBe(settled(ordinary));
  });

  it('of our own has a Date, as with node:http', async () => {
    const gw = await gateway({ main: [] });
    const text = await open(gw, asked(one), isRefused);
    expect(text).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n[\s\S]*\r\nDate: [A-Z][a-z]{2}, \d\d /);
  });
});

describe('a connection on the fast path', () => {
  it('carries one request after another', async () => {
    const a = await upstream('a', answers());
    const gw = await gateway({ main: [a] });
    const { socket, until } = wire(gw.port);
    for (let times = 1; times <= 3; times++) {
      socket.write(asked(one));
      await until(isAnswered(times));
    }
    expect(a.heard.map(({ body }) => body.toString())).toEqual([one, one, one]);
  });

  it('may use TLS, and is handed to node:http all the same', async () => {
    const hour = 3_600_000;
    const { cert, key } = selfSigned(Date.now() - hour, Date.now() + hour);
    const a = await upstream('a', answers());
    const gw = await gateway({ main: [a] }, { tls: { cert, key } });
    const to = { host: '127.0.0.1', port: gw.port, ca: cert, checkServerIdentity: () => undefined };
    const { socket, until } = wire(gw.port, connectTls(to));
    socket.write(asked(one));
    expect(await until(isAnswered(1))).toContain('Keep-Alive: timeout=75');
    socket.write(asked(many));
    await until(/message_stop/);
    socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await until('{"status":"ok"}');
    expect(a.heard.map(({ body }) => body.toString())).toEqual([one, many]);
  });

  it('answers a pipelining client in the order of its requests', async () => {
    const go = signal();
    const a = await upstream('a', waitsFor(go.given, answers()), answers());
    const gw = await gateway({ main: [a] });
    const { socket, until } = wire(gw.port);
    socket.write(asked(one) + asked(many).slice(0, 30));
    socket.write(asked(many).slice(30) + asked(one));
    await vi.waitUntil(() => a.heard.length === 1);
    go.give();
    const text = await until(/message_stop[\s\S]*HTTP\/1\.1 200[\s\S]*\}$/);
    expect(text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3);
    expect(a.heard.map(({ body }) => body.toString())).toEqual([one, many, one]);
  });

  it('accepts a body in any number of pieces', async () => {
    const a = await upstream('a', answers());
    const gw = await gateway({ main: [a] });
    const { socket, until } = wire(gw.port);
    const text = asked(one);
    const head = text.indexOf('\r\n\r\n') + 4;
    socket.write(text.slice(0, head));
    for (const letter of text.slice(head)) {
      await vi.waitUntil(() => gw.server.counts().inFlight === 1);
      await new Promise((resolve) => socket.write(letter, resolve));
    }
    await until(isAnswered(1));
    expect(a.heard[0]?.body.toString()).toBe(one);
  });

  it.each([
    ['a head in two pieces', [asked(one).slice(0, 25), asked(one).slice(25)]],
    ['chunks', [`${asked('').replace('Content-Length: 0', 'Transfer-Encoding: chunked')}2\r\n{}\r\n0\r\n\r\n`]],
    ['an expectation', [asked(one, 'Expect: 100-continue\r\n')]],
  ])('is handed to node:http for %s', async (_, pieces) => {
    const gw = await gateway({ main: [await upstream('a', answers())] });
    const { socket, until } = wire(gw.port);
    socket.write(asked(one));
    await until(isAnswered(1));
    const flushed = (piece: string) => new Promise((resolve) => socket.write(piece, () => setImmediate(resolve)));
    for (const piece of pieces) await flushed(piece);
    await until(isAnswered(2));
    socket.write(asked(one));
    await until(isAnswered(3));
  });

  it('is handed to node:http for a status page', async () => {
    const gw = await gateway({ main: [await upstream('a', answers())] });
    const { socket, until } = wire(gw.port);
    socket.write(asked(one));
    await until(isAnswered(1));
    socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await until('{"status":"ok"}');
  });

  it.each([
    ['an unknown token', 'Authorization: Bearer x\r\n', 401],
    ['another host', 'Host: evil.example\r\n', 421],
    ['a page', 'Origin: https://evil.example\r\n', 403],
    ['a form', 'Content-Type: text/plain\r\n', 415],
  ])('refuses %s', async (_, line, status) => {
    const a = await upstream('a', answers());
    const gw = await gateway({ main: [a] });
    const name = line.slice(0, line.indexOf(':') + 1);
    const others = asked(one)
      .split('\r\n')
      .filter((other) => !other.startsWith(name));
    const [first, ...rest] = others;
    const text = await open(gw, `${first}\r\n${line}${rest.join('\r\n')}`, isRefused);
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(a.heard).toEqual([]);
  });

  it('that is lost during an attempt ends the attempt', async () => {
    const a = await upstream('a', waitsFor(new Promise(() => undefined), answers()));
    const gw = await gateway({ main: [a] });
    const { socket } = wire(gw.port);
    socket.write(asked(one));
    await vi.waitUntil(() => a.heard.length === 1);
    socket.destroy();
    expect(await a.heard[0]?.left).toBe(true);
    expect((await gw.fact()).type).toBe('RequestCancelled');
  });

  it('that is idle ends when the gateway stops', async () => {
    const gw = await gateway({ main: [await upstream('a', answers())] });
    const { socket, until, closed } = wire(gw.port);
    socket.write(asked(one));
    await until(isAnswered(1));
    await gw.server.drain(10_000);
    await closed;
  });

  it('announces its end in the last answer when the gateway stops', async () => {
    const go = signal();
    const a = await upstream('a', waitsFor(go.given, answers()));
    const gw = await gateway({ main: [a] });
    const { socket, until, closed } = wire(gw.port);
    socket.write(asked(one));
    await vi.waitUntil(() => a.heard.length === 1);
    const drained = gw.server.drain(10_000);
    go.give();
    expect(await until(isAnswered(1))).toMatch(/\r\nConnection: close\r\n/);
    await closed;
    expect(await drained).toEqual({ drained: 1, cut: 0 });
  });
});

describe('a timeout of the fast path', () => {
  const patience = { first: 10, body: 60, idle: 75 };
  let server: Server;
  afterEach(() => void vi.useRealTimers());

  type Serve = Exchanges['serve'];
  async function serving(serve: Serve): Promise<number> {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    server = createServer();
    const way = new FastPath(server, 'connection', patience, { letsIn: () => true, serve });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      way.close();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  }
  const reads: Serve = (_, request, answer) => {
    request.on('data', () => undefined);
    request.on('end', () => {
      answer.writeHead(200, ['content-length', '2']);
      answer.end('ok');
    });
  };
  const pass = (seconds: number) => vi.advanceTimersByTime(seconds * 1_000);

  it('ends a connection that sends nothing', async () => {
    const port = await serving(reads);
    const arrived = once(server, 'connection');
    const { closed, socket } = wire(port);
    await arrived;
    pass(patience.first);
    expect(socket.destroyed).toBe(false);
    pass(1);
    await closed;
  });

  it('ends a request whose body does not arrive, with an answer', async () => {
    const taken = signal();
    const { closed, socket, came } = wire(
      await serving((...exchange) => {
        taken.give();
        reads(...exchange);
      }),
    );
    socket.write(asked(one).slice(0, -1));
    await taken.given;
    pass(patience.body + 1);
    await closed;
    expect(came()).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('runs between two requests, and never during an answer', async () => {
    const taken = signal();
    let finish = () => {};
    const { closed, socket, until } = wire(
      await serving((_, request, answer) => {
        request.on('data', () => undefined);
        request.on('end', taken.give);
        finish = () => {
          answer.writeHead(200, ['content-length', '2']);
          answer.end('ok');
        };
      }),
    );
    socket.write(asked(one));
    await taken.given;
    pass(1_000);
    finish();
    await until('ok');
    pass(patience.idle);
    expect(socket.destroyed).toBe(false);
    pass(1);
    await closed;
  });
});
