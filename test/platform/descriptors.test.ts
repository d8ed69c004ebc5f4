/** Handling of a lack of file descriptors: before it, while it lasts, and after it. */
import { expect, it } from 'vitest';
import { connectionsIn, Descriptors, openFilesMax, openFilesNow } from '../../src/platform/descriptors.ts';

/** A system that allows so many, of which others have taken some. */
function system(limit: number) {
  const state = { limit, taken: 0, failure: 'EMFILE' };
  const said: string[] = [];
  const changes: boolean[] = [];
  const descriptors = new Descriptors({
    limit,
    inUse: 0,
    tell: (sentence) => said.push(sentence),
    open: () => {
      if (state.taken >= state.limit) throw Object.assign(new Error('none'), { code: state.failure });
      return state.taken++;
    },
    close: () => void state.taken--,
  });
  descriptors.changed = () => changes.push(descriptors.isShort);
  return { state, said, changes, descriptors };
}

it('reserved descriptors are given away when none are left, and taken again when there are some', () => {
  const { state, said, changes, descriptors } = system(40);
  descriptors.start();
  const held = state.taken;
  expect(held).toBeGreaterThan(0);
  descriptors.look();
  expect([descriptors.isShort, state.taken, said]).toEqual([false, held, []]);

  state.taken = state.limit;
  descriptors.look();
  expect([descriptors.isShort, descriptors.shortages]).toEqual([true, 1]);
  expect(state.taken).toBe(state.limit - held);
  // The log and the control socket have taken some of them: it is not over.
  state.taken += held - 2;
  descriptors.look();
  expect([descriptors.isShort, state.taken]).toEqual([true, state.limit - 2]);

  state.taken = 10;
  descriptors.look();
  expect([descriptors.isShort, state.taken]).toEqual([false, 10 + held]);
  expect(changes).toEqual([true, false]);
  expect(said).toHaveLength(2);
  descriptors.stop();
  expect(state.taken).toBe(10);
});

it('descriptors count as run out while a few are left: a query and its answer need more than one', () => {
  const { state, descriptors } = system(40);
  descriptors.start();
  state.taken = state.limit - 2;
  descriptors.look();
  expect([descriptors.isShort, descriptors.shortages]).toEqual([true, 1]);
  descriptors.stop();
});

it('a shortage of descriptors is reported once by an operation that was refused one', () => {
  const { descriptors, said, changes } = system(40);
  descriptors.start();
  descriptors.heard(null);
  descriptors.heard('ECONNRESET');
  expect(descriptors.isShort).toBe(false);
  descriptors.heard('EMFILE');
  descriptors.heard('ENFILE');
  expect([descriptors.shortages, said.length, changes]).toEqual([1, 1, [true]]);
  descriptors.stop();
});

it('another error than a shortage does not count as a shortage of descriptors', () => {
  const { state, descriptors } = system(40);
  state.failure = 'ENOENT';
  state.taken = state.limit;
  descriptors.start();
  descriptors.look();
  expect(descriptors.isShort).toBe(false);
  descriptors.stop();
});

it.each([64, 128, 256, 512, 1_024, 4_096, 1_048_576])(
  'a limit of %i descriptors leaves enough for everything that is not a connection',
  (limit) => {
    const connections = connectionsIn(limit, 28);
    expect(connections).toBeGreaterThanOrEqual(4);
    expect(28 + 2 * connections).toBeLessThan(limit - Math.min(16, limit / 8));
  },
);

it('connections are unbounded where there is no limit of descriptors', () => {
  expect(connectionsIn(null, 28)).toBe(Number.MAX_SAFE_INTEGER);
});

it('the limit of this process and its open descriptors are known', () => {
  expect(openFilesNow()).toBeGreaterThan(2);
  const limit = openFilesMax();
  if (limit !== null) expect(limit).toBeGreaterThan(openFilesNow());
});
