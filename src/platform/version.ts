/** The version of this program, from its single source. */
import { readFileSync } from 'node:fs';

export const version: string = readVersion();

/** Two folders up from the source, three from the build. */
function readVersion(): string {
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      const { name, version: found } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
      if (name === 'qcc') return found;
    } catch {
      // Not there: the other path applies.
    }
  }
  return 'unknown';
}
