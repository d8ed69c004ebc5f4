/**
 * What `qcc --help` and `qcc statusline` cost beside a Node that loads an empty module: wall time, in turns, so that what else runs meets
 * all alike. Claude Code runs the status line after each of its messages.
 *
 *   node scripts/bench/help.mjs [ROUNDS]      after `npm run build`
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { program, temporaryFolder } from './processes.mjs';

const rounds = Number(process.argv[2] ?? 40);
const ratioMax = 1.3;
// 60 ms beside the 65 that a bare Node takes where nothing else runs.
const statusLineRatioMax = 1.9;

const empty = join(temporaryFolder(), 'empty.mjs');
writeFileSync(empty, '');
const lines = {
  'bare node': [empty],
  'qcc --help': [program, '--help'],
  'qcc --version': [program, '--version'],
  'qcc statusline': [program, 'statusline'],
};
const times = Object.fromEntries(Object.keys(lines).map((name) => [name, []]));
for (let round = 0; round < rounds; round++) {
  for (const [name, args] of Object.entries(lines)) times[name].push(timeOf(args));
}
const bare = median(times['bare node']);
for (const [name, spans] of Object.entries(times)) {
  const middle = median(spans);
  process.stdout.write(
    `${name.padEnd(16)}${middle.toFixed(1).padStart(8)} ms${(middle / bare).toFixed(2).padStart(8)}\n`,
  );
}
if (median(times['qcc --help']) > bare * ratioMax) process.exitCode = 1;
if (median(times['qcc statusline']) > bare * statusLineRatioMax) process.exitCode = 1;

function timeOf(args) {
  const began = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}`);
  return performance.now() - began;
}

function median(spans) {
  return spans.toSorted((a, b) => a - b)[Math.floor(spans.length / 2)];
}
