/**
 * Measures queries of a long past, and their effect on requests. A gateway serves a steady calm load; each query is repeated for a while,
 * with pauses without queries: p99 of the requests during queries is compared with p99 of the others. A command that queries nothing shows
 * the cost of starting commands alone. Then the first line without a gateway. Ends with 1 when a limit is exceeded.
 *
 * node scripts/bench/history.mjs [FACTS] [ROUNDS] [HOME]     after `npm run build`; a quiet machine
 *
 * A million facts take about a minute to write, and two rounds two minutes to measure. HOME keeps them for another time.
 */
import { existsSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeLongLog } from './long-log.mjs';
import { gatewayFlags, here, program, start, startProcess, temporaryFolder } from './processes.mjs';

const [facts = 1_000_000, rounds = 2] = process.argv.slice(2, 4).map(Number);
const folder = temporaryFolder();
const home = process.argv[4] ?? join(folder, 'q');
const env = { PATH: process.env.PATH, HOME: folder, QCC_HOME: home, QCC_KEYCHAIN: 'off' };

const [perSecond, bodyBytes] = [100, 1_024];
const settleMs = 4_000;
const quietMs = 3_000;
// A short query is repeated until this time has passed.
const askedMs = 4_000;
// No command here takes as long: one that has not ended by then hangs.
const patienceMs = 90_000;
const firstLineRounds = 9;
// For everything: writing a million facts, and the maximum for two rounds.
const wholeMs = 900_000;
const besideMost = 1.5;
// Of a log with outages, more than 100,000 requests.
const whatIfFacts = 125_000;

/** By number, and right before a snapshot, which makes the fold longest. */
const moments = [0.001, 0.25, 0.5, 0.75, 0.999].map(
  (share) => `#${Math.floor((facts * share) / 5_000) * 5_000 + 4_990}`,
);
const inTurn = (all) => (round) => all[round % all.length];
const set = ['failover.failure_threshold=5', 'loadbalancer.strategy=failover'].flatMap((one) => ['--set', one]);

/** `args` of a round; `goalMs` of the slowest answer. */
const questions = [
  { name: 'qcc --help: asks nothing', args: () => ['--help'], isControl: true },
  { name: 'history | head', args: () => ['history'], goalMs: 300, isPiped: true },
  { name: 'history --at', args: (round) => ['history', '--at', inTurn(moments)(round), '--json'], goalMs: 1_000 },
  { name: 'history verify', args: () => ['history', 'verify', '--json'], goalMs: 20_000, once: true },
  {
    name: 'history what-if',
    args: () => ['history', 'what-if', '--since', `#${Math.max(1, facts - whatIfFacts)}`, ...set, '--json'],
    goalMs: 10_000,
    once: true,
  },
];

let faults = 0;
setTimeout(() => {
  process.stderr.write(`not done after ${wholeMs} ms\n`);
  process.exit(1);
}, wholeMs).unref();
tell(['load of the machine at the start', loadavg()[0].toFixed(2)]);
const kept = existsSync(home);
if (kept) tell(['the log is there already', home]);
const upstream = await startProcess([join(here, 'upstream.mjs'), kept ? await portThere() : '0']);
if (!kept) await writeLongLog(home, { facts, upstream: `http://127.0.0.1:${upstream.port}` });
const gateway = await startProcess(
  [...gatewayFlags, program, 'proxy', 'run', '--host', '127.0.0.1', '--port', '0', '--json'],
  { env },
);
const load = await startProcess([join(here, 'load.mjs'), 'timed', gateway.port, perSecond, bodyBytes].map(String));
const quiet = [];
const asked = new Map(questions.map(({ name }) => [name, []]));
await sleep(settleMs);
for (let round = 0; round < rounds; round++)
  for (const question of questions) {
    quiet.push(await spanOf(() => sleep(quietMs)));
    await askFor(question, asked.get(question.name));
  }
const { samples, errors } = await load.next('SIGTERM');
await gateway.end();
await upstream.end();
if (errors.length > 0) throw new Error(`${errors.length} requests failed, the first one: ${errors[0]}`);
tellBeside(samples);
await tellAlone();
tell(['load of the machine at the end', loadavg()[0].toFixed(2)]);
process.stdout.write(faults === 0 ? 'it holds\n' : `${faults} figures do not hold\n`);
process.exitCode = faults === 0 ? 0 : 1;

/** The endpoint of an existing log has an address already. */
async function portThere() {
  const { stdout } = await command(['endpoint', 'list', 'bench', '--json']);
  return new URL(JSON.parse(stdout).endpoints[0].baseUrl).port;
}

async function askFor({ args, isPiped = false, once = false }, spans) {
  const began = performance.now();
  for (let round = spans.length; once || performance.now() - began < askedMs; round++) {
    const span = await spanOf(() => command(args(round), { isPiped }));
    spans.push(isPiped ? { ...span, tookMs: span.result.firstLineMs } : span);
    if (once) return;
  }
}

async function spanOf(work) {
  const from = performance.timeOrigin + performance.now();
  const result = await work();
  const to = performance.timeOrigin + performance.now();
  return { from, to, tookMs: to - from, result };
}

/** Runs to its end, or until its first line when `isPiped`: then its reader goes, as `head -n 1` does. @throws when it fails */
function command(args, { isPiped = false } = {}) {
  const began = performance.now();
  const child = start(process.execPath, [program, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  const chunks = [];
  let firstLineMs = null;
  child.stdout.on('data', (chunk) => {
    chunks.push(chunk);
    if (firstLineMs === null && chunk.includes('\n')) firstLineMs = performance.now() - began;
    if (isPiped && firstLineMs !== null) child.stdout.destroy();
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0 && firstLineMs !== null) resolve({ stdout: Buffer.concat(chunks).toString(), firstLineMs });
      else reject(new Error(`qcc ${args.join(' ')} ended with ${signal ?? code}`));
    });
  });
}

function tellBeside(samples) {
  const before = timesWithin(samples, quiet);
  const goal = besideMost * quantile(before, 0.99);
  tell(['', 'asked', 'median', 'slowest', 'goal', 'p50', 'p99', 'p99 / alone']);
  tell(['nothing asked', '', '', '', '', ms(quantile(before, 0.5)), ms(quantile(before, 0.99)), '']);
  for (const { name, goalMs, isControl = false } of questions) {
    const spans = asked.get(name);
    const took = spans.map(({ tookMs }) => tookMs);
    const times = timesWithin(samples, spans);
    const p99 = quantile(times, 0.99);
    if (!isControl) hold(Math.max(...took) < goalMs && p99 < goal);
    tell([
      name,
      String(took.length),
      ms(quantile(took, 0.5)),
      ms(Math.max(...took)),
      isControl ? '' : `< ${ms(goalMs)}`,
      ms(quantile(times, 0.5)),
      ms(p99),
      `${(p99 / quantile(before, 0.99)).toFixed(2)} ×`,
    ]);
  }
  tellAnswers();
}

/** Verifies that the measured commands did what they should. */
function tellAnswers() {
  const answer = (name) => JSON.parse(asked.get(name).at(-1).result.stdout);
  const verified = answer('history verify');
  hold(verified.ok);
  tell(['facts verified', String(verified.events)]);
  tell(['requests under what-if', String(answer('history what-if').requests)]);
}

async function tellAlone() {
  const floor = [];
  const help = [];
  const first = [];
  for (let round = 0; round < firstLineRounds; round++) {
    floor.push((await spanOf(() => bareNode())).tookMs);
    help.push((await command(['--help'])).firstLineMs);
    first.push((await command(['history'], { isPiped: true })).firstLineMs);
  }
  tell(['without a gateway', 'asked', 'median', 'slowest', 'goal']);
  const rows = { 'node -e 0': floor, 'qcc --help, first line': help, 'history | head': first };
  for (const [name, times] of Object.entries(rows))
    tell([
      name,
      String(times.length),
      ms(quantile(times, 0.5)),
      ms(Math.max(...times)),
      times === first ? '< 300 ms' : '',
    ]);
  hold(quantile(first, 0.5) < 300);
}

function bareNode() {
  const child = start(process.execPath, ['-e', '0'], { stdio: 'ignore' });
  return new Promise((resolve) => child.once('exit', resolve));
}

/** Of the requests in flight meanwhile. */
function timesWithin(samples, spans) {
  return samples
    .filter(([at, tookMs]) => spans.some(({ from, to }) => at + tookMs > from && at < to))
    .map(([, t]) => t);
}

function quantile(times, share) {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function hold(isHeld) {
  if (!isHeld) faults++;
}

function ms(value) {
  return `${value.toFixed(value < 100 ? 1 : 0)} ms`;
}

function tell([name, ...cells]) {
  process.stdout.write(`${name.padEnd(34)}${cells.map((cell) => cell.padStart(12)).join('')}\n`);
}
