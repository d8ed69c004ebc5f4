/**
 * Kills the built gateway with SIGKILL, again and again, at moments that a seed chooses, while it is busy: and checks after each kill
 * whether anything that was acknowledged is lost, whether the log has a gap, whether a replay gives the live state, and how long the next
 * start takes. Loopback only, in a home of its own. Ends with 1 when a promise is broken.
 *
 * node scripts/kill9.mjs [--runs 50] [--seed 1]     after `npm run build`
 */
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { builtCode, line, program, tellEnd } from './kill9/built.mjs';
import { diceOf, freePort } from './kill9/chance.mjs';
import { Ledger } from './kill9/ledger.mjs';
import { Life, profileValue } from './kill9/life.mjs';
import { replay } from './kill9/replay.mjs';

const startMsMax = 1_000;
const busyMs = [50, 1_500];
/** During its start, and during its stop: the moments when a gateway is between states. */
const startingMs = [0, 350];
const stoppingMs = [0, 40];

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '50' }, seed: { type: 'string', default: '1' } },
});
const [runs, seed] = [Number(values.runs), Number(values.seed)];
const widths = [5, 10, 10, 10, 14, 9, 10, 8];
await main();

async function main() {
  const code = await builtCode([
    'src/commands/history/operation.ts',
    'src/config/settings/settings.ts',
    'src/simulated-endpoint/simulated-endpoint.ts',
  ]);
  const dice = diceOf(seed);
  // Short, because a Unix socket's path must fit into 103 bytes.
  const folder = mkdtempSync(join(tmpdir(), 'qk-'));
  const home = join(folder, 'q');
  const endpoints = [
    await code.startSimulatedEndpoint({ name: 'first' }),
    await code.startSimulatedEndpoint({ name: 'second' }),
  ];
  const env = { PATH: process.env.PATH, HOME: folder, QCC_HOME: home, QCC_KEYCHAIN: 'off' };
  const it = {
    program,
    env,
    home,
    port: await freePort(),
    endpoints,
    ledger: new Ledger(),
    dice,
    connect: code.connect,
  };
  const total = {
    kills: 0,
    answered: 0,
    facts: 0,
    looks: 0,
    gaps: 0,
    drift: 0,
    lost: 0,
    starts: [],
    startCpu: [],
    faults: [],
  };
  try {
    await prepare(it);
    line(widths, ['run', 'killed in', 'after ms', 'answered', 'acknowledged', 'facts', 'start ms', 'faults']);
    let life = await born(it, total);
    while (total.kills < runs) life = await round(code, it, life, total, folder);
    await life.kill();
    total.faults.push(...life.wrong);
    tell(it, total);
  } finally {
    await Promise.all(endpoints.map((endpoint) => endpoint.close()));
    if (total.faults.length === 0) rmSync(folder, { recursive: true, force: true });
    else process.stdout.write(`the home is kept: ${home}\n`);
  }
}

/** One kill, and the next start. */
async function round(code, it, life, total, folder) {
  const { dice, ledger } = it;
  const kind = kindOf(dice());
  const before = ledger.acknowledged;
  const afterMs = await killIn(kind, it, life, total);
  const copy = join(folder, 'copy');
  cpSync(join(it.home, 'log'), copy, { recursive: true });
  const found = await replay(code, copy, life.seen);
  rmSync(copy, { recursive: true });
  const lost = ledger.settleSwitches(found.switches);
  const next = await born(it, total);
  lost.push(...ledger.settle(await actual(next)));
  const unserved = await serves(it, next);
  const faults = [...life.wrong, ...found.faults, ...lost, ...unserved];
  total.answered += life.answered;
  total.facts = found.facts;
  total.looks += found.looks;
  total.gaps += found.gaps;
  total.drift += found.drift;
  total.lost += found.lost + lost.length;
  total.faults.push(...faults);
  const acknowledged = ledger.acknowledged - before;
  line(widths, [
    total.kills,
    kind,
    Math.round(afterMs),
    life.answered,
    acknowledged,
    found.facts,
    total.starts.at(-1),
    faults.length,
  ]);
  for (const fault of faults) process.stdout.write(`       ${fault}\n`);
  return next;
}

function kindOf(dice) {
  if (dice < 0.15) return 'start';
  return dice < 0.3 ? 'stop' : 'traffic';
}

/** Resolves with the time that the killed process had. */
async function killIn(kind, it, life, total) {
  const { dice } = it;
  const between = ([from, to]) => from + dice() * (to - from);
  if (kind === 'start') {
    // The running gateway is killed first; the one that is killed in its start finds what it left.
    await life.kill();
    const starting = new Life(it);
    starting.spawn();
    const afterMs = between(startingMs);
    await sleep(afterMs);
    if (await starting.kill()) total.kills += 2;
    return afterMs;
  }
  life.keepBusy();
  const afterMs = between(busyMs);
  await sleep(afterMs);
  if (kind === 'stop') {
    life.leave();
    await sleep(between(stoppingMs));
  }
  if (await life.kill()) total.kills++;
  return afterMs;
}

async function born(it, total) {
  const life = new Life(it);
  life.spawn();
  const { ms, cpuMs } = await life.answers();
  total.starts.push(Math.round(ms));
  total.startCpu.push(Math.round(cpuMs));
  // CPU time: waiting on a busy machine is no fault of the gateway.
  if (cpuMs >= startMsMax) life.wrong.push(`the start took ${Math.round(cpuMs)} ms of a processor`);
  return life;
}

/** The new life's state, under the names of the ledger. */
async function actual(life) {
  const { settings } = await life.call('config.list', {});
  const { profiles } = await life.call('profile.list', {});
  const rows = new Map(profiles.map((row) => [row.name, profileValue(row)]));
  return (name) => {
    const [kind, key] = name.split(' ');
    if (kind === 'profile') return rows.get(key) ?? null;
    return settings[key].origin === 'set' ? String(settings[key].value) : null;
  };
}

/** A profile that was made before must still have its key: the endpoint checks it. */
async function serves({ endpoints, ledger }, life) {
  for (const endpoint of endpoints) await endpoint.play({ kind: 'none' });
  const entry = ledger.standing('profile extra-').at(-1);
  if (!entry) return [];
  const name = entry[0].slice('profile '.length);
  const { status, text } = await life.turn(name);
  return status === 200 ? [] : [`profile ${name} does not serve: ${status} ${text.slice(0, 200)}`];
}

/** Two profiles on the ladder, and waits that are short enough for many switches in a second. */
async function prepare({ home, endpoints, connect }) {
  const { call, close } = await connect({ home });
  for (const [key, value] of [
    ['health.backoff_base', '0.05'],
    ['health.backoff_max', '0.2'],
    ['health.ramp', '0.1'],
    ['failover.failure_threshold', '1'],
    ['failover.recovery_checks', '1'],
    ['failover.cooldown', '0'],
    ['failover.recovery_delay', '0'],
    ['failover.max_per_hour', '10000'],
  ]) {
    await call('config.set', { key, value });
  }
  for (const [index, { name, url, auth, key }] of endpoints.entries()) {
    const tier = index === 0 ? 'primary' : 'secondary';
    await call('profile.add', { name, tier, endpoint: { baseUrl: url, auth, key } });
  }
  await close();
}

function tell({ ledger, home }, { kills, answered, facts, looks, gaps, drift, lost, starts, startCpu, faults }) {
  const [wall, cpu] = [starts, startCpu].map((all) => all.toSorted((a, b) => a - b));
  const p50 = (sorted) => sorted[Math.floor(sorted.length / 2)];
  if (p50(wall) >= startMsMax) faults.push(`half of the starts took more than ${p50(wall)} ms`);
  const left = readdirSync(home).filter((name) => name.endsWith('.tmp'));
  const rows = {
    kills,
    'requests answered': answered,
    facts,
    acknowledged: ledger.acknowledged,
    lost,
    gaps,
    drift,
    'machines compared': looks,
    'start p50, max': `${p50(wall)}, ${wall.at(-1)} ms`,
    'of a processor': `${p50(cpu)}, ${cpu.at(-1)} ms`,
    'files left beside': left.length,
  };
  tellEnd(seed, rows, faults);
}
