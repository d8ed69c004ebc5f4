/** States that are kept between questions: they save folding, and change no answer. */
import { expect, it } from 'vitest';
import type { Recorded } from '../../events/fact.ts';
import { KeptStates, keepStates } from '../../src/history/kept-states.ts';
import { foldedAt, stateAt } from '../../src/history/moment.ts';
import type { ReadableLog } from '../../src/log/log.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';
import { Chance } from '../simulation/chance.ts';
import { simulate } from '../simulation/simulation.ts';

class CountedLog extends MemoryLog {
  factsRead = 0;

  override async *read(from: number, to?: number): AsyncIterable<readonly Recorded[]> {
    for await (const facts of super.read(from, to)) {
      this.factsRead += facts.length;
      yield facts;
    }
  }

  /** Facts that were read meanwhile. */
  async readBy(work: () => Promise<unknown>): Promise<number> {
    this.factsRead = 0;
    await work();
    return this.factsRead;
  }
}

let lived: Promise<readonly Recorded[]> | undefined;

async function livedFacts(): Promise<readonly Recorded[]> {
  const { facts, broken } = await simulate({ seed: 12, requests: 2_000, without: new Set(['cuts']) });
  expect(broken).toBeNull();
  return facts;
}

async function logOfALife(): Promise<CountedLog> {
  lived ??= livedFacts();
  const log = new CountedLog(await lived);
  keepStates(log, new KeptStates());
  return log;
}

/** As if nothing had ever been kept. */
const anew = async (log: ReadableLog, seq: number) => JSON.stringify(await foldedAt(log, seq));

it('a kept state leads to the same state as the facts: 40 moments, near and far', async () => {
  const log = await logOfALife();
  const chance = new Chance(5, 'moments');
  let seq = log.head;
  for (let i = 0; i < 40; i++) {
    seq = chance.happens(0.3)
      ? chance.whole(1, log.head)
      : Math.max(1, Math.min(log.head, seq + chance.whole(-40, 40)));
    expect(JSON.stringify(await stateAt(log, seq)), `#${seq}`).toBe(await anew(log, seq));
  }
});

it('a step from a moment, forward or back, reads a few hundred facts at most, however long the log is', async () => {
  const log = await logOfALife();
  const middle = Math.floor(log.head / 2);
  expect(await log.readBy(() => stateAt(log, middle))).toBe(middle);
  for (let by = 1; by <= 700; by += 23)
    for (const seq of [middle + by, middle - by])
      expect(await log.readBy(() => stateAt(log, seq)), `#${seq}`).toBeLessThanOrEqual(550);
});

it('a state that was changed by its reader changes no other', async () => {
  const log = await logOfALife();
  const state = await stateAt(log, 1_000);
  state.settings.set('failover.cooldown', 7);
  state.profiles.adjustWeight(state.profiles.endpoints()[0]?.id as never, 3);
  expect(JSON.stringify(await stateAt(log, 1_000))).toBe(await anew(log, 1_000));
});

it('after facts were trimmed, no state of before is gone on from', async () => {
  const log = await logOfALife();
  await stateAt(log, 1_400);
  const state = await foldedAt(log, 1_200);
  await log.saveSnapshot('state', { seq: 1_200, data: state.toJSON() });
  await log.trim(1_201);
  expect(JSON.stringify(await stateAt(log, 1_300))).toBe(await anew(log, 1_300));
  await expect(stateAt(log, 1_100)).rejects.toMatchObject({ code: 'QCC_HISTORY_TRIMMED' });
});

it('a log that lacks facts is folded as if nothing were kept, and the loss is met each time', async () => {
  lived ??= livedFacts();
  const facts = await lived;
  const log = new CountedLog(facts.filter(({ seq }) => seq < 700 || seq > 710));
  keepStates(log, new KeptStates());
  for (const seq of [900, 901]) {
    const read = await log.readBy(() => stateAt(log, seq));
    expect(read).toBeGreaterThan(700);
  }
  expect(log.damage).toMatchObject([{ from: 700, to: 710 }]);
});

it('keeps no more than its share of memory, and first what was used last', async () => {
  const log = await logOfALife();
  const kept = new KeptStates();
  const big = await stateAt(log, 500);
  // Two of them are more than fits.
  big.settings.set('big', 'x'.repeat(4_500_000));
  kept.keep(big);
  expect(kept.before(900, 0)?.seq).toBe(500);
  const next = await stateAt(log, 1_000);
  next.settings.set('big', 'x'.repeat(4_500_000));
  kept.keep(next);
  expect(kept.before(900, 0)).toBeUndefined();
  expect(kept.before(1_000, 0)?.seq).toBe(1_000);
});
