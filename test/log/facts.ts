/** Facts for the tests of the log: numbered as the core numbers them, and read back as a whole. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Recorded } from '../../events/fact.ts';
import type { Log } from '../../src/log/log.ts';

export const dawn = Date.UTC(2026, 0, 1);
/** Facts of a scribe are this far apart. */
export const stepMs = 1_000;

/** Gives facts their numbers: one after the other, in the whole and in each stream. */
export class Scribe {
  seq: number;
  readonly #versions = new Map<string, number>();

  constructor(seq = 0) {
    this.seq = seq;
  }

  fact(stream = 'gateway', data: object = {}): Recorded {
    this.seq += 1;
    const version = (this.#versions.get(stream) ?? 0) + 1;
    this.#versions.set(stream, version);
    return {
      seq: this.seq,
      at: dawn + this.seq * stepMs,
      stream,
      version,
      id: `id-${this.seq}`,
      type: 'Noted',
      v: 1,
      data,
      cause: null,
      by: 'gateway',
    };
  }

  facts(count: number, stream = 'gateway', data: object = {}): readonly Recorded[] {
    return Array.from({ length: count }, () => this.fact(stream, data));
  }
}

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
