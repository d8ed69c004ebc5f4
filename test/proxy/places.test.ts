/** Whatever happens to a request, and in whatever order: it has one place at most, and gives it back. */
import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { bodyOf, type Gateway, gateway, token } from './gateway.ts';
import { answers, junk, signal, type Turn, upstream, waitsFor } from './upstreams.ts';

/** Both ways in: what differs in the slightest from Claude Code's own request is read by node:http. */
const ways = { straight: '', 'node:http': 'TE: trailers\r\n' } as const;
type Way = keyof typeof ways;
const everyWay = Object.keys(ways) as Way[];

const headOf = (way: Way, length: number) =>
  `POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n` +
  `Content-Type: application/json\r\n${ways[way]}Content-Length: ${length}\r\n\r\n`;

interface Client {
  readonly socket: Socket;
  came(): string;
  send(text: string): Promise<void>;
}

function client(gw: Gateway): Client {
  const socket = connect(gw.port, '127.0.0.1').setEncoding('latin1');
  let came = '';
  socket.on('data', (text: string) => {
    came += text;
  });
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  const send = (text: string) => new Promise<void>((resolve) => socket.write(text, () => resolve()));
  return { socket, send, came: () => came };
}

const soon = { interval: 2, timeout: 5_000 };
const settles = async (gw: Gateway, inFlight: number, waiting: number) =>
  vi.waitUntil(() => {
    const now = gw.server.counts();
    return now.inFlight === inFlight && now.waiting === waiting;
  }, soon);
const answered = (one: Client) => vi.waitUntil(() => one.came().includes('"stop_reason"'), soon);
const body = bodyOf({ stream: false });

describe.each(everyWay)('a place of admission (%s)', (way) => {
  it('of a client that leaves with a part of its body unsent is not lost', async () => {
    const go = signal();
    const a = await upstream('a', waitsFor(go.given, answers()), answers());
    const gw = await gateway({ main: [a] }, { settings: { 'proxy.max_concurrent': 1, 'proxy.max_waiting': 2 } });
    const busy = client(gw);
    await busy.send(headOf(way, body.length) + body);
    await vi.waitUntil(() => a.heard.length === 1, soon);
    const leavers = [client(gw), client(gw), client(gw)];
    for (const one of leavers) await one.send(headOf(way, 200_000) + '{"a":"'.padEnd(1_000, 'x'));
    await settles(gw, 4, 0);
    for (const one of leavers) one.socket.destroy();
    await settles(gw, 1, 0);
    const next = client(gw);
    await next.send(headOf(way, body.length) + body);
    await settles(gw, 1, 1);
    go.give();
    await answered(busy);
    await answered(next);
    await settles(gw, 0, 0);
  });

  it('in the backlog is free as soon as its client leaves', async () => {
    const go = signal();
    const a = await upstream('a', waitsFor(go.given, answers()));
    const gw = await gateway({ main: [a] }, { settings: { 'proxy.max_concurrent': 1, 'proxy.max_waiting': 1 } });
    const [busy, leaver, next] = [client(gw), client(gw), client(gw)];
    await busy.send(headOf(way, body.length) + body);
    await settles(gw, 1, 0);
    await leaver.send(headOf(way, body.length) + body);
    await settles(gw, 1, 1);
    leaver.socket.destroy();
    await settles(gw, 1, 0);
    await next.send(headOf(way, body.length) + body);
    await settles(gw, 1, 1);
    go.give();
    await answered(busy);
    await answered(next);
    expect(a.heard).toHaveLength(2);
    expect(gw.server.counts()).toMatchObject({ inFlight: 0, waiting: 0, total: 3, cancelled: 1 });
  });

  it('is not taken by requests with slow bodies', async () => {
    const a = await upstream('a', answers());
    const gw = await gateway({ main: [a] }, { settings: { 'proxy.max_concurrent': 1, 'proxy.max_waiting': 0 } });
    const slow = Array.from({ length: 8 }, () => client(gw));
    for (const one of slow) await one.send(headOf(way, body.length) + body.slice(0, 10));
    await settles(gw, 8, 0);
    const quick = client(gw);
    await quick.send(headOf(way, body.length) + body);
    await answered(quick);
    for (const one of slow) {
      await one.send(body.slice(10));
      await answered(one);
    }
    await settles(gw, 0, 0);
  });

  it('is refused when the backlog is full, before the body has arrived', async () => {
    const go = signal();
    const a = await upstream('a', waitsFor(go.given, answers()));
    const gw = await gateway({ main: [a] }, { settings: { 'proxy.max_concurrent': 1, 'proxy.max_waiting': 0 } });
    const [busy, late] = [client(gw), client(gw)];
    await busy.send(headOf(way, body.length) + body);
    await settles(gw, 1, 0);
    await late.send(headOf(way, 200_000) + '{"a":"'.padEnd(1_000, 'x'));
    await vi.waitUntil(() => late.came().includes('request_id'), soon);
    expect(late.came()).toMatch(/^HTTP\/1\.1 503 [\s\S]*retry-after: 2\r\n[\s\S]*connection: close/i);
    go.give();
    await answered(busy);
    expect(a.heard).toHaveLength(1);
  });
});

describe('the places of admission', () => {
  const step = fc.record({
    what: fc.constantFrom('arrive', 'arrive', 'piece', 'end', 'end', 'leave', 'answer', 'abort'),
    way: fc.constantFrom(...everyWay),
    which: fc.nat(20),
  });
  const maxConcurrent = 2;
  const maxWaiting = 2;

  it('that are taken equal the live requests, after any events in any order', async () => {
    const asked = new Map<string, { turn: Turn; go(step: 'answer' | 'abort'): void }>();
    const a = await upstream('a', (turn) => {
      const { given, give } = signal();
      let how: 'answer' | 'abort' = 'answer';
      const go = (step: 'answer' | 'abort') => {
        how = step;
        give();
      };
      const name = String(turn.request.headers['x-name']);
      asked.set(name, { turn, go });
      return given.then(() => (how === 'answer' ? answers()(turn) : junk(turn)));
    });
    const gw = await gateway(
      { main: [a] },
      { settings: { 'proxy.max_concurrent': maxConcurrent, 'proxy.max_waiting': maxWaiting } },
    );
    let names = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
        /** Those whose body is coming, and those that have a place, in the order in which they got it. */
        const coming: { name: string; one: Client; left: string }[] = [];
        let placed: { name: string; one: Client }[] = [];
        const holds = async () => {
          const running = Math.min(placed.length, maxConcurrent);
          await settles(gw, coming.length + running, placed.length - running);
          await vi.waitUntil(() => placed.slice(0, running).every(({ name }) => asked.has(name)), soon);
        };
        for (const { what, which, way } of steps) {
          if (what === 'arrive') {
            const [one, name] = [client(gw), `n${names++}`];
            const isRefused = placed.length === maxConcurrent + maxWaiting;
            await one.send(headOf(way, body.length).replace('\r\n', `\r\nX-Name: ${name}\r\n`) + body.slice(0, 5));
            if (!isRefused) coming.push({ name, one, left: body.slice(5) });
            else await vi.waitUntil(() => one.came().startsWith('HTTP/1.1 503'), soon);
          }
          const chosen = coming[which % Math.max(1, coming.length)];
          if (what === 'piece' && chosen && chosen.left.length > 20) {
            await chosen.one.send(chosen.left.slice(0, 10));
            chosen.left = chosen.left.slice(10);
          } else if (what === 'end' && chosen) {
            coming.splice(coming.indexOf(chosen), 1);
            await chosen.one.send(chosen.left);
            if (placed.length < maxConcurrent + maxWaiting) placed.push(chosen);
            else await vi.waitUntil(() => chosen.one.came().startsWith('HTTP/1.1 503'), soon);
          } else if (what === 'leave') {
            const all = [...coming, ...placed];
            const leaver = all[which % Math.max(1, all.length)];
            leaver?.one.socket.destroy();
            const at = coming.findIndex(({ one }) => one === leaver?.one);
            if (at >= 0) coming.splice(at, 1);
            placed = placed.filter(({ one }) => one !== leaver?.one);
          } else if (what === 'answer' || what === 'abort') {
            const served = placed[which % Math.max(1, Math.min(placed.length, maxConcurrent))];
            if (served) {
              asked.get(served.name)?.go(what);
              placed = placed.filter((other) => other !== served);
              await vi.waitUntil(() => served.one.came().startsWith('HTTP/1.1'), soon);
            }
          }
          await holds();
        }
        for (const { one } of [...coming, ...placed]) one.socket.destroy();
        await settles(gw, 0, 0);
      }),
      { numRuns: 25, endOnFailure: true },
    );
  });
});
