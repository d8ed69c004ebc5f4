/**
 * How long the gateway takes from its start until it answers: in an empty home, in one whose log is long, and in one whose log
 * is long and was left by a crash, with the most facts that can stand after a snapshot. The log is written by the gateway's own core.
 *
 *   node scripts/bench/start.mjs [FACTS] [ROUNDS]      after `npm run build`; a million facts take about a minute
 */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { program } from './processes.mjs';

const [facts = 1_000_000, rounds = 7] = process.argv.slice(2).map(Number);
// The caretaker's own bound, less one.
const tailAfterCrash = 4_999;
const flushEvery = 5_000;
const emptyMax = 1_000;
const addedMax = 200;

const folder = mkdtempSync(join(tmpdir(), 'qb-'));
try {
  const homes = { empty: undefined, stopped: join(folder, 's'), crashed: join(folder, 'c') };
  await writeHome(homes.stopped, facts, 0);
  await writeHome(homes.crashed, facts, tailAfterCrash);
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
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** A home with one profile, one endpoint, and so many requests, the last `tail` of them after the newest snapshot. */
async function writeHome(home, count, tail) {
  const env = environment(home);
  const qcc = (args, input = '') => {
    const { status, stderr } = spawnSync(process.execPath, [program, ...args], { env, input });
    if (status !== 0) throw new Error(`qcc ${args.join(' ')}: ${stderr}`);
  };
  qcc(['add', 'bench', '--tier', 'primary']);
  const target = ['--base-url', 'http://127.0.0.1:9', '--auth', 'x-api-key', '--api-key-stdin'];
  qcc(['endpoint', 'add', 'bench', ...target], 'sk-bench-0123456789');
  process.env.QCC_KEYCHAIN = 'off';
  const built = (path) => import(pathToFileURL(join(dirname(dirname(program)), path)).href);
  const { openInstallation } = await built('control/installation.js');
  const installation = await openInstallation(home);
  const { core } = installation;
  const { id } = core.state.profiles.endpoints()[0];
  while (core.state.seq < count) {
    if (core.state.seq === count - tail) await core.snapshot();
    core.requestEnded(`request/${core.state.seq}`, { type: 'RequestServed', data: served(id, core.state.seq) });
    if (core.state.seq % flushEvery === 0) await core.log.flush();
  }
  if (tail === 0) await core.snapshot();
  await installation.close();
}

function served(endpoint, seq) {
  const ttfbMs = 200 + (seq % 97);
  return {
    session: `session-${seq % 50}`,
    model: `claude-bench-${seq % 3}`,
    stream: true,
    path: '/v1/messages',
    within: null,
    attempts: [{ endpoint, at: 0, outcome: 'answered', status: 200, ttfbMs, because: 'priority' }],
    status: 200,
    durationMs: 900,
    view: 4,
    endpoint,
    profile: 'bench',
    ttfbMs,
    ttftMs: ttfbMs + 100,
    bytes: 1_000,
    usage: { input: 10, output: 20, cacheRead: 3, cacheWrite: 4 },
  };
}

/** On a copy, so that each start finds the same; ended as a crash ends it. Resolves with the milliseconds until it answered. */
async function startOnce(home) {
  const copy = join(folder, 'q');
  if (home) cpSync(home, copy, { recursive: true, preserveTimestamps: true });
  const began = performance.now();
  const args = [program, 'proxy', 'run', '--host', '127.0.0.1', '--port', '0', '--json'];
  const child = spawn(process.execPath, args, { env: environment(copy), stdio: ['ignore', 'pipe', 'inherit'] });
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
