/** Time limits: they count the time of the other side, and no time in which it could do nothing. */

import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { reasonText } from '../../src/messages/reasons.ts';
import { Answer } from '../../src/proxy/response/answer.ts';
import type { Receiver } from '../../src/proxy/response/receiver.ts';
import { Deadline } from '../../src/proxy/upstream/deadline.ts';
import { answerEvents, ping, signal } from './upstreams.ts';

/** This process does not run: as when it was stopped. */
function holdUp(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

describe('a deadline', () => {
  it('that runs out while this process is blocked begins anew, once', async () => {
    const over = signal();
    const rings: string[] = [];
    const deadline = new Deadline(() => {
      rings.push('over');
      over.give();
    });
    deadline.arm(300);
    const heldUp = signal();
    // Another that is due sooner: it is told first, and nothing of the first one.
    setTimeout(() => {
      holdUp(1_900);
      setImmediate(() => {
        rings.push('what had come was read');
        heldUp.give();
      });
    }, 10);
    await heldUp.given;
    await over.given;
    expect(rings).toEqual(['what had come was read', 'over']);
  });

  it('that is refreshed meanwhile has all of its time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    let isOver = false;
    const deadline = new Deadline(() => {
      isOver = true;
    });
    deadline.arm(1_000);
    vi.advanceTimersByTime(900);
    deadline.refresh();
    vi.advanceTimersByTime(999);
    expect(isOver).toBe(false);
    vi.advanceTimersByTime(1);
    expect(isOver).toBe(true);
    deadline.refresh();
    deadline.arm(1);
    deadline.clear();
    deadline.refresh();
    vi.advanceTimersByTime(10_000);
    expect(isOver).toBe(true);
  });
});

describe('a client that stops reading for a while', () => {
  const idleMs = 120_000;
  const [start = '', block = '', delta = '', ...rest] = answerEvents();

  function slowly() {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const waits: (() => void)[] = [];
    let hasRoom = true;
    const receiver = {
      isBegun: true,
      begin: () => undefined,
      bytes: () => hasRoom,
      onRoom: (goOn: () => void) => void waits.push(goOn),
      end: () => undefined,
      abort: () => undefined,
    } as object as Receiver;
    const answer = new Answer(
      receiver,
      { wantsStream: true, isMessages: true, isCount: false, isHead: false, model: 'm', now: () => 0, added: () => [] },
      { headersMs: idleMs, firstContentMs: idleMs, idleMs, totalMs: idleMs, commitMs: null },
    );
    let resumed = 0;
    let outcome = '';
    void answer.outcome.then((one) => {
      outcome = 'detail' in one ? reasonText(one.detail, 'en') : one.kind;
    });
    answer.head(200, ['content-type', 'text/event-stream'], () => resumed++);
    return {
      answer,
      waits,
      data: (text: string) => answer.data(Buffer.from(text)),
      takes: (does: boolean) => {
        hasRoom = does;
      },
      resumed: () => resumed,
      pass: async (ms: number) => {
        await vi.advanceTimersByTimeAsync(ms);
        return outcome;
      },
    };
  }

  it('costs its endpoint no time, and is waited for once', async () => {
    const { answer, waits, data, takes, resumed, pass } = slowly();
    expect(data(start + block)).toBe(true);
    takes(false);
    // A read may hold many pieces: all of them are told.
    for (let n = 0; n < 20; n++) expect(data(delta)).toBe(false);
    expect([waits.length, resumed()]).toEqual([1, 0]);
    expect(await pass(10 * idleMs)).toBe('');
    takes(true);
    waits[0]?.();
    expect(resumed()).toBe(1);
    expect(await pass(idleMs - 1)).toBe('');
    expect(data(rest.join(''))).toBe(true);
    answer.end();
    expect(await pass(0)).toBe('served');
  });

  it('leaves the endpoint all of its time when it reads again, and no more', async () => {
    const { waits, data, takes, pass } = slowly();
    data(start + block);
    takes(false);
    data(delta);
    await pass(3 * idleMs);
    takes(true);
    waits[0]?.();
    data(ping);
    expect(await pass(idleMs - 1)).toBe('');
    expect(await pass(1)).toBe('nothing but pings for too long');
  });

  it('is not mistaken for an endpoint that did not survive a sleep', async () => {
    const { answer, waits, data, takes, pass } = slowly();
    data(start + block);
    takes(false);
    data(delta);
    answer.resume();
    expect(await pass(idleMs)).toBe('');
    takes(true);
    waits[0]?.();
    // From here on nothing holds the endpoint up.
    expect(await pass(10_000)).toBe('nothing arrived after this machine had slept');
  });

  it('may stop again, and is waited for again', async () => {
    const { waits, data, takes, resumed } = slowly();
    data(start + block);
    for (let n = 1; n <= 3; n++) {
      takes(false);
      data(delta);
      takes(true);
      waits[n - 1]?.();
      expect([waits.length, resumed()]).toEqual([n, n]);
    }
  });
});
