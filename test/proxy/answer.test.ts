/** One answer whose 200 went out before it was there: what may still follow it, and what may not. */

import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { reason } from '../../events/reason.ts';
import { reasonText } from '../../src/messages/reasons.ts';
import { Answer } from '../../src/proxy/response/answer.ts';
import type { Receiver } from '../../src/proxy/response/receiver.ts';
import { answerEvents, message, ping, signal, sse } from './upstreams.ts';

const patienceMs = 60_000;

/** A JSON answer that takes too long; resolves when its head has gone out. */
async function committed() {
  const told: string[] = [];
  const begun = signal();
  const receiver: Receiver = {
    get isBegun() {
      return told.length > 0;
    },
    begin: () => void told.push('head'),
    bytes: () => told.push('bytes') > 0,
    onRoom: () => undefined,
    end: () => void told.push('end'),
    whole: (_, __, body) => void told.push(body.toString()),
    commitEarly: () => {
      told.push('hold');
      begun.give();
    },
    keepAlive: () => undefined,
    abort: () => void told.push('cut'),
  };
  let aborted = 0;
  const answer = new Answer(
    receiver,
    { wantsStream: false, isMessages: true, isCount: false, isHead: false, model: 'm', now: () => 0, added: () => [] },
    { headersMs: patienceMs, firstContentMs: patienceMs, idleMs: patienceMs, totalMs: patienceMs, commitMs: 0 },
  );
  answer.started(() => {
    aborted++;
  });
  await begun.given;
  return { answer, told, abortedTimes: () => aborted };
}

const json = ['content-type', 'application/json'];

describe('an answer whose head was committed early', () => {
  it('is the JSON that arrives', async () => {
    const { answer, told } = await committed();
    answer.head(200, json, () => undefined);
    answer.data(Buffer.from(message));
    answer.end();
    expect(await answer.outcome).toEqual({ kind: 'served', status: 200 });
    expect(told).toEqual(['hold', message]);
  });

  it.each([
    ['an event stream', 200, ['content-type', 'text/event-stream'], answerEvents().join('')],
    ['an encoded body', 200, [...json, 'content-encoding', 'gzip'], 'gzip'],
    ['an error', 529, json, '{"type":"error","error":{"type":"overloaded_error","message":"no"}}'],
    ['a refusal of the request itself', 400, json, '{"type":"error","error":{"type":"invalid_request_error"}}'],
  ])('is aborted when %s arrives instead, and nothing of that is sent', async (_, status, head, body) => {
    const { answer, told, abortedTimes } = await committed();
    answer.head(status, head, () => undefined);
    answer.data(Buffer.from(body));
    answer.end();
    expect(await answer.outcome).toMatchObject({ kind: 'broken' });
    expect([told, abortedTimes()]).toEqual([['hold', 'cut'], 1]);
  });
});

describe('an answer that is an event stream', () => {
  it('gets no JSON head when the early commit is due while it is inspected', async () => {
    const told: string[] = [];
    const receiver = { isBegun: false, hold: () => told.push('hold'), cut: () => undefined } as object as Receiver;
    const answer = new Answer(
      receiver,
      {
        wantsStream: false,
        isMessages: true,
        isCount: false,
        isHead: false,
        model: 'm',
        now: () => 0,
        added: () => [],
      },
      { headersMs: patienceMs, firstContentMs: 0, idleMs: patienceMs, totalMs: patienceMs, commitMs: 0 },
    );
    answer.head(200, ['content-type', 'text/event-stream'], () => undefined);
    expect(await answer.outcome).toMatchObject({ kind: 'failed', detail: reason('noContentInTime', { head: 200 }) });
    expect(told).toEqual([]);
  });

  it('is given up after so much data without content, however small its pieces are', async () => {
    const receiver = { isBegun: false } as object as Receiver;
    const answer = new Answer(
      receiver,
      { wantsStream: true, isMessages: true, isCount: false, isHead: false, model: 'm', now: () => 0, added: () => [] },
      { headersMs: patienceMs, firstContentMs: patienceMs, idleMs: patienceMs, totalMs: patienceMs, commitMs: null },
    );
    answer.head(200, ['content-type', 'text/event-stream'], () => undefined);
    const kibibyte = Buffer.alloc(1_024, 'x');
    for (let i = 0; i <= 256; i++) answer.data(kibibyte);
    expect(await answer.outcome).toMatchObject({ kind: 'failed', verdict: { failure: 'badAnswer' } });
  });
});

describe('a stream without content', () => {
  const stream = ['content-type', 'text/event-stream'];
  const [start = '', ...rest] = answerEvents();

  function waited() {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const told: string[] = [];
    const receiver = {
      isBegun: false,
      begin: () => void told.push('head'),
      bytes: (chunk: Buffer) => told.push(chunk.toString()) > 0,
      end: () => void told.push('end'),
      cut: () => undefined,
    } as object as Receiver;
    const answer = new Answer(
      receiver,
      { wantsStream: true, isMessages: true, isCount: false, isHead: false, model: 'm', now: () => 0, added: () => [] },
      { headersMs: 1, firstContentMs: patienceMs, idleMs: patienceMs, totalMs: 1, commitMs: null },
    );
    answer.head(200, stream, () => undefined);
    answer.data(Buffer.from(start));
    let outcome: string | undefined;
    void answer.outcome.then((one) => {
      outcome = 'detail' in one ? reasonText(one.detail, 'en') : one.kind;
    });
    const pass = async (ms: number) => {
      await vi.advanceTimersByTimeAsync(ms);
      return outcome;
    };
    return { answer, told, pass };
  }

  it('is waited for until its limit, and no longer', async () => {
    const { pass } = waited();
    expect(await pass(patienceMs - 1)).toBeUndefined();
    expect(await pass(1)).toBe('200: no content in time');
  });

  it('is waited for twice as long while pings come, and its content is an answer', async () => {
    const { answer, told, pass } = waited();
    answer.data(Buffer.from(ping));
    expect(await pass(2 * patienceMs - 1)).toBeUndefined();
    answer.data(Buffer.from(rest.join('')));
    answer.end();
    expect(await pass(0)).toBe('served');
    expect(told).toEqual(['head', start, ping, rest.join(''), 'end']);
  });

  it('is not waited for any longer than twice, however many pings come', async () => {
    const { answer, pass } = waited();
    answer.data(Buffer.from(ping));
    await pass(patienceMs);
    answer.data(Buffer.from(sse('ping')));
    expect(await pass(patienceMs - 1)).toBeUndefined();
    expect(await pass(1)).toBe('200: no content in time');
  });
});
