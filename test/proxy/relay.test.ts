/** What goes through: bytes as they came, as soon as they come. */
import { once } from 'node:events';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ask, bodyOf, gateway, open, token } from './gateway.ts';
import {
  answerEvents,
  answers,
  inPieces,
  resets,
  type Step,
  says,
  signal,
  sse,
  streamed,
  streams,
  type Turn,
  upstream,
} from './upstreams.ts';

const [start = '', block = '', delta = ''] = answerEvents();
const begun = start + block + delta;

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

describe('the relay of an answer', () => {
  it('passes JSON on completely, byte for byte', async () => {
    const odd =
      '{ "id":"msg_1","type" : "message","content":[{"type":"text","text":"\\u00e9 \\/ 你好"}],"usage":{"input_tokens":12345678901234567890} }\n';
    const a = await upstream('a', says(200, odd, { 'x-from-upstream': 'yes' }));
    const got = await ask(await gateway({ main: [a] }), { stream: false });
    expect(got).toMatchObject({ status: 200, text: odd, headers: { 'x-from-upstream': 'yes' } });
  });

  it.each([
    ['with CRLF and a comment', `: a comment\r\n\r\n${streamed.replaceAll('\n', '\r\n')}`],
    ['with an unknown event', start + block + sse('not_known_yet', { n: 1 }) + answerEvents().slice(2).join('')],
    [
      'with a delta of 100 KB',
      start + block + sse('content_block_delta', { text: 'x'.repeat(100_000) }) + sse('message_stop'),
    ],
    [
      'with an error only in its text',
      begun + sse('content_block_delta', { text: '\nevent: error\n' }) + sse('message_stop'),
    ],
  ])('passes a stream on %s', async (_, text) => {
    const gw = await gateway({ main: [await upstream('a', streams(text))] });
    const got = await ask(gw);
    expect([got.status, got.whole, got.text === text]).toEqual([200, true, true]);
  });

  it('passes a stream on however it is split', async () => {
    const whole = Buffer.from(streamed);
    const a = await upstream('a');
    const gw = await gateway({ main: [a] });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(whole.length), { maxLength: 30 }), async (cuts) => {
        const at = [0, ...cuts.sort((x, y) => x - y), whole.length];
        a.does(inPieces(at.slice(1).map((end, i) => whole.subarray(at[i], end))));
        const got = await ask(gw);
        expect([got.status, got.whole, got.text]).toEqual([200, true, streamed]);
      }),
      { numRuns: 40 },
    );
    expect(gw.failures).toEqual([]);
    expect(gw.facts.every(({ type }) => type === 'RequestServed')).toBe(true);
  });

  it('accepts an answer byte by byte', async () => {
    const pieces = [...Buffer.from(streamed)].map((byte) => Buffer.from([byte]));
    const gw = await gateway({ main: [await upstream('a', inPieces(pieces))] });
    expect(await ask(gw)).toMatchObject({ status: 200, whole: true, text: streamed });
  });

  it('sends each piece at once, without waiting for the next', async () => {
    const events = answerEvents('one two three four ');
    const seen = events.map(signal);
    const lockStep: Step = async ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(events.slice(0, 3).join(''));
      for (let i = 3; i < events.length; i++) {
        await seen[i - 1]?.given;
        response.write(events[i]);
      }
      response.end();
    };
    const live = open(await gateway({ main: [await upstream('a', lockStep)] }));
    for (const [i, event] of events.entries()) {
      if (i < 2) continue;
      await live.seen(event);
      seen[i]?.give();
    }
    expect((await live.done).whole).toBe(true);
  });
});

describe('an event stream with a content-length', () => {
  const ofLength =
    (text: string, headers: Readonly<Record<string, string>> = {}): Step =>
    ({ response }) => {
      const bytes = headers['content-encoding'] ? gzipSync(text) : Buffer.from(text);
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-length': bytes.length, ...headers });
      response.end(bytes);
    };

  it('that ends without its last event is recognised as truncated, without affecting the client’s other requests', async () => {
    const a = await upstream('a', ofLength(begun));
    const gw = await gateway({ main: [a] });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    for (let round = 0; round < 5; round++) {
      a.does(ofLength(begun), answers());
      const cut = await ask(gw, { agent });
      expect(cut).toMatchObject({ status: 200, whole: false, text: begun });
      expect(cut.headers).not.toHaveProperty('content-length');
      expect(await ask(gw, { agent })).toMatchObject({ status: 200, whole: true, text: streamed });
    }
    expect(gw.failures).toHaveLength(5);
  });

  it('is passed on completely when it is complete', async () => {
    const gw = await gateway({ main: [await upstream('a', ofLength(streamed))] });
    expect(await ask(gw)).toMatchObject({ status: 200, whole: true, text: streamed });
  });

  it('gets no length for the client when it is compressed either', async () => {
    const gw = await gateway({ main: [await upstream('a', ofLength(streamed, { 'content-encoding': 'gzip' }))] });
    const got = await ask(gw);
    expect([got.whole, gunzipSync(got.body).toString(), got.headers['content-length']]).toEqual([
      true,
      streamed,
      undefined,
    ]);
  });
});

describe('an event stream whose last event has come', () => {
  it.each([
    ['is whole when its connection breaks then', resets],
    ['is whole when an error follows', ({ response }: Turn) => void response.end(sse('error', { error: {} }))],
    ['is over when its connection stays open', () => undefined],
  ])('%s', async (_, then) => {
    const gw = await gateway({ main: [await upstream('a', streams(streamed, then))] });
    expect(await ask(gw)).toMatchObject({ status: 200, whole: true, text: streamed });
    expect([gw.failures, gw.successes]).toEqual([[], ['a']]);
  });
});

describe('a relayed answer', () => {
  it('is passed on unchanged when it is compressed without being asked', async () => {
    const bytes = gzipSync(streamed);
    const gzipped: Step = ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' });
      response.end(bytes);
    };
    const got = await ask(await gateway({ main: [await upstream('a', gzipped)] }));
    expect(got.headers['content-encoding']).toBe('gzip');
    expect(got.body.equals(bytes)).toBe(true);
  });

  it('reports its tokens, and when its first byte and its first content came', async () => {
    const gw = await gateway({ main: [await upstream('a')] });
    await ask(gw, { session: 's' });
    await ask(gw, { stream: false });
    const usage = { input: 12, cacheRead: 3, cacheWrite: 4 };
    expect(gw.facts).toMatchObject([
      {
        type: 'RequestServed',
        data: {
          session: 's',
          model: 'claude-test',
          stream: true,
          path: '/v1/messages',
          within: null,
          status: 200,
          endpoint: 'a',
          profile: 'main',
          bytes: Buffer.byteLength(streamed),
          ttftMs: expect.any(Number),
          usage: { ...usage, output: 14 },
          view: 7,
        },
      },
      { type: 'RequestServed', data: { stream: false, ttftMs: null, usage: { ...usage, output: 1 } } },
    ]);
  });

  it('names its endpoint, and loses hop-by-hop headers', async () => {
    const headers = {
      'request-id': 'req_a',
      'anthropic-ratelimit-requests-remaining': '7',
      'set-cookie': 'a=b',
      'alt-svc': 'h3=":443"',
      'access-control-allow-origin': '*',
      'x-qcc-endpoint': 'forged',
    };
    const got = await ask(await gateway({ main: [await upstream('a', answers(headers))] }));
    expect(got.headers).toMatchObject({
      'request-id': 'req_a',
      'anthropic-ratelimit-requests-remaining': '7',
      'x-qcc-endpoint': 'a',
      'x-qcc-profile': 'main',
      'x-qcc-attempts': '1',
      'x-qcc-request-id': expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/),
      'server-timing': expect.stringMatching(/^qcc;dur=\d+, upstream;dur=\d+$/),
    });
    for (const name of ['set-cookie', 'alt-svc', 'access-control-allow-origin'])
      expect(got.headers).not.toHaveProperty(name);
  });

  it('of a slow reader slows the upstream down', async () => {
    const piece = sse('content_block_delta', { text: 'x'.repeat(256 * 1_024) });
    const limit = 200 * 1_048_576;
    const still = signal();
    let written = 0;
    const floods: Step = async ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(start + block);
      while (!response.destroyed && written < limit) {
        written += piece.length;
        if (response.write(piece)) continue;
        const drained = once(response, 'drain').catch(() => undefined);
        // All are in this process: in so many turns of its loop whatever would be taken is taken.
        if (await Promise.race([drained.then(() => false), turns(1_000).then(() => true)])) still.give();
        await drained;
      }
      still.give();
    };
    const gw = await gateway({ main: [await upstream('a', floods)] });
    const socket = connect(gw.port, '127.0.0.1');
    socket.on('error', () => undefined).pause();
    const body = bodyOf();
    socket.write(
      `POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await still.given;
    socket.destroy();
    // What the buffers of the kernel hold, not what the gateway could.
    expect(written).toBeLessThan(64 * 1_048_576);
  });
});
