/** After a sleep of the machine: what is on its way has ten seconds to show that it is there. */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { reason } from '../../events/reason.ts';
import { Queue } from '../../src/projections/queue.ts';
import { Background, type BackgroundPorts } from '../../src/retry-queue/background.ts';
import type { QueuePorts } from '../../src/retry-queue/ports.ts';
import { RetryQueue } from '../../src/retry-queue/retry-queue.ts';
import { ask, type Gateway, gateway, type Live, open } from './gateway.ts';
import { answerEvents, answers, type FakeUpstream, type Step, says, streamed, upstream } from './upstreams.ts';

const afterSleepMs = 10_000;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** The time that real sockets need is waited for; the clock's time is the test's. */
const heard = async (until: () => boolean) => {
  while (!until()) await new Promise<void>((resolve) => setImmediate(resolve));
};

const events = answerEvents();
const silent: Step = () => undefined;
const begins: Step = ({ response }) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(events.slice(0, 3).join(''));
};

describe('a sleep of the machine', () => {
  it('fails over a request whose endpoint sends nothing for ten seconds afterwards', async () => {
    const [a, b] = [await upstream('a', silent), await upstream('b')];
    const gw = await gateway({ main: [a, b] });
    const asked = ask(gw);
    await heard(() => a.heard.length === 1);
    gw.server.resume();
    await vi.advanceTimersByTimeAsync(afterSleepMs - 1);
    expect(b.heard).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(await asked).toMatchObject({ status: 200, text: streamed, headers: { 'x-qcc-endpoint': 'b' } });
    expect(gw.reports[0]?.detail).toEqual(reason('silentAfterSleep'));
  });

  it('aborts a stream that has stopped, so that the client retries', async () => {
    const a = await upstream('a', begins, answers());
    const gw = await gateway({ main: [a] });
    const live = open(gw);
    await live.seen('content_block_start');
    gw.server.resume();
    await vi.advanceTimersByTimeAsync(afterSleepMs);
    expect(await live.done).toMatchObject({ status: 200, whole: false });
  });

  it('ends no stream that continues, however long it takes then', async () => {
    let goOn: () => void = () => undefined;
    let ping: () => void = () => undefined;
    const a = await upstream('a', (turn) => {
      void begins(turn);
      ping = () => void turn.response.write('event: ping\ndata: {"type":"ping"}\n\n');
      goOn = () => void turn.response.end(events.slice(3).join(''));
    });
    const gw = await gateway({ main: [a] });
    const live = open(gw);
    await live.seen('content_block_start');
    gw.server.resume();
    ping();
    await live.seen('ping');
    await vi.advanceTimersByTimeAsync(3 * afterSleepMs);
    goOn();
    expect(await live.done).toMatchObject({ status: 200, whole: true });
  });

  it('is reported to the worker that retries queued requests', async () => {
    let told = 0;
    const pool = { resume: () => told++ };
    const background = new Background({ pool } as unknown as BackgroundPorts);
    const ports = { onFacts: () => undefined, queue: () => new Queue() };
    const gw = await gateway({}, { retryQueue: new RetryQueue(ports as unknown as QueuePorts, background) });
    gw.server.resume();
    expect(told).toBe(1);
  });

  it('does not affect an answer that comes in one piece', async () => {
    let goOn: () => void = () => undefined;
    const a = await upstream('a', (turn) => {
      goOn = () => void answers()(turn);
    });
    const gw = await gateway({ main: [a] });
    const asked = ask(gw, { stream: false });
    await heard(() => a.heard.length === 1);
    gw.server.resume();
    await vi.advanceTimersByTimeAsync(3 * afterSleepMs);
    goOn();
    expect((await asked).status).toBe(200);
  });

  it('ends an upload that the endpoint no longer reads', async () => {
    const a = await deaf('a');
    const gw = await gateway({ main: [a] }, { settings: { 'proxy.connect_timeout': 300 } });
    const live = open(gw, { path, body: Buffer.alloc(32 * MiB), headers: { 'content-type': 'multipart/form-data' } });
    await heard(() => a.sockets.length === 1);
    // Until all buffers on the way are full, something moves.
    await untilOver(live, gw);
    expect((await live.done).status).toBe(502);
    expect(await gw.fact()).toMatchObject({ type: 'RequestFailed', data: { because: 'noNetwork', status: 0 } });
  });

  it('aborts a download that has stopped', async () => {
    const a = await upstream('a', ({ response }) => {
      response.writeHead(200, { 'content-type': 'application/octet-stream' });
      response.write('half');
    });
    const gw = await gateway({ main: [a] });
    const live = open(gw, { method: 'GET', path });
    await live.seen('half');
    await untilOver(live, gw);
    expect((await live.done).whole).toBe(false);
    expect(await gw.fact()).toMatchObject({ type: 'RequestFailed', data: { because: 'noNetwork' } });
  });

  it('does not affect an endpoint that has received a file and is processing it', async () => {
    let goOn: () => void = () => undefined;
    const a = await upstream('a', (turn) => {
      goOn = () => void says(200, '{}')(turn);
    });
    const gw = await gateway({ main: [a] });
    const asked = ask(gw, { path, body: '{}' });
    await heard(() => a.heard.length === 1);
    gw.server.resume();
    await vi.advanceTimersByTimeAsync(3 * afterSleepMs);
    goOn();
    expect((await asked).status).toBe(200);
  });
});

const MiB = 1_048_576;
const path = '/v1/files';

/** Takes what its buffers take, and reads nothing. */
async function deaf(name: string): Promise<FakeUpstream & { readonly sockets: readonly Socket[] }> {
  const server = createServer({ pauseOnConnect: true });
  const sockets: Socket[] = [];
  server.on('connection', (socket) => void sockets.push(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  onTestFinished(close);
  const url = `http://127.0.0.1:${port}`;
  return { name, port, url, key: 'sk-ant-deaf', heard: [], does: () => undefined, close, sockets };
}

async function untilOver({ done }: Live, { server }: Gateway): Promise<void> {
  let isOver = false;
  void done.then(() => {
    isOver = true;
  });
  while (!isOver) {
    server.resume();
    await vi.advanceTimersByTimeAsync(2 * afterSleepMs);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
