import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Recorded } from '../../events/fact.ts';
import { LevelLog } from '../../src/log/level-log.ts';
import { keepsTheContract } from './contract.ts';
import { Disk, raw, removeFacts } from './disk.ts';
import { all, kept, logFolder, oneTo, seqs } from './facts.ts';
import { Scribe } from './scribe.ts';

async function openOnDisk() {
  const disk = new Disk();
  const log = kept(await LevelLog.open(logFolder(), { open: disk.open }));
  return { disk, log, scribe: new Scribe() };
}

describe('the log on the disk', () => {
  keepsTheContract(async () => kept(await LevelLog.open(logFolder())), openWithout);
});

async function openWithout(facts: readonly Recorded[], lost: readonly number[]): Promise<LevelLog> {
  const dir = logFolder();
  const log = await LevelLog.open(dir);
  await log.append(facts, { sync: true });
  // The start does not check facts before the snapshot: their readers do.
  await log.saveSnapshot('state', { seq: facts.length, data: {} });
  await log.close();
  await removeFacts(dir, ...lost);
  return kept(await LevelLog.open(dir));
}

describe('batches', () => {
  it('contain everything that was appended in the same turn', async () => {
    const { disk, log, scribe } = await openOnDisk();
    await Promise.all(oneTo(64).map(() => log.append(scribe.facts(1), { sync: false })));
    expect(disk.writes).toEqual([{ facts: 64, sync: false }]);
  });

  it('contain everything that arrived during the one before, and are never two at a time', async () => {
    const { disk, log, scribe } = await openOnDisk();
    const release = disk.hold();
    const first = log.append(scribe.facts(1), { sync: false });
    await disk.reached;
    const rest: Promise<void>[] = [];
    for (let i = 0; i < 10; i++) {
      rest.push(log.append(scribe.facts(2), { sync: false }));
      await new Promise(setImmediate);
    }
    expect(disk.inFlight).toBe(1);
    release();
    await Promise.all([first, ...rest]);
    expect(disk.writes).toEqual([
      { facts: 1, sync: false },
      { facts: 20, sync: false },
    ]);
    expect(disk.mostInFlight).toBe(1);
    expect(await seqs(log.read(1))).toEqual(oneTo(21));
  });

  it('are synced when one of their appends was promised the disk', async () => {
    const { disk, log, scribe } = await openOnDisk();
    await Promise.all([false, true, false].map((sync) => log.append(scribe.facts(1), { sync })));
    expect(disk.writes).toEqual([{ facts: 3, sync: true }]);
  });

  it('resolve only after they were written', async () => {
    const { disk, log, scribe } = await openOnDisk();
    let isDone = false;
    const release = disk.hold();
    const done = log.append(scribe.facts(1), { sync: true }).then(() => {
      isDone = true;
    });
    await disk.reached;
    await new Promise(setImmediate);
    expect(isDone).toBe(false);
    release();
    await done;
    expect(await seqs(log.read(1))).toEqual([1]);
  });
});

describe('without a promised append, the disk', () => {
  it('has everything within a second, by one sync', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { disk, log, scribe } = await openOnDisk();
    for (let i = 0; i < 3; i++) {
      void log.append(scribe.facts(1), { sync: false });
      await log.flush();
    }
    expect(disk.syncs).toBe(0);
    vi.advanceTimersByTime(999);
    expect(disk.syncs).toBe(0);
    vi.advanceTimersByTime(1);
    expect(disk.syncs).toBe(1);
    vi.advanceTimersByTime(10_000);
    expect(disk.syncs).toBe(1);
  });

  it('is not synced again for what a promised append has synced', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { disk, log, scribe } = await openOnDisk();
    void log.append(scribe.facts(1), { sync: false });
    await log.flush();
    await log.append(scribe.facts(1), { sync: true });
    vi.advanceTimersByTime(10_000);
    expect(disk.syncs).toBe(0);
  });

  it('has everything when the log is closed', async () => {
    const { disk, log, scribe } = await openOnDisk();
    await log.append(scribe.facts(1), { sync: false });
    await log.close();
    expect(disk.syncs).toBe(1);
  });
});

describe('a reopened log', () => {
  it('has its facts, its ends and its snapshots', async () => {
    const dir = logFolder();
    const before = kept(await LevelLog.open(dir));
    const written = new Scribe().facts(1_500, 'config', { a: 1 });
    await before.append(written, { sync: false });
    await before.saveSnapshot('state', { seq: 700, data: { at: 700 } });
    await before.trim(101);
    await before.close();

    const log = kept(await LevelLog.open(dir));
    expect([log.tail, log.head, log.damage]).toEqual([101, 1_500, []]);
    expect(await all(log.read(1))).toEqual(written.slice(100));
    expect(await all(log.readStream('config'))).toEqual(written.slice(100));
    expect(await log.loadSnapshot('state')).toEqual({ seq: 700, data: { at: 700 } });
  });

  it('continues where it was', async () => {
    const dir = logFolder();
    const scribe = new Scribe();
    for (let i = 1; i <= 3; i++) {
      const log = kept(await LevelLog.open(dir));
      await log.append(scribe.facts(2, 'config'), { sync: false });
      expect(log.head).toBe(2 * i);
      await log.close();
    }
    expect(await seqs(kept(await LevelLog.open(dir)).read(1))).toEqual(oneTo(6));
  });

  it('continues its streams, including those from before the snapshot', async () => {
    const dir = logFolder();
    const scribe = new Scribe();
    const before = kept(await LevelLog.open(dir));
    await before.append(scribe.facts(2, 'profile/old'), { sync: false });
    await before.append(scribe.facts(1, 'request/r'), { sync: false });
    await before.saveSnapshot('state', { seq: scribe.seq, data: {} });
    await before.append(scribe.facts(2, 'profile/new'), { sync: false });
    await before.close();

    const log = kept(await LevelLog.open(dir));
    await log.append(scribe.facts(1, 'profile/new'), { sync: false });
    await log.append(scribe.facts(1, 'profile/old'), { sync: false });
    expect(await seqs(log.readStream('profile/old'))).toEqual([1, 2, 7]);
  });

  it('accepts a log that was trimmed completely', async () => {
    const dir = logFolder();
    const scribe = new Scribe();
    const before = kept(await LevelLog.open(dir));
    await before.append(scribe.facts(20), { sync: false });
    await before.saveSnapshot('state', { seq: 20, data: {} });
    await before.trim(21);
    await before.close();

    const log = kept(await LevelLog.open(dir));
    expect(log.damage).toEqual([]);
    expect([log.tail, log.head]).toEqual([21, 20]);
    await log.append(scribe.facts(1), { sync: false });
    expect(await seqs(log.read(1))).toEqual([21]);
  });
});

describe('snapshots on the disk', () => {
  it('are kept three deep and, of the older ones, one for 5,000 facts; each name separately', async () => {
    const dir = logFolder();
    const log = kept(await LevelLog.open(dir));
    for (const seq of [1, 2, 3_000, 5_001, 6_000, 9_000, 10_001, 10_002])
      await log.saveSnapshot('state', { seq, data: seq });
    await log.saveSnapshot('other', { seq: 1, data: 1 });
    const nearest = async (max: number) => (await log.loadSnapshot('state', max))?.seq;
    expect(await Promise.all([5_000, 8_999, 9_000, 10_001, 10_002].map(nearest))).toEqual([
      1, 5_001, 9_000, 10_001, 10_002,
    ]);
    await log.close();
    expect(await raw(dir, (database) => database.keys().all())).toHaveLength(6);
  });

  it('that are made long after their facts replace those before them', async () => {
    const log = kept(await LevelLog.open(logFolder()));
    for (let k = 1; k <= 6; k++) await log.saveSnapshot('state', { seq: 5_003 * k, data: 'old' });
    for (const seq of [5_100, 10_100, 15_100]) await log.saveSnapshot('state', { seq, data: 'new' });
    const nearest = async (max: number) => (await log.loadSnapshot('state', max))?.data;
    expect(await Promise.all([6_000, 12_000, 15_200].map(nearest))).toEqual(['new', 'new', 'new']);
  });

  it('are removed when the facts after them are trimmed', async () => {
    const log = kept(await LevelLog.open(logFolder()));
    await log.append(new Scribe().facts(30), { sync: true });
    for (const seq of [5, 10, 20]) await log.saveSnapshot('state', { seq, data: seq });
    await log.trim(11);
    expect(await log.loadSnapshot('state', 9)).toBeUndefined();
    expect((await log.loadSnapshot('state', 19))?.seq).toBe(10);
  });
});
