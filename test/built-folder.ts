/** Compiles the program once for a run of the tests: what runs in a thread or a process of its own runs as it is installed. */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    builtIn: string;
  }
}

const builder = join('scripts', 'build.mjs');
const sources = ['src', 'machines', 'events', 'workers', 'test/**/programs'];

/** Inside node_modules, because compiled files look for their packages upwards from their folder. */
export function setup(project: TestProject): () => void {
  const folder = resolve('node_modules', '.cache', `qcc-built-${randomUUID()}`);
  compile(folder);
  project.provide('builtIn', folder);
  project.onTestsRerun(() => compile(folder));
  return () => rmSync(folder, { recursive: true, force: true });
}

function compile(folder: string): void {
  mkdirSync(folder, { recursive: true });
  copyFileSync('package.json', join(folder, 'package.json'));
  const config = join(folder, 'tsconfig.json');
  const include = sources.map((path) => resolve(path));
  const compilerOptions = { rootDir: resolve('.'), outDir: join(folder, 'dist') };
  writeFileSync(config, JSON.stringify({ extends: resolve('tsconfig.build.json'), include, compilerOptions }));
  // Code that does not type-check is compiled all the same; another check reports it.
  execFileSync(process.execPath, [builder, join(folder, 'dist'), config, '--noCheck'], { stdio: 'inherit' });
}
