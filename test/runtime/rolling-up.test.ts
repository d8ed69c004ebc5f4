import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { streams } from '../../events/ids.ts';
import { LevelLog } from '../../src/log/level-log.ts';
import { rollUpForm } from '../../src/projections/roll-up.ts';
import type { Core } from '../../src/runtime/core.ts';
import { type MakeRollUp, RollingUp } from '../../src/runtime/rolling-up.ts';
import { kept, logFolder } from '../log/facts.ts';
import { openCore } from '../support/world.ts';

const blockFacts = 10;

function write(core: Core, count: number): void {
  for (let i = 0; i < count; i++) core.report(streams.gateway, [{ type: 'Online', data: {} }], { by: 'gateway' });
}

async function life(facts: number, answer: MakeRollUp = () => Promise.resolve('{}')) {
  const log = kept(await LevelLog.open(logFolder(), { blockFacts }));
  const { core } = await openCore(log);
  write(core, facts);
  const asked: number[] = [];
  const rollingUp = new RollingUp(core, (from) => {
    asked.push(from);
    return answer(from);
  });
  onTestFinished(() => rollingUp.stop());
  return { log, core, asked, rollingUp, made: () => log.rollUps.made(rollUpForm) };
}

describe('making roll-ups', () => {
  it('gives a log of a former version those that it lacks, the newest first, and none twice', async () => {
    const { log, asked, rollingUp, made } = await life(69);
    await log.flush();
    await log.rollUps.save(rollUpForm, 21, '{}');
    await rollingUp.round();
    expect(asked).toEqual([51, 41, 31, 11, 1]);
    expect(await made()).toEqual([1, 11, 21, 31, 41, 51]);
    await rollingUp.round();
    expect(asked).toHaveLength(5);
  });

  it('waits for four blocks of new facts', async () => {
    const { core, asked, rollingUp } = await life(0);
    write(core, 39);
    await rollingUp.round();
    expect(asked).toEqual([]);
    write(core, 1);
    await rollingUp.round();
    expect(asked).toEqual([31, 21, 11, 1]);
    write(core, 45);
    await rollingUp.round();
    expect(asked.slice(4)).toEqual([71, 61, 51, 41]);
  });

  it('stores none for a block that lacks facts, and does not ask for it again', async () => {
    const { asked, rollingUp, made } = await life(40, (from) => Promise.resolve(from === 21 ? undefined : '{}'));
    await rollingUp.round();
    await rollingUp.round();
    expect([asked, await made()]).toEqual([
      [31, 21, 11, 1],
      [1, 11, 31],
    ]);
  });

  it('goes on where it was when the thread that makes them has died', async () => {
    let isDead = true;
    const { asked, rollingUp, made } = await life(60, (from) =>
      isDead && from === 41 ? Promise.reject(new Error('the thread has died')) : Promise.resolve('{}'),
    );
    await expect(rollingUp.round()).rejects.toThrow('died');
    isDead = false;
    await rollingUp.round();
    expect([asked, await made()]).toEqual([
      [51, 41, 41, 31, 21, 11, 1],
      [1, 11, 21, 31, 41, 51],
    ]);
  });

  it('begins after the first seconds, and with new facts, and ends with the gateway', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { core, asked, rollingUp } = await life(40);
    rollingUp.start();
    expect(asked).toEqual([]);
    vi.advanceTimersByTime(10_000);
    await vi.waitFor(() => expect(asked).toHaveLength(4));
    await vi.waitFor(async () => expect(await core.log.rollUps?.made(rollUpForm)).toHaveLength(4));
    write(core, 40);
    await vi.waitFor(() => expect(asked).toHaveLength(8));
    rollingUp.stop();
    write(core, 80);
    await rollingUp.round().catch(() => {});
    expect(await core.log.rollUps?.made(rollUpForm)).not.toContain(151);
  });
});
