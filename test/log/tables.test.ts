/** The tables of LevelDB, looked at without it. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Recorded } from '../../events/fact.ts';
import { crc32c } from '../../src/log/block-checksum.ts';
import { checkTables, keepChecked, stampOf } from '../../src/log/checked-tables.ts';
import { factKey, unpack } from '../../src/log/codec.ts';
import { LevelLog } from '../../src/log/level-log.ts';
import { checkTable, damagedTables, entriesIn, mendTable } from '../../src/log/tables.ts';
import { programAt } from '../../src/pool/program.ts';
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

describe('a table of LevelDB', () => {
  it('is intact as LevelDB wrote it, including compressed blocks', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    expect(checkTable(table)).toBeUndefined();
    expect(damagedTables(dir)).toEqual([]);
  });

  it('is damaged when any byte of it changed', () => {
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

  it('is damaged when it is truncated, unreadable when it is a folder, and gone when it is missing', () => {
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

/** Compressed, it is several times as large as what is read of it at once. */
it('a large table is intact, and damaged by a change of any part of it', async () => {
  const root = mkdtempSync(join(tmpdir(), 'ql-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const log = await LevelLog.open(join(root, 'log'));
  // A block is a fact, and packs to half of it.
  const text = randomBytes(2_000).toString('hex');
  await log.append(new Scribe().facts(300, 'config', { text }), { sync: false });
  await log.compact();
  await log.close();
  const [name = ''] = readdirSync(join(root, 'log')).filter((one) => one.endsWith('.ldb'));
  const path = join(root, 'log', name);
  const bytes = readFileSync(path);
  expect(bytes.length).toBeGreaterThan(600_000);
  expect(checkTable(path)).toBeUndefined();
  const missed: number[] = [];
  for (let i = 0; i < bytes.length; i += Math.floor(bytes.length / 61)) {
    const changed = Buffer.from(bytes);
    changed[i] = (changed[i] ?? 0) ^ 1;
    writeFileSync(path, changed);
    if (checkTable(path) !== 'damaged') missed.push(i);
  }
  expect(missed).toEqual([]);
});

/** Numbers of the facts that can be made out of it, by their own checksums. */
function factsOf(path: string): ReadonlySet<number> {
  const found = new Set<number>();
  for (const { value, isPut } of entriesIn(path)) {
    try {
      const { seq, type } = unpack(value) as Partial<Recorded>;
      if (isPut && type && seq) found.add(seq);
    } catch {
      // Damaged, or no record at all.
    }
  }
  return found;
}

describe('reading without LevelDB', () => {
  it('returns all of an intact table', () => {
    expect([...factsOf(table)].sort((a, b) => a - b)).toEqual(oneTo(count));
  });

  it('returns everything outside the damaged block of a changed table', () => {
    const lost: number[] = [];
    // Each block of 4 KiB about ten times, never at the same place of it; and what stands at the end of all more often.
    for (let i = 0; i < whole.length; i += i < whole.length - 600 ? 397 : 7) {
      const bytes = Buffer.from(whole);
      bytes[i] = (bytes[i] ?? 0) ^ 0x10;
      writeFileSync(table, bytes);
      lost.push(count - factsOf(table).size);
    }
    writeFileSync(table, whole);
    // A block has some dozens of them.
    expect(Math.max(...lost)).toBeLessThan(60);
    expect(lost.filter((n) => n === 0).length).toBeGreaterThan(0);
  });

  it('returns what precedes the end of a truncated table, and both sides of a gap', () => {
    writeFileSync(table, whole.subarray(0, Math.floor(whole.length / 2)));
    const half = factsOf(table);
    expect(half.size).toBeGreaterThan(count / 4);
    expect(half.has(1)).toBe(true);
    writeFileSync(table, Buffer.from(whole).fill(0, whole.length - 64));
    expect(factsOf(table).size).toBe(count);
    // Neither an index, nor the place where the next block begins.
    const holed = Buffer.from(whole).fill(0, whole.length - 64);
    holed.fill(0xa5, 100, 200);
    writeFileSync(table, holed);
    expect([...factsOf(table)]).toContain(count);
    writeFileSync(table, whole);
  });
});

describe('mending a copy of a table', () => {
  const ends = 48;

  it('restores one changed byte, wherever it is but at the very end', () => {
    for (let i = 0; i < whole.length - ends; i += i < whole.length - 600 ? 61 : 3) {
      const bytes = Buffer.from(whole);
      bytes[i] = (bytes[i] ?? 0) ^ (1 + (i % 255));
      writeFileSync(table, bytes);
      mendTable(table);
      expect(readFileSync(table).equals(whole), String(i)).toBe(true);
    }
  });

  it('restores each block by itself: one changed byte in each of several counts as one', () => {
    const bytes = Buffer.from(whole);
    for (let i = 2_000; i < whole.length - 2_000; i += 8_000) bytes[i] = (bytes[i] ?? 0) ^ 0x81;
    writeFileSync(table, bytes);
    mendTable(table);
    expect(readFileSync(table).equals(whole)).toBe(true);
  });

  it('leaves a block with many changed bytes damaged', () => {
    writeFileSync(table, Buffer.from(whole).fill(0xa5, 300, 350));
    mendTable(table);
    expect(checkTable(table)).toBe('damaged');
    writeFileSync(table, whole.subarray(0, 3_000));
    mendTable(table);
    expect(checkTable(table)).toBe('damaged');
    writeFileSync(table, whole);
  });
});

describe('before LevelDB opens a log', () => {
  it('its tables are verified: a changed byte anywhere is refused with the repair', async () => {
    for (let i = 0; i < whole.length; i += Math.ceil(whole.length / 40)) {
      const bytes = Buffer.from(whole);
      bytes[i] = (bytes[i] ?? 0) ^ 0x04;
      writeFileSync(table, bytes);
      await expect(LevelLog.open(dir), String(i)).rejects.toMatchObject({
        code: 'QCC_LOG_DAMAGED',
        hint: 'qcc history repair',
      });
    }
    writeFileSync(table, whole);
    expect(await seqs(kept(await LevelLog.open(dir)).read(1))).toEqual(oneTo(count));
  });

  it('tables that a former life found intact are not read again, unless they changed or the process ended over them', async () => {
    const list = `${dir}.checked`;
    const log = await LevelLog.open(dir);
    expect(existsSync(list)).toBe(false);
    await log.close();
    const name = basename(table);
    expect(Object.keys(JSON.parse(readFileSync(list, 'utf8')))).toContain(name);
    writeFileSync(table, Buffer.from(whole).fill(0xa5, 300, 310));
    expect(checkTables(dir).damaged).toBe(name);
    keepChecked(dir, new Map([[name, stampOf(table)]]));
    expect(checkTables(dir).damaged).toBeUndefined();
    expect(checkTables(dir).damaged).toBe(name);
    writeFileSync(table, whole);
  });

  it.each(['', '[', 'null', '{"a":1}'])('a list of verified tables with the text %j is ignored', (text) => {
    writeFileSync(`${dir}.checked`, text);
    expect(checkTables(dir).damaged).toBeUndefined();
    mkdirSync(`${dir}.checked`);
    expect(checkTables(dir).damaged).toBeUndefined();
    expect(existsSync(`${dir}.checked`)).toBe(false);
  });

  it('a file that another process is writing is no damage: that process has the log', async () => {
    const program = fileURLToPath(programAt('test/log/programs/hold'));
    const holder = spawn(process.execPath, [program, dir], { stdio: ['pipe', 'pipe', 'inherit'] });
    onTestFinished(() => void holder.kill('SIGKILL'));
    await once(holder.stdout, 'data');
    const half = join(dir, '999999.ldb');
    writeFileSync(half, whole.subarray(0, 5_000));
    await expect(LevelLog.open(dir)).rejects.toMatchObject({ code: 'QCC_LOG_LOCKED' });
    rmSync(half);
  });
});
