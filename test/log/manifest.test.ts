/** What a merge had begun when its process ended is no part of the log, and no damage. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { factKey } from '../../src/log/codec.ts';
import { LevelLog } from '../../src/log/level-log.ts';
import { tablesInUse } from '../../src/log/manifest.ts';
import { raw } from './disk.ts';
import { kept, logFolder, oneTo, seqs } from './facts.ts';
import { Scribe } from './scribe.ts';

const count = 2_000;
const tablesOf = (dir: string) => readdirSync(dir).filter((name) => name.endsWith('.ldb'));

async function logWithATable() {
  const dir = logFolder();
  const log = await LevelLog.open(dir);
  await log.append(new Scribe().facts(count, 'config', { text: 'a text' }), { sync: true });
  await log.close();
  await raw(dir, (database) => database.compactRange(factKey(0), factKey(count + 1)));
  const [table = ''] = tablesOf(dir);
  return { dir, table: join(dir, table) };
}

it.each([
  ['empty', () => 0],
  ['half written', (bytes: number) => Math.floor(bytes / 2)],
])('a table that a merge left %s is dropped, and the log opens whole', async (_, sizeOf) => {
  const { dir, table } = await logWithATable();
  const left = join(dir, '000999.ldb');
  copyFileSync(table, left);
  truncateSync(left, sizeOf(readFileSync(table).length));
  const log = kept(await LevelLog.open(dir));
  expect(await seqs(log.read(1))).toEqual(oneTo(count));
  expect(log.damage).toEqual([]);
  expect(tablesOf(dir)).not.toContain('000999.ldb');
});

it('a half of a table that the manifest names is damage', async () => {
  const { dir, table } = await logWithATable();
  truncateSync(table, Math.floor(readFileSync(table).length / 2));
  await expect(LevelLog.open(dir)).rejects.toMatchObject({ code: 'QCC_LOG_DAMAGED' });
});

it('when the manifest cannot be read, no table is taken for a rest', async () => {
  const { dir, table } = await logWithATable();
  copyFileSync(table, join(dir, '000999.ldb'));
  truncateSync(join(dir, '000999.ldb'), 0);
  writeFileSync(join(dir, 'CURRENT'), 'MANIFEST\n');
  expect(tablesInUse(dir)).toBeUndefined();
  await expect(LevelLog.open(dir)).rejects.toMatchObject({ code: 'QCC_LOG_DAMAGED' });
});

it('the tables in use are those that are there', async () => {
  const { dir } = await logWithATable();
  expect([...(tablesInUse(dir) ?? [])].sort()).toEqual(tablesOf(dir).map((name) => Number.parseInt(name, 10)));
});

it('a manifest of many blocks, its changes cut over their borders, is read to its last whole change', () => {
  const dir = logFolder();
  mkdirSync(dir);
  writeFileSync(join(dir, 'CURRENT'), 'MANIFEST-000005\n');
  // Each adds a table with two long keys, and removes the one before.
  const changes = oneTo(300).map((n) => [7, 0, ...varint(n), 9, ...text(900), ...text(901), 6, 0, ...varint(n - 1)]);
  const manifest = framed(changes.map((one) => Buffer.from(one)));
  writeFileSync(join(dir, 'MANIFEST-000005'), manifest);
  expect(manifest.length).toBeGreaterThan(10 * 32_768);
  expect([...(tablesInUse(dir) ?? [])]).toEqual([300]);
  truncateSync(join(dir, 'MANIFEST-000005'), manifest.length - 1);
  expect([...(tablesInUse(dir) ?? [])]).toEqual([299]);
  writeFileSync(join(dir, 'MANIFEST-000005'), framed([Buffer.of(99, 1)]));
  expect(tablesInUse(dir)).toBeUndefined();
});

function varint(value: number): readonly number[] {
  return value < 128 ? [value] : [(value & 0x7f) | 0x80, value >> 7];
}

function text(length: number): readonly number[] {
  return [...varint(length), ...Array.from({ length }, () => 97)];
}

/** As LevelDB writes a log: blocks of 32 KB, and what does not fit is cut. Nobody here looks at the checksums. */
function framed(records: readonly Buffer[]): Buffer {
  const pieces: Buffer[] = [];
  let at = 0;
  const push = (piece: Buffer) => {
    pieces.push(piece);
    at += piece.length;
  };
  for (const record of records)
    for (let from = 0, isFirst = true; from < record.length || isFirst; isFirst = false) {
      const left = 32_768 - (at % 32_768);
      if (left < 7) push(Buffer.alloc(left));
      const end = Math.min(record.length, from + 32_768 - (at % 32_768) - 7);
      const isLast = end === record.length;
      const head = Buffer.alloc(7);
      head.writeUInt16LE(end - from, 4);
      const kinds = isFirst ? [2, 1] : [3, 4];
      head[6] = kinds[Number(isLast)] ?? 0;
      push(head);
      push(record.subarray(from, end));
      from = end;
    }
  return Buffer.concat(pieces);
}
