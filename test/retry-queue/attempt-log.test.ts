/** The copy of an answer that is on its way to a client. */
import { describe, expect, it } from 'vitest';
import type { EndpointId, QueueId } from '../../events/ids.ts';
import { ItemAttemptLog } from '../../src/retry-queue/attempt-log.ts';
import type { QueuePorts } from '../../src/retry-queue/ports.ts';

const MiB = 1_048_576;
const piece = Buffer.alloc(MiB, 1);

async function copying() {
  const told: { readonly type: string; readonly data: { readonly answer?: string | null } }[] = [];
  const written: number[] = [];
  const waiting: (() => void)[] = [];
  let aborted = 0;
  const writer = {
    ref: 'answer-1',
    write: async (bytes: Buffer) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      written.push(bytes.length);
    },
    end: async () => undefined,
    abort: async () => {
      aborted++;
    },
  };
  const ports = {
    epoch: 'e',
    tell: (_: QueueId, ask: (typeof told)[number]) => {
      told.push(ask);
      return { facts: [{ data: { attempt: 1 } }], done: Promise.resolve() };
    },
    blobs: { answer: async () => writer },
  } as object as QueuePorts;
  const attemptLog = new ItemAttemptLog(
    ports,
    '0123456789ab' as QueueId,
    () => false,
    () => undefined,
  );
  await attemptLog.starts('11111111' as EndpointId);
  attemptLog.head(200, []);
  /** The disk takes what it was given, until nothing waits. */
  const takes = async () => {
    for (let idle = 0; idle < 3; idle++) {
      await new Promise((resolve) => setImmediate(resolve));
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        next();
        idle = 0;
      }
    }
  };
  return { attemptLog, told, written, takes, abortedTimes: () => aborted };
}

describe('the stored copy of an answer', () => {
  it('waits for the disk up to the size of an answer in one piece', async () => {
    const { attemptLog, told, written, takes } = await copying();
    for (let n = 0; n < 64; n++) attemptLog.data(piece);
    const over = attemptLog.answered();
    await takes();
    await over;
    expect([written.length, told.at(-1)?.data.answer]).toEqual([64, 'answer-1']);
  });

  it('is given up when the disk is too slow, and no more of it is buffered', async () => {
    const { attemptLog, told, written, takes, abortedTimes } = await copying();
    for (let n = 0; n < 200; n++) attemptLog.data(piece);
    const over = attemptLog.answered();
    await takes();
    await over;
    expect([written.length, abortedTimes(), told.at(-1)?.data.answer]).toEqual([64, 1, null]);
  });

  it('of any length is kept while the disk keeps up', async () => {
    const { attemptLog, told, written, takes } = await copying();
    for (let n = 0; n < 100; n++) {
      attemptLog.data(piece);
      if (n % 20 === 0) await takes();
    }
    const over = attemptLog.answered();
    await takes();
    await over;
    expect([written.length, told.at(-1)?.data.answer]).toEqual([100, 'answer-1']);
  });
});
