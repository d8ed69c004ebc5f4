/** The check of the index of streams against the facts: missing, wrong and surplus entries are damage. */
import { describe, expect, it } from 'vitest';
import { verifyLog } from '../../src/history/verify.ts';
import { factKey, numberOf, numberValue, streamKey } from '../../src/log/codec.ts';
import { IndexChecksum } from '../../src/log/index-checksum.ts';
import { LevelLog } from '../../src/log/level-log.ts';
import { repairLog } from '../../src/log/repair.ts';
import { raw, removeFacts } from './disk.ts';
import { kept, logFolder, oneTo } from './facts.ts';
import { Scribe } from './scribe.ts';

/** Twenty facts: the odd ones of one stream, the even ones of another, and the last of a request. */
async function written(): Promise<string> {
  const dir = logFolder();
  const log = await LevelLog.open(dir);
  const scribe = new Scribe();
  for (const n of oneTo(19)) await log.append([scribe.fact(n % 2 === 1 ? 'gateway' : 'config')], { sync: false });
  await log.append([scribe.fact('request/0a', { attempts: [], view: 4 })], { sync: true });
  await log.close();
  return dir;
}

async function damageOf(dir: string): Promise<Awaited<ReturnType<typeof verifyLog>>['damage']> {
  const log = kept(await LevelLog.open(dir));
  const { damage } = await verifyLog(log, {});
  await log.close();
  return damage;
}

const put = (dir: string, stream: string, version: number, seq: number) =>
  raw(dir, (database) => database.put(streamKey(stream, version), numberValue(seq)));
const remove = (dir: string, stream: string, version: number) =>
  raw(dir, (database) => database.del(streamKey(stream, version)));

describe('the index of streams', () => {
  it('is intact when it names every fact and nothing else', async () => {
    expect(await damageOf(await written())).toEqual([]);
  });

  it('is damaged where an entry is missing', async () => {
    const dir = await written();
    await remove(dir, 'config', 3);
    await remove(dir, 'request/0a', 1);
    expect(await damageOf(dir)).toEqual([
      { from: 6, to: 6, because: 'index' },
      { from: 20, to: 20, because: 'index' },
    ]);
  });

  it('is damaged where an entry names another fact, which then has two entries', async () => {
    const dir = await written();
    await put(dir, 'config', 3, 9);
    expect(await damageOf(dir)).toEqual([
      { from: 6, to: 6, because: 'index' },
      { from: 9, to: 9, because: 'index' },
    ]);
  });

  it('is damaged where two entries are swapped, although their number is right', async () => {
    const dir = await written();
    await put(dir, 'config', 3, 7);
    await put(dir, 'gateway', 4, 6);
    expect(await damageOf(dir)).toEqual([{ from: 6, to: 7, because: 'index' }]);
  });

  it('is damaged where an entry names a fact of another stream', async () => {
    const dir = await written();
    await put(dir, 'priority', 1, 12);
    expect(await damageOf(dir)).toEqual([{ from: 12, to: 12, because: 'index' }]);
  });

  it('is damaged as a whole when it is missing', async () => {
    const dir = await written();
    await raw(dir, (database) => database.clear({ gte: Buffer.of(2), lt: Buffer.of(3) }));
    expect(await damageOf(dir)).toEqual([{ from: 1, to: 20, because: 'index' }]);
  });

  it('is not blamed for facts that are missing or unreadable', async () => {
    const dir = await written();
    await removeFacts(dir, 4, 5);
    await raw(dir, (database) => database.put(factKey(9), Buffer.from('no fact at all')));
    expect(await damageOf(dir)).toEqual([
      { from: 4, to: 5, because: 'missing' },
      { from: 9, to: 9, because: 'checksum' },
    ]);
  });

  it('is not checked before the first fact that is kept', async () => {
    const dir = await written();
    const log = kept(await LevelLog.open(dir));
    await log.trim(8);
    await log.close();
    await put(dir, 'config', 1, 2);
    expect(await damageOf(dir)).toEqual([]);
    await remove(dir, 'config', 5);
    expect(await damageOf(dir)).toEqual([{ from: 10, to: 10, because: 'index' }]);
  });

  it('is rebuilt by a repair, even if its entries are only swapped; nothing is lost', async () => {
    const dir = await written();
    await put(dir, 'config', 3, 7);
    await put(dir, 'gateway', 4, 6);
    expect(await repairLog(dir, 'log.damaged')).toMatchObject({ repaired: true, facts: 20, lost: [] });
    expect(await damageOf(dir)).toEqual([]);
    const entry = await raw(dir, (database) => database.get(streamKey('config', 3)));
    expect(entry && numberOf(entry)).toBe(6);
    expect(await repairLog(dir, 'log.damaged-2')).toMatchObject({ repaired: false });
  });
});

it('index checksums are independent of order, and differ by a single place', () => {
  const sumOf = (...places: readonly (readonly [string, number, number])[]) => {
    const sum = new IndexChecksum();
    for (const place of places) sum.add(...place);
    return sum;
  };
  expect(sumOf(['a', 1, 1], ['b', 1, 2]).equals(sumOf(['b', 1, 2], ['a', 1, 1]))).toBe(true);
  expect(sumOf(['a', 1, 1], ['b', 1, 2]).equals(sumOf(['a', 1, 2], ['b', 1, 1]))).toBe(false);
  expect(sumOf(['a', 1, 1], ['a', 2, 2]).equals(sumOf(['a', 1, 2], ['a', 2, 1]))).toBe(false);
  expect(sumOf(['a', 1, 1]).equals(sumOf())).toBe(false);
  expect(sumOf(['a', 1, 2 ** 32 + 1]).equals(sumOf(['a', 1, 1]))).toBe(false);
});
