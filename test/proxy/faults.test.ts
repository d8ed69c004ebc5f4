/** Unexpected errors, wherever they are thrown: one request ends, its place is free, and the others go on. */
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Bodies } from '../../src/proxy/request/body.ts';
import { ClientConnections } from '../../src/proxy/request/client-connections.ts';
import { Answer } from '../../src/proxy/response/answer.ts';
import { HttpReceiver, type Receiver } from '../../src/proxy/response/receiver.ts';
import { AnswerParser } from '../../src/proxy/upstream/http1.ts';
import { ask, type Call, type Gateway, gateway, open } from './gateway.ts';
import {
  answerEvents,
  answers,
  hangsUp,
  type Step,
  signal,
  streamed,
  streams,
  upstream,
  waitsFor,
} from './upstreams.ts';

class Planted extends Error {}
const planted = () => {
  throw new Planted('planted');
};
afterEach(() => vi.restoreAllMocks());

const soon = { interval: 2, timeout: 5_000 };
/** Claude Code's own request, and one that node:http reads. */
const ways: Readonly<Record<string, Call>> = { straight: {}, 'node:http': { headers: { te: 'trailers' } } };
/** All that is said, and no end. */
const noEnd = streams(streamed, () => undefined);
const once = (spy: { mockImplementationOnce(fn: () => never): unknown }) => void spy.mockImplementationOnce(planted);

const doors: Readonly<Record<string, { readonly plant: () => void; readonly step?: Step; readonly call?: Call }>> = {
  'the head of an answer': { plant: () => once(vi.spyOn(Answer.prototype, 'head')) },
  'a piece of an answer': { plant: () => once(vi.spyOn(Answer.prototype, 'data')) },
  'the end of an answer': { plant: () => once(vi.spyOn(Answer.prototype, 'end')) },
  'a connection that broke': { plant: () => once(vi.spyOn(Answer.prototype, 'failed')), step: hangsUp },
  'what reads an answer': { plant: () => once(vi.spyOn(AnswerParser.prototype, 'feed')) },
  'what sends a request': { plant: () => once(vi.spyOn(AnswerParser.prototype, 'begin')) },
  'the head for the client': { plant: () => once(vi.spyOn(HttpReceiver.prototype, 'begin')) },
  'a piece for the client': { plant: () => once(vi.spyOn(HttpReceiver.prototype, 'bytes')) },
  'a JSON answer for the client': {
    plant: () => once(vi.spyOn(HttpReceiver.prototype, 'whole')),
    call: { stream: false },
  },
  'the end for the client': { plant: () => once(vi.spyOn(HttpReceiver.prototype, 'end')) },
  'a timer': { plant: () => once(vi.spyOn(HttpReceiver.prototype, 'end')), step: noEnd },
  'the body of a request': { plant: () => once(vi.spyOn(Bodies.prototype, 'counts')) },
};

/** A request that runs all the time. */
async function beside(step: Step = answers()) {
  const go = signal();
  const a = await upstream('a', step);
  const other = await upstream('other', streams(answerEvents().slice(0, 3).join(''), waitsFor(go.given, rest)));
  const gw = await gateway({ main: [a], other: [other], '\ud800': [a] });
  const running = open(gw, { path: '/p/other/v1/messages' });
  await running.seen('content_block_start');
  const goesOn = async () => {
    await vi.waitUntil(() => gw.server.counts().inFlight === 1, soon);
    go.give();
    expect((await running.done).text).toBe(streamed);
    a.does(answers());
    expect((await ask(gw)).text).toBe(streamed);
    await vi.waitUntil(() => gw.server.counts().inFlight === 0, soon);
    expect(gw.server.inFlight().inFlight).toEqual({});
  };
  return { gw, goesOn };
}
const rest: Step = ({ response }) => void response.end(answerEvents().slice(3).join(''));

/** Its end, of whatever kind: an answer, or that of its connection. */
const endOf = (gw: Gateway, call: Call) => open(gw, call).done.catch(() => null);

describe.each(Object.entries(ways))('an internal fault of the gateway (%s)', (_, way) => {
  it.each(Object.entries(doors))('in %s ends that request', async (_, { plant, step, call }) => {
    const { gw, goesOn } = await beside(step);
    plant();
    const got = await endOf(gw, { ...way, ...call });
    if (got?.whole) expect([got.status, got.text]).toEqual([500, expect.stringContaining('planted')]);
    await vi.waitUntil(() => gw.faults.length > 0, soon);
    expect(gw.faults).toEqual([expect.any(Planted)]);
    expect(gw.failures).toEqual([]);
    await goesOn();
  });
});

describe('an internal fault of the gateway', () => {
  it('during a file transfer ends that request', async () => {
    const { gw, goesOn } = await beside();
    gw.show({ '\ud800': [await upstream('b')], other: [] });
    const got = await endOf(gw, { method: 'GET', path: '/v1/files/f', body: null });
    expect(got).toMatchObject({ status: 500, whole: true });
    expect(gw.faults).toEqual([expect.any(URIError)]);
    gw.show({ main: [await upstream('c')] });
    await goesOn();
  });

  it('before a request has begun closes its connection, and is reported', async () => {
    const heard: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException').on('uncaughtException', (error) => void heard.push(error));
    onTestFinished(() => {
      process.removeAllListeners('uncaughtException');
      for (const listener of listeners) process.on('uncaughtException', listener);
    });
    const { gw, goesOn } = await beside();
    once(vi.spyOn(ClientConnections.prototype, 'isOver'));
    expect(await endOf(gw, {})).toBe(null);
    expect(heard).toEqual([expect.any(Planted)]);
    await goesOn();
  });
});

describe('an answer with an internal fault', () => {
  const patienceMs = 60_000;
  const made = (receiver: object, wantsStream: boolean, commitMs: number | null) =>
    new Answer(
      receiver as Receiver,
      { wantsStream, isMessages: true, isCount: false, isHead: false, model: 'm', now: () => 0, added: () => [] },
      { headersMs: patienceMs, firstContentMs: patienceMs, idleMs: patienceMs, totalMs: patienceMs, commitMs },
    );

  it('ends when the client’s keep-alive fails, at first or later', async () => {
    const first = made({ isBegun: false, commitEarly: planted }, false, 1);
    await expect(first.outcome).rejects.toThrow(Planted);
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const later = made({ isBegun: false, commitEarly: () => undefined, keepAlive: planted }, false, 1);
    const rejected = expect(later.outcome).rejects.toThrow(Planted);
    let aborted = 0;
    later.started(() => aborted++);
    await vi.advanceTimersByTimeAsync(10_001);
    await rejected;
    expect([aborted, vi.getTimerCount()]).toEqual([1, 0]);
  });

  it('ends when reading from its endpoint fails', async () => {
    let room: () => void = () => undefined;
    const receiver = { begin: () => undefined, bytes: () => false, onRoom: (goOn: () => void) => (room = goOn) };
    const answer = made(receiver, true, null);
    answer.head(200, ['content-type', 'text/event-stream'], planted);
    answer.data(Buffer.from(streamed));
    room();
    await expect(answer.outcome).rejects.toThrow(Planted);
  });
});
