import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { QccError } from '../../src/errors/qcc-error.ts';
import { LevelLog } from '../../src/log/level-log.ts';
import { Disk } from './disk.ts';
import { kept, logFolder, oneTo, seqs } from './facts.ts';
import { Scribe } from './scribe.ts';

const suspended = { code: 'QCC_LOG_SUSPENDED' };
const givenUp = { code: 'QCC_LOG_GIVEN_UP' };
// Long enough that a test looks at the log before it is opened again; the tests await the opening itself.
const soonMs = 50;
const neverMs = 3_600_000;

async function openOnDisk(reopenAfterMs: number, dir = logFolder()) {
  const disk = new Disk();
  const log = kept(await LevelLog.open(dir, { open: disk.open, reopenAfterMs }));
  return { disk, log, dir, scribe: new Scribe() };
}

/** A few turns of the loop: enough for whatever waits for nothing but its turn. */
async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise(setImmediate);
}

async function outcomeOf(promise: Promise<unknown>): Promise<unknown> {
  const settled = promise.then(
    () => 'resolved',
    (error: unknown) => error,
  );
  return Promise.race([settled, turns().then(() => 'pending')]);
}

const isOpen = (log: LevelLog) => vi.waitFor(() => expect(log.state).toBe('open'), { timeout: 10_000, interval: 5 });

describe('a log on a full disk', () => {
  it('rejects promised appends, and reports its state', async () => {
    const { disk, log, scribe } = await openOnDisk(neverMs);
    await log.append(scribe.facts(1), { sync: true });
    disk.full = true;
    await expect(log.append(scribe.facts(1), { sync: true })).rejects.toMatchObject(suspended);
    expect(log.state).toBe('suspended');
    await expect(log.append(scribe.facts(1), { sync: true })).rejects.toMatchObject(suspended);
  });

  it('can still be read', async () => {
    const { disk, log, scribe } = await openOnDisk(neverMs);
    await log.append(scribe.facts(3), { sync: true });
    disk.full = true;
    await expect(log.append(scribe.facts(1), { sync: true })).rejects.toMatchObject(suspended);
    expect(await seqs(log.read(1))).toEqual([1, 2, 3]);
  });

  it('tells a reader whom the reopening overtakes that it waits for the disk, and one after the end that it is closed', async () => {
    const { disk, log, scribe } = await openOnDisk(soonMs);
    // More than is read ahead.
    await log.append(scribe.facts(5_000), { sync: true });
    const begun = async () => {
      const reader = log.read(1)[Symbol.asyncIterator]();
      await reader.next();
      return async () => {
        while (!(await reader.next()).done) await Promise.resolve();
      };
    };
    const overtaken = await begun();
    disk.full = true;
    await expect(log.append(scribe.facts(1), { sync: true })).rejects.toMatchObject(suspended);
    disk.full = false;
    await isOpen(log);
    await expect(overtaken()).rejects.toMatchObject(suspended);
    const late = await begun();
    await log.close();
    await expect(late()).rejects.toMatchObject({ code: 'QCC_LOG_CLOSED' });
    await expect(log.seqAt(0)).rejects.toMatchObject({ code: 'QCC_LOG_CLOSED' });
    await expect(log.loadSnapshot('state')).rejects.toMatchObject({ code: 'QCC_LOG_CLOSED' });
  });

  it('names the limit on the size of files, where that is what the system refuses', async () => {
    const { disk, log, scribe } = await openOnDisk(neverMs);
    disk.refusal = 'IO error: 000005.log: File too large';
    disk.full = true;
    await expect(log.append(scribe.facts(1), { sync: true })).rejects.toMatchObject({
      ...suspended,
      hint: expect.stringContaining('ulimit -f'),
    });
  });

  it('is suspended by the sync of unpromised facts, too', async () => {
    const { disk, log, scribe } = await openOnDisk(neverMs);
    await log.append(scribe.facts(1), { sync: false });
    disk.full = true;
    await vi.waitFor(() => expect(log.state).toBe('suspended'), { timeout: 10_000 });
    expect(disk.syncs).toBe(1);
  });

  it('keeps numbering while facts wait', async () => {
    const { disk, log, scribe } = await openOnDisk(neverMs);
    disk.full = true;
    await expect(log.append(scribe.facts(1), { sync: true })).rejects.toMatchObject(suspended);
    log.append(scribe.facts(4), { sync: false }).catch(() => {});
    expect(log.head).toBe(5);
  });
});

describe('a log after the disk is back', () => {
  it('is reopened and writes the waiting facts, without a gap', async () => {
    const { disk, log, scribe } = await openOnDisk(soonMs);
    await log.append(scribe.facts(2), { sync: true });
    disk.full = true;
    await expect(log.append(scribe.facts(1), { sync: true })).rejects.toMatchObject(suspended);
    const waiting = oneTo(20).map(() => log.append(scribe.facts(1), { sync: false }));
    disk.full = false;
    await Promise.all(waiting);
    expect(log.state).toBe('open');
    expect(disk.opened).toBe(2);
    expect(await seqs(log.read(1))).toEqual(oneTo(23));
    expect(log.damage).toEqual([]);
    await log.append(scribe.facts(1), { sync: true });
  });

  it('tries again when the reopening fails', async () => {
    const { disk, log, scribe } = await openOnDisk(soonMs);
    await log.append(scribe.facts(1), { sync: true });
    disk.full = true;
    disk.gone = true;
    await expect(log.append(scribe.facts(1), { sync: true })).rejects.toMatchObject(suspended);
    const waiting = log.append(scribe.facts(1), { sync: false });
    await vi.waitFor(() => expect(disk.opened).toBeGreaterThanOrEqual(3), { timeout: 10_000 });
    expect(log.state).not.toBe('open');
    disk.full = false;
    disk.gone = false;
    await waiting;
    expect(log.state).toBe('open');
    expect(await seqs(log.read(1))).toEqual([1, 2, 3]);
  });

  it('is suspended again by another failure, and loses nothing', async () => {
    const { disk, log, scribe } = await openOnDisk(soonMs);
    disk.full = true;
    await expect(log.append(scribe.facts(1), { sync: true })).rejects.toMatchObject(suspended);
    await vi.waitFor(() => expect(disk.opened).toBeGreaterThanOrEqual(3), { timeout: 10_000 });
    disk.full = false;
    await isOpen(log);
    await log.flush();
    await log.append(scribe.facts(1), { sync: false });
    expect(await seqs(log.read(1))).toEqual([1, 2]);
  });

  it('rejects at once a promised append of a batch that fails after a sync', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { disk, log, scribe } = await openOnDisk(neverMs);
    void log.append(scribe.facts(1), { sync: false });
    await log.flush();
    disk.full = true;
    const release = disk.hold();
    vi.advanceTimersByTime(1_000);
    const promised = log.append(scribe.facts(1), { sync: true });
    await turns();
    expect(disk.inFlight).toBe(2);
    release();
    expect(await outcomeOf(promised)).toMatchObject(suspended);
  });
});

describe('waiting facts beyond the limit', () => {
  const waitingMax = 10_000;

  it('are dropped from the oldest, and the gap is reported now and after the next start', async () => {
    const { disk, log, dir, scribe } = await openOnDisk(soonMs);
    await log.append(scribe.facts(1), { sync: true });
    disk.full = true;
    await expect(log.append(scribe.facts(1), { sync: true })).rejects.toMatchObject(suspended);
    const appends = oneTo(waitingMax + 99).map(() => log.append(scribe.facts(1), { sync: false }));
    disk.full = false;
    const outcomes = await Promise.allSettled(appends);
    // Number 2 and the 99 after it made room for the 10,000 newest. Number 2 was refused before: it was promised the disk.
    const rejected = outcomes.filter(({ status }) => status === 'rejected');
    expect(rejected).toEqual(Array.from({ length: 99 }, () => ({ status: 'rejected', reason: expect.any(QccError) })));
    expect(outcomes.slice(0, 99)).toEqual(rejected);
    expect(rejected[0]).toMatchObject({ reason: givenUp });
    const hole = { from: 2, to: 101, why: 'missing' };
    expect(log.damage).toEqual([hole]);
    expect(await seqs(log.read(1))).toEqual([1, ...oneTo(scribe.seq, 102)]);
    await log.close();

    const again = kept(await LevelLog.open(dir));
    expect(again.damage).toEqual([hole]);
    expect(again.head).toBe(scribe.seq);
  });

  it('are counted as facts, not as appends', async () => {
    const { disk, log, scribe } = await openOnDisk(soonMs);
    disk.full = true;
    await expect(log.append(scribe.facts(1), { sync: true })).rejects.toMatchObject(suspended);
    const appends = oneTo(30).map(() => log.append(scribe.facts(1_000), { sync: false }));
    disk.full = false;
    await Promise.allSettled(appends);
    const written = await seqs(log.read(1));
    expect(written.length).toBeLessThanOrEqual(waitingMax);
    expect(written.at(-1)).toBe(scribe.seq);
    expect(log.damage).toEqual([{ from: 1, to: scribe.seq - written.length, why: 'missing' }]);
  });
});

describe('a suspended log that is closed', () => {
  it('leaves no caller waiting, and no promise pending', async () => {
    const { disk, log, scribe } = await openOnDisk(neverMs);
    disk.full = true;
    await expect(log.append(scribe.facts(1), { sync: true })).rejects.toMatchObject(suspended);
    const waiting = log.append(scribe.facts(1), { sync: false }).catch((error: unknown) => error);
    await log.close();
    expect(await waiting).toMatchObject(givenUp);
    expect(log.damage).toEqual([{ from: 1, to: 2, why: 'missing' }]);
  });

  it('stays closed, even during a reopening', async () => {
    const { disk, log, scribe } = await openOnDisk(soonMs);
    disk.full = true;
    await expect(log.append(scribe.facts(1), { sync: true })).rejects.toMatchObject(suspended);
    const closed = new Promise<void>((resolve, reject) => {
      disk.beforeOpening = () => void log.close().then(resolve, reject);
    });
    disk.full = false;
    await closed;
    await turns();
    expect(log.state).toBe('closed');
    expect(disk.left).toBe(0);
  });

  it('writes the waiting facts, if the disk is back by then', async () => {
    const { disk, log, dir, scribe } = await openOnDisk(neverMs);
    disk.full = true;
    await expect(log.append(scribe.facts(1), { sync: true })).rejects.toMatchObject(suspended);
    void log.append(scribe.facts(2), { sync: false });
    disk.full = false;
    await log.close();
    expect(await seqs(kept(await LevelLog.open(dir)).read(1))).toEqual([1, 2, 3]);
  });

  it('releases its folder, even when its last sync fails', async () => {
    const { disk, log, scribe } = await openOnDisk(neverMs);
    await log.append(scribe.facts(1), { sync: false });
    disk.full = true;
    await log.close().catch(() => {});
    expect(log.state).toBe('closed');
    expect(disk.left).toBe(0);
  });
});
