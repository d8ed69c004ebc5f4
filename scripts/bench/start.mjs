/**
 * How long the gateway takes from its start until it answers: in an empty home, in one whose log is long, and in one whose log
 * is long and was left by a crash, with the most facts that can stand after a snapshot. The log is written by the gateway's own core.
 *
 *   node scripts/bench/start.mjs [FACTS] [ROUNDS]      after `npm run build`; a million facts take about a minute
 */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeLongLog } from './long-log.mjs';
import { program, start, temporaryFolder } from './processes.mjs';

const [facts = 1_000_000, rounds = 7] = process.argv.slice(2).map(Number);
// The interval of maintenance, less one.
const tailAfterCrash = 4_999;
const emptyMax = 1_000;
const addedMax = 200;

const folder = temporaryFolder();
const homes = { empty: undefined, stopped: join(folder, 's'), crashed: join(folder, 'c') };
await writeLongLog(homes.stopped, { facts });
await writeLongLog(homes.crashed, { facts, tail: tailAfterCrash });
const times = { empty: [], stopped: [], crashed: [] };
for (let round = 0; round < rounds; round++) {
  for (const [name, home] of Object.entries(homes)) times[name].push(await startOnce(home));
}
const empty = median(times.empty);
print(['start to answer', 'median', 'worst', 'added', 'goal']);
print(['empty home', ms(empty), ms(Math.max(...times.empty)), '', `< ${emptyMax} ms`]);
for (const [name, what] of [
  ['stopped', `${facts} facts, stopped`],
  ['crashed', `${facts} facts, crashed`],
]) {
  const middle = median(times[name]);
  print([what, ms(middle), ms(Math.max(...times[name])), ms(middle - empty), `< ${addedMax} ms`]);
}

/** On a copy, so that each start finds the same; killed, as in a crash. Resolves with the milliseconds until it answered. */
async function startOnce(home) {
  const copy = join(folder, 'q');
  if (home) cpSync(home, copy, { recursive: true, preserveTimestamps: true });
  const began = performance.now();
  const args = [program, 'proxy', 'run', '--host', '127.0.0.1', '--port', '0', '--json'];
  const child = start(process.execPath, args, { env: environment(copy), stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await Promise.race([
    new Promise((resolve) => child.stdout.once('data', resolve)),
    ended.then((code) => Promise.reject(new Error(`the gateway ended with ${code}`))),
  ]);
  const tookMs = performance.now() - began;
  child.kill('SIGKILL');
  await ended;
  rmSync(copy, { recursive: true, force: true });
  return tookMs;
}

function environment(home) {
  return { PATH: process.env.PATH, HOME: folder, QCC_HOME: home, QCC_KEYCHAIN: 'off' };
}

function median(times) {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];
}

function ms(value) {
  return `${value.toFixed(0)} ms`;
}

function print([name, ...cells]) {
  process.stdout.write(`${name.padEnd(28)}${cells.map((cell) => cell.padStart(12)).join('')}\n`);
}
