/** The contract of every log: one suite, run on the log in memory and on the one on the disk. */
import { describe, expect, it } from 'vitest';
import type { Recorded } from '../../events/fact.ts';
import type { Log } from '../../src/log/log.ts';
import { all, oneTo, seqs } from './facts.ts';
import { dawn, Scribe, stepMs } from './scribe.ts';

type OpenLog = () => Promise<Log>;
/** A log of facts of which some were lost behind its back. */
type OpenWithout = (facts: readonly Recorded[], lost: readonly number[]) => Promise<Log>;

export function keepsTheContract(open: OpenLog, openWithout: OpenWithout): void {
  describe('appending', () => appending(open));
  describe('reading', () => reading(open));
  describe('reading over a gap', () => readingOverHoles(openWithout));
  describe('finding an instant', () => findingAnInstant(open));
  describe('snapshots', () => snapshots(open));
  describe('trimming', () => trimming(open));
}

function appending(open: OpenLog): void {
  it('starts empty', async () => {
    const log = await open();
    expect([log.head, log.tail, log.state, log.damage]).toEqual([0, 1, 'open', []]);
    expect(await seqs(log.read(1))).toEqual([]);
  });

  it('returns a fact as it was written', async () => {
    const log = await open();
    const fact = new Scribe().fact('profile/büro', {
      text: 'ä\u0000\u{1f600}',
      none: null,
      deep: { list: [1, 'two'] },
    });
    await log.append([fact], { sync: true });
    expect(await all(log.read(1))).toEqual([fact]);
  });

  it('advances the head when a fact is handed over, before it is written', async () => {
    const log = await open();
    const done = log.append(new Scribe().facts(3), { sync: false });
    expect(log.head).toBe(3);
    await done;
    expect(log.head).toBe(3);
  });

  it('ignores an empty append', async () => {
    const log = await open();
    await log.append([], { sync: true });
    expect(log.head).toBe(0);
  });

  it('keeps the order of 64 concurrent appends, without a gap', async () => {
    const log = await open();
    const scribe = new Scribe();
    const appends = Array.from({ length: 64 }, (_, i) =>
      log.append(scribe.facts(1 + (i % 3), i % 2 === 0 ? 'gateway' : `request/${i}`), { sync: i % 8 === 0 }),
    );
    await Promise.all(appends);
    expect(await seqs(log.read(1))).toEqual(oneTo(scribe.seq));
    expect(log.head).toBe(scribe.seq);
  });

  it('refuses a fact that does not follow the head, and keeps nothing of it', async () => {
    const log = await open();
    const scribe = new Scribe();
    await log.append(scribe.facts(2), { sync: false });
    await expect(log.append(new Scribe(scribe.seq + 1).facts(1), { sync: false })).rejects.toThrow();
    await expect(log.append(new Scribe(scribe.seq - 1).facts(1), { sync: false })).rejects.toThrow();
    await log.append(scribe.facts(1), { sync: false });
    expect(await seqs(log.read(1))).toEqual([1, 2, 3]);
  });

  it('has written all facts after a flush', async () => {
    const log = await open();
    const scribe = new Scribe();
    for (let i = 0; i < 5; i++) void log.append(scribe.facts(1), { sync: false });
    await log.flush();
    expect(await seqs(log.read(1))).toEqual([1, 2, 3, 4, 5]);
  });

  it('refuses appends after it was closed', async () => {
    const log = await open();
    const scribe = new Scribe();
    await log.append(scribe.facts(1), { sync: false });
    await log.close();
    expect(log.state).toBe('closed');
    await expect(log.append(scribe.facts(1), { sync: false })).rejects.toThrow();
  });
}

function reading(open: OpenLog): void {
  it('reads both ends of a range, in arrays of at most 1,000', async () => {
    const log = await open();
    await log.append(new Scribe().facts(2_500), { sync: false });
    const sizes: number[] = [];
    const found: number[] = [];
    for await (const facts of log.read(10, 2_400)) {
      sizes.push(facts.length);
      found.push(...facts.map(({ seq }) => seq));
    }
    expect(found).toEqual(oneTo(2_400, 10));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1_000);
    expect(sizes).not.toContain(0);
  });

  it('finds nothing after the head', async () => {
    const log = await open();
    await log.append(new Scribe().facts(2), { sync: false });
    expect(await seqs(log.read(3))).toEqual([]);
  });

  it('may be stopped in the middle', async () => {
    const log = await open();
    await log.append(new Scribe().facts(1_500), { sync: false });
    for await (const facts of log.read(1)) {
      expect(facts[0]?.seq).toBe(1);
      break;
    }
    expect(await seqs(log.read(1_500))).toEqual([1_500]);
  });

  it('reads one stream, in its order, from a version on', async () => {
    const log = await open();
    const scribe = new Scribe();
    const streams = ['endpoint/a', 'endpoint/ab', 'endpoint', 'endpoint/a'];
    const written = oneTo(1_200).map((i) => scribe.fact(streams[i % streams.length]));
    await log.append(written, { sync: false });
    const ofA = written.filter(({ stream }) => stream === 'endpoint/a');
    expect(await all(log.readStream('endpoint/a'))).toEqual(ofA);
    expect(await all(log.readStream('endpoint/a', 300))).toEqual(ofA.slice(299));
    expect(await seqs(log.readStream('endpoint/none'))).toEqual([]);
  });
}

function readingOverHoles(openWithout: OpenWithout): void {
  /** Every third fact is of the stream: 3, 6, 9 and so on. */
  const written = () => {
    const scribe = new Scribe();
    return oneTo(30).map((i) => scribe.fact(i % 3 === 0 ? 'profile/a' : 'profile/b'));
  };
  const lostNumbers = (log: Log) => log.damage.flatMap(({ from, to }) => oneTo(to, from)).sort((a, b) => a - b);

  it.each([
    ['in its middle', [9]],
    ['side by side', [9, 10, 11, 12]],
    ['at its beginning', [3]],
    ['of which it has nothing left', [3, 6, 9, 12, 15, 18, 21, 24, 27]],
  ])('a stream returns the facts that are left, and reports those %s', async (_, lost) => {
    const facts = written();
    const log = await openWithout(facts, lost);
    const ofStream = facts.filter(({ stream }) => stream === 'profile/a');
    expect(await all(log.readStream('profile/a'))).toEqual(ofStream.filter(({ seq }) => !lost.includes(seq)));
    const told = lostNumbers(log);
    expect(told).toEqual(expect.arrayContaining(lost.filter((seq) => ofStream.some((fact) => fact.seq === seq))));
    expect(lost).toEqual(expect.arrayContaining(told));
  });

  it('the whole log returns the facts that are left, and reports each missing number once', async () => {
    const lost = [2, 9, 10, 11, 20];
    const log = await openWithout(written(), lost);
    const left = oneTo(30).filter((seq) => !lost.includes(seq));
    for (let i = 0; i < 2; i++) expect(await seqs(log.read(1))).toEqual(left);
    expect(lostNumbers(log)).toEqual(lost);
  });

  it('a gap at the end of the range is reported too', async () => {
    const log = await openWithout(written(), [19, 20, 21]);
    expect(await seqs(log.read(15, 20))).toEqual([15, 16, 17, 18]);
    expect(lostNumbers(log)).toEqual(expect.arrayContaining([19, 20]));
  });

  it('appends continue with the number after the head', async () => {
    const log = await openWithout(written(), [9]);
    await log.append(new Scribe(log.head).facts(1), { sync: true });
    expect(log.head).toBe(31);
  });
}

function findingAnInstant(open: OpenLog): void {
  it('returns the first fact that is not before the instant', async () => {
    const log = await open();
    await log.append(new Scribe().facts(100), { sync: false });
    expect(await log.seqAt(0)).toBe(1);
    expect(await log.seqAt(dawn + 40 * stepMs)).toBe(40);
    expect(await log.seqAt(dawn + 40 * stepMs + 1)).toBe(41);
    expect(await log.seqAt(dawn + 100 * stepMs)).toBe(100);
    expect(await log.seqAt(dawn + 100 * stepMs + 1)).toBe(101);
  });

  it('returns the first of several facts at the same instant', async () => {
    const log = await open();
    const facts = new Scribe().facts(20).map((fact) => ({ ...fact, at: dawn + Math.floor(fact.seq / 10) }));
    await log.append(facts, { sync: false });
    expect(await log.seqAt(dawn + 1)).toBe(10);
  });

  it('returns the next number when there is none', async () => {
    expect(await (await open()).seqAt(dawn)).toBe(1);
  });

  it('does not point below the first fact after trimming', async () => {
    const log = await open();
    await log.append(new Scribe().facts(50), { sync: false });
    await log.trim(20);
    expect(await log.seqAt(0)).toBe(20);
    expect(await log.seqAt(dawn + 30 * stepMs)).toBe(30);
  });
}

function snapshots(open: OpenLog): void {
  it('returns the newest, or the newest up to a number', async () => {
    const log = await open();
    for (const seq of [10, 30, 20]) await log.saveSnapshot('state', { seq, data: { seq } });
    expect(await log.loadSnapshot('state')).toEqual({ seq: 30, data: { seq: 30 } });
    expect(await log.loadSnapshot('state', 29)).toEqual({ seq: 20, data: { seq: 20 } });
    expect(await log.loadSnapshot('state', 20)).toEqual({ seq: 20, data: { seq: 20 } });
    expect(await log.loadSnapshot('state', 9)).toBeUndefined();
  });

  it('keeps names apart', async () => {
    const log = await open();
    await log.saveSnapshot('state', { seq: 1, data: 'state' });
    await log.saveSnapshot('states', { seq: 2, data: 'states' });
    expect((await log.loadSnapshot('state'))?.data).toBe('state');
    expect(await log.loadSnapshot('stat')).toBeUndefined();
  });

  it('replaces the one of the same number', async () => {
    const log = await open();
    await log.saveSnapshot('state', { seq: 1, data: 'old' });
    await log.saveSnapshot('state', { seq: 1, data: 'new' });
    expect((await log.loadSnapshot('state'))?.data).toBe('new');
  });

  it('is unaffected by later changes of the data', async () => {
    const log = await open();
    const data = { list: [1] };
    const saved = log.saveSnapshot('state', { seq: 1, data });
    data.list.push(2);
    await saved;
    expect((await log.loadSnapshot('state'))?.data).toEqual({ list: [1] });
  });
}

function trimming(open: OpenLog): void {
  it('removes facts below a number, and returns how many', async () => {
    const log = await open();
    const scribe = new Scribe();
    await log.append(scribe.facts(30, 'config'), { sync: false });
    expect(await log.trim(11)).toBe(10);
    expect([log.tail, log.head]).toEqual([11, 30]);
    expect(await seqs(log.read(1))).toEqual(oneTo(30, 11));
    expect(await seqs(log.readStream('config'))).toEqual(oneTo(30, 11));
    expect(await log.trim(11)).toBe(0);
    expect(log.damage).toEqual([]);
  });

  it('continues with the next number after all facts were removed', async () => {
    const log = await open();
    const scribe = new Scribe();
    await log.append(scribe.facts(5, 'config'), { sync: false });
    expect(await log.trim(6)).toBe(5);
    expect([log.tail, log.head]).toEqual([6, 5]);
    await log.append(scribe.facts(1, 'config'), { sync: false });
    expect(await seqs(log.read(1))).toEqual([6]);
  });

  it('uses several slices for many facts', async () => {
    const log = await open();
    await log.append(new Scribe().facts(20_500), { sync: false });
    expect(await log.trim(20_101)).toBe(20_100);
    expect(await seqs(log.read(1))).toEqual(oneTo(20_500, 20_101));
  });
}
