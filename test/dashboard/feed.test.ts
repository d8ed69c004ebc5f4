/** The stream of what has changed: what it costs, what it holds, and where it begins. */
import { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { hourMs } from '../../events/units.ts';
import { openPages, openStream } from '../support/page.ts';

// The sockets are real, and wait for no timer of these.
const onlyTimers = { toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] } as const;

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const events = (text: string, kind: string) =>
  [...text.matchAll(/event: (\w+)\nid: (\d+)\ndata: (.*)\n\n/g)]
    .filter(([, event]) => event === kind)
    .map(([, , id, data]) => ({ id: Number(id), data: JSON.parse(data ?? '') as Record<string, unknown> }));

async function opened() {
  const pages = await openPages();
  return { ...pages, reading: await pages.bearer('read') };
}

describe('while no page is open', () => {
  it('nothing is heard, looked at, or waited for; nor after the last one was closed', async () => {
    vi.useFakeTimers(onlyTimers as never);
    const { gateway, port, reading, listener } = await opened();
    const before = vi.getTimerCount();
    // With the bearer came the state, and what it told of what runs is remembered: no more than that.
    const { lives } = gateway;
    vi.advanceTimersByTime(60_000);
    expect([gateway.listeners.size, gateway.lives, listener.pages()]).toEqual([0, lives, 0]);
    const [one, other] = [openStream(port, reading), openStream(port, reading)];
    await Promise.all([one.said(/event: state/), other.said(/event: state/)]);
    gateway.happen();
    expect([gateway.listeners.size, listener.pages()]).toEqual([1, 2]);
    expect(vi.getTimerCount()).toBe(before + 3);
    one.socket.destroy();
    await vi.waitUntil(() => listener.pages() === 1, { timeout: 5_000 });
    expect(gateway.listeners.size).toBe(1);
    other.socket.destroy();
    await vi.waitUntil(() => listener.pages() === 0, { timeout: 5_000 });
    expect([gateway.listeners.size, vi.getTimerCount()]).toEqual([0, before]);
  });
});

describe('a page that begins', () => {
  it('gets the whole state, and goes on after the fact that it knows without it', async () => {
    const { gateway, port, reading } = await opened();
    gateway.happen(4);
    for (const after of ['0', '3', '4', '9', 'x', '', '-1', '1e9'])
      expect(events(await openStream(port, reading, after).said(/event: state/), 'state'), after).toMatchObject([
        { id: 5, data: { seq: 5 } },
      ]);
    const resumed = openStream(port, reading, 5);
    await resumed.said(/: open\n\n/);
    gateway.happen();
    const text = await resumed.said(/event: facts/);
    expect(events(text, 'state')).toEqual([]);
    expect(events(text, 'facts')).toMatchObject([{ id: 6, data: { facts: [{ seq: 6 }], skipped: 0 } }]);
  });
});

describe('a page that has just been opened', () => {
  it('has its first state with its bearer, and hears what has begun to run between that and its stream', async () => {
    vi.useFakeTimers(onlyTimers as never);
    const { gateway, port, ask, post, listener } = await openPages();
    const { ticket } = listener.ticket('read');
    const answer = await ask(post('/ticket', { ticket }));
    const { bearer, state } = JSON.parse(answer?.body ?? '') as { bearer: string; state: { seq: number } };
    expect(state.seq).toBe(gateway.seq);
    gateway.live = () => ({ version: '7' }) as never;
    const stream = openStream(port, bearer, state.seq);
    await stream.said(/: open\n\n/);
    vi.advanceTimersByTime(1_000);
    expect(events(await stream.said(/event: live/), 'live')).toMatchObject([{ data: { live: { version: '7' } } }]);
  });
});

describe('of many facts', () => {
  it('a page gets the first at once, at most ten messages within any second, with the newest 100 of each, and learns how many are left out', async () => {
    vi.useFakeTimers(onlyTimers as never);
    const { gateway, port, reading } = await opened();
    const stream = openStream(port, reading, 1);
    await stream.said(/: open\n\n/);
    const told = vi.spyOn(gateway, 'changed');
    const at: number[] = [];
    // For two seconds, 50 each millisecond.
    for (let ms = 0; ms < 2_000; ms++) {
      gateway.happen(50);
      vi.advanceTimersByTime(1);
      if (told.mock.calls.length > at.length) at.push(ms);
    }
    expect(at[0]).toBe(0);
    expect(at.length).toBe(19);
    for (const [i, ms] of at.entries()) expect((at[i + 10] ?? Number.POSITIVE_INFINITY) - ms).toBeGreaterThan(1_000);
    await stream.said(new RegExp(`"seq":${told.mock.calls.at(-1)?.[0].at(-1)?.seq}\\b`));
    let seq = 1;
    for (const { data } of events(stream.text(), 'facts')) {
      const { facts, skipped } = data as { facts: { seq: number }[]; skipped: number };
      expect(facts.length).toBe(seq === 1 ? 50 : 100);
      expect(facts.map((one) => one.seq)).toEqual(facts.map((_, i) => seq + skipped + 1 + i));
      seq += skipped + facts.length;
    }
  });

  it('one message, with one look at what runs, serves all pages', async () => {
    const { gateway, port, reading } = await opened();
    const streams = Array.from({ length: 5 }, () => openStream(port, reading, 1));
    await Promise.all(streams.map((one) => one.said(/: open\n\n/)));
    const changed = vi.spyOn(gateway, 'changed');
    gateway.happen(3);
    await Promise.all(streams.map((one) => one.said(/event: facts/)));
    expect(changed).toHaveBeenCalledTimes(1);
  });

  it('goes to one page a turn of the loop, in its order: no request waits for all of them', async () => {
    const { gateway, port, reading } = await opened();
    const streams = Array.from({ length: 5 }, () => openStream(port, reading, 1));
    await Promise.all(streams.map((one) => one.said(/: open\n\n/)));
    let turn = 0;
    let counting = setImmediate(function count() {
      turn++;
      counting = setImmediate(count);
    });
    const turns: number[] = [];
    const { write } = ServerResponse.prototype;
    vi.spyOn(ServerResponse.prototype, 'write').mockImplementation(function (
      this: ServerResponse,
      ...given: unknown[]
    ) {
      if (String(given[0]).startsWith('event: facts')) turns.push(turn);
      return write.apply(this, given as never);
    });
    gateway.happen();
    await Promise.all(streams.map((one) => one.said(/event: facts/)));
    gateway.happen();
    const texts = await Promise.all(streams.map((one) => one.said(/event: facts[\s\S]*event: facts/)));
    clearImmediate(counting);
    expect([turns.length, new Set(turns).size]).toEqual([10, 10]);
    for (const text of texts) expect(events(text, 'facts').map(({ id }) => id)).toEqual([2, 3]);
  });
});

describe('what runs', () => {
  it('is looked at each second, and told only when it is another than before', async () => {
    vi.useFakeTimers(onlyTimers as never);
    const { gateway, port, reading } = await opened();
    const stream = openStream(port, reading, 1);
    await stream.said(/: open\n\n/);
    vi.advanceTimersByTime(3_000);
    gateway.live = () => ({ version: '7' }) as never;
    vi.advanceTimersByTime(3_000);
    gateway.happen();
    vi.advanceTimersByTime(100);
    const text = await stream.said(/event: facts/);
    expect(events(text, 'live')).toMatchObject([{ id: 1, data: { live: { version: '7' } } }]);
  });
});

describe('pages', () => {
  it('are 16 at most: the 17th is refused until another one leaves', async () => {
    const { ask, get, port, reading, listener } = await opened();
    const streams = Array.from({ length: 16 }, () => openStream(port, reading, 1));
    await Promise.all(streams.map((one) => one.said(/: open\n\n/)));
    const bearer = ['Authorization', `Bearer ${reading}`] as const;
    expect(await ask(get('/stream?after=0', bearer))).toMatchObject({ status: 503, code: 'streams' });
    streams[0]?.socket.destroy();
    await vi.waitUntil(() => listener.pages() === 15);
    await openStream(port, reading, 1).said(/: open\n\n/);
  });

  it('that do not read are cut off and told to begin anew, and what is kept for them is bounded', async () => {
    const { gateway, port, reading, listener } = await opened();
    const [slow, quick] = [openStream(port, reading, 1), openStream(port, reading, 1, 50_000)];
    await Promise.all([slow, quick].map((one) => one.said(/: open\n\n/)));
    slow.socket.pause();
    gateway.filling = 'x'.repeat(20_000);
    const before = process.memoryUsage().external + process.memoryUsage().heapUsed;
    let told = 0;
    while (listener.pages() === 2) {
      gateway.happen(50);
      told++;
      await quick.said(new RegExp(`"seq":${gateway.seq},`));
      expect(told).toBeLessThan(100);
    }
    // A message is 1 MB here: one that is being written, one more at most, and what the system's buffers take.
    expect(told).toBeLessThan(30);
    expect(process.memoryUsage().external + process.memoryUsage().heapUsed - before).toBeLessThan(200_000_000);
    slow.socket.resume();
    // Its answer ends with it.
    await slow.said(/event: reset\ndata: \{\}\n\n\r\n0\r\n\r\n$/);
    expect(listener.pages()).toBe(1);
    await openStream(port, reading, 0).said(/event: state/);
  });

  it('that do not even read this are disconnected after a second', async () => {
    vi.useFakeTimers(onlyTimers as never);
    const { gateway, port, reading, listener } = await opened();
    const slow = openStream(port, reading, 1);
    await slow.said(/: open\n\n/);
    slow.socket.pause();
    gateway.filling = 'x'.repeat(200_000);
    while (listener.pages() === 1) {
      gateway.happen(100);
      vi.advanceTimersByTime(100);
    }
    vi.advanceTimersByTime(1_000);
    slow.socket.resume();
    await slow.closed;
    expect(slow.text()).not.toMatch(/0\r\n\r\n$/);
  });

  it('are told nothing more once their bearer has ended', async () => {
    vi.useFakeTimers(onlyTimers as never);
    const { gateway, port, reading, listener } = await opened();
    const stream = openStream(port, reading, 1);
    await stream.said(/: open\n\n/);
    gateway.world.pass(12 * hourMs - 1);
    vi.advanceTimersByTime(1_000);
    expect(listener.pages()).toBe(1);
    gateway.world.pass(1);
    vi.advanceTimersByTime(1_000);
    gateway.happen();
    vi.advanceTimersByTime(100);
    expect(await stream.said(/event: reset\ndata: \{\}\n\n\r\n0\r\n\r\n$/)).not.toContain('event: facts');
    expect([listener.pages(), gateway.listeners.size]).toEqual([0, 0]);
  });

  it('that read get a state that is longer than what a slow one may leave unread', async () => {
    const { gateway, port, reading } = await opened();
    gateway.filling = 'x'.repeat(4_000_000);
    const text = await openStream(port, reading, 0).said(/\n\n\r\n$/);
    expect(text).toContain('event: state');
    expect(text).not.toContain('event: reset');
  });

  it('are told that the listener is closed', async () => {
    const { port, reading, listener } = await opened();
    const stream = openStream(port, reading, 1);
    await stream.said(/: open\n\n/);
    await listener.close();
    await stream.closed;
    expect(stream.text()).toContain('event: closed');
    expect(listener.pages()).toBe(0);
  });
});
