/** The tables of LevelDB, looked at without it. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { factKey } from '../../src/log/codec.ts';
import { LevelLog } from '../../src/log/level-log.ts';
import { checkTable, crc32c, damagedTables } from '../../src/log/tables.ts';
import { raw } from './disk.ts';
import { kept, oneTo, seqs } from './facts.ts';
import { Scribe } from './scribe.ts';

const count = 400;
let dir = '';
let table = '';
let whole = Buffer.alloc(0);

beforeAll(async () => {
  const root = mkdtempSync(join(tmpdir(), 'ql-'));
  dir = join(root, 'log');
  const log = await LevelLog.open(dir);
  await log.append(new Scribe().facts(count, 'config', { text: 'a text that packs well' }), { sync: true });
  await log.close();
  await raw(dir, (database) => database.compactRange(factKey(0), factKey(count + 1)));
  table = join(dir, readdirSync(dir).find((name) => name.endsWith('.ldb')) ?? '');
  whole = readFileSync(table);
  return () => rmSync(root, { recursive: true, force: true });
});

describe('a table', () => {
  it('is whole as LevelDB wrote it, packed blocks and all', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    expect(checkTable(table)).toBeUndefined();
    expect(damagedTables(dir)).toEqual([]);
  });

  it('is damaged when any byte of it is another one', () => {
    const missed: number[] = [];
    // All of the end, where a byte means most, and every part of the rest.
    for (let i = 0; i < whole.length; i += i < whole.length - 600 ? 23 : 1) {
      const bytes = Buffer.from(whole);
      bytes[i] = (bytes[i] ?? 0) ^ 0x10;
      writeFileSync(table, bytes);
      if (checkTable(table) === undefined) missed.push(i);
    }
    expect(missed).toEqual([]);
    writeFileSync(table, whole);
  });

  it('is damaged when it is cut, unreadable when it is a folder, and gone when it is gone', () => {
    for (const share of [0, 0.1, 0.5, 0.99]) {
      writeFileSync(table, whole);
      truncateSync(table, Math.floor(whole.length * share));
      expect(checkTable(table), String(share)).toBe('damaged');
    }
    rmSync(table);
    expect(checkTable(table)).toBe('gone');
    mkdirSync(table);
    expect(checkTable(table)).toBe('unreadable');
    expect(damagedTables(dir)).toHaveLength(1);
    rmSync(table, { recursive: true });
    writeFileSync(table, whole);
  });
});

it('a place of a table that cannot be read costs the facts that stood there: the others are given, and these are told', async () => {
  const bytes = Buffer.from(whole);
  bytes.fill(0xa5, Math.floor(whole.length / 3), Math.floor(whole.length / 3) + 64);
  writeFileSync(table, bytes);
  const log = kept(await LevelLog.open(dir).catch(() => openedWithSnapshot(bytes)));
  const there = await seqs(log.read(1));
  const told = log.damage.flatMap(({ from, to }) => oneTo(to, from));
  expect(told.length).toBeGreaterThan(0);
  expect(there.length).toBeGreaterThan(0);
  expect([...there, ...told].sort((a, b) => a - b)).toEqual(oneTo(count));
});

/** Behind a snapshot, what stands before it is not needed to open the log. */
async function openedWithSnapshot(damaged: Buffer): Promise<LevelLog> {
  writeFileSync(table, whole);
  const log = await LevelLog.open(dir);
  await log.saveSnapshot('state', { seq: count, data: {} });
  await log.close();
  writeFileSync(table, damaged);
  return LevelLog.open(dir);
}
