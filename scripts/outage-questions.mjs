/**
 * The questions after an outage, each asked with one command in a real terminal of 80x24: whether the answer stands on the first screen, how
 * long a person waits for it beside a bare node, and how many lines there are. The outage is played first, on simulated endpoints, in a few
 * seconds. Loopback only, a home of its own. Ends with 1 when an answer is missing, with 2 when this machine has no tmux.
 *
 * node scripts/outage-questions.mjs [--show]     after `npm run build`; --show prints each first screen
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ask } from './first-hour/client.mjs';
import { hasTmux, openTerminal } from './first-hour/terminal.mjs';
import { freePort } from './kill9/chance.mjs';

const program = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist/src/cli/main.js');
const [columns, rows] = [80, 24];
// Of a screen, the line with the command and the prompt after it are no answer.
const pageRows = rows - 2;
const timings = 5;
const pollMs = 50;
const patienceMs = 20_000;
const { values } = parseArgs({ options: { show: { type: 'boolean', default: false } } });

/** Each with what its answer says, whatever the ports are. */
const questions = [
  ['what went wrong', 'incidents', [/office\/office: failed: cannot be reached/, /requests? failed/, /not over/]],
  ['why there', 'history explain', [/the request failed.*relay\/relay.*spare\/spare/s]],
  ['when back', 'health status', [/office +office .*failed/, /recovering in \d+ (s|min)/, /cannot be reached/]],
  ['where now', 'route', [/the next request goes to relay\/relay/, /until \d+:\d+:\d+/]],
  ['what if', 'history what-if --set failover.failure_threshold=50', [/requests that failed +\d+ +\d+/]],
  ['what did I change', 'config audit', [/failover\.cooldown +config\.set +300 → 0/]],
];

await main();

async function main() {
  if (!(await hasTmux())) {
    process.stderr.write('this run needs tmux, and this machine has none - install tmux, then run it again\n');
    process.exitCode = 2;
    return;
  }
  if (!existsSync(program)) throw new Error('dist/ is missing - run: npm run build');
  const { startSimulatedEndpoint } = await import(
    join(dirname(dirname(program)), 'simulated-endpoint/simulated-endpoint.js')
  );
  // Short, because a Unix socket's path must fit into 103 bytes.
  const folder = mkdtempSync('/tmp/qo-');
  const env = environment(folder);
  const endpoints = [];
  try {
    const gateway = await install(env, endpoints, startSimulatedEndpoint);
    await outage(env, gateway, endpoints);
    process.exitCode = (await askAll(env, folder)) === 0 ? 0 : 1;
  } finally {
    await qcc(env, 'proxy', 'stop', '--timeout', '0');
    await Promise.all(endpoints.map((endpoint) => endpoint.close()));
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The pager shows a first page as `less` does, without waiting for a key, and counts the lines. */
function environment(folder) {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'qcc'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, { mode: 0o755 });
  const page = `awk 'NR <= ${pageRows} { print } END { print NR > "${join(folder, 'lines')}" }'`;
  writeFileSync(join(bin, 'first-page'), `#!/bin/sh\nexec ${page}\n`, { mode: 0o755 });
  return {
    PATH: `${bin}:${process.env.PATH}`,
    HOME: folder,
    QCC_HOME: join(folder, 'q'),
    QCC_KEYCHAIN: 'off',
    QCC_LANG: 'en',
    LC_ALL: 'C.UTF-8',
    PAGER: 'first-page',
    HISTFILE: '/dev/null',
  };
}

/** Three profiles on the ladder, and settings under which minutes are seconds. @returns where the gateway answers */
async function install(env, endpoints, startSimulatedEndpoint) {
  for (const [name, tier, failures] of [
    ['office', 'primary', '1'],
    ['relay', 'secondary', '9'],
    ['spare', 'fallback', '9'],
  ]) {
    const endpoint = await startSimulatedEndpoint({ name, auth: 'bearer' });
    endpoints.push(endpoint);
    const target = [
      '--base-url',
      endpoint.url,
      '--auth',
      'bearer',
      '--api-key',
      endpoint.key,
      '--name',
      name,
      '--max-failures',
      failures,
    ];
    await done(env, 'add', name, '--tier', tier);
    await done(env, 'endpoint', 'add', name, ...target, '--no-test');
  }
  // The queue would keep what fails, and probes come by the clock.
  for (const [key, value] of [
    ['health.mode', 'off'],
    ['queue.enabled', 'false'],
    ['failover.failure_threshold', '1'],
    ['failover.cooldown', '0'],
    // Whoever cannot be reached stays out while the questions are asked.
    ['health.backoff_base', '240'],
    ['health.ramp', '1'],
  ])
    await done(env, 'config', 'set', key, value);
  const port = await freePort();
  await done(env, 'proxy', 'start', '--port', String(port));
  return `http://127.0.0.1:${port}`;
}

/** Some answers, then no endpoint at all for a moment; the second one comes back, the first one does not. */
async function outage(env, gateway, [office, relay, spare]) {
  for (let n = 0; n < 5; n++) await ask(gateway);
  await office.play({ kind: 'refuse' });
  await until('office is out', async () => {
    await ask(gateway);
    return (await health(env)).find(({ profile }) => profile === 'office').state === 'failed';
  });
  const overloaded = { kind: 'status', status: 529, type: 'overloaded_error', headers: { 'retry-after': '1' } };
  for (const endpoint of [relay, spare]) await endpoint.play(overloaded);
  for (let n = 0; n < 20; n++) await ask(gateway);
  for (const endpoint of [relay, spare]) await endpoint.play({ kind: 'none' });
  await until('relay answers again', async () => {
    const served = (await ask(gateway)) === 200;
    return served && JSON.parse((await done(env, 'proxy', 'status', '--json')).out).active === 'relay';
  });
}

async function askAll(env, folder) {
  const bare = await median(() => time(process.execPath, ['-e', '0'], env));
  process.stdout.write(`node -e 0: ${bare} ms\n`);
  const terminal = await openTerminal({ name: `qcc-outage-${process.pid}`, columns, rows, env, cwd: folder });
  let missing = 0;
  try {
    for (const [question, command, answers] of questions) {
      const ms = await median(() => time(process.execPath, [program, ...command.split(' ')], env));
      const { screen, lines } = await firstScreen(terminal, folder, command);
      const lacks = answers.filter((answer) => !answer.test(screen));
      missing += lacks.length;
      const verdict = lacks.length === 0 ? 'on the first screen' : `NOT THERE: ${lacks.join(' ')}`;
      const cells = [`${question}:`.padEnd(20), `qcc ${command}`.padEnd(60), `${ms} ms`.padStart(7)];
      process.stdout.write(`${cells.join(' ')}  ${String(lines).padStart(3)} lines  ${verdict}\n`);
      if (values.show || lacks.length > 0) process.stdout.write(`${screen.replace(/^/gm, '    | ')}\n`);
    }
  } finally {
    await terminal.close();
  }
  return missing;
}

/** What stands on the terminal when the command has ended: of a longer answer without a pager that is its end. */
async function firstScreen(terminal, folder, command) {
  const counted = join(folder, 'lines');
  rmSync(counted, { force: true });
  await terminal.clear();
  await terminal.type(`qcc ${command}`);
  await terminal.keys('Enter');
  await terminal.ended();
  const all = await terminal.read();
  const screen = all.slice(-rows);
  return { screen: screen.join('\n'), lines: existsSync(counted) ? Number(readFileSync(counted)) : all.length - 2 };
}

async function median(measure) {
  const all = [];
  for (let n = 0; n < timings; n++) all.push(await measure());
  return all.sort((a, b) => a - b)[timings >> 1];
}

function time(file, args, env) {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(file, args, { env, stdio: 'ignore' });
    child.once('error', reject);
    child.once('close', () => resolve(Math.round(performance.now() - began)));
  });
}

async function until(what, holds) {
  for (const begun = Date.now(); !(await holds()); await sleep(pollMs))
    if (Date.now() - begun > patienceMs) throw new Error(`it did not come within ${patienceMs} ms: ${what}`);
}

async function health(env) {
  return JSON.parse((await done(env, 'health', 'status', '--json')).out).endpoints;
}

async function done(env, ...args) {
  const ran = await qcc(env, ...args);
  if (ran.code !== 0) throw new Error(`qcc ${args.slice(0, 2).join(' ')}: ${ran.err}`);
  return ran;
}

function qcc(env, ...args) {
  const child = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (piece) => (out += piece));
  child.stderr.on('data', (piece) => (err += piece));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })));
}
