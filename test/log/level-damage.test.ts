import { existsSync, readdirSync, readFileSync, statSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { factKey, snapshotKey, streamKey } from '../../src/log/codec.ts';
import { readHead } from '../../src/log/head-file.ts';
import type { Database } from '../../src/log/level-database.ts';
import { LevelLog } from '../../src/log/level-log.ts';
import { raw, removeFacts } from './disk.ts';
import { kept, logFolder, oneTo, seqs } from './facts.ts';
import { dawn, Scribe, stepMs } from './scribe.ts';

const quarantineOf = (dir: string) => join(dirname(dir), 'quarantine');

/** A closed log of so many facts, with a snapshot where asked. */
async function logOf(count: number, snapshotAt?: number, data: object = {}) {
  const dir = logFolder();
  const log = await LevelLog.open(dir);
  const scribe = new Scribe();
  await log.append(scribe.facts(count, 'config', data), { sync: true });
  if (snapshotAt !== undefined) await log.saveSnapshot('state', { seq: snapshotAt, data: { at: snapshotAt } });
  await log.close();
  return { dir, scribe };
}

async function flip(database: Database, key: Buffer): Promise<Buffer> {
  const bytes = Buffer.from((await database.get(key)) ?? Buffer.alloc(0));
  const place = bytes.length - 1;
  bytes[place] = (bytes[place] ?? 0) ^ 1;
  await database.put(key, bytes);
  return bytes;
}

const flipFacts = (dir: string, ...seqsOfFacts: readonly number[]) =>
  raw(dir, (database) => Promise.all(seqsOfFacts.map((seq) => flip(database, factKey(seq)))));

const largest = (dir: string, ext: string) =>
  readdirSync(dir)
    .filter((name) => name.endsWith(ext))
    .map((name) => join(dir, name))
    .sort((a, b) => statSync(b).size - statSync(a).size)[0] ?? '';

/** Opens and reads a log whose tables are damaged: what it gives and what it tells of add up, or it is refused. */
async function toldOrRefused(dir: string, count: number): Promise<void> {
  let log: LevelLog;
  try {
    log = await LevelLog.open(dir);
  } catch (error) {
    expect(error).toMatchObject({ code: 'QCC_LOG_DAMAGED' });
    return;
  }
  try {
    const found = await seqs(log.read(1)).catch((error: unknown) => error);
    if (found instanceof Error) {
      expect(found).toMatchObject({ code: 'QCC_LOG_DAMAGED' });
    } else {
      const lost = log.damage.flatMap(({ from, to }) => oneTo(to, from));
      expect([...(found as number[]), ...lost].sort((a, b) => a - b)).toEqual(oneTo(count));
    }
  } finally {
    await log.close();
  }
}

describe('an intact log', () => {
  it('has no damage, and nothing in quarantine', async () => {
    const { dir } = await logOf(50, 20);
    expect(kept(await LevelLog.open(dir)).damage).toEqual([]);
    expect(existsSync(quarantineOf(dir))).toBe(false);
  });
});

describe('a changed byte', () => {
  it('is noticed by the reader of the fact, and the fact is skipped', async () => {
    const { dir } = await logOf(10);
    await flipFacts(dir, 4);
    const log = kept(await LevelLog.open(dir));
    const left = [1, 2, 3, ...oneTo(10, 5)];
    expect(await seqs(log.read(1))).toEqual(left);
    expect(log.damage).toEqual([{ from: 4, to: 4, why: 'checksum' }]);
    expect(await seqs(log.readStream('config'))).toEqual(left);
    expect(log.damage).toHaveLength(1);
  });

  it('is reported once for each fact, also when they are adjacent', async () => {
    const { dir } = await logOf(10);
    await flipFacts(dir, 4, 5);
    const log = kept(await LevelLog.open(dir));
    await seqs(log.read(1));
    expect(log.damage).toEqual([
      { from: 4, to: 4, why: 'checksum' },
      { from: 5, to: 5, why: 'checksum' },
    ]);
  });

  it('has the original bytes kept in quarantine', async () => {
    const { dir } = await logOf(10);
    const [bytes] = await flipFacts(dir, 4);
    await seqs(kept(await LevelLog.open(dir)).read(1));
    const files = readdirSync(quarantineOf(dir), { recursive: true, withFileTypes: true }).filter((one) =>
      one.isFile(),
    );
    expect(files.map(({ parentPath, name }) => readFileSync(join(parentPath, name)))).toEqual([bytes]);
  });

  it('is reported even if its bytes cannot be set aside, and reading goes on', async () => {
    const { dir } = await logOf(10);
    await flipFacts(dir, 4);
    // A full disk keeps a folder from being created, and so does a file of that name.
    writeFileSync(quarantineOf(dir), '');
    const log = kept(await LevelLog.open(dir));
    expect(await seqs(log.read(1))).toEqual([1, 2, 3, ...oneTo(10, 5)]);
    expect(log.damage).toEqual([{ from: 4, to: 4, why: 'checksum' }]);
  });

  it('in the last fact does not free its number', async () => {
    const { dir, scribe } = await logOf(10);
    await flipFacts(dir, 10);
    const log = kept(await LevelLog.open(dir));
    expect(log.head).toBe(10);
    await log.append(scribe.facts(1), { sync: true });
    expect(await seqs(log.read(9))).toEqual([9, 11]);
  });

  it('from before the snapshot does not delay the start; it is reported when it is read', async () => {
    const { dir } = await logOf(20, 15);
    await flipFacts(dir, 4);
    const log = kept(await LevelLog.open(dir));
    expect(log.damage).toEqual([]);
    await seqs(log.read(1));
    expect(log.damage).toEqual([{ from: 4, to: 4, why: 'checksum' }]);
  });

  it('does not hide an instant', async () => {
    const { dir } = await logOf(64);
    // Halving meets some of these whatever is looked for.
    await flipFacts(dir, ...oneTo(40, 25));
    const log = kept(await LevelLog.open(dir));
    expect(await log.seqAt(dawn + 10 * stepMs)).toBe(10);
    expect(await log.seqAt(dawn + 50 * stepMs)).toBe(50);
  });

  it('is forgotten when its fact is trimmed', async () => {
    const { dir } = await logOf(20, 20);
    await flipFacts(dir, 4);
    const log = kept(await LevelLog.open(dir));
    await log.trim(11);
    await log.close();
    const again = kept(await LevelLog.open(dir));
    expect(again.tail).toBe(11);
    await again.close();
    expect(await raw(dir, (database) => database.get(factKey(4)))).toBeUndefined();
  });

  it('in a snapshot makes the one before it count', async () => {
    const { dir } = await logOf(20, 10);
    const before = await LevelLog.open(dir);
    await before.saveSnapshot('state', { seq: 15, data: {} });
    await before.close();
    await raw(dir, (database) => flip(database, snapshotKey('state', 15)));
    const log = kept(await LevelLog.open(dir));
    expect((await log.loadSnapshot('state'))?.seq).toBe(10);
    expect(log.damage).toEqual([]);
  });
});

describe('a gap', () => {
  it('is noticed at the start', async () => {
    const { dir } = await logOf(20, 5);
    await removeFacts(dir, 8, 9, 10, 15);
    const log = kept(await LevelLog.open(dir));
    expect(log.damage).toEqual([
      { from: 8, to: 10, why: 'missing' },
      { from: 15, to: 15, why: 'missing' },
    ]);
    expect(await seqs(log.read(1))).toEqual([...oneTo(7), ...oneTo(14, 11), ...oneTo(20, 16)]);
  });

  it('right after the snapshot is noticed too', async () => {
    const { dir } = await logOf(20, 5);
    await removeFacts(dir, 6, 7);
    expect(kept(await LevelLog.open(dir)).damage).toEqual([{ from: 6, to: 7, why: 'missing' }]);
  });

  it('at the very beginning is noticed too', async () => {
    const { dir } = await logOf(20);
    await removeFacts(dir, 1, 2);
    expect(kept(await LevelLog.open(dir)).damage).toEqual([{ from: 1, to: 2, why: 'missing' }]);
  });

  it('from before the snapshot is reported when it is read', async () => {
    const { dir } = await logOf(20, 15);
    await removeFacts(dir, 4, 5);
    const log = kept(await LevelLog.open(dir));
    expect(await seqs(log.read(1))).toEqual([1, 2, 3, ...oneTo(20, 6)]);
    expect(log.damage).toEqual([{ from: 4, to: 5, why: 'missing' }]);
  });

  it('in the index of a stream alone hides no fact', async () => {
    const { dir } = await logOf(6, 6);
    await raw(dir, (database) => database.batch([3, 4].map((v) => ({ type: 'del', key: streamKey('config', v) }))));
    const log = kept(await LevelLog.open(dir));
    expect(await seqs(log.readStream('config'))).toEqual(oneTo(6));
    expect(log.damage).toEqual([]);
  });

  it('in a stream and in its index is reported', async () => {
    const { dir } = await logOf(6, 6);
    await removeFacts(dir, 3, 4);
    await raw(dir, (database) => database.batch([3, 4].map((v) => ({ type: 'del', key: streamKey('config', v) }))));
    const log = kept(await LevelLog.open(dir));
    expect(await seqs(log.readStream('config'))).toEqual([1, 2, 5, 6]);
    expect(log.damage).toEqual([{ from: 3, to: 4, why: 'missing' }]);
  });

  it('that trimming left in a stream counts as no loss', async () => {
    const { dir } = await logOf(20, 20);
    const before = await LevelLog.open(dir);
    await before.trim(11);
    await before.close();
    const log = kept(await LevelLog.open(dir));
    expect(await seqs(log.readStream('config'))).toEqual(oneTo(20, 11));
    expect(log.damage).toEqual([]);
  });
});

describe('a lost end', () => {
  it('is noticed by the head file', async () => {
    const { dir } = await logOf(20, 10);
    await removeFacts(dir, ...oneTo(20, 13));
    const log = kept(await LevelLog.open(dir));
    expect(log.damage).toEqual([{ from: 13, to: 20, why: 'missing' }]);
    expect(log.head).toBe(20);
  });

  it('is not assumed when the head file has an older number, or none', async () => {
    const { dir } = await logOf(20, 10);
    for (const text of ['7\n', 'seven\n', '']) {
      writeFileSync(`${dir}.head`, text);
      const log = await LevelLog.open(dir);
      expect([log.head, log.damage]).toEqual([20, []]);
      await log.close();
      expect(readHead(dir)).toEqual({ seq: 20, state: 'whole' });
    }
  });

  it('is noticed by the snapshot, and its numbers are not given out again', async () => {
    const { dir } = await logOf(20, 18);
    await removeFacts(dir, ...oneTo(20, 13));
    unlinkSync(`${dir}.head`);
    const log = kept(await LevelLog.open(dir));
    expect(log.damage).toEqual([{ from: 13, to: 18, why: 'missing' }]);
    expect(log.head).toBe(18);
    await log.append(new Scribe(18).facts(2), { sync: true });
    await log.close();

    const again = kept(await LevelLog.open(dir));
    expect(again.head).toBe(20);
    expect(await seqs(again.read(10))).toEqual([10, 11, 12, 19, 20]);
  });

  it('in a journal that was truncated during a write leaves whole facts without a gap', async () => {
    const { dir } = await logOf(0);
    const log = await LevelLog.open(dir);
    const scribe = new Scribe();
    for (let i = 0; i < 40; i++) await log.append(scribe.facts(1), { sync: true });
    await log.close();
    const journal = largest(dir, '.log');
    truncateSync(journal, Math.floor(statSync(journal).size / 2));

    const again = kept(await LevelLog.open(dir));
    const left = await seqs(again.read(1));
    expect(left.length).toBeGreaterThan(0);
    expect(left).toEqual(oneTo(left.length));
    expect(again.damage).toEqual([{ from: left.length + 1, to: 40, why: 'missing' }]);
  });
});

describe("damage in LevelDB's own files", () => {
  // LevelDB writes its journal in blocks, and after a bad record drops the rest of the block, in silence.
  const journalBlock = 32_768;

  it('in the journal costs the fact that it hit, and not the rest of its block; the journal is set aside', async () => {
    const dir = logFolder();
    const log = await LevelLog.open(dir);
    const scribe = new Scribe();
    for (let i = 0; i < 400; i++)
      await log.append(scribe.facts(1, 'config', { text: 'x'.repeat(200) }), { sync: true });
    await log.saveSnapshot('state', { seq: 10, data: {} });
    await log.close();
    const journal = largest(dir, '.log');
    const bytes = readFileSync(journal);
    const place = journalBlock + journalBlock / 2;
    bytes[place] = (bytes[place] ?? 0) ^ 0xff;
    writeFileSync(journal, bytes);

    const again = kept(await LevelLog.open(dir));
    expect(again.head).toBe(400);
    expect(again.damage).toHaveLength(1);
    const [{ from, to, why } = { from: 0, to: 0, why: '' }] = again.damage;
    expect([why, to]).toEqual(['missing', from]);
    expect(await seqs(again.read(1))).toEqual([...oneTo(from - 1), ...oneTo(400, to + 1)]);
    expect(await seqs(again.readStream('config'))).toEqual([...oneTo(from - 1), ...oneTo(400, to + 1)]);
    const [aside = ''] = readdirSync(quarantineOf(dir)).filter((name) => name.startsWith('journal-'));
    expect(readFileSync(join(quarantineOf(dir), aside)).equals(bytes)).toBe(true);
  });

  it('in a table is reported, or refused with a way out; facts that were not written never appear', async () => {
    const { dir } = await logOf(2_000, undefined, { text: 'a text that packs well '.repeat(4) });
    await raw(dir, (database) => database.compactRange(factKey(0), factKey(2_001)));
    const table = largest(dir, '.ldb');
    const whole = readFileSync(table);
    const places = 12;
    for (let i = 0; i < places; i++) {
      const bytes = Buffer.from(whole);
      const place = Math.floor((whole.length * i) / places);
      bytes.fill(0xa5, place, place + 8);
      writeFileSync(table, bytes);
      await toldOrRefused(dir, 2_000);
    }
    writeFileSync(table, whole);
    // After each refusal the folder is released.
    expect(kept(await LevelLog.open(dir)).head).toBe(2_000);
  });

  it('that hides the database is refused, and nothing in the folder is changed', async () => {
    const { dir } = await logOf(2_000, 1_000);
    await raw(dir, (database) => database.compactRange(factKey(0), factKey(2_001)));
    unlinkSync(join(dir, 'CURRENT'));
    const before = readdirSync(dir).sort();
    expect(before.some((name) => name.endsWith('.ldb'))).toBe(true);
    await expect(LevelLog.open(dir)).rejects.toMatchObject({ code: 'QCC_LOG_DAMAGED', exit: 1 });
    expect(readdirSync(dir).sort()).toEqual(before);
  });

  it('in the manifest is refused, and the folder is released', async () => {
    const { dir } = await logOf(10);
    const manifest = readdirSync(dir).find((name) => name.startsWith('MANIFEST-')) ?? '';
    const whole = readFileSync(join(dir, manifest));
    writeFileSync(join(dir, manifest), whole.subarray(0, 0));
    await expect(LevelLog.open(dir)).rejects.toMatchObject({ code: 'QCC_LOG_DAMAGED' });
    writeFileSync(join(dir, manifest), whole);
    expect(kept(await LevelLog.open(dir)).head).toBe(10);
  });
});
