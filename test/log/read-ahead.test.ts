import { expect, it } from 'vitest';
import { factKey } from '../../src/log/codec.ts';
import type { Database } from '../../src/log/level-database.ts';
import { type Entry, readable } from '../../src/log/unreadable.ts';
import { deferred } from '../../src/platform/deferred.ts';

/** A database whose reads are answered as they are told, in the order in which they began. */
function slow() {
  const begun: ReturnType<typeof deferred<readonly Entry[]>>[] = [];
  let isClosed = false;
  const iterator = {
    nextv() {
      const reading = deferred<readonly Entry[]>();
      begun.push(reading);
      return reading.promise;
    },
    close() {
      isClosed = true;
      return Promise.resolve();
    },
  };
  return { source: { iterator: () => iterator } as unknown as Database, begun, isClosed: () => isClosed };
}

it('the next slice is being read while one is looked at; a reader that goes hears nothing of it', async () => {
  const { source, begun, isClosed } = slow();
  const parts = readable(source)[Symbol.asyncIterator]();
  const first = parts.next();
  begun[0]?.resolve([[factKey(1), Buffer.of(1)]]);
  expect((await first).value.entries).toHaveLength(1);
  expect(begun).toHaveLength(2);
  // An unhandled rejection would end this test's process.
  begun[1]?.reject(new Error('the disk is gone'));
  await parts.return?.();
  expect(isClosed()).toBe(true);
});
