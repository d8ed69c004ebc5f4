/** Where the program is compiled to by the first test that wants it as it is installed: one folder for a whole run. */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    builtIn: string;
  }
}

/**
 * Inside node_modules, because what is compiled looks for its packages upwards from where it lies. Only named here: where nobody
 * may write there, all other tests run.
 */
export function setup(project: TestProject): () => void {
  const folder = join('node_modules', '.cache', `qcc-built-${randomUUID()}`);
  project.provide('builtIn', folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
