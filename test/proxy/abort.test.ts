/** What happens when it ends badly after content, and when the client goes away. */
import { describe, expect, it } from 'vitest';
import { as, ask, gateway, open } from './gateway.ts';
import {
  answerEvents,
  answers,
  inPieces,
  pings,
  resets,
  type Step,
  signal,
  silence,
  sse,
  streams,
  upstream,
} from './upstreams.ts';

const [start = '', block = '', delta = ''] = answerEvents();
const begun = start + block + delta;

describe('after content, an endpoint that', () => {
  const gone = signal();
  const rows: Readonly<Record<string, { readonly next: Step; readonly idle?: number }>> = {
    resets: { next: (turn) => gone.given.then(() => resets(turn)) },
    'ends cleanly but early': { next: ({ response }) => void response.end() },
    'sends nothing but pings': { next: pings, idle: 0.2 },
    'says nothing more': { next: silence, idle: 0.2 },
    'sends an error event': {
      next: ({ response }) => void response.end(sse('error', { error: { type: 'overloaded_error' } })),
    },
  };

  for (const [title, { next, idle = 120 }] of Object.entries(rows)) {
    it(`${title} aborts the client’s connection, and the session moves to another endpoint`, async () => {
      const a = await upstream('a', streams(begun, next), answers());
      const b = await upstream('b');
      const gw = await gateway({ main: [a, b] }, { settings: { 'proxy.idle_timeout': idle } });
      const live = open(gw, { session: 's' });
      await live.seen(delta);
      gone.give();
      const got = await live.done;
      expect(got).toMatchObject({ status: 200, whole: false });
      // Pings are a part of the stream, and pass.
      expect(got.text.replaceAll(sse('ping'), '')).toBe(begun);
      expect(await gw.fact()).toMatchObject({
        type: 'AnswerBroken',
        data: { endpoint: 'a', failure: 'brokenAnswer', status: 200, usage: { input: 12 } },
      });
      expect(gw.failures).toEqual([{ endpoint: 'a', failure: 'brokenAnswer' }]);
      expect(b.heard).toEqual([]);
      expect((await ask(gw, { session: 's' })).headers['x-qcc-endpoint']).toBe('b');
      expect((await ask(gw, { session: 'other' })).headers['x-qcc-endpoint']).toBe('a');
    });
  }

  it('sends an error event in pieces is recognised', async () => {
    const error = sse('error', { error: { type: 'overloaded_error' } });
    const pieces = [begun, error.slice(0, 3), error.slice(3, 9), error.slice(9)].map((text) => Buffer.from(text));
    const gw = await gateway({ main: [await upstream('a', inPieces(pieces))] });
    const got = await ask(gw);
    expect(got.whole).toBe(false);
    expect(got.text).not.toContain('event: error');
    expect(await gw.fact()).toMatchObject({ type: 'AnswerBroken' });
  });
});

describe('a client that disconnects', () => {
  const moments: Readonly<Record<string, Step>> = {
    'before the headers': silence,
    'before content': streams(start, silence),
    'in the middle of a stream': streams(begun, pings),
  };

  for (const [title, step] of Object.entries(moments)) {
    it(`${title} ends the attempt upstream, without blame for the endpoint`, async () => {
      const reached = signal();
      const a = await upstream('a', (turn) => {
        reached.give();
        return step(turn);
      });
      const b = await upstream('b');
      const gw = await gateway({ main: [a, b] });
      const live = open(gw, { session: 's' });
      await reached.given;
      if (title === 'in the middle of a stream') await live.seen(delta);
      live.leave();
      expect(await gw.fact()).toMatchObject({ type: 'RequestCancelled', data: { status: 0 } });
      expect(await a.heard[0]?.left).toBe(true);
      expect([gw.failures, gw.successes, b.heard.length]).toEqual([[], [], 0]);
      expect(gw.server.counts()).toMatchObject({ cancelled: 1, failed: 0, inFlight: 0 });
    });
  }

  it('returns the half-open permit', async () => {
    const reached = signal();
    const a = await upstream('a', () => reached.give(), answers());
    const gw = await gateway({ main: [a, await upstream('b')] });
    gw.show({ main: [as(a, { state: 'recovering' }), await upstream('c')] });
    const live = open(gw);
    await reached.given;
    live.leave();
    await gw.fact();
    expect((await ask(gw)).headers['x-qcc-endpoint']).toBe('a');
  });

  it('is not bound to an endpoint that did not answer it', async () => {
    const reached = signal();
    const a = await upstream('a', () => reached.give(), answers());
    const gw = await gateway({ main: [a] });
    const live = open(gw, { session: 's' });
    await reached.given;
    live.leave();
    await gw.fact();
    expect(await ask(gw, { session: 's' })).toMatchObject({ status: 200, whole: true });
  });
});
