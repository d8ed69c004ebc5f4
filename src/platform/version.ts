/** The version of this program, from the one place that says it. */
import { readFileSync } from 'node:fs';

export const version: string = readVersion();

/** Two folders up from the source, three from what was built. */
function readVersion(): string {
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      const { name, version: found } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
      if (name === 'qcc') return found;
    } catch {
      // Not there: the other one is.
    }
  }
  return 'unknown';
}
