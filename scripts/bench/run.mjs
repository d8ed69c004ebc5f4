/**
 * What the gateway costs, against the bare proxy of the same design, in pairs in one run. CPU is that of the proxy's own
 * process, all threads, so that a busy machine distorts little; latency needs a quiet one.
 *
 *   node scripts/bench/run.mjs [ROUNDS] [--against TREE]      after `npm run build`; Linux, two cores
 *
 * TREE is another built tree, of the commit before a change: the ratio is then that of this tree to that one.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { cpuMicros, here, program, programOf, runProcess, startGateway, startProcess } from './processes.mjs';

const proxyCore = 0;
const loadCore = 1;
const script = (name) => join(here, name);
const kilobyte = 1_024;

/** [name, the load's arguments after the port, the unit that is counted] */
const scenarios = [
  ['1 KB, 100 in parallel', ['unary', [100, 4_000, kilobyte]], 'request'],
  ['200 KB, 8 in parallel', ['unary', [8, 4_000, 200 * kilobyte]], 'request'],
  ['1,000 streams, 25 ms a chunk', ['streams', [1_000, 120, 25]], 'chunk'],
];
const calm = ['calm', [400, 2, kilobyte]];
// Warmed up as after hours: all hot code is compiled.
const warmUp = ['unary', [100, 6_000, kilobyte]];

const { values, positionals } = parseArgs({ options: { against: { type: 'string' } }, allowPositionals: true });
const rounds = Number(positionals[0] ?? 2);
const before = values.against && programOf(resolve(values.against));
const floor = before ? 'before' : 'bare';
const upstream = await startProcess([script('upstream.mjs'), '0'], { core: loadCore });
const origin = `http://127.0.0.1:${upstream.port}`;
const bare = await (before
  ? startGateway({ upstream: origin, core: proxyCore, main: before })
  : startProcess([script('bare-proxy.mjs'), origin], { core: proxyCore }));
const gateway = await startGateway({ upstream: origin, core: proxyCore });
try {
  await measureCpu();
  await measureLatency();
  measureStarts();
} finally {
  await Promise.all([gateway.end(), bare.end(), upstream.end()]);
}

function load([mode, numbers], port) {
  const args = [script('load.mjs'), mode, String(port), ...numbers.map(String)];
  return runProcess(args, { core: loadCore });
}

async function measureCpu() {
  for (const proxy of [bare, gateway]) await load(warmUp, proxy.port);
  print(['CPU of the proxy', floor, 'gateway', 'ratio']);
  for (const [name, what, unit] of scenarios) {
    const best = { bare: Number.POSITIVE_INFINITY, gateway: Number.POSITIVE_INFINITY };
    for (let round = 0; round < rounds; round++) {
      best.bare = Math.min(best.bare, await cpuPerUnit(what, bare));
      best.gateway = Math.min(best.gateway, await cpuPerUnit(what, gateway));
    }
    const micros = (value) => `${value.toFixed(1)} µs/${unit}`;
    print([name, micros(best.bare), micros(best.gateway), ratio(best.gateway, best.bare)]);
  }
}

async function cpuPerUnit(what, { pid, port }) {
  const before = cpuMicros(pid);
  const { units } = await load(what, port);
  return (cpuMicros(pid) - before) / units;
}

async function measureLatency() {
  const p50 = async (port) => {
    const times = [];
    for (let round = 0; round < rounds; round++) times.push((await load(calm, port)).p50Ms);
    return Math.min(...times);
  };
  const direct = await p50(upstream.port);
  const added = { bare: (await p50(bare.port)) - direct, gateway: (await p50(gateway.port)) - direct };
  const ms = (value) => `${value.toFixed(3)} ms`;
  print(['added p50 at low load', ms(added.bare), ms(added.gateway), ratio(added.gateway, added.bare)]);
}

function measureStarts() {
  const node = medianMs(() => spawnSync(process.execPath, ['-e', '0']));
  const help = medianMs(() => spawnSync(process.execPath, [program, '--help']));
  const ms = (value) => `${value.toFixed(0)} ms`;
  print(['node -e 0 | qcc --help', ms(node), ms(help), ratio(help, node)]);
  const start = medianMs(() => startOnce(program));
  print(['node -e 0 | proxy start, empty home', ms(node), ms(start), ratio(start, node)]);
  if (!before) return;
  const helpBefore = medianMs(() => spawnSync(process.execPath, [before, '--help']));
  print(['qcc --help, before and now', ms(helpBefore), ms(help), ratio(help, helpBefore)]);
  const startBefore = medianMs(() => startOnce(before));
  print(['proxy start, before and now', ms(startBefore), ms(start), ratio(start, startBefore)]);
}

/** From nothing to a gateway that answers; its end is not measured. */
function startOnce(main) {
  const folder = mkdtempSync(join(tmpdir(), 'qb-'));
  const env = { PATH: process.env.PATH, HOME: folder, QCC_HOME: join(folder, 'q'), QCC_KEYCHAIN: 'off' };
  const began = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [main, 'proxy', 'start', '--port', '0'], { env });
  const tookMs = performance.now() - began;
  if (status !== 0) throw new Error(`proxy start: ${stderr}`);
  spawnSync(process.execPath, [main, 'proxy', 'stop', '--timeout', '1'], { env });
  rmSync(folder, { recursive: true, force: true });
  return tookMs;
}

/** Of seven; what `act` returns counts instead of its own time when it is a number. */
function medianMs(act) {
  const times = Array.from({ length: 7 }, () => {
    const began = performance.now();
    const own = act();
    return typeof own === 'number' ? own : performance.now() - began;
  });
  return times.toSorted((a, b) => a - b)[3];
}

function ratio(value, floor) {
  return `${(value / floor).toFixed(2)} ×`;
}

function print([name, ...cells]) {
  process.stdout.write(`${name.padEnd(36)}${cells.map((cell) => cell.padStart(20)).join('')}\n`);
}
