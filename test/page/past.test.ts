/** States of the past that are fetched ahead, in blocks: who steps finds the next one there, and who jumps costs nothing. */
import { expect, it } from 'vitest';
import type { PageState, PageStep } from '../../src/contract/dashboard.ts';
import { PastStates } from '../../src/page/live/past.ts';

const stateOf = (seq: number) => ({ seq, profiles: [], queue: {}, running: [] }) as unknown as PageState;
const stepOf = (seq: number) => ({ seq, state: null, endpoints: [], queue: null }) as unknown as PageStep;

function past(isRefused: (seq: number) => boolean = () => false, last = Number.POSITIVE_INFINITY) {
  const asked: string[] = [];
  const states = new PastStates(async (seq, steps) => {
    asked.push(`${seq}+${steps}`);
    if (isRefused(seq)) throw new Error('refused');
    const told = Array.from({ length: steps }, (_, i) => stepOf(seq + 1 + i)).filter((one) => one.seq <= last);
    return { ...stateOf(seq), steps: told };
  });
  return { asked, states };
}

it('after a step, the states behind the next steps come as one block, and the next block before they are used up', async () => {
  const { asked, states } = past();
  await states.stepped(50, 1_000);
  expect(asked).toEqual([]);
  await states.stepped(51, 1_000);
  expect(asked).toEqual(['52+31']);
  expect(states.get(83)).toMatchObject({ seq: 83 });
  for (let seq = 52; seq < 60; seq++) await states.stepped(seq, 1_000);
  expect(asked).toEqual(['52+31']);
  await states.stepped(60, 1_000);
  expect(asked).toEqual(['52+31', '84+31']);
});

it('a block before a moment is one that ends there', async () => {
  const { asked, states } = past();
  await states.stepped(50, 1_000);
  await states.stepped(49, 1_000);
  expect(asked).toEqual(['17+31']);
  expect(states.get(17)).toMatchObject({ seq: 17 });
  expect(states.get(48)).toMatchObject({ seq: 48 });
  await states.stepped(48, 1_000);
  await states.stepped(40, 1_000);
  expect(asked).toEqual(['17+31']);
});

it('nothing is fetched ahead of a jump, before the first fact, or from now on', async () => {
  const { asked, states } = past();
  await states.stepped(2, 100);
  await states.stepped(60, 100);
  expect(asked).toEqual([]);
  await states.stepped(61, 63);
  expect(asked).toEqual(['62+0']);
  await states.stepped(3, 63);
  await states.stepped(2, 63);
  expect(asked.slice(1)).toEqual(['1+0']);
});

it('a state is asked for once while it comes, alone or in a block, and again when that failed', async () => {
  let refusals = 1;
  const { asked, states } = past(() => refusals-- > 0);
  const [one, other] = [states.fetched(5), states.fetched(5)];
  await expect(one).rejects.toThrow('refused');
  await expect(other).rejects.toThrow('refused');
  expect(await states.fetched(5)).toMatchObject({ seq: 5 });
  await states.stepped(5, 1_000);
  void states.stepped(6, 1_000);
  expect(await states.fetched(20)).toMatchObject({ seq: 20 });
  expect(asked).toEqual(['5+0', '5+0', '7+31']);
});

it('a state behind facts that are missing is asked for by itself', async () => {
  const { asked, states } = past(undefined, 10);
  await states.stepped(5, 1_000);
  void states.stepped(6, 1_000);
  expect(await states.fetched(20)).toMatchObject({ seq: 20 });
  expect(asked).toEqual(['7+31', '20+0']);
});
