/**
 * What a request costs in the gateway, in pairs in one run: against nginx where it is installed, else against a bare relay of bytes. CPU is
 * that of the proxy's own process, all threads, so that a busy machine distorts little; p99 needs a quiet one.
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
import { startReference } from './reference.mjs';

const proxyCore = 0;
const loadCore = 1;
const script = (name) => join(here, name);
const kilobyte = 1_024;
const shortMs = 2_000;

/** [name, the load's arguments after the port, the unit that is counted, whether its p99 says something] */
const scenarios = [
  ['1 KB, one at a time', ['unary', [1, shortMs, kilobyte]], 'request', true],
  ['1 KB, 32 in parallel', ['unary', [32, shortMs, kilobyte]], 'request'],
  ['1 KB, 100 in parallel', ['unary', [100, shortMs, kilobyte]], 'request'],
  ['200 KB, one at a time', ['unary', [1, shortMs, 200 * kilobyte]], 'request'],
  ['200 KB, 8 in parallel', ['unary', [8, shortMs, 200 * kilobyte]], 'request'],
  ['1 MB, 4 in parallel', ['unary', [4, shortMs, 1_000 * kilobyte]], 'request'],
  ['200 streams, 20 ms a chunk', ['streams', [200, 150, 20]], 'chunk', true],
  ['1,000 streams, 100 ms a chunk', ['streams', [1_000, 50, 100]], 'chunk', true],
];
// Warmed up as after hours: all hot code is compiled.
const warmUp = ['unary', [100, 6_000, kilobyte]];

const { values, positionals } = parseArgs({ options: { against: { type: 'string' } }, allowPositionals: true });
const rounds = Number(positionals[0] ?? 3);
const before = values.against && programOf(resolve(values.against));
const upstream = await startProcess([script('upstream.mjs'), '0'], { core: loadCore });
const origin = `http://127.0.0.1:${upstream.port}`;
const floor = await (before
  ? startGateway({ upstream: origin, core: proxyCore, main: before })
  : startReference(origin, proxyCore));
const gateway = await startGateway({ upstream: origin, core: proxyCore });
try {
  await measureCpu(before ? 'before' : floor.name);
  measureStarts();
} finally {
  await Promise.all([gateway.end(), floor.end(), upstream.end()]);
}

function load([mode, numbers], port) {
  const args = [script('load.mjs'), mode, String(port), ...numbers.map(String)];
  return runProcess(args, { core: loadCore });
}

async function measureCpu(name) {
  for (const proxy of [floor, gateway]) await load(warmUp, proxy.port);
  print(['CPU of the proxy', name, 'gateway', 'ratio']);
  for (const [what, asked, unit, hasP99] of scenarios) {
    const pairs = [];
    for (let round = 0; round < rounds; round++) pairs.push([await cost(asked, floor), await cost(asked, gateway)]);
    const micros = (value) => `${value.toFixed(1)} µs/${unit}`;
    row(what, pairs, 'cpu', micros);
    if (hasP99) row(`  p99 of a ${unit}`, pairs, 'p99Ms', (value) => `${value.toFixed(2)} ms`);
  }
}

/** The least of both: a busy machine only ever adds. */
function row(name, pairs, what, text) {
  const [theirs, ours] = [0, 1].map((which) => Math.min(...pairs.map((pair) => pair[which][what])));
  print([name, text(theirs), text(ours), ratio(ours, theirs)]);
}

async function cost(asked, { pid, port }) {
  const began = cpuMicros(pid);
  const { units, p99Ms } = await load(asked, port);
  return { cpu: (cpuMicros(pid) - began) / units, p99Ms };
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
