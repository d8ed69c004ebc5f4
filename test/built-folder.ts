/** Where the program is compiled to by the first test that wants it as it is installed: one folder for a whole run. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    builtIn: string;
  }
}

/** Inside node_modules, because what is compiled looks for its packages upwards from where it lies. */
export function setup(project: TestProject): () => void {
  const cache = join('node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'qcc-built-'));
  project.provide('builtIn', folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
