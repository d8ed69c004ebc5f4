/**
 * Whether a request has become dear: the gateway's CPU against that of a bare relay of bytes, in short rounds that take turns. The least of
 * each counts, because a busy machine only ever adds. The limits are generous: they are there for what makes a request half as dear again.
 *
 *   node scripts/bench/gate.mjs      after `npm run build`; 15 seconds; ends with 1 when a limit does not hold. Elsewhere than on Linux the
 *                                    CPU of a process cannot be read, and nothing is measured.
 */
import { join } from 'node:path';
import { cpuMicros, here, runProcess, startGateway, startProcess } from './processes.mjs';
import { startRelay } from './reference.mjs';

const [proxyCore, loadCore] = [0, 1];
const rounds = 4;
const roundMs = 350;
const warmMs = 2_000;
const script = (name) => join(here, name);

/** [name, the load's arguments after the port, the most times as much CPU as the relay] */
const scenarios = [
  ['1 KB, 32 in parallel', ['unary', 32, roundMs, 1_024], 10],
  ['200 KB, 8 in parallel', ['unary', 8, roundMs, 204_800], 8],
];

if (process.platform !== 'linux') {
  process.stdout.write('nothing was measured: this is not Linux\n');
  process.exit(0);
}
const upstream = await startProcess([script('upstream.mjs'), '0'], { core: loadCore });
const origin = `http://127.0.0.1:${upstream.port}`;
const relay = await startRelay(origin, proxyCore);
const gateway = await startGateway({ upstream: origin, core: proxyCore });
let holds = true;
try {
  for (const proxy of [relay, gateway]) await load(['unary', 32, warmMs, 1_024], proxy);
  for (const [name, what, limit] of scenarios) {
    const least = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let round = 0; round < rounds; round++)
      for (const [which, proxy] of [relay, gateway].entries())
        least[which] = Math.min(least[which], await cpuPerRequest(what, proxy));
    const ratio = least[1] / least[0];
    holds &&= ratio <= limit;
    const micros = least.map((value) => `${value.toFixed(0)} µs`).join(' and ');
    process.stdout.write(`${name}: relay and gateway take ${micros}, ${ratio.toFixed(2)} × (at most ${limit} ×)\n`);
  }
} finally {
  await Promise.all([gateway.end(), relay.end(), upstream.end()]);
}
process.exit(holds ? 0 : 1);

function load([mode, ...numbers], { port }) {
  return runProcess([script('load.mjs'), mode, String(port), ...numbers.map(String)], { core: loadCore });
}

async function cpuPerRequest(what, proxy) {
  const before = cpuMicros(proxy.pid);
  const { units } = await load(what, proxy);
  return (cpuMicros(proxy.pid) - before) / units;
}
