/** Builds the program once for a run of the tests: what runs in a thread or a process of its own runs as it is installed. */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    builtIn: string;
  }
}

const builder = join('scripts', 'build.mjs');
// What tests run in a thread or a process of its own, beside the program.
const programs = [
  join('src', 'platform', 'uncaught.ts'),
  ...['log', 'workers'].flatMap((noun) => {
    const folder = join('test', noun, 'programs');
    return readdirSync(folder).map((name) => join(folder, name));
  }),
];

/** Inside node_modules, because built files look for their packages upwards from their folder. */
export function setup(project: TestProject): () => void {
  const folder = resolve('node_modules', '.cache', `qcc-built-${randomUUID()}`);
  build(folder);
  project.provide('builtIn', folder);
  project.onTestsRerun(() => build(folder));
  return () => rmSync(folder, { recursive: true, force: true });
}

function build(folder: string): void {
  mkdirSync(folder, { recursive: true });
  copyFileSync('package.json', join(folder, 'package.json'));
  execFileSync(process.execPath, [builder, join(folder, 'dist'), ...programs], { stdio: 'inherit' });
}
