/** Keeps the bytes of a damaged fact as they are: a better tool may be able to read them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Beside the log's folder, as `quarantine/fact-SEQ`. Never throws: a read of the log must not fail because of it. */
export function setAside(logDir: string, seq: number, bytes: Buffer): void {
  const aside = join(dirname(logDir), 'quarantine');
  try {
    mkdirSync(aside, { recursive: true, mode: 0o700 });
    writeFileSync(join(aside, `fact-${seq}`), bytes, { mode: 0o600 });
  } catch {
    // A full disk, or a folder that is not ours: the log itself still holds the bytes.
  }
}
