/**
 * Measures questions of a long past while requests pass: how long each takes, and the gateway's memory meanwhile. Ends with 1 when a limit
 * is exceeded.
 *
 * node scripts/bench/past.mjs [HOME] [FACTS] [ROUNDS] [TREE]     after `npm run build`
 *
 * A HOME that does not exist is written first: a million facts take about a minute. TREE is another built tree, to compare with.
 */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeLongLog } from './long-log.mjs';
import { gatewayFlags, here, programOf, start, startProcess, temporaryFolder } from './processes.mjs';

const folder = temporaryFolder();
const home = process.argv[2] ?? join(folder, 'q');
const [facts = 1_000_000, rounds = 3] = process.argv.slice(3, 5).map(Number);
const program = programOf(process.argv[5] ?? join(here, '../..'));
const env = { PATH: process.env.PATH, HOME: folder, QCC_HOME: home, QCC_KEYCHAIN: 'off' };

const [perSecond, bodyBytes] = [100, 1_024];
const patienceMs = 120_000;
// A log without roll-ups gets them beside the load, at a fifth of a core.
const rolledMs = 600_000;
const sampleMs = 50;
const goalMiB = 200;
const dayMs = 86_400_000;

const questions = [
  { args: ['proxy', 'stats', '--since', '-10d'], goalMs: 1_000 },
  { args: ['history', 'stats'], goalMs: 1_000 },
  { args: ['config', 'audit'], goalMs: 1_000 },
  { args: ['health', 'metrics', '--since', '-10d'], goalMs: 1_000 },
  { args: ['history', 'diff', '-10d'], goalMs: 1_000 },
  { args: ['incidents', '--since', '-10d'], goalMs: 1_000 },
  { operation: 'dashboard.bands', params: { from: Date.now() - 10 * dayMs }, goalMs: 1_000 },
  { args: ['history', 'verify'], goalMs: 10_000 },
];

const isThere = existsSync(home);
const upstream = await startProcess([join(here, 'upstream.mjs'), isThere ? await portThere() : '0']);
if (!isThere) await writeLongLog(home, { facts, upstream: `http://127.0.0.1:${upstream.port}` });
const gateway = await startProcess(
  [...gatewayFlags, program, 'proxy', 'run', '--host', '127.0.0.1', '--port', '0', '--json'],
  { env },
);
let faults = 0;
let [peak, own] = [0, 0];
const sampling = setInterval(() => {
  [peak, own] = [Math.max(peak, memoryMiB('VmRSS')), Math.max(own, memoryMiB('RssAnon'))];
}, sampleMs);
tell(['machine', `${cpus().length} × ${cpus()[0]?.model}, node ${process.version}`]);
await sleep(3_000);
tell(['memory after the start, MiB, and own', memoryMiB('VmRSS').toFixed(0), memoryMiB('RssAnon').toFixed(0)]);
const load = await startProcess([join(here, 'load.mjs'), 'timed', gateway.port, perSecond, bodyBytes].map(String));
await rolledUp();
tell(['', 'median ms', 'slowest ms', 'goal', 'peak MiB', 'own MiB']);
for (const { args, operation, params, goalMs } of questions) {
  [peak, own] = [0, 0];
  const took = [];
  for (let round = 0; round < rounds; round++)
    took.push(await (args ? command([...args, '--json']) : called(operation, params)));
  const sorted = took.map(({ ms }) => ms).sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  if (median > goalMs || own > goalMiB) faults++;
  tell([
    args ? `qcc ${args.join(' ')}` : operation,
    median.toFixed(0),
    sorted.at(-1).toFixed(0),
    String(goalMs),
    peak.toFixed(0),
    own.toFixed(0),
  ]);
}
const { errors } = await load.next('SIGTERM');
clearInterval(sampling);
await gateway.end();
await upstream.end();
if (errors.length > 0) throw new Error(`${errors.length} requests failed, the first one: ${errors[0]}`);
process.stdout.write(faults === 0 ? 'it holds\n' : `${faults} figures do not hold\n`);
process.exitCode = faults === 0 ? 0 : 1;

/** Until the log has its roll-ups; a tree that makes none is measured as it is. */
async function rolledUp() {
  if (process.argv[5] !== undefined) return;
  const begun = performance.now();
  while ((await command(['history', 'stats', '--json'])).ms > 1_000 && performance.now() - begun < rolledMs)
    await sleep(5_000);
  tell(['roll-ups made after, s', ((performance.now() - begun) / 1_000).toFixed(0)]);
}

/** The endpoint of an existing log has an address already. */
async function portThere() {
  const { stdout } = await command(['endpoint', 'list', 'bench', '--json']);
  return new URL(JSON.parse(stdout).endpoints[0].baseUrl).port;
}

/** @throws when it fails */
function command(args) {
  const begun = performance.now();
  const child = start(process.execPath, [program, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  const chunks = [];
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (code !== 0) reject(new Error(`qcc ${args.join(' ')} ended with ${signal ?? code}`));
      else resolve({ ms: performance.now() - begun, stdout: Buffer.concat(chunks).toString() });
    });
  });
}

/** What only the page asks. */
async function called(operation, params) {
  const begun = performance.now();
  const asked = request({ socketPath: join(home, 'qcc.sock'), path: `/call/${operation}`, method: 'POST' });
  asked.end(JSON.stringify(params));
  const [answer] = await once(asked, 'response');
  if (answer.statusCode !== 200) throw new Error(`${operation} was answered with ${answer.statusCode}`);
  answer.resume();
  await once(answer, 'end');
  return { ms: performance.now() - begun };
}

/** Of the gateway: all of it, or what is its own. The rest are tables of LevelDB, which are mapped: the system takes them back at will. */
function memoryMiB(name) {
  const [, kib = '0'] =
    new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync(`/proc/${gateway.pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1_024;
}

function tell([name, ...cells]) {
  process.stdout.write(`${name.padEnd(38)}${cells.map((cell) => cell.padStart(12)).join('')}\n`);
}
