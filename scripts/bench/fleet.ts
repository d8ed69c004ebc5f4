/**
 * What a fleet costs, over a real nats-server on this machine: how soon a refusal at one gateway keeps the key unused at another one, how soon
 * another gateway probes a key when the one that did is killed, what ten gateways take of a processor, and how fast an outbox goes through the
 * log after an outage. Ends with 1 when a figure is missed.
 *
 *   node --import tsx scripts/bench/fleet.ts
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { EndpointId, ProfileName, RequestId } from '../../events/ids.ts';
import { streams } from '../../events/ids.ts';
import { ownUsage, usedOf } from '../../src/commands/history/gateway-stats.ts';
import { Fleet } from '../../src/fleet/fleet.ts';
import { openNats } from '../../src/fleet/nats-engine.ts';
import { type Installation, policiesOf } from '../../src/installation/installation.ts';
import { LevelLog } from '../../src/log/level-log.ts';
import type { Log } from '../../src/log/log.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';
import { realWorld } from '../../src/platform/clock.ts';
import { uuidv7 } from '../../src/platform/uuid.ts';
import { Core } from '../../src/runtime/core.ts';

const endpoint = '11111111' as EndpointId;
const rounds = 200;
const gateways = 10;
const [factsASecond, toldASecond, seconds] = [50, 5, 6];
const facts = 100_000;
// In the design of the fleet.
const most = { p99Ms: 250, share: 0.03, takeoverMs: 5_000 };
const takeovers = 5;
const turnsASecond = 50;
const least = { factsASecond: 20_000 };
let saidMs = 1_000;

const folder = mkdtempSync(join(tmpdir(), 'qcc-bench-fleet-'));
const port = await freePort();
// With an address and a name it is a gateway that is to be killed.
const [url = `nats://127.0.0.1:${port}`, nameHere] = process.argv.slice(2);
const server = nameHere === undefined ? await startServer() : null;
try {
  if (nameHere !== undefined) await beGateway(nameHere);
  const [a, b] = [await gateway('a'), await gateway('b')];
  const spans = await latencies(a.core, b.core);
  report('a refusal is known elsewhere, p50', `${at(spans, 0.5).toFixed(1)} ms`, true);
  report('a refusal is known elsewhere, p99', `${at(spans, 0.99).toFixed(1)} ms`, at(spans, 0.99) < most.p99Ms);
  await Promise.all([a.fleet.stop(), b.fleet.stop()]);
  const taken = await takingOver();
  report('a probe is taken over, p50', `${(at(taken, 0.5) / 1_000).toFixed(1)} s`, true);
  report('a probe is taken over, at most', `${(at(taken, 1) / 1_000).toFixed(1)} s`, at(taken, 1) < most.takeoverMs);
  const share = await costOfTen();
  report(
    `of a processor, each of ${gateways}, ${factsASecond} facts/s`,
    `${(share * 100).toFixed(2)} %`,
    share < most.share,
  );
  const rate = await catchingUp();
  report('facts after an outage', `${Math.round(rate)}/s`, rate >= least.factsASecond);
} finally {
  server?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}

function report(what: string, figure: string, isKept: boolean): void {
  process.stdout.write(`${what.padEnd(48)}${figure.padStart(12)}${isKept ? '' : '  missed'}\n`);
  if (!isKept) process.exitCode = 1;
}

function at(spans: readonly number[], share: number): number {
  return [...spans].sort((x, y) => x - y)[Math.min(spans.length - 1, Math.floor(spans.length * share))] ?? 0;
}

async function freePort(): Promise<number> {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port: free } = taken.address() as { port: number };
  taken.close();
  await once(taken, 'close');
  return free;
}

async function startServer() {
  if (spawnSync('nats-server', ['--version']).status !== 0) throw new Error('this machine has no nats-server');
  const file = join(folder, 'nats.conf');
  writeFileSync(file, `listen: 127.0.0.1:${port}\njetstream { store_dir: "${join(folder, 'nats')}" }\n`);
  const child = spawn('nats-server', ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  for (;;) if (String((await once(child.stderr, 'data'))[0]).includes('Server is ready')) return child;
}

async function gateway(name: string, log: Log = new MemoryLog()) {
  const core = await Core.open(log, realWorld, policiesOf());
  const added = {
    name: 'relay',
    baseUrl: 'http://127.0.0.1:1',
    auth: 'x-api-key',
    secret: endpoint,
    maskedKey: '…',
    weight: 100,
  };
  const limits = {
    priority: 1,
    timeoutMs: null,
    maxFailures: 3,
    maxConcurrent: 64,
    allowPlaintext: false,
    source: null,
  };
  core.report(
    streams.profile('main' as ProfileName),
    [
      { type: 'ProfileAdded', data: { name: 'main', description: '' } },
      { type: 'EndpointAdded', data: { endpoint, ...added, ...limits } },
    ],
    { by: 'cli' },
  );
  return { core, fleet: await joined(core, name) };
}

async function joined(core: Core, name: string): Promise<Fleet> {
  const settings = {
    url,
    name,
    secret: 'a secret of the bench alone',
    user: '',
    password: '',
    nkey: '',
    tlsCa: '',
    followsSwitch: true,
  };
  const fleet = new Fleet({
    core,
    dice: Math.random,
    budgets: () => [],
    slots: { limits: () => [], running: () => 0 },
    settings: () => settings,
    usage: async (since, until) => usedOf(await ownUsage({ core } as Installation, { since, until }, undefined)),
    secretOf: () => 'sk-shared-by-all',
    derive: (purpose) => Buffer.from(`${name} ${purpose}`),
    open: openNats,
  });
  await fleet.step();
  if (fleet.row().state !== 'connected') throw new Error(`${name}: ${fleet.row().error}`);
  return fleet;
}

/** Each asks for a longer pause than the one before: a new decision, and so a message. */
function refuse(core: Core): void {
  saidMs += 1_000;
  const silent = { status: 429, request: null, resetAt: null, maybeBilled: false, detail: null };
  const data = { failure: 'rateLimited' as const, retryAfterMs: saidMs, ...silent };
  core.tellEndpoint(endpoint, { type: 'AttemptFailed', data }, { by: 'traffic' });
}

/** From the attempt's report at one gateway to the fact at the other: then its routing view has it. */
async function latencies(one: Core, other: Core): Promise<readonly number[]> {
  const spans: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const heard = new Promise<number>((resolve) => {
      const end = other.onFacts((batch) => {
        if (!batch.some(({ type }) => type === 'FailureHeard')) return;
        end();
        resolve(performance.now());
      });
    });
    const began = performance.now();
    refuse(one);
    spans.push((await heard) - began);
    // Slower than the rate that the door allows.
    if (round % 10 === 9) await sleep(100);
  }
  return spans;
}

/** Says when it begins and ends to probe the key. Until it is killed. */
async function beGateway(name: string): Promise<never> {
  const { fleet } = await gateway(name);
  let led: boolean | undefined;
  for (let turn = 0; ; turn++) {
    if (turn % turnsASecond === 0) void fleet.step();
    const isLed = fleet.isLedElsewhere(endpoint);
    if (isLed !== led) process.stdout.write(isLed ? 'follows\n' : 'leads\n');
    led = isLed;
    await sleep(1_000 / turnsASecond);
  }
}

/** From the end of the process that probes a key to the moment when another one does. */
async function takingOver(): Promise<readonly number[]> {
  const spans: number[] = [];
  const all = [startGateway('x0'), startGateway('x1')];
  try {
    for (let round = 0; round < takeovers; round++) {
      const [follower, leader] = await Promise.race(
        all.map(async (one, n) => [await one.says('follows'), all[1 - n]] as const),
      );
      if (!follower || !leader) throw new Error('nobody follows');
      leader.process.kill('SIGKILL');
      const began = performance.now();
      await follower.says('leads');
      spans.push(performance.now() - began);
      all.splice(0, 2, follower, startGateway(`x${round + 2}`));
    }
  } finally {
    for (const one of all) one.process.kill('SIGKILL');
  }
  return spans;
}

function startGateway(name: string) {
  const args = ['--import', 'tsx', fileURLToPath(import.meta.url), url, name];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let last = '';
  const lines = createInterface({ input: child.stdout }).on('line', (line) => {
    last = line;
  });
  const one = {
    process: child,
    says: async (what: string) => {
      while (last !== what) await once(lines, 'line');
      return one;
    },
  };
  return one;
}

async function costOfTen(): Promise<number> {
  const all = await Promise.all(Array.from({ length: gateways }, (_, i) => gateway(`g${i}`)));
  const before = process.cpuUsage();
  const began = performance.now();
  for (let second = 0; second < seconds; second++)
    for (let part = 0; part < toldASecond; part++) {
      for (const { core } of all) {
        for (let n = 1; n < factsASecond / toldASecond; n++) served(core);
        refuse(core);
      }
      await sleep(1_000 / toldASecond);
    }
  const { user, system } = process.cpuUsage(before);
  const share = (user + system) / 1_000 / (performance.now() - began) / gateways;
  await Promise.all(all.map(({ fleet }) => fleet.stop()));
  return share;
}

function served(core: Core): void {
  const id = uuidv7(core.now()) as RequestId;
  core.requestEnded(streams.request(id), {
    type: 'RequestCancelled',
    data: { durationMs: 1, attempts: [], session: null },
  });
}

/** Of a log on the disk, none of which is anything to tell: what it costs to see that. */
async function catchingUp(): Promise<number> {
  const log = await LevelLog.open(join(folder, 'log'));
  const { core, fleet } = await gateway('late', log);
  await fleet.stop();
  for (let n = 0; n < facts; n++) served(core);
  await log.flush();
  refuse(core);
  const began = performance.now();
  const again = await joined(core, 'late');
  while (again.row().behind !== 0) await again.step();
  const rate = facts / ((performance.now() - began) / 1_000);
  await again.stop();
  await log.close();
  return rate;
}
