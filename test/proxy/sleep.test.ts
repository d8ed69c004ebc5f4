/** After a sleep of the machine: streams on their way have ten seconds to show that they are there. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Queue } from '../../src/projections/queue.ts';
import { Background, type BackgroundPorts } from '../../src/queue/background.ts';
import { QueueDesk } from '../../src/queue/desk.ts';
import type { QueuePorts } from '../../src/queue/ports.ts';
import { ask, gateway, open } from './gateway.ts';
import { answerEvents, answers, type Step, streamed, upstream } from './upstreams.ts';

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

describe('a sleep', () => {
  it('moves a request on whose endpoint says nothing for ten seconds after it', async () => {
    const [a, b] = [await upstream('a', silent), await upstream('b')];
    const gw = await gateway({ main: [a, b] });
    const asked = ask(gw);
    await heard(() => a.heard.length === 1);
    gw.server.wokeUp();
    await vi.advanceTimersByTimeAsync(afterSleepMs - 1);
    expect(b.heard).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(await asked).toMatchObject({ status: 200, text: streamed, headers: { 'x-qcc-endpoint': 'b' } });
    expect(gw.reports[0]?.detail).toBe('nothing came after this machine had slept');
  });

  it('cuts a stream that nothing comes of any more, so that the client asks again', async () => {
    const a = await upstream('a', begins, answers());
    const gw = await gateway({ main: [a] });
    const live = open(gw);
    await live.seen('content_block_start');
    gw.server.wokeUp();
    await vi.advanceTimersByTimeAsync(afterSleepMs);
    expect(await live.done).toMatchObject({ status: 200, whole: false });
  });

  it('ends no stream that goes on, however long it takes then', async () => {
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
    gw.server.wokeUp();
    ping();
    await live.seen('ping');
    await vi.advanceTimersByTimeAsync(3 * afterSleepMs);
    goOn();
    expect(await live.done).toMatchObject({ status: 200, whole: true });
  });

  it('is told to the worker that makes the tries of the queue', async () => {
    let told = 0;
    const pool = { wokeUp: () => told++ };
    const background = new Background({ pool } as unknown as BackgroundPorts);
    const ports = { onFacts: () => undefined, queue: () => new Queue() };
    const gw = await gateway({}, { desk: new QueueDesk(ports as unknown as QueuePorts, background) });
    gw.server.wokeUp();
    expect(told).toBe(1);
  });

  it('says nothing of an answer that comes in one piece', async () => {
    let goOn: () => void = () => undefined;
    const a = await upstream('a', (turn) => {
      goOn = () => void answers()(turn);
    });
    const gw = await gateway({ main: [a] });
    const asked = ask(gw, { stream: false });
    await heard(() => a.heard.length === 1);
    gw.server.wokeUp();
    await vi.advanceTimersByTimeAsync(3 * afterSleepMs);
    goOn();
    expect((await asked).status).toBe(200);
  });
});
