/** Limits and life of the data port: bodies, the line, draining, and what is told of it. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startProxy } from '../../src/proxy/server.ts';
import { as, ask, errorOf, gateway, open, token } from './gateway.ts';
import { answerEvents, answers, refuses, says, signal, streamed, streams, upstream, waitsFor } from './upstreams.ts';

const MiB = 1_048_576;

describe('a body', () => {
  const big = (mib: number) => Buffer.from(`{"model":"m","messages":["${'x'.repeat(mib * MiB)}"]}`);

  it.each([
    ['with its length', {}],
    ['in chunks', { headers: { 'transfer-encoding': 'chunked' }, without: ['content-length'] }],
  ])('of more than 32 MiB %s is a 413 that the client sees', async (_, how) => {
    const a = await upstream('a');
    const gw = await gateway({ main: [a] });
    const got = await ask(gw, { body: big(33), ...how });
    expect([got.status, errorOf(got).type]).toEqual([413, 'request_too_large']);
    expect(a.heard).toEqual([]);
    expect((await ask(gw)).status).toBe(200);
    expect(gw.server.figures()).toMatchObject({ inFlight: 0, failed: 1, succeeded: 1 });
  });

  it('that is never finished does not keep its place', async () => {
    const gw = await gateway({ main: [await upstream('a')] }, { settings: { 'proxy.max_concurrent': 1 } });
    const socket = connect(gw.port, '127.0.0.1');
    socket.write(
      `POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nx-api-key: ${token}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
    );
    await until(() => gw.server.figures().inFlight === 1);
    const next = open(gw);
    socket.resetAndDestroy();
    expect((await next.done).status).toBe(200);
    expect(gw.server.figures()).toMatchObject({ cancelled: 1, succeeded: 1, inFlight: 0 });
  });

  it('that cannot be held beside all others is turned away for a moment', async () => {
    const gw = await gateway({ main: [await upstream('a')] });
    const sockets = Array.from({ length: 9 }, () => connect(gw.port, '127.0.0.1'));
    // Eight of 32 MiB, all but the last byte, are all that may be held.
    const body = Buffer.alloc(32 * MiB - 1, 0x20);
    const head = `POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nx-api-key: ${token}\r\nContent-Type: application/json\r\nContent-Length: ${32 * MiB}\r\n\r\n`;
    for (const socket of sockets.slice(0, 8)) {
      socket.on('error', () => undefined).write(head);
      await new Promise((resolve) => socket.write(body, resolve));
    }
    const [last] = sockets.slice(8);
    last?.setEncoding('latin1').write(head);
    const [answer] = last ? await once(last, 'data') : [];
    for (const socket of sockets) socket.destroy();
    expect(answer).toMatch(/^HTTP\/1.1 503 /);
    expect(answer).toMatch(/retry-after: \d+/i);
  });
});

describe('the line', () => {
  it('holds so many, and turns the next away with a time to come back', async () => {
    const go = signal();
    const a = await upstream('a', waitsFor(go.given, answers()));
    const settings = { 'proxy.max_concurrent': 1, 'proxy.max_waiting': 1 };
    const gw = await gateway({ main: [a] }, { settings });
    const first = open(gw);
    await until(() => a.heard.length === 1);
    const second = open(gw);
    await until(() => gw.server.figures().waiting === 1);
    const third = await ask(gw);
    expect([third.status, errorOf(third).type]).toEqual([503, 'api_error']);
    expect(third.headers['retry-after']).toMatch(/^([1-9]|[1-5]\d|60)$/);
    expect(a.heard).toHaveLength(1);
    go.give();
    expect([(await first.done).text, (await second.done).text]).toEqual([streamed, streamed]);
  });

  it('is left by a client that goes away, and its place is not lost', async () => {
    const go = signal();
    const a = await upstream('a', waitsFor(go.given, answers()));
    const settings = { 'proxy.max_concurrent': 1, 'proxy.max_waiting': 1 };
    const gw = await gateway({ main: [a] }, { settings });
    const first = open(gw);
    await until(() => a.heard.length === 1);
    const second = open(gw);
    await until(() => gw.server.figures().waiting === 1);
    second.leave();
    const gone = connect(gw.port, '127.0.0.1');
    await once(gone, 'connect');
    gone.destroy();
    go.give();
    await first.done;
    expect((await ask(gw)).status).toBe(200);
    expect(gw.server.figures()).toMatchObject({ inFlight: 0, waiting: 0 });
  });

  it('waits for room at an endpoint that is full', async () => {
    const go = signal();
    const a = await upstream('a', waitsFor(go.given, answers()), answers());
    const gw = await gateway({ main: [a] });
    gw.show({ main: [as(a, { maxConcurrent: 1 })] });
    const first = open(gw);
    await until(() => a.heard.length === 1);
    const second = open(gw);
    await until(() => gw.server.figures().inFlight === 2);
    expect(a.heard).toHaveLength(1);
    go.give();
    expect([(await first.done).status, (await second.done).status]).toEqual([200, 200]);
  });
});

describe('draining', () => {
  const [start = '', block = '', delta = '', ...rest] = answerEvents();

  it('lets a running stream end, and takes nothing new', async () => {
    const go = signal();
    const finishes = streams(start + block + delta, async ({ response }) => {
      await go.given;
      response.end(rest.join(''));
    });
    const gw = await gateway({ main: [await upstream('a', finishes)] });
    const live = open(gw);
    await live.seen(delta);
    const drained = gw.server.drain(10_000);
    await expect(ask(gw)).rejects.toThrow(/ECONNREFUSED/);
    go.give();
    expect(await live.done).toMatchObject({ whole: true, text: streamed });
    expect(await drained).toEqual({ drained: 1, cut: 0 });
  });

  it('cuts what has not ended when its time is over', async () => {
    const a = await upstream(
      'a',
      streams(start + block + delta, () => undefined),
    );
    const gw = await gateway({ main: [a] });
    const live = open(gw);
    await live.seen(delta);
    expect(await gw.server.drain(50)).toEqual({ drained: 0, cut: 1 });
    expect((await live.done).whole).toBe(false);
    expect(await a.heard[0]?.left).toBe(true);
  });

  it('lets a download of a file end too', async () => {
    const go = signal();
    const a = await upstream('a', async ({ response }) => {
      response.writeHead(200, { 'content-length': '8' });
      response.write('half');
      await go.given;
      response.end('half');
    });
    const gw = await gateway({ main: [a] });
    const live = open(gw, { method: 'GET', path: '/v1/files/f_1/content' });
    await live.seen('half');
    const drained = gw.server.drain(10_000);
    go.give();
    expect(await live.done).toMatchObject({ whole: true, text: 'halfhalf' });
    expect(await drained).toEqual({ drained: 1, cut: 0 });
  });

  it('lets those who wait in line have their turn', async () => {
    const go = signal();
    const a = await upstream('a', waitsFor(go.given, answers()));
    const gw = await gateway({ main: [a] }, { settings: { 'proxy.max_concurrent': 1 } });
    const first = open(gw);
    await until(() => a.heard.length === 1);
    const second = open(gw);
    await until(() => gw.server.figures().waiting === 1);
    const drained = gw.server.drain(10_000);
    go.give();
    expect([(await first.done).whole, (await second.done).whole]).toEqual([true, true]);
    expect(await drained).toMatchObject({ cut: 0 });
  });

  it('is done at once when nothing runs', async () => {
    const gw = await gateway({ main: [] });
    expect(await gw.server.drain(10_000)).toEqual({ drained: 0, cut: 0 });
  });
});

describe('what is told', () => {
  it('is one line for each request, without bodies and secrets', async () => {
    const a = await upstream('a', says(400, '{}'), refuses(503));
    const gw = await gateway({ main: [a, await upstream('b')] });
    await ask(gw, { session: 's' });
    await ask(gw);
    const lines = gw.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toMatchObject([
      { method: 'POST', path: '/v1/messages', status: 400, endpoint: 'a', attempts: 1, session: 's', level: 'info' },
      { status: 200, outcome: 'served', endpoint: 'b', profile: 'main', attempts: 2, level: 'warn', stream: true },
    ]);
    for (const secret of [a.key, token, 'hello']) expect(gw.lines.join('')).not.toContain(secret);
    expect(lines[1]).toHaveProperty('bytes', Buffer.byteLength(streamed));
  });

  it('adds up', async () => {
    const a = await upstream('a', answers(), refuses(503), answers());
    const gw = await gateway({ main: [a] });
    for (let i = 0; i < 3; i++) await ask(gw);
    expect(gw.server.figures()).toEqual({ total: 3, succeeded: 2, failed: 1, cancelled: 0, inFlight: 0, waiting: 0 });
  });
});

describe('starting', () => {
  it('on a port that is taken fails with the error of Node', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    const gw = await gateway({ main: [] });
    const listen = { host: '127.0.0.1', port, tls: null, accessLog: () => undefined, version: '1' };
    await expect(startProxy(gw.ports, listen)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    other.close();
  });
});

/** Waits for a turn of the loop at a time. */
async function until(is: () => boolean): Promise<void> {
  while (!is()) await new Promise((resolve) => setTimeout(resolve, 2));
}
