/**
 * What a fleet's server can do to requests: the same load on a gateway without a fleet and on a member of one, in turns, while the server
 * is there, killed, frozen, or full. An endpoint that refuses gives the member something to tell. Ends with 1 when a request failed, or when
 * a p99 is more than a tenth above that without a fleet.
 *
 *   node scripts/bench/fleet-traffic.mjs [--seconds 60] [--only there,killed,frozen,full]     after `npm run build`; a quiet machine
 */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { here, runProcess, start, startGateway, startProcess, temporaryFolder } from './processes.mjs';

const [gatewayCore, loadCore] = [0, 1];
const perSecond = 200;
const kilobyte = 1_024;
const turns = 4;
const most = 1.1;
// The store is full after a dozen messages of this size.
const [storeBytes, messageBytes] = [200_000, 16_000];

const { values } = parseArgs({ options: { seconds: { type: 'string' }, only: { type: 'string' } } });
const seconds = Number(values.seconds ?? 60);
const cases = {
  there: () => {},
  killed: (server) => server.process.kill('SIGKILL'),
  frozen: (server) => server.process.kill('SIGSTOP'),
  full: fill,
};
const chosen = values.only?.split(',') ?? Object.keys(cases);

const script = (name) => join(here, name);
const upstream = await startProcess([script('upstream.mjs'), '0'], { core: loadCore });
const refuses = await startProcess([script('upstream.mjs'), '0', '429'], { core: loadCore });
const origin = ({ port }) => `http://127.0.0.1:${port}`;
try {
  for (const name of chosen) await measure(name, cases[name]);
} finally {
  await Promise.all([upstream.end(), refuses.end()]);
}

async function measure(name, befall) {
  const server = await startServer();
  const prepare = (qcc) => {
    const target = ['--base-url', origin(refuses), '--auth', 'x-api-key', '--api-key-stdin', '--name', 'refuses'];
    qcc(['endpoint', 'add', 'bench', ...target], 'sk-refused-0123456789');
  };
  const member = (qcc) => {
    prepare(qcc);
    qcc(['config', 'set', 'fleet.name', 'bench']);
    qcc(['config', 'set', 'fleet.url', server.url]);
  };
  const secrets = { QCC_FLEET_SECRET: 'a secret of the bench alone' };
  const alone = await startGateway({ upstream: origin(upstream), core: gatewayCore, prepare });
  const within = await startGateway({ upstream: origin(upstream), core: gatewayCore, prepare: member, secrets });
  const times = new Map([alone, within].map((gateway) => [gateway, []]));
  try {
    for (const { port } of [alone, within]) await load(port, 3);
    await befall(server);
    for (let turn = 0; turn < turns; turn++)
      for (const [gateway, all] of times) all.push(...(await load(gateway.port, seconds / turns)));
  } finally {
    await Promise.all([alone.end(), within.end()]);
    server.process.kill('SIGKILL');
  }
  report(name, p99Of(times.get(alone)), p99Of(times.get(within)), times.get(within).length);
}

/** Each answer is a good one, or the load ends with an error. */
async function load(port, forSeconds) {
  const args = ['steady', port, perSecond, forSeconds * 1_000, kilobyte, '/v1/messages', 200];
  const { times } = await runProcess([script('load.mjs'), ...args.map(String)], { core: loadCore });
  return times;
}

function p99Of(times) {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)];
}

function report(name, without, withFleet, requests) {
  const ratio = withFleet / without;
  const cells = [`${without.toFixed(2)} ms`, `${withFleet.toFixed(2)} ms`, `${ratio.toFixed(2)} ×`];
  const isKept = ratio <= most;
  process.stdout.write(
    `server ${name}`.padEnd(16) +
      `${requests} requests, all answered; p99 without and with: ${cells.join(', ')}${isKept ? '' : `, NOT within ${most}`}\n`,
  );
  if (!isKept) process.exitCode = 1;
}

async function startServer() {
  const folder = temporaryFolder();
  const port = await freePort();
  const file = join(folder, 'nats.conf');
  const limits = `max_file_store: ${storeBytes}, max_memory_store: ${storeBytes}`;
  writeFileSync(
    file,
    `listen: 127.0.0.1:${port}\njetstream { store_dir: "${join(folder, 'nats')}", ${limits} }\nmax_payload: 1MB\n`,
  );
  const server = start('nats-server', ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  // It is read to its end: a server whose stderr is closed dies of it.
  await new Promise((resolve, reject) => {
    server.stderr.on('data', (text) => String(text).includes('Server is ready') && resolve());
    server.once('exit', () => reject(new Error('nats-server did not start')));
  });
  const url = `nats://127.0.0.1:${port}`;
  await makeStream(url);
  return { url, process: server };
}

/** As an administrator does: the gateway's own would need more room than this server has, and it would never have joined. */
async function makeStream(url) {
  const connection = await connect({ servers: url });
  const { streams } = await jetstreamManager(connection);
  await streams.add({ name: 'QCC_FLEET', subjects: ['qcc.fleet.>'] });
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
