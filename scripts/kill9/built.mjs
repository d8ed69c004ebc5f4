/** What both kill runs take from the built program, and how they report the result. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const dist = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'dist');
export const program = join(dist, 'src/cli/main.js');
if (!existsSync(program)) throw new Error('dist/ is missing - run: npm run build');

const always = [
  'src/log/level-log.js',
  'src/runtime/core.js',
  'src/runtime/fold-log.js',
  'src/runtime/state.js',
  'events/catalogue.js',
  'src/runtime/rows.js',
  'src/control/client.js',
];

/** The exports of all of them, in one object. */
export async function builtCode(more = []) {
  const modules = [...always, ...more];
  const loaded = await Promise.all(modules.map((path) => import(pathToFileURL(join(dist, path)).href)));
  return Object.assign({}, ...loaded);
}

export function line(widths, cells) {
  process.stdout.write(`${cells.map((cell, i) => String(cell).padStart(widths[i])).join('')}\n`);
}

/** Prints metrics and faults; returns the exit code. */
export function tellEnd(seed, rows, faults) {
  process.stdout.write(`\nseed ${seed}\n`);
  for (const [name, value] of Object.entries(rows))
    process.stdout.write(`${name.padEnd(30)}${String(value).padStart(14)}\n`);
  for (const fault of faults) process.stdout.write(`${fault}\n`);
  process.stdout.write(faults.length === 0 ? 'nothing was lost\n' : `${faults.length} faults\n`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
