/** Time travel: the state of any past moment is the one that was lived, from a log on the disk and its snapshots. */
import { describe, expect, it } from 'vitest';
import type { Recorded } from '../../events/fact.ts';
import { effective } from '../../src/config/settings/settings.ts';
import { machineRows } from '../../src/history/machines.ts';
import { stateAt } from '../../src/history/moment.ts';
import { ask } from '../../src/history/questions.ts';
import { LevelLog } from '../../src/log/level-log.ts';
import type { State } from '../../src/runtime/state.ts';
import { kept, logFolder } from '../log/facts.ts';
import { Chance } from '../simulation/chance.ts';
import { dayWith } from './lived-day.ts';

const { settings } = effective(new Map(), {});
const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;

interface Seen {
  readonly seq: number;
  readonly at: number;
  readonly state: unknown;
  readonly machines: unknown;
}

function look(state: State): Seen {
  const { seq, at } = state;
  return { seq, at, state: plain(state), machines: plain(machineRows(state, settings, [])) };
}

const livedDay = dayWith({ seed: 11, requests: 2_500, share: 0.2, look: look });

/** On the disk, with snapshots in between at the intervals of maintenance. */
async function onDisk(facts: readonly Recorded[], everyFacts: number) {
  const log = kept(await LevelLog.open(logFolder()));
  for (let from = 0; from < facts.length; from += everyFacts) {
    await log.append(facts.slice(from, from + everyFacts), { sync: false });
    const state = await stateAt(log, log.head);
    await log.saveSnapshot('state', { seq: log.head, data: state.toJSON() });
  }
  return log;
}

describe('any past moment', () => {
  it('is reconstructed exactly: 25 random ones of a simulated day', async () => {
    const { facts, seen } = await livedDay();
    const chance = new Chance(7, 'moments');
    const moments = Array.from({ length: 25 }, () => chance.pick(seen as [Seen, ...Seen[]]));
    expect(new Set(moments.map(({ seq }) => seq)).size).toBeGreaterThan(15);
    // Near enough to each other: the 25 moments, and not the way to them, are what takes time.
    const log = await onDisk(facts, 250);
    for (const { seq, state, machines } of moments) {
      const then = await ask(log, 'history.at', { moment: { seq } });
      expect(then.seq).toBe(seq);
      expect(plain(then.machines)).toEqual(machines);
      expect(plain(await stateAt(log, seq))).toEqual(state);
    }
  });

  it('is named by its instant as well: all facts of that instant are included', async () => {
    const { facts } = await livedDay();
    const log = await onDisk(facts, 2_000);
    for (const fact of [facts[10], facts[700], facts.at(-1)]) {
      const at = fact?.at ?? 0;
      const last = facts.findLast((one) => one.at === at)?.seq;
      expect((await ask(log, 'history.at', { moment: { at } })).seq).toBe(last);
    }
    const before = facts[0]?.at ?? 0;
    expect(await ask(log, 'history.at', { moment: { at: before - 1 } })).toMatchObject({ seq: 0, active: null });
  });

  it('that the log has not reached is refused, and so is one that it no longer keeps', async () => {
    const { facts } = await livedDay();
    const log = await onDisk(facts.slice(0, 3_000), 1_000);
    await expect(ask(log, 'history.at', { moment: { seq: 3_001 } })).rejects.toMatchObject({
      code: 'QCC_HISTORY_UNKNOWN',
      exit: 5,
    });
    await log.trim(1_001);
    await expect(ask(log, 'history.at', { moment: { seq: 999 } })).rejects.toMatchObject({
      code: 'QCC_HISTORY_TRIMMED',
      exit: 5,
    });
    expect((await ask(log, 'history.at', { moment: { seq: 1_000 } })).seq).toBe(1_000);
  });
});
