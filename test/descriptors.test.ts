/** What is done when open files run out: before it, while it lasts, and after it. */
import { expect, it } from 'vitest';
import { connectionsIn, Descriptors, openFilesMax, openFilesNow } from '../src/platform/descriptors.ts';

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

it('holds some back, gives them away when there are none left, and takes them again when there are', () => {
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

it('takes the last few for none: a question and its answer want more than one', () => {
  const { state, descriptors } = system(40);
  descriptors.start();
  state.taken = state.limit - 2;
  descriptors.look();
  expect([descriptors.isShort, descriptors.shortages]).toEqual([true, 1]);
  descriptors.stop();
});

it('hears of it from whoever was refused one, once', () => {
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

it('takes no other fault for a shortage', () => {
  const { state, descriptors } = system(40);
  state.failure = 'ENOENT';
  state.taken = state.limit;
  descriptors.start();
  descriptors.look();
  expect(descriptors.isShort).toBe(false);
  descriptors.stop();
});

it.each([64, 128, 256, 512, 1_024, 4_096, 1_048_576])('of %i leaves enough for what is no connection', (limit) => {
  const connections = connectionsIn(limit, 28);
  expect(connections).toBeGreaterThanOrEqual(4);
  expect(28 + 2 * connections).toBeLessThan(limit - Math.min(16, limit / 8));
});

it('bounds nothing where there is no limit', () => {
  expect(connectionsIn(null, 28)).toBe(Number.MAX_SAFE_INTEGER);
});

it('knows the limit of this very process, and what is open', () => {
  expect(openFilesNow()).toBeGreaterThan(2);
  const limit = openFilesMax();
  if (limit !== null) expect(limit).toBeGreaterThan(openFilesNow());
});
