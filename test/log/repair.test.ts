/** Every damage that was tried on LevelDB, and what a repair leaves of it. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ClassicLevel } from 'classic-level';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Recorded } from '../../events/fact.ts';
import type { Database } from '../../src/log/level-database.ts';
import { LevelLog } from '../../src/log/level-log.ts';
import { repairLog } from '../../src/log/repair.ts';
import { forgetIntent } from '../../src/log/repair-intent.ts';
import { programAt } from '../../src/pool/program.ts';
import { removeFacts } from './disk.ts';
import { all, kept, logFolder, oneTo } from './facts.ts';
import { Scribe } from './scribe.ts';

const count = 3_000;
const inTables = 2_400;
const KiB = 1_024;

/** Small buffers: several tables and a journal out of few facts. */
const small = (dir: string, create: boolean): Database =>
  new ClassicLevel<Buffer, Buffer>(dir, {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
    createIfMissing: create,
    multithreading: true,
    writeBufferSize: 256 * KiB,
    maxFileSize: 1_024 * KiB,
  });

/** Text that does not compress, so that damage hits a fact, and not the same words a hundred times. */
const noise = (n: number) => createHash('sha256').update(String(n)).digest('base64').repeat(3);

let model = '';
let facts: readonly Recorded[] = [];

beforeAll(async () => {
  const { dir, remove } = folderOfModel();
  model = dir;
  const log = await LevelLog.open(dir, { open: small });
  const scribe = new Scribe();
  const written: Recorded[] = [];
  for (let i = 0; i < count; i += 20) {
    const batch = oneTo(20).map((n) => scribe.fact(n % 2 === 0 ? 'config' : 'gateway', { noise: noise(i + n) }));
    await log.append(batch, { sync: true });
    written.push(...batch);
    if (i === inTables) await log.saveSnapshot('state', { seq: inTables, data: {} });
  }
  await log.close();
  facts = written;
  return remove;
});

function folderOfModel() {
  const root = join('node_modules', '.cache', `qcc-model-${process.pid}`);
  return { dir: join(root, 'log'), remove: () => rmSync(root, { recursive: true, force: true }) };
}

const named = (dir: string, pattern: RegExp) =>
  readdirSync(dir)
    .filter((name) => pattern.test(name))
    .map((name) => join(dir, name))
    .sort((a, b) => statSync(b).size - statSync(a).size);
const journal = (dir: string) => named(dir, /^\d+\.log$/)[0] ?? '';
const table = (dir: string) => named(dir, /\.ldb$/)[0] ?? '';
const manifest = (dir: string) => named(dir, /^MANIFEST-/)[0] ?? '';

function change(path: string, work: (bytes: Buffer) => void): void {
  const bytes = readFileSync(path);
  work(bytes);
  writeFileSync(path, bytes);
}

const flip = (path: string, share: number) =>
  change(path, (bytes) => {
    const place = Math.floor(bytes.length * share);
    bytes[place] = (bytes[place] ?? 0) ^ 0xff;
  });

/** [name, damage, the maximum number of lost facts] */
const damages: readonly (readonly [string, (dir: string) => void, number])[] = [
  ['a byte of the journal flipped', (dir) => flip(journal(dir), 0.5), 1],
  ['a byte near the end of the journal flipped', (dir) => flip(journal(dir), 0.99), 1],
  ['the journal cut', (dir) => truncateSync(journal(dir), statSync(journal(dir)).size - 5 * KiB), 40],
  [
    'the end of the journal zeroed',
    (dir) => change(journal(dir), (bytes) => bytes.fill(0, bytes.length - 5 * KiB)),
    40,
  ],
  ['the journal deleted', (dir) => rmSync(journal(dir)), count - inTables],
  ['a byte of a table flipped', (dir) => flip(table(dir), 0.4), 0],
  [
    'fifty bytes of a table flipped',
    (dir) => change(table(dir), (b) => b.fill(0xa5, b.length >> 1, (b.length >> 1) + 50)),
    20,
  ],
  ['a table cut', (dir) => truncateSync(table(dir), Math.floor(statSync(table(dir)).size / 2)), inTables / 2],
  ['a table deleted', (dir) => rmSync(table(dir)), inTables],
  ['the manifest flipped', (dir) => flip(manifest(dir), 0.5), 0],
  ['the manifest cut', (dir) => truncateSync(manifest(dir), 20), 0],
  ['the manifest deleted', (dir) => rmSync(manifest(dir)), 0],
  ['CURRENT emptied', (dir) => writeFileSync(join(dir, 'CURRENT'), ''), 0],
  ['CURRENT deleted', (dir) => rmSync(join(dir, 'CURRENT')), 0],
];

function damaged(damage: (dir: string) => void): string {
  const dir = logFolder();
  cpSync(model, dir, { recursive: true });
  cpSync(`${model}.head`, `${dir}.head`);
  damage(dir);
  return dir;
}

const bytesOf = (dir: string) =>
  readdirSync(dir).map((name) => [name, readFileSync(join(dir, name)).toString('base64')]);

// Thousands of facts are compared sooner as text.
const linesOf = (some: readonly Recorded[]) => some.map((fact) => JSON.stringify(fact)).join('\n');

/** Existing facts are unchanged, missing ones are reported, and no fact is neither. */
async function addsUp(dir: string, lost: readonly (readonly [number, number])[]): Promise<readonly number[]> {
  const log = kept(await LevelLog.open(dir));
  const gone = new Set(lost.flatMap(([from, to]) => oneTo(to, from)));
  const there = facts.filter(({ seq }) => !gone.has(seq));
  expect(linesOf(await all(log.read(1)))).toBe(linesOf(there));
  for (const name of ['config', 'gateway'])
    expect(linesOf(await all(log.readStream(name)))).toBe(linesOf(there.filter(({ stream }) => stream === name)));
  expect(log.head).toBe(count);
  return [...gone];
}

describe.each(damages)('%s', (_, damage, most) => {
  it(`costs ${most} facts at most, and the original is kept as it was`, async () => {
    const dir = damaged(damage);
    const before = bytesOf(dir);
    const made = await repairLog(dir, 'log.damaged');
    expect(made).toMatchObject({ repaired: true, kept: 'log.damaged' });
    expect(bytesOf(join(dirname(dir), 'log.damaged')).filter(([name]) => name !== 'LOCK')).toEqual(
      before.filter(([name]) => name !== 'LOCK'),
    );
    const gone = await addsUp(dir, made.lost);
    expect(made.facts).toBe(count - gone.length);
    expect(gone.length).toBeLessThanOrEqual(most);
    forgetIntent(dir);
    expect(readdirSync(dirname(dir)).sort()).toEqual(['log', 'log.damaged', 'log.head']);
  });
});

describe('a repair of the log', () => {
  it('changes nothing in an intact log', async () => {
    const dir = damaged(() => {});
    const before = bytesOf(dir);
    expect(await repairLog(dir, 'log.damaged')).toEqual({ repaired: false, facts: count, lost: [], kept: null });
    expect(bytesOf(dir)).toEqual(before);
    expect(readdirSync(dirname(dir)).sort()).toEqual(['log', 'log.head']);
  });

  it('recovers facts from a journal that was set aside at a former opening', async () => {
    const dir = damaged((folder) => flip(journal(folder), 0.5));
    // Two, if LevelDB was closed while it made a table of the former one: where anything is lost, all of them are kept.
    const journals = named(dir, /^\d+\.log$/).filter((path) => statSync(path).size > 0);
    const log = await LevelLog.open(dir);
    const lost = log.damage.map(({ from, to }) => [from, to]);
    await log.close();
    expect(readdirSync(join(dirname(dir), 'quarantine'))).toHaveLength(journals.length);
    await removeFacts(dir, ...oneTo(count - 50, count - 99));
    expect((await repairLog(dir, 'log.damaged')).lost).toEqual(lost);
  });

  it('reports a gap that no source can fill', async () => {
    const dir = damaged(() => {});
    await removeFacts(dir, 5, 6, 7, 100);
    // The journal still has what came last; these stood in tables.
    const made = await repairLog(dir, 'log.damaged');
    expect(made.lost).toEqual([
      [5, 7],
      [100, 100],
    ]);
  });

  it('rebuilds the index of streams', async () => {
    const dir = damaged(() => {});
    const database = small(dir, false);
    await database.clear({ gte: Buffer.from('\u0002config'), lt: Buffer.from('\u0002d') });
    await database.close();
    expect(await repairLog(dir, 'log.damaged')).toMatchObject({ repaired: true, lost: [] });
    await addsUp(dir, []);
  });

  it.each([
    ['of a log without its manifest', (dir: string) => rmSync(manifest(dir))],
    ['of a log with a damaged table', (dir: string) => flip(table(dir), 0.4)],
    ['of a log with another hole', (dir: string) => removeFacts(dir, 100)],
  ])('%s keeps pending intents of commands, and restores none that was carried out', async (_, damage) => {
    const dir = damaged(() => {});
    const log = await LevelLog.open(dir);
    const [done, left] = [await log.intend({ do: 'one' }), await log.intend({ do: 'another' })];
    await log.withdraw(done);
    await log.close();
    await damage(dir);
    expect(await repairLog(dir, 'log.damaged')).toMatchObject({ repaired: true });
    const made = kept(await LevelLog.open(dir));
    expect(await made.leftIntents()).toEqual([{ intent: left, what: { do: 'another' } }]);
  });

  it('refuses a log that another process has open', async () => {
    const dir = damaged(() => {});
    const program = fileURLToPath(programAt('test/log/programs/hold'));
    const holder = spawn(process.execPath, [program, dir], { stdio: ['pipe', 'pipe', 'inherit'] });
    onTestFinished(() => void holder.kill('SIGKILL'));
    await once(holder.stdout, 'data');
    const before = bytesOf(dir);
    await expect(repairLog(dir, 'log.damaged')).rejects.toMatchObject({ code: 'QCC_LOG_LOCKED' });
    expect(bytesOf(dir)).toEqual(before);
    expect(readdirSync(dirname(dir)).sort()).toEqual(['log', 'log.head']);
  });
});
