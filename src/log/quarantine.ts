/** Where the bytes of a damaged fact are kept as they are: what cannot be read now may be read by a better tool. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Beside the log's folder, as `quarantine/fact-SEQ`. Never throws: who reads the log must not fail for it. */
export function setAside(logDir: string, seq: number, bytes: Buffer): void {
  const aside = join(dirname(logDir), 'quarantine');
  try {
    mkdirSync(aside, { recursive: true, mode: 0o700 });
    writeFileSync(join(aside, `fact-${seq}`), bytes, { mode: 0o600 });
  } catch {
    // A full disk, a folder that is not ours: the bytes still stand in the log itself.
  }
}
