import { readdirSync } from 'node:fs';
import { constants, getPriority } from 'node:os';
import { Level } from 'level';
import { expect, it, onTestFinished } from 'vitest';
import { LevelLog } from '../../src/log/level-log.ts';
import { blockFacts } from '../../src/log/level-roll-ups.ts';
import { openReplayPool } from '../../src/pool/pool.ts';
import { kept, logFolder } from '../log/facts.ts';
import { Scribe } from '../log/scribe.ts';

const steppedBack = () =>
  readdirSync('/proc/self/task').filter((task) => getPriority(Number(task)) > getPriority(process.pid)).length;

// Other systems have no way to a thread's own priority; and who was started behind all others has nowhere to step back to.
const isBehind = getPriority() >= constants.priority.PRIORITY_BELOW_NORMAL;
it.skipIf(process.platform !== 'linux' || isBehind)(
  'a question yields to requests, and other work does not',
  async () => {
    const dir = logFolder();
    const log = kept(await LevelLog.open(dir));
    const scribe = new Scribe();
    await log.append(scribe.facts(5), { sync: true });
    const before = getPriority(process.pid);
    const pool = openReplayPool();
    onTestFinished(() => pool.close());
    expect(steppedBack()).toBe(0);
    const { text } = await pool.ask(dir, 'history.stats', {});
    expect(JSON.parse(text)).toMatchObject({ facts: 5 });
    expect([steppedBack() > 0, getPriority(process.pid)]).toEqual([true, before]);
    // A block is larger than this log.
    expect(await pool.rollUp(dir, 1)).toBeUndefined();
    await log.append(scribe.facts(blockFacts), { sync: true });
    expect(JSON.parse((await pool.rollUp(dir, 1)) ?? '')).toMatchObject({ from: 1, to: blockFacts });
  },
);

it('has closed the log when it ends, whatever it was doing', async () => {
  const dir = logFolder();
  const log = await LevelLog.open(dir);
  await log.append(new Scribe().facts(blockFacts), { sync: true });
  const pool = openReplayPool();
  onTestFinished(() => pool.close());
  await pool.ask(dir, 'history.stats', {});
  const running = [pool.rollUp(dir, 1), pool.ask(dir, 'history.verify', {}), pool.ask(dir, 'history.verify', {})];
  // Heard at once: what is refused meanwhile would end the process.
  const ends = Promise.allSettled(running);
  await pool.close();
  for (const end of await ends) expect(end).toMatchObject({ reason: { code: 'QCC_GATEWAY_ENDING' } });
  await expect(pool.ask(dir, 'history.stats', {})).rejects.toMatchObject({ code: 'QCC_GATEWAY_ENDING' });
  await log.close();
  // One that shares no handle: LevelDB refuses it while anybody still holds the log.
  const again = new Level(dir, { createIfMissing: false });
  await again.open();
  await again.close();
});
