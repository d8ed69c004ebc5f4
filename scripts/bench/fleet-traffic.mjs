/**
 * What a fleet's server can do to requests: the same load on a gateway without a fleet and on a member of one, in turns, while the server
 * is there, killed, frozen, or full. An endpoint that refuses gives the member something to tell. Then (`behind`) a member that has a whole
 * log to look through after an outage, with and without that to do. Ends with 1 when a request failed, or when a p99 is more than a tenth
 * above that without.
 *
 *   node scripts/bench/fleet-traffic.mjs [--seconds 60] [--only there,killed,frozen,full,behind] [--home HOME]
 *
 * After `npm run build`, on a quiet machine. Seconds are those of each side. HOME has a long log, and is copied; without one a log of a
 * million facts is written first.
 */
import { once } from 'node:events';
import { cpSync, existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { LaggingMember, startServer } from './fleet-server.mjs';
import { writeLongLog } from './long-log.mjs';
import { here, runProcess, startGateway, startProcess, temporaryFolder } from './processes.mjs';

const [gatewayCore, loadCore] = [0, 1];
// A tenth of what the gateway can do: p99 is what else happens, and not a queue.
const perSecond = 300;
const kilobyte = 1_024;
// Each is without, with, with, without: what the machine does to both is taken off.
const rounds = 5;
const most = 1.1;
const least = { factsASecond: 20_000 };
// The store is full after a dozen messages of this size.
const [storeBytes, messageBytes] = [200_000, 16_000];

const options = { seconds: { type: 'string' }, only: { type: 'string' }, home: { type: 'string' } };
const { values } = parseArgs({ options });
const seconds = Number(values.seconds ?? 60);
const cases = {
  there: () => {},
  killed: (server) => server.process.kill('SIGKILL'),
  frozen: (server) => server.process.kill('SIGSTOP'),
  full: fill,
};
const chosen = values.only?.split(',') ?? [...Object.keys(cases), 'behind'];

const script = (name) => join(here, name);
const upstream = await startProcess([script('upstream.mjs'), '0'], { core: loadCore });
const refuses = await startProcess([script('upstream.mjs'), '0', '429'], { core: loadCore });
const origin = ({ port }) => `http://127.0.0.1:${port}`;
try {
  for (const name of chosen) await (name === 'behind' ? measureBehind() : measure(name, cases[name]));
} finally {
  await Promise.all([upstream.end(), refuses.end()]);
}

async function measure(name, befall) {
  // It is another machine's: it takes nothing of the gateway's core.
  const server = await startServer({ core: loadCore, port: await freePort() });
  if (name === 'full') await makeSmallStore(server);
  let ask;
  const prepare = (qcc) => {
    const target = ['--base-url', origin(refuses), '--auth', 'x-api-key', '--api-key-stdin', '--name', 'refuses'];
    qcc(['endpoint', 'add', 'bench', ...target], 'sk-refused-0123456789');
  };
  const member = (qcc) => {
    prepare(qcc);
    ask = qcc;
    qcc(['config', 'set', 'fleet.name', 'bench']);
    qcc(['config', 'set', 'fleet.url', server.url]);
  };
  const secrets = { QCC_FLEET_SECRET: 'a secret of the bench alone' };
  const alone = await startGateway({ upstream: origin(upstream), core: gatewayCore, prepare });
  const within = await startGateway({ upstream: origin(upstream), core: gatewayCore, prepare: member, secrets });
  const pairs = [];
  try {
    for (const { port } of [alone, within]) await load(port, 3);
    const { live } = JSON.parse(ask(['fleet', 'status', '--json']));
    if (live.state !== 'connected') throw new Error(`the member is not connected: ${live.error}`);
    await befall(server);
    for (let round = 0; round < rounds; round++) {
      const times = new Map([alone, within].map((gateway) => [gateway, []]));
      for (const gateway of [alone, within, within, alone])
        times.get(gateway).push(...(await load(gateway.port, seconds / rounds / 2)));
      pairs.push([times.get(alone), times.get(within)]);
    }
  } finally {
    await Promise.all([alone.end(), within.end()]);
    server.process.kill('SIGKILL');
  }
  report(`server ${name}`, pairs);
}

/** The same gateway, before and while it looks through its log. */
async function measureBehind() {
  const home = join(temporaryFolder(), 'q');
  if (values.home && existsSync(values.home)) cpSync(values.home, home, { recursive: true });
  else await writeLongLog(home, { facts: 1_000_000, upstream: origin(upstream) });
  const member = await LaggingMember.in(home, { name: 'bench', port: await freePort(), upstream: origin(upstream) });
  const gateway = await member.start({ core: gatewayCore });
  const [pairs, rates] = [[], []];
  try {
    await load(gateway.port, 3);
    for (let round = 0; round < rounds; round++) {
      const without = await load(gateway.port, seconds / rounds);
      const server = await member.serverThatKnowsLittle({ core: loadCore });
      const timed = await startProcess([script('load.mjs'), 'timed', gateway.port, perSecond, kilobyte].map(String), {
        core: loadCore,
      });
      const { facts, began, ended } = await member.caughtUp();
      const { samples, errors } = await timed.next('SIGTERM');
      server.process.kill('SIGKILL');
      if (errors.length > 0) throw new Error(errors[0]);
      rates.push((facts / (ended - began)) * 1_000);
      pairs.push([without, samples.filter(([at]) => at >= began && at <= ended).map(([, ms]) => ms)]);
      await sleep(1_000);
    }
  } finally {
    await gateway.end();
  }
  report('behind', pairs);
  const rate = Math.min(...rates);
  const isKept = rate >= least.factsASecond;
  process.stdout.write(`behind: ${Math.round(rate)} facts/s at least${isKept ? '' : ', NOT enough'}\n`);
  if (!isKept) process.exitCode = 1;
}

/** Each answer is a good one, or the load ends with an error. */
async function load(port, forSeconds) {
  const args = ['steady', port, perSecond, Math.round(forSeconds * 1_000), kilobyte, '/v1/messages', 200];
  const { times } = await runProcess([script('load.mjs'), ...args.map(String)], { core: loadCore });
  return times;
}

function p99Of(times) {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)];
}

/** Of all rounds together; and of each, to show by how much they differ. */
function report(what, pairs) {
  const [without, withIt] = [0, 1].map((side) => pairs.flatMap((pair) => pair[side]));
  const [one, other] = [p99Of(without), p99Of(withIt)];
  const ratios = pairs.map(([a, b]) => p99Of(b) / p99Of(a)).toSorted((a, b) => a - b);
  const ratio = ratios[Math.floor(ratios.length / 2)];
  const isKept = ratio <= most;
  process.stdout.write(
    `${what.padEnd(16)}${without.length} and ${withIt.length} requests, all answered; p99 without and with: ` +
      `${one.toFixed(2)} ms, ${other.toFixed(2)} ms; median of ${ratios.length} rounds ${ratio.toFixed(2)} × ` +
      `(${ratios.map((each) => each.toFixed(2)).join(' ')})${isKept ? '' : `, NOT within ${most}`}\n`,
  );
  if (!isKept) process.exitCode = 1;
}

/** As an administrator may make it: full, it takes nothing more, where otherwise the oldest would go. */
async function makeSmallStore({ url }) {
  const connection = await connect({ servers: url });
  const { streams } = await jetstreamManager(connection);
  await streams.add({ name: 'QCC_FLEET', subjects: ['qcc.fleet.>'], max_bytes: storeBytes, discard: 'new' });
  await connection.close();
}

/** On the subject of a member that is not there, until the server takes no more. */
async function fill({ url }) {
  const connection = await connect({ servers: url });
  const client = jetstream(connection);
  let isFull = false;
  while (!isFull)
    await client.publish('qcc.fleet.filler.fact', new Uint8Array(messageBytes)).catch(() => {
      isFull = true;
    });
  await connection.close();
}

async function freePort() {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address();
  taken.close();
  await once(taken, 'close');
  return port;
}
