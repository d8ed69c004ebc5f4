/** The end of a log: the written facts, and what a start knows of them after a kill and the loss of its journal. */
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HeadFile, readHead } from '../../src/log/head-file.ts';
import { LevelLog } from '../../src/log/level-log.ts';
import { kept, logFolder, oneTo, seqs } from './facts.ts';
import { Scribe } from './scribe.ts';

const journalIn = (dir: string) =>
  join(dir, readdirSync(dir).find((name) => /^\d+\.log$/.test(name) && statSync(join(dir, name)).size > 0) ?? '');

/** What a kill leaves: the files as they are while they are open, without an orderly end. */
async function killed(count = 60): Promise<string> {
  const [live, dir] = [logFolder(), logFolder()];
  const log = kept(await LevelLog.open(live));
  const scribe = new Scribe();
  for (let i = 0; i < count; i += 3) await log.append(scribe.facts(3), { sync: false });
  cpSync(live, dir, { recursive: true });
  cpSync(`${live}.head`, `${dir}.head`);
  return dir;
}

describe('a log whose process was killed', () => {
  it('has all facts that were handed over, and no loss', async () => {
    const log = kept(await LevelLog.open(await killed()));
    expect([log.head, log.damage]).toEqual([60, []]);
    expect(await seqs(log.read(1))).toEqual(oneTo(60));
  });

  const ends: readonly (readonly [string, (journal: string) => void])[] = [
    ['gone', (journal) => rmSync(journal)],
    ['empty', (journal) => truncateSync(journal, 0)],
    ['cut', (journal) => truncateSync(journal, Math.floor(statSync(journal).size / 2))],
    [
      'zeroed at its end',
      (journal) => {
        const bytes = readFileSync(journal);
        writeFileSync(journal, bytes.fill(0, bytes.length - 400));
      },
    ],
    [
      'zeroed in its middle',
      (journal) => {
        const bytes = readFileSync(journal);
        writeFileSync(journal, bytes.fill(0, Math.floor(bytes.length / 3), Math.floor(bytes.length / 2)));
      },
    ],
  ];

  it.each(ends)('and whose journal is %s reports each missing fact', async (_, damage) => {
    const dir = await killed();
    damage(journalIn(dir));
    const log = kept(await LevelLog.open(dir));
    const there = await seqs(log.read(1));
    const told = log.damage.flatMap(({ from, to }) => oneTo(to, from));
    expect(told.length).toBeGreaterThan(0);
    expect([...there, ...told].sort((a, b) => a - b)).toEqual(oneTo(60));
    expect(log.head).toBe(60);
  });

  it('recovers whole facts of a truncated record', async () => {
    const dir = await killed();
    const journal = journalIn(dir);
    truncateSync(journal, statSync(journal).size - 1);
    // The last batch has three facts, and only the last one lacks a byte of its place in its stream.
    expect(await seqs(kept(await LevelLog.open(dir)).read(1))).toEqual(oneTo(60));
  });

  it('is refused with the repair when its journal is a folder', async () => {
    const dir = await killed();
    const journal = journalIn(dir);
    rmSync(journal);
    mkdirSync(journal);
    await expect(LevelLog.open(dir)).rejects.toMatchObject({ code: 'QCC_LOG_DAMAGED', hint: 'qcc history repair' });
  });
});

describe('the head file', () => {
  const dirWith = (text: string) => {
    const dir = logFolder();
    writeFileSync(`${dir}.head`, text);
    return dir;
  };
  const written = (...numbers: readonly number[]) => {
    const dir = logFolder();
    const head = new HeadFile(dir);
    for (const number of numbers) head.write(number);
    return { dir, head };
  };

  it('has the newest number, after any number of writes, and after a reopening', () => {
    const { dir } = written(1);
    expect(readHead(dir)).toEqual({ seq: 1, state: 'whole' });
    for (let n = 2; n < 12; n++) {
      new HeadFile(dir).write(n);
      expect(readHead(dir)).toEqual({ seq: n, state: 'whole' });
    }
  });

  it('is written once for a batch, however many appends are in it', async () => {
    const dir = logFolder();
    const log = kept(await LevelLog.open(dir));
    const scribe = new Scribe();
    for (let batch = 0; batch < 2; batch++) {
      const appends = Array.from({ length: 5 }, () => log.append(scribe.facts(1), { sync: false }));
      await Promise.all(appends);
    }
    const lines = readFileSync(`${dir}.head`, 'latin1').trimEnd().split('\n');
    expect(lines.map((line) => Number(line.slice(0, 16))).toSorted((a, b) => a - b)).toEqual([5, 10]);
  });

  it('never returns an older number, whichever byte of it is damaged or missing', () => {
    const { dir } = written(7, 8, 9);
    const whole = readFileSync(`${dir}.head`);
    for (let i = 0; i < whole.length; i++) {
      const bytes = Buffer.from(whole);
      bytes[i] = (bytes[i] ?? 0) ^ 1;
      writeFileSync(`${dir}.head`, bytes);
      const { seq, state } = readHead(dir);
      expect([8, 9]).toContain(seq);
      expect(state).toBe('damaged');
      writeFileSync(`${dir}.head`, whole.subarray(0, i));
      expect(readHead(dir).state, `cut at ${i}`).toBe('damaged');
    }
  });

  it('of a former version is read, and invalid text counts as damage', () => {
    expect(readHead(dirWith('1234\n'))).toEqual({ seq: 1_234, state: 'whole' });
    for (const text of ['', '12x\n', '-4\n', '1234'])
      expect(readHead(dirWith(text))).toEqual({ seq: 0, state: 'damaged' });
    expect(readHead(logFolder())).toEqual({ seq: 0, state: 'none' });
  });

  it('that cannot be written, or is a link, costs no fact, and changes no other file', async () => {
    for (const replace of [
      (path: string) => mkdirSync(path),
      (path: string) => symlinkSync(join(dirname(path), 'elsewhere'), path),
    ]) {
      const dir = logFolder();
      writeFileSync(join(dirname(dir), 'elsewhere'), 'mine');
      const first = await LevelLog.open(dir);
      await first.close();
      rmSync(`${dir}.head`);
      replace(`${dir}.head`);
      const log = kept(await LevelLog.open(dir));
      await log.append(new Scribe().facts(3), { sync: true });
      expect(await seqs(log.read(1))).toEqual([1, 2, 3]);
      expect(readFileSync(join(dirname(dir), 'elsewhere'), 'utf8')).toBe('mine');
    }
  });
});
