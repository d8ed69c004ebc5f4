/**
 * Measures the queue: the time until a large request is safely stored, its effect on other requests, and how a gateway starts and answers
 * with a full queue. Ends with 1 when a limit is exceeded.
 *
 * node scripts/bench/queue.mjs [--seconds 20] [--waiting 1000]     after `npm run build`; a quiet machine
 *
 * The time to store a request is measured from outside: from its first byte to the refusal that names its item, because no client waits
 * here. The call of the endpoint before it is part of that. Client and endpoint are processes of their own, on the other core than the
 * gateway. Their remaining effect on each other is measured too: by the same large requests, sent past the gateway.
 */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { askAs, question } from '../kill9/questions.mjs';
import { source } from '../source.mjs';
import { cpuMicros, here, program, runProcess, startProcess } from './processes.mjs';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '20' }, waiting: { type: 'string', default: '1000' } },
});
const [measureMs, waiting] = [Number(values.seconds) * 1_000, Number(values.waiting)];
const largeBytes = 700_000;
const smallBytes = 1_000;
const perSecond = 100;
const largePerSecond = 10;
const limits = { enqueueP99Ms: 20, besideShare: 1.2, startMs: 1_000, statusMs: 100 };
const rounds = 3;
const statusRounds = 20;

const { connect } = await source('src/control/client.ts');
const folder = mkdtempSync(join(tmpdir(), 'qu-'));
const home = join(folder, 'q');
const env = { PATH: process.env.PATH, HOME: folder, QCC_HOME: home, QCC_KEYCHAIN: 'off' };
// The gateway has the first core.
const core = 1;
const upstream = (status) => startProcess([join(here, 'upstream.mjs'), '0', status], { core });
const [well, out] = [await upstream('200'), await upstream('503')];
const agent = new Agent({ keepAlive: true, maxSockets: 200 });
let faults = 0;

try {
  await prepare();
  let gateway = await start(0);
  try {
    await measureEnqueue(gateway);
    gateway = await measureStart(gateway, 0);
    await fill(gateway);
    gateway = await measureStart(gateway, waiting);
    await measureStatus();
  } finally {
    await gateway.end();
  }
  process.stdout.write(faults === 0 ? 'it holds\n' : `${faults} figures do not hold\n`);
  process.exitCode = faults === 0 ? 0 : 1;
} finally {
  agent.destroy();
  await Promise.all([well.end(), out.end()]);
  rmSync(folder, { recursive: true, force: true });
}

async function prepare() {
  const { call, close } = await connect({ home });
  const settings = {
    // No client waits, and nothing is retried: only storing is measured.
    'queue.hold': '0',
    'queue.strategy': 'fixed',
    'queue.base_delay': '3600',
    'queue.max_delay': '3600',
    'queue.ttl': '7200',
    'queue.max_size': String(4 * waiting),
    'health.mode': 'off',
  };
  for (const [key, value] of Object.entries(settings)) await call('config.set', { key, value });
  const key = 'sk-ant-queue-0123456789abcdef';
  for (const [name, { port }] of Object.entries({ well, out })) {
    const endpoint = { baseUrl: `http://127.0.0.1:${port}`, auth: 'x-api-key', key };
    await call('profile.add', { name, endpoint });
  }
  await close();
}

function start(onCore = null) {
  const args = [program, 'proxy', 'run', '--host', '127.0.0.1', '--port', '0', '--json'];
  return startProcess(args, { core: onCore, env });
}

async function measureEnqueue({ port }) {
  const small = () => load(port, perSecond, smallBytes, '/p/well/v1/messages', 200);
  const large = (to = port) => load(to, largePerSecond, largeBytes, '/p/out/v1/messages', 503);
  const alone = [];
  const past = { beside: [], large: [] };
  const refused = { beside: [], large: [] };
  const queued = { beside: [], large: [] };
  await small();
  // In turns, so that other work on the machine affects all alike.
  for (let round = 0; round < rounds; round++) {
    alone.push(...(await small()));
    for (const [isOn, times, to] of [
      [false, past, out.port],
      [false, refused, port],
      [true, queued, port],
    ]) {
      await asked('config.set', { key: 'queue.enabled', value: String(isOn) });
      const [others, own] = await Promise.all([small(), large(to)]);
      times.beside.push(...others);
      times.large.push(...own);
    }
    await cleared();
  }
  const disk = await rawDisk();
  figure('700 KB written and synced: p50', quantile(disk, 0.5));
  figure('700 KB written and synced: p99', quantile(disk, 0.99));
  figure('700 KB past the gateway: p50', quantile(past.large, 0.5));
  figure('700 KB refused, without a queue: p50', quantile(refused.large, 0.5));
  figure('700 KB into the queue: p50', quantile(queued.large, 0.5));
  figure('700 KB past the gateway: p99', quantile(past.large, 0.99));
  figure('700 KB refused, without a queue: p99', quantile(refused.large, 0.99));
  figure('700 KB into the queue: p99', quantile(queued.large, 0.99), limits.enqueueP99Ms);
  figure(`${perSecond} requests/s alone: p50`, quantile(alone, 0.5));
  figure('beside what goes past it: p50', quantile(past.beside, 0.5));
  figure('beside what is refused: p50', quantile(refused.beside, 0.5));
  figure('beside what is queued: p50', quantile(queued.beside, 0.5));
  figure(`${perSecond} requests/s alone: p99`, quantile(alone, 0.99));
  figure('beside what goes past it: p99', quantile(past.beside, 0.99));
  figure('beside what is refused: p99', quantile(refused.beside, 0.99));
  figure('beside what is queued: p99', quantile(queued.beside, 0.99), limits.besideShare * quantile(alone, 0.99));
}

/** The disk's time for as many bytes, with nothing around it: no queue is faster. */
async function rawDisk() {
  const bytes = Buffer.alloc(largeBytes, 'x');
  const times = [];
  for (let i = 0; i < 100; i++) {
    const began = performance.now();
    const file = await open(join(folder, `raw-${i}`), 'wx');
    await file.writeFile(bytes);
    await file.sync();
    await file.close();
    times.push(performance.now() - began);
  }
  return times;
}

/** A steady rate, however long the answers take; returns their times. */
async function load(port, rate, bytes, path, status) {
  const numbers = [rate, Math.round(measureMs / rounds), bytes].map(String);
  const args = [join(here, 'load.mjs'), 'steady', String(port), ...numbers, path, String(status)];
  const { times } = await runProcess(args, { core });
  return times;
}

/** All requests that were sent to the queue had become items. */
async function cleared() {
  const { waiting: found } = await asked('queue.status', {});
  if (found < (largePerSecond * measureMs) / rounds / 1_000) throw new Error(`only ${found} requests were queued`);
  await asked('queue.clear', {});
}

async function into(port, bytes) {
  const session = randomUUID();
  const body = question(session, { bytes });
  const { status, headers, body: said } = await askAs(port, session, body, { path: '/p/out/v1/messages', agent });
  if (!('x-qcc-queue-item' in headers)) throw new Error(`${status} ${said}`);
}

async function fill({ port }) {
  for (let left = waiting; left > 0; left -= 20)
    await Promise.all(Array.from({ length: Math.min(20, left) }, () => into(port, 50_000)));
}

async function measureStart(gateway, expected) {
  let current = gateway;
  const times = [];
  const cpu = [];
  for (let round = 0; round < rounds; round++) {
    await current.end();
    const began = performance.now();
    current = await start();
    times.push(performance.now() - began);
    cpu.push(cpuMicros(current.pid) / 1_000);
  }
  const { waiting: found } = await asked('queue.status', {});
  if (found !== expected) throw new Error(`${found} of ${expected} items wait after the start`);
  figure(`start with ${expected} waiting, the best of ${rounds}`, Math.min(...times), limits.startMs);
  figure('of a processor', Math.min(...cpu));
  return current;
}

async function measureStatus() {
  const times = [];
  for (let i = 0; i < statusRounds; i++) {
    const began = performance.now();
    await asked('queue.status', {});
    times.push(performance.now() - began);
  }
  figure('queue.status over the socket, max', times.toSorted((a, b) => a - b).at(-1), limits.statusMs);
  const node = cold(['-e', '0']);
  figure('qcc queue status, less node itself', cold([program, 'queue', 'status']) - node, limits.statusMs);
}

/** The fastest of a few: the program's own time. */
function cold(args) {
  const times = Array.from({ length: 5 }, () => {
    const began = performance.now();
    spawnSync(process.execPath, args, { env });
    return performance.now() - began;
  });
  return Math.min(...times);
}

async function asked(name, params) {
  const { call, close } = await connect({ home, needGateway: true });
  try {
    return await call(name, params);
  } finally {
    await close();
  }
}

function quantile(times, share) {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function figure(name, value, limit = Number.POSITIVE_INFINITY) {
  const holds = value < limit;
  if (!holds) faults++;
  const bound = Number.isFinite(limit) ? `  ${holds ? 'under' : 'NOT under'} ${limit.toFixed(1)}` : '';
  process.stdout.write(`${name.padEnd(40)}${value.toFixed(1).padStart(10)} ms${bound}\n`);
}
