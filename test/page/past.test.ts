/** States of the past that are fetched ahead: who steps finds the next one there, and who jumps costs nothing. */
import { expect, it } from 'vitest';
import type { PageState } from '../../src/contract/dashboard.ts';
import { PastStates } from '../../src/page/live/past.ts';

function past(isRefused: (seq: number) => boolean = () => false) {
  const asked: number[] = [];
  const states = new PastStates(async (seq) => {
    asked.push(seq);
    if (isRefused(seq)) throw new Error('refused');
    return { seq } as PageState;
  });
  const near = () => true;
  return { asked, states, near };
}

it('after a step, the states behind the next steps are there', async () => {
  const { asked, states, near } = past();
  await states.stepped(50, 100, near);
  expect(asked).toEqual([]);
  await states.stepped(49, 100, near);
  expect(asked).toEqual([48, 47, 46, 45, 44, 43, 42, 41]);
  await states.stepped(48, 100, near);
  expect(asked.slice(8)).toEqual([40]);
  expect(states.get(41)).toEqual({ seq: 41 });
});

it('nothing is fetched ahead of a jump, before the first fact, or from now on', async () => {
  const { asked, states, near } = past();
  await states.stepped(2, 100, near);
  await states.stepped(60, 100, near);
  expect(asked).toEqual([]);
  await states.stepped(61, 63, near);
  expect(asked).toEqual([62]);
  await states.stepped(3, 63, near);
  await states.stepped(2, 63, near);
  expect(asked.slice(1)).toEqual([1]);
});

it('it ends when the reader has gone elsewhere', async () => {
  const { asked, states } = past();
  await states.stepped(10, 100, () => true);
  await states.stepped(11, 100, () => asked.length < 3);
  expect(asked).toEqual([12, 13, 14]);
});

it('a state is asked for once while it comes, and again when that failed', async () => {
  let refusals = 1;
  const { asked, states } = past(() => refusals-- > 0);
  const [one, other] = [states.fetched(5), states.fetched(5)];
  await expect(one).rejects.toThrow('refused');
  await expect(other).rejects.toThrow('refused');
  expect(await states.fetched(5)).toEqual({ seq: 5 });
  expect(asked).toEqual([5, 5]);
});
