/** JSON answers are held whole: their memory is bounded all in all, and given back when their clients have them, or have gone. */
import { connect } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { LargeAnswer, LargeAnswers, largeAnswers } from '../../src/proxy/response/large-answers.ts';
import { ask, bodyOf, type Gateway, gateway, token } from './gateway.ts';
import { says, upstream } from './upstreams.ts';

const MiB = 1_048_576;
const allMax = 256 * MiB;

describe('the memory of large answers', () => {
  it('is what they hold; one is paused when it is used up, and all others continue in turn', () => {
    const step = fc.record({
      what: fc.constantFrom('begin', 'grow', 'grow', 'grow', 'out', 'release'),
      which: fc.nat(20),
      size: fc.integer({ min: 1, max: 32 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const all = new LargeAnswers();
        const living: { one: LargeAnswer; reads: boolean }[] = [];
        const begin = () => {
          const member = { reads: true, one: new LargeAnswer(all, () => (member.reads = true)) };
          living.push(member);
        };
        for (const { what, which, size } of steps) {
          const member = living[which % Math.max(1, living.length)];
          if (what === 'begin') begin();
          else if (member && what === 'grow' && member.reads)
            member.reads = member.one.grows(Math.min(64 * MiB, member.one.bytes + size * MiB));
          else if (member && what === 'out' && member.reads) member.one.goesOut(() => undefined);
          else if (member && what === 'release') {
            member.one.release([]);
            living.splice(living.indexOf(member), 1);
          }
          const waits = living.filter(({ reads }) => !reads);
          expect(all.held).toBe(living.reduce((sum, { one }) => sum + one.bytes, 0));
          expect(all.waiting).toBe(waits.length);
          // No answer waits while memory is free, and over the limit at most one goes on.
          if (all.held <= allMax) expect(waits).toEqual([]);
        }
        for (const { one } of living) one.release([]);
        expect([all.held, all.waiting]).toEqual([0, 0]);
        expect(living.every(({ reads }) => reads)).toBe(true);
      }),
    );
  });

  it('is bounded: five are buffered, the sixth is read on, the others wait until memory is free', () => {
    const all = new LargeAnswers();
    const read: number[] = [];
    const answers = Array.from({ length: 9 }, (_, n) => new LargeAnswer(all, () => void read.push(n)));
    for (let filled = MiB; filled <= 50 * MiB; filled += MiB)
      for (const one of answers) if (!one.isWaiting) one.grows(filled);
    expect(all.held).toBeLessThanOrEqual(allMax + 64 * MiB);
    expect(all.waiting).toBe(8);
    const first = answers.find(({ isWaiting }) => !isWaiting);
    first?.release([]);
    expect(read.length).toBeGreaterThan(0);
  });

  it('is taken from clients that read nothing for ten seconds, and only while others wait for it', () => {
    const all = new LargeAnswers();
    const cut: number[] = [];
    const answers = Array.from({ length: 6 }, () => new LargeAnswer(all, () => undefined));
    for (const [n, one] of answers.slice(0, 4).entries()) {
      one.grows(64 * MiB);
      one.goesOut(() => {
        cut.push(n);
        one.release([]);
      });
    }
    const later = performance.now() + 10_000;
    all.look(later);
    expect(cut).toEqual([]);
    // One is read on over the limit, the next one waits.
    for (const one of answers.slice(4)) one.grows(64 * MiB);
    all.look(later - 9_000);
    expect(cut).toEqual([]);
    all.look(later);
    expect([cut, all.waiting]).toEqual([[0, 1].slice(0, cut.length), 0]);
    expect(cut.length).toBeGreaterThan(0);
  });
});

describe.each([
  ['straight', ''],
  ['node:http', 'TE: trailers\r\n'],
])('a large answer (%s)', (_, line) => {
  const message = JSON.stringify({
    type: 'message',
    content: [{ type: 'text', text: 'x'.repeat(24 * MiB) }],
    usage: { input_tokens: 1, output_tokens: 1 },
  });
  const body = bodyOf({ stream: false });
  const asked =
    `POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n` +
    `${line}Content-Length: ${body.length}\r\n\r\n${body}`;
  const client = (gw: Gateway) => {
    const socket = connect(gw.port, '127.0.0.1').on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
    socket.pause();
    socket.write(asked);
    return socket;
  };
  const soon = { timeout: 15_000, interval: 5 };

  it('arrives completely at a slow client, and is freed', async () => {
    const gw = await gateway({ main: [await upstream('a', says(200, message))] });
    const socket = client(gw);
    await gw.fact();
    expect(largeAnswers.held).toBeGreaterThan(20 * MiB);
    const chunks: Buffer[] = [];
    let bytes = 0;
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      bytes += chunk.length;
    });
    socket.resume();
    await vi.waitUntil(() => bytes > message.length && Buffer.concat(chunks.slice(-2)).toString().endsWith('}}'), soon);
    const text = Buffer.concat(chunks).toString();
    expect(text.slice(text.indexOf('\r\n\r\n') + 4) === message).toBe(true);
    await vi.waitUntil(() => largeAnswers.held === 0, soon);
    // The connection goes on.
    const again = vi.waitUntil(() => bytes > 2 * message.length, soon);
    socket.write(asked);
    await again;
    await vi.waitUntil(() => largeAnswers.held === 0, soon);
  });

  it('is freed when its client leaves without it', async () => {
    const gw = await gateway({ main: [await upstream('a', says(200, message))] });
    const socket = client(gw);
    await gw.fact();
    expect(largeAnswers.held).toBeGreaterThan(20 * MiB);
    socket.destroy();
    await vi.waitUntil(() => largeAnswers.held === 0, soon);
  });

  it('that is invalid is freed at once', async () => {
    const gw = await gateway({ main: [await upstream('a', says(200, message.slice(0, -1)))] });
    expect((await ask(gw, { body, headers: line === '' ? {} : { te: 'trailers' } })).status).toBe(503);
    expect(largeAnswers.held).toBe(0);
  });
});
