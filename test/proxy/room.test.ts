/** Who waits for room at an endpoint goes in the order in which they came, is woken, and does not wait without an end. */
import { describe, expect, it, vi } from 'vitest';
import type { EndpointId } from '../../events/ids.ts';
import { RoomBacklog } from '../../src/proxy/admission/room.ts';
import { as, ask, errorOf, gateway, open } from './gateway.ts';
import { answers, signal, upstream, waitsFor } from './upstreams.ts';

const a = 'a' as EndpointId;
const b = 'b' as EndpointId;

describe('the backlog of an endpoint', () => {
  /** Waiters by name, and the names of those that were woken. */
  function line() {
    const room = new RoomBacklog();
    const woken: string[] = [];
    const join = (name: string, ...full: EndpointId[]) => {
      const waiter = room.join();
      void waiter.room(full, 60_000).then(() => woken.push(name));
      return waiter;
    };
    return { room, woken, join };
  }

  it('wakes the first request that can use the place, and no other', async () => {
    const { room, woken, join } = line();
    join('only b', b);
    join('first', a, b);
    join('second', a);
    room.freed(a);
    await vi.waitFor(() => expect(woken).toEqual(['first']));
    room.freed(a);
    await vi.waitFor(() => expect(woken).toEqual(['first', 'second']));
    room.freed(a);
    await Promise.resolve();
    expect(woken).toEqual(['first', 'second']);
  });

  it('offers a place that was not taken to the next request, and a taken one to none', async () => {
    const { room, woken, join } = line();
    const [gone, taker] = [join('gone', a), join('taker', a)];
    join('third', a);
    room.freed(a);
    gone.leave(false);
    await vi.waitFor(() => expect(woken).toEqual(['gone', 'taker']));
    taker.leave(true);
    await Promise.resolve();
    expect([woken, room.length]).toEqual([['gone', 'taker'], 1]);
  });
});

describe('requests to a full endpoint', () => {
  it('run one after the other as soon as an attempt ends, in the order in which they came', async () => {
    const goOn = Array.from({ length: 4 }, () => signal());
    const up = await upstream('a', ...goOn.map(({ given }) => waitsFor(given, answers())));
    const gw = await gateway({ main: [as(up, { maxConcurrent: 1 })] });
    const all = [];
    for (let i = 0; i < 4; i++) {
      all.push(open(gw, { session: `s${i}` }));
      await vi.waitFor(() => expect(gw.server.counts().inFlight).toBe(i + 1));
    }
    for (const [i, one] of all.entries()) {
      await vi.waitFor(() => expect(up.heard).toHaveLength(i + 1));
      goOn[i]?.give();
      expect((await one.done).status).toBe(200);
    }
    const order = gw.facts.map(({ data }) => data.session);
    expect(order).toEqual(['s0', 's1', 's2', 's3']);
  });

  it('give their place in the backlog to the next when their client leaves', async () => {
    const goOn = signal();
    const up = await upstream('a', waitsFor(goOn.given, answers()), answers());
    const gw = await gateway({ main: [as(up, { maxConcurrent: 1 })] });
    const first = open(gw);
    await vi.waitFor(() => expect(up.heard).toHaveLength(1));
    const leaves = open(gw);
    await vi.waitFor(() => expect(gw.server.counts().inFlight).toBe(2));
    const last = open(gw);
    await vi.waitFor(() => expect(gw.server.counts().inFlight).toBe(3));
    leaves.leave();
    await vi.waitFor(() => expect(gw.server.counts().inFlight).toBe(2));
    goOn.give();
    expect([(await first.done).status, (await last.done).status, up.heard.length]).toEqual([200, 200, 2]);
  });

  it('are refused after four minutes without room', async () => {
    const goOn = signal();
    const up = await upstream('a', waitsFor(goOn.given, answers()));
    const gw = await gateway({ main: [as(up, { maxConcurrent: 1 })] });
    const first = open(gw);
    await vi.waitFor(() => expect(up.heard).toHaveLength(1));
    let aheadMs = 0;
    const real = Date.now;
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => real() + aheadMs);
    try {
      const waits = open(gw);
      await vi.waitFor(() => expect(gw.server.counts().inFlight).toBe(2));
      aheadMs = 240_000;
      const got = await waits.done;
      expect([got.status, errorOf(got).message]).toEqual([503, expect.stringContaining('no room')]);
    } finally {
      clock.mockRestore();
    }
    goOn.give();
    expect((await first.done).status).toBe(200);
    expect((await ask(gw)).status).toBe(200);
  });
});
