/**
 * The last number that the log had, beside it: `log.head`. A log that ends early shows no hole, and its snapshots end with it; only
 * something outside of it can miss its end.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

const pathOf = (dir: string) => `${dir}.head`;

/** Of facts that are on the disk. Never throws: a full disk must not keep a log from being closed. */
export function writeHead(dir: string, seq: number): void {
  const path = pathOf(dir);
  try {
    writeFileSync(`${path}.new`, `${seq}\n`, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  } catch {
    // The number that stands there is an older one, and still true.
  }
}

/** 0 when nothing was written down. */
export function readHead(dir: string): number {
  try {
    const seq = Number(readFileSync(pathOf(dir), 'utf8'));
    return Number.isSafeInteger(seq) && seq > 0 ? seq : 0;
  } catch {
    return 0;
  }
}
