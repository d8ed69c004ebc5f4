/** Shared by the tests of the log: a folder, and facts read back as a whole. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Recorded } from '../../events/fact.ts';
import type { Log } from '../../src/log/log.ts';

export async function all(slices: AsyncIterable<readonly Recorded[]>): Promise<readonly Recorded[]> {
  const facts: Recorded[] = [];
  for await (const slice of slices) facts.push(...slice);
  return facts;
}

export async function seqs(slices: AsyncIterable<readonly Recorded[]>): Promise<readonly number[]> {
  return (await all(slices)).map(({ seq }) => seq);
}

export function oneTo(last: number, first = 1): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** A folder for a log, whose parent (where the quarantine goes) is the test's own too. */
export function logFolder(): string {
  const root = mkdtempSync(join(tmpdir(), 'ql-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return join(root, 'log');
}

/** Closes a log when its test ends, whatever came of it. */
export function kept<L extends Log>(log: L): L {
  onTestFinished(() => (log.state === 'closed' ? undefined : log.close()));
  return log;
}
