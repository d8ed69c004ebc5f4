import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { keepGatewayLog } from '../../../src/commands/gateway/gateway-log.ts';
import { temporaryHome } from '../../support/home.ts';

const limits = { bytes: 200, files: 2, tailBytes: 100, lookEveryMs: 3_600_000 };

/** A log that this process appends to, as a gateway does to its stderr. */
function log(changes: Partial<typeof limits> = {}, before = '') {
  const path = `${temporaryHome()}.log`;
  writeFileSync(path, before, { mode: 0o600 });
  const file = openSync(path, 'a');
  onTestFinished(() => closeSync(file));
  const kept = keepGatewayLog(path, file, { ...limits, ...changes });
  return { path, file, kept, files: () => readdirSync(dirname(path)).filter((name) => name.includes('.log')) };
}

describe('gateway.log', () => {
  it('has a time on each line, and shows control characters in visible form', () => {
    const { path, kept } = log();
    kept?.say('the gateway\u001b[2J answers');
    expect(readFileSync(path, 'utf8')).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z the gateway\\u001b\[2J answers\n$/);
  });

  it('is bounded in size and number, whatever writes into it, and is readable by the owner alone', () => {
    const { path, file, kept, files } = log();
    for (let n = 0; n < 50; n++) {
      // Node's own output goes to the descriptor directly.
      writeSync(file, `a warning ${n} ${'x'.repeat(60)}\n`);
      kept?.say(`line ${n}`);
    }
    expect(files().map((name) => name.replace(/^q\.log/, ''))).toEqual(['', '.1', '.2']);
    for (const name of files()) {
      const { size, mode } = statSync(join(dirname(path), name));
      expect([size <= 2 * limits.bytes, mode & 0o777]).toEqual([true, 0o600]);
    }
    const all = ['.2', '.1', ''].map((end) => readFileSync(path + end, 'utf8')).join('');
    expect(all).toContain('line 49');
    // Nothing between the first line that is left and the last one is missing.
    const numbers = [...all.matchAll(/ line (\d+)/g)].map(([, n]) => Number(n));
    expect(numbers).toEqual(numbers.map((_, i) => (numbers[0] ?? 0) + i));
  });

  it('of a former life is rotated when it is full', () => {
    const { path } = log({}, 'old\n'.repeat(100));
    expect([readFileSync(path, 'utf8'), readFileSync(`${path}.1`, 'utf8')]).toEqual(['', 'old\n'.repeat(100)]);
  });

  it('is checked for its size even while nothing is written', () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { path, file } = log({ lookEveryMs: 1_000 });
    writeSync(file, 'x'.repeat(300));
    vi.advanceTimersByTime(1_000);
    expect([statSync(path).size, statSync(`${path}.1`).size]).toEqual([0, 300]);
  });

  it('keeps its end when there is no room for a copy', () => {
    const { path, kept, file } = log();
    mkdirSync(`${path}.1`);
    mkdirSync(`${path}.2`);
    writeFileSync(join(`${path}.2`, 'in the way'), '');
    writeSync(file, 'x'.repeat(300));
    kept?.say('the last line');
    expect(readFileSync(path, 'utf8')).toMatch(/^x+[\d:.TZ-]+ the last line\n$/);
    expect(statSync(path).size).toBe(100);
  });

  it('is not used by a process that logs elsewhere', () => {
    const { path } = log();
    const other = openSync(`${path}.other`, 'a');
    onTestFinished(() => closeSync(other));
    expect(keepGatewayLog(path, other, limits)).toBeUndefined();
  });
});
