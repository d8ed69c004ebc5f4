/** How many clients there may be, what becomes of those that are too many, and of those that take nothing. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ClientConnections, type OpenFiles } from '../../src/proxy/request/client-connections.ts';
import { ask, errorOf, gateway, open } from './gateway.ts';
import { answers, signal, upstream, waitsFor } from './upstreams.ts';

const minuteMs = 60_000;
const MiB = 1_048_576;
const files = (connectionsMax: number): OpenFiles => ({
  connectionsMax,
  isShort: false,
  shortages: 0,
  heard: () => undefined,
  changed: () => undefined,
});

// No more than there are open files for.
const settings = { 'proxy.max_concurrent': 3 };

describe('the clients of a gateway', () => {
  it('may be as many as the settings allow, at once when these change', async () => {
    const gw = await gateway({ main: [] });
    const max = () => gw.server.counts().connections.max;
    expect(max()).toBe(100 + 128 + 512);
    gw.set({ 'proxy.max_concurrent': 10_000, 'proxy.max_waiting': 1_000 });
    expect(max()).toBe(10_000 + 1_000 + 512);
    gw.set({ 'proxy.max_concurrent': 1, 'proxy.max_waiting': 0 });
    expect(max()).toBe(513);
  });

  it('are limited by file descriptors', async () => {
    const gw = await gateway({ main: [] }, { files: files(100), settings: { 'proxy.max_concurrent': 50 } });
    expect(gw.server.counts().connections.max).toBe(84);
    expect(gw.told).toEqual([]);
    for (const most of [10_000, 10_000]) gw.set({ 'proxy.max_concurrent': most });
    expect(gw.server.counts().connections.max).toBe(84);
    expect(gw.told).toEqual(['open files allow 84 clients, and proxy.max_concurrent is 10000 - run: ulimit -n']);
  });

  it('beyond the limit are told so, while the pages answer, and it is logged once', async () => {
    const go = signal();
    const a = await upstream('a', waitsFor(go.given, answers()));
    // Two of the eight are kept for the pages.
    const gw = await gateway({ main: [a] }, { files: files(8), settings: { 'proxy.max_concurrent': 6 } });
    const live = Array.from({ length: 6 }, () => open(gw));
    await vi.waitUntil(() => a.heard.length === 6);
    for (const headers of [{}, { te: 'trailers' }]) {
      const got = await ask(gw, { headers });
      expect([got.status, got.headers['retry-after'], got.headers.connection]).toEqual([503, '2', 'close']);
      expect(errorOf(got).message).toContain('qcc proxy status');
    }
    const page = await ask(gw, { method: 'GET', path: '/healthz' });
    expect([page.status, page.headers.connection]).toEqual([200, 'close']);
    expect(gw.server.counts().connections).toMatchObject({ open: expect.any(Number), max: 6, dropped: 2 });
    expect(gw.told).toEqual(['6 clients are connected, and more are turned away - run: ulimit -n']);
    const metrics = (await ask(gw, { method: 'GET', path: '/metrics' })).text.split('\n');
    expect(metrics).toContain('qcc_connections_max 6');
    expect(metrics).toContain('qcc_connections_dropped_total 2');
    go.give();
    for (const { done, sent } of live) {
      expect((await done).status).toBe(200);
      sent.destroy();
    }
    await vi.waitUntil(() => gw.server.counts().connections.open === 0);
    expect((await ask(gw)).status).toBe(200);
    expect(a.heard).toHaveLength(7);
  });

  it('beyond the places reserved for the pages are closed, counted and logged', async () => {
    const gw = await gateway({ main: [] }, { files: files(4), settings });
    const sockets = Array.from({ length: 6 }, () => connect(gw.port, '127.0.0.1').on('error', () => undefined));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    await vi.waitUntil(() => gw.server.counts().connections.dropped === 2);
    expect(gw.server.counts().connections).toMatchObject({ open: 4, max: 3 });
    expect(gw.told).toHaveLength(1);
  });

  describe('by the clock,', () => {
    afterEach(() => void vi.useRealTimers());

    it('have two seconds to send a request, when they are beyond the limit', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const gw = await gateway({ main: [] }, { files: files(4), settings });
      const sockets = Array.from({ length: 4 }, () => connect(gw.port, '127.0.0.1'));
      onTestFinished(() => {
        for (const socket of sockets) socket.destroy();
      });
      const isOpen = (count: number) => () => gw.server.counts().connections.open === count;
      while (!isOpen(4)()) await new Promise(setImmediate);
      vi.advanceTimersByTime(2_000);
      while (!isOpen(3)()) await new Promise(setImmediate);
    });

    it('make room when they are idle between two requests', async () => {
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
      const a = await upstream('a', answers());
      const gw = await gateway({ main: [a] }, { files: files(4), settings });
      const quiet = Array.from({ length: 3 }, () => connect(gw.port, '127.0.0.1'));
      onTestFinished(() => {
        for (const socket of quiet) socket.destroy();
      });
      const closed = quiet.map((socket) => once(socket.resume(), 'close'));
      while (gw.server.counts().connections.open < 3) await new Promise(setImmediate);
      vi.advanceTimersByTime(6_000);
      // This one is too many still, and the next one is not.
      expect((await ask(gw)).status).toBe(503);
      await Promise.all(closed);
      expect((await ask(gw)).status).toBe(200);
    });
  });
});

describe('a client that reads nothing', () => {
  async function served() {
    const server = createServer();
    const told: string[] = [];
    const connections = new ClientConnections(server, 'connection', {
      files: undefined,
      tell: (sentence) => void told.push(sentence),
      dropQuiet: () => undefined,
    });
    connections.configure({ maxConcurrent: 100, maxWaiting: 100 });
    const sockets: Socket[] = [];
    server.on('connection', (socket) => sockets.push(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      connections.close();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const client = async () => {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      onTestFinished(() => void socket.destroy());
      await once(server, 'connection');
      return { socket, ours: sockets.at(-1) as Socket };
    };
    return { connections, told, client };
  }
  const block = Buffer.alloc(MiB, 0x20);
  const fill = (socket: Socket, blocks: number) => {
    for (let n = 0; n < blocks; n++) socket.write(block);
  };

  it('for five minutes is disconnected, and the data that waited for it is freed', async () => {
    const { connections, told, client } = await served();
    const { ours } = await client();
    fill(ours, 32);
    await vi.waitUntil(() => ours.writableLength > 0);
    connections.look(0);
    connections.look(5 * minuteMs - 1);
    expect([ours.destroyed, connections.counts.stalled]).toEqual([false, 0]);
    connections.look(5 * minuteMs);
    expect([ours.destroyed, connections.counts.stalled]).toEqual([true, 1]);
    expect(told).toEqual(['1 clients were cut: they took nothing of their answers for minutes']);
  });

  it('is not one that reads a little now and then, nor one without pending data', async () => {
    const { connections, client } = await served();
    const [slow, idle] = [await client(), await client()];
    fill(slow.ours, 32);
    connections.look(0);
    for (let now = 4 * minuteMs; now <= 20 * minuteMs; now += 4 * minuteMs) {
      const before = slow.ours.writableLength;
      slow.socket.resume();
      await vi.waitUntil(() => slow.ours.writableLength < before, { interval: 1 });
      slow.socket.pause();
      fill(slow.ours, 16);
      connections.look(now);
    }
    expect([slow.ours.destroyed, idle.ours.destroyed]).toEqual([false, false]);
  });

  it('is disconnected earlier when the total of pending data exceeds its limit, and the others stay', async () => {
    const { connections, client } = await served();
    const [first, second] = [await client(), await client()];
    fill(first.ours, 200);
    connections.look(0);
    fill(second.ours, 200);
    connections.look(9_000);
    expect([first.ours.destroyed, second.ours.destroyed]).toEqual([false, false]);
    connections.look(10_000);
    expect([first.ours.destroyed, second.ours.destroyed]).toEqual([true, false]);
    connections.look(20_000);
    expect(second.ours.destroyed).toBe(false);
  });
});
