import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import { exitCodes } from '../../src/errors/qcc-error.ts';
import { LevelLog } from '../../src/log/level-log.ts';
import { programAt } from '../../src/pool/program.ts';
import { kept, logFolder, oneTo, seqs } from './facts.ts';
import { Scribe } from './scribe.ts';

const program = (name: string) => fileURLToPath(programAt(`test/log/programs/${name}`));

/** A process of its own on a log's folder, and the lines that it says. */
function start(name: string, dir: string) {
  const child = spawn(process.execPath, [program(name), dir], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

describe('a log that another process has open', () => {
  it('is refused as a conflict, and opens when that process has ended', async () => {
    const dir = logFolder();
    const { child, lines } = start('hold', dir);
    expect((await lines.next()).value).toBe('open');
    await expect(LevelLog.open(dir)).rejects.toMatchObject({ code: 'QCC_LOG_LOCKED', exit: exitCodes.conflict });
    child.stdin.end();
    await ended(child);
    expect(kept(await LevelLog.open(dir)).state).toBe('open');
  });
});

// Windows has no modes.
describe.skipIf(process.platform === 'win32')('the folder of a log', () => {
  it('and its files are accessible to their owner alone', async () => {
    const dir = logFolder();
    const { lines } = start('hold', dir);
    expect((await lines.next()).value).toBe('open');
    const modeOf = (path: string) => statSync(path).mode & 0o777;
    expect(modeOf(dir)).toBe(0o700);
    const files = readdirSync(dir);
    expect(files).toContain('CURRENT');
    for (const name of files) expect(modeOf(join(dir, name)), name).toBe(0o600);
  });
});

describe('a worker thread', () => {
  it('reads the log while it is written, without a gap', async () => {
    const dir = logFolder();
    const log = kept(await LevelLog.open(dir));
    const scribe = new Scribe();
    await log.append(scribe.facts(3_000), { sync: true });
    const reader = new Worker(program('read'), { workerData: dir });
    const read = once(reader, 'message') as Promise<[number[]]>;
    let reading = true;
    const stop = () => {
      reading = false;
    };
    read.then(stop, stop);
    while (reading) {
      await log.append(scribe.facts(1), { sync: true });
    }
    const [found] = await read;
    expect(found.length).toBeGreaterThanOrEqual(3_000);
    expect(found).toEqual(oneTo(found.length));
    await reader.terminate();
    // The main thread's log is not closed by the other's closing.
    await log.append(scribe.facts(1), { sync: true });
    expect(await seqs(log.read(scribe.seq))).toEqual([scribe.seq]);
    expect(log.damage).toEqual([]);
  });
});

describe('a process that is killed during writes', () => {
  it('leaves every fact that was promised, and no gap, each time', async () => {
    const dir = logFolder();
    let promised = 0;
    for (const acknowledgements of [1, 40, 150]) {
      const { child, lines } = start('write', dir);
      for (let i = 0; i < acknowledgements; i++) promised = Number((await lines.next()).value);
      child.kill('SIGKILL');
      // Its output from before it died counts as well.
      for (let line = await lines.next(); !line.done; line = await lines.next()) promised = Number(line.value);
      await ended(child);

      const log = kept(await LevelLog.open(dir));
      expect(log.head).toBeGreaterThanOrEqual(promised);
      expect(log.damage).toEqual([]);
      expect(await seqs(log.read(1))).toEqual(oneTo(log.head));
      await log.close();
    }
  });
});
