/** What both kill runs take of the program, and how they report the result. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { source } from '../source.mjs';

export const program = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'dist/src/cli/main.js');
if (!existsSync(program)) throw new Error('dist/ is missing - run: npm run build');

const always = [
  'src/log/level-log.ts',
  'src/runtime/core.ts',
  'src/runtime/fold-log.ts',
  'src/runtime/state.ts',
  'events/catalogue.ts',
  'src/runtime/rows.ts',
  'src/control/client.ts',
];

/** The exports of all of them, in one object. */
export async function builtCode(more = []) {
  const modules = [...always, ...more];
  const loaded = await Promise.all(modules.map(source));
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
