/**
 * A fleet on this machine: one nats-server, three gateways, and one key that all of them use. It is used up at the first gateway; the other
 * two go elsewhere before they are refused, and say why. Then the server is killed, and no request notices. Loopback only, homes of their
 * own. Ends with 1 when something is not so, with 2 when this machine has no nats-server.
 *
 * node scripts/fleet-demo.mjs     after `npm run build`
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ask } from './first-hour/client.mjs';
import { freePort } from './kill9/chance.mjs';

const program = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist/src/cli/main.js');
const names = ['laptop', 'desktop', 'server'];
const pollMs = 50;
const patienceMs = 20_000;
// A 429 without a date ends sooner than this run.
const usedUp = { kind: 'status', status: 429, type: 'rate_limit_error', headers: { 'retry-after': '120' } };
const indented = (text) => text.trimEnd().replaceAll(/^/gm, '    ');
const json = async (env, ...args) => JSON.parse((await done(env, ...args, '--json')).out);
const say = (text) => process.stdout.write(`${text}\n`);

if (spawnSync('nats-server', ['--version']).status === 0) await main();
else {
  process.stderr.write(
    'this run needs nats-server, and this machine has none - install nats-server, then run it again\n',
  );
  process.exitCode = 2;
}

async function main() {
  if (!existsSync(program)) throw new Error('dist/ is missing - run: npm run build');
  const { startSimulatedEndpoint } = await import(
    join(dirname(dirname(program)), 'simulated-endpoint/simulated-endpoint.js')
  );
  // Short, because a Unix socket's path must fit into 103 bytes.
  const folder = mkdtempSync('/tmp/fd-');
  const server = await startServer(folder);
  const shared = await startSimulatedEndpoint({
    name: 'shared',
    auth: 'bearer',
    key: 'sk-ant-one-key-for-all-of-them',
  });
  const spare = await startSimulatedEndpoint({ name: 'spare', auth: 'bearer' });
  const gateways = names.map((name) => ({ name, env: environment(folder, name), url: '' }));
  try {
    for (const gateway of gateways) await install(gateway, server.url, shared, spare);
    await play(gateways, server, shared);
  } finally {
    for (const { env } of gateways) await qcc(env, 'proxy', 'stop', '--timeout', '0');
    server.process.kill('SIGKILL');
    await Promise.all([shared.close(), spare.close()]);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function play(gateways, server, shared) {
  const [first, ...others] = gateways;
  for (const { name, env } of gateways)
    await until(`${name} hears the other two`, async () => (await json(env, 'fleet', 'members')).members.length === 2);
  const statuses = await Promise.all(gateways.map(({ url }) => ask(url)));
  const isAll = statuses.every((status) => status === 200) && shared.requests.length === 3;
  holds(isAll, 'three gateways, one key: all three requests were answered with it');

  await shared.play(usedUp);
  const before = shared.requests.length;
  const askedAt = performance.now();
  holds((await ask(first.url)) === 200, `the key is used up: ${first.name} was refused, and answered from elsewhere`);
  holds(shared.requests.length === before + 1, 'that was the only request that was refused');
  for (const { name, env } of others)
    await until(`${name} has heard of it`, async () => (await json(env, 'fleet', 'beliefs')).beliefs.length === 1);
  say(`  the other two knew within ${Math.round(performance.now() - askedAt)} ms, starting two commands included`);
  for (const { url, name } of others) holds((await ask(url)) === 200, `${name} answered`);
  holds(shared.requests.length === before + 1, 'and neither of them had asked the used-up key');
  const [desktop] = others;
  say(indented((await qcc(desktop.env, 'fleet', 'beliefs')).out));
  const told = (await qcc(desktop.env, 'history', '--fleet')).out;
  holds(/gateway laptop met it at .*rate limited \(429\)/.test(told), `${desktop.name} says why`);
  say(indented(told));

  server.process.kill('SIGKILL');
  await once(server.process, 'exit');
  let answered = 0;
  for (let n = 0; n < 30; n++) if ((await ask(gateways[n % 3].url)) === 200) answered++;
  holds(answered === 30, `the server was killed: ${answered} of 30 requests were answered`);
  await qcc(desktop.env, 'fleet', 'beliefs', '--forget');
  holds(
    (await json(desktop.env, 'fleet', 'beliefs')).beliefs.length === 0,
    `${desktop.name} has forgotten it, by hand`,
  );
}

async function startServer(folder) {
  const port = await freePort();
  const file = join(folder, 'nats.conf');
  writeFileSync(file, `listen: 127.0.0.1:${port}\njetstream { store_dir: "${join(folder, 'nats')}" }\n`);
  const child = spawn('nats-server', ['-c', file], { stdio: 'ignore' });
  return { url: `nats://127.0.0.1:${port}`, process: child };
}

function environment(folder, name) {
  return {
    PATH: process.env.PATH,
    HOME: folder,
    QCC_HOME: join(folder, name),
    QCC_KEYCHAIN: 'off',
    QCC_LANG: 'en',
    QCC_FLEET_SECRET: 'a secret of these three alone',
  };
}

async function install(gateway, server, shared, spare) {
  const { name, env } = gateway;
  await done(env, 'add', 'main', '--tier', 'primary');
  for (const [endpoint, priority] of [
    [shared, '1'],
    [spare, '2'],
  ]) {
    const target = ['--base-url', endpoint.url, '--auth', 'bearer', '--api-key', endpoint.key];
    await done(env, 'endpoint', 'add', 'main', ...target, '--name', endpoint.name, '--priority', priority, '--no-test');
  }
  for (const [key, value] of [
    ['health.mode', 'off'],
    // The next request of a session would be kept where its cache is.
    ['loadbalancer.sticky_session', 'false'],
    ['fleet.name', name],
    ['fleet.url', server],
  ])
    await done(env, 'config', 'set', key, value);
  const port = await freePort();
  await done(env, 'proxy', 'start', '--port', String(port));
  gateway.url = `http://127.0.0.1:${port}`;
}

function holds(is, sentence) {
  say(`${is ? '✓' : '✗'} ${sentence}`);
  if (!is) process.exitCode = 1;
}

async function until(what, isSo) {
  const began = performance.now();
  while (!(await isSo())) {
    if (performance.now() - began > patienceMs) throw new Error(`it was waited for in vain: ${what}`);
    await sleep(pollMs);
  }
}

async function done(env, ...args) {
  const ran = await qcc(env, ...args);
  if (ran.code !== 0) throw new Error(`qcc ${args.join(' ')}: ${ran.err}`);
  return ran;
}

async function qcc(env, ...args) {
  const child = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.on('data', (text) => (said.out += text));
  child.stderr.on('data', (text) => (said.err += text));
  const [code] = await once(child, 'close');
  return { code, ...said };
}
