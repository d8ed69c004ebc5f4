/**
 * Runs the real Claude Code through the built gateway, while simulated endpoints fail. Every row must end with the right answer and exit
 * code 0. Loopback only, a dummy token, telemetry off; the client itself comes from npm, once, into a folder outside the checkout.
 *
 * node scripts/e2e-claude.mjs [ROW…]     after `npm run build`; without a ROW, all
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startVendors, stopVendors } from './e2e/vendors.mjs';

const version = '2.1.330';
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const program = join(root, 'dist/src/cli/main.js');
const cache = join(tmpdir(), 'qcc-e2e-claude');
const client = join(cache, 'node_modules/.bin/claude');
const installMs = 300_000;
const commandMs = 30_000;
// The client waits up to 18 s between two attempts, after outages of up to 90 s.
const turnMs = 280_000;

const well = { kind: 'none' };
const status = (code) => ({ kind: 'status', status: code });
const plain = { prompt: 'say hello', answer: 'QCC-OK' };
const tool = { prompt: 'use a tool', answer: 'TOOL-OK' };
const outage = (ms) => ({
  timeline: [
    { atMs: 0, fault: { kind: 'refuse' } },
    { atMs: ms, fault: well },
  ],
});
/** No endpoint answers for this long. `killedAtMs`: the gateway is killed in the middle of it and started again. */
const allOut = (ms, killedAtMs) => ({ ...plain, first: outage(ms), second: outage(ms), killedAtMs });

/** The faults of the two endpoints in each row; the gateway prefers the first. */
const rows = {
  'plain turn': { ...plain, used: 'first' },
  'tool turn': { ...tool, used: 'first' },
  'first endpoint 529': { ...plain, first: { perRequest: [status(529)] }, used: 'second' },
  'first endpoint 401': { ...plain, first: { perRequest: [status(401)] }, used: 'second' },
  'stream cut after content': {
    ...plain,
    first: { perRequest: [{ kind: 'breaks', when: 'afterContent', how: 'cut' }] },
    used: 'second',
  },
  'tool turn, first endpoint 529': { ...tool, first: { perRequest: [status(529)] }, used: 'second' },
  'all out for 20 s, then back': allOut(20_000),
  'all out for 90 s, then back': allOut(90_000),
  'all out for 90 s, killed at 30 s': allOut(90_000, 30_000),
  'a tool loop crosses three vendors': { ...tool, vendors: 'auto' },
  'three vendors, --adapt off': { ...tool, vendors: 'off', refusal: 'must be passed back to the API' },
};

await main(process.argv.slice(2));

async function main(wanted) {
  if (!existsSync(program)) throw new Error('dist/ is missing - run: npm run build');
  await installClient();
  const { startSimulatedEndpoint } = await import(join(root, 'dist/src/simulated-endpoint/simulated-endpoint.js'));
  const names = wanted.length > 0 ? wanted : Object.keys(rows);
  let failed = 0;
  line(['', 'row', 'exit', 'time', 'requests', 'what was wrong']);
  for (const name of names) {
    const row = rows[name];
    if (!row) throw new Error(`there is no row "${name}" - rows: ${Object.keys(rows).join(' | ')}`);
    const result = row.vendors ? await playVendors(row) : await play(row, startSimulatedEndpoint);
    if (result.wrong) failed++;
    const { exit, ms, requests, wrong } = result;
    line([wrong ? 'FAIL' : 'ok', name, exit, `${(ms / 1_000).toFixed(1)} s`, requests, wrong]);
  }
  process.stdout.write(`${names.length - failed} passed, ${failed} failed\n`);
  process.exitCode = failed > 0 ? 1 : 0;
}

function line([mark, name, exit, time, requests, wrong]) {
  const columns = [mark.padEnd(4), name.padEnd(34), String(exit).padEnd(4), time.padStart(7)];
  process.stdout.write(`${[...columns, requests.padEnd(8), wrong].join('  ').trimEnd()}\n`);
}

async function installClient() {
  mkdirSync(cache, { recursive: true });
  const { PATH } = process.env;
  const asks = () => run(client, ['--version'], { env: { PATH, HOME: cache }, timeoutMs: commandMs });
  if (existsSync(client) && (await asks()).stdout.startsWith(version)) return;
  const args = ['i', '--prefix', cache, '--no-audit', '--no-fund', '--no-save'];
  const { code, stderr } = await run('npm', [...args, `@anthropic-ai/claude-code@${version}`], {
    env: process.env,
    timeoutMs: installMs,
  });
  if (code !== 0) throw new Error(`npm could not install the client: ${stderr}`);
  const installed = await asks();
  if (!installed.stdout.startsWith(version)) {
    throw new Error(`the client does not run: ${installed.stdout}${installed.stderr}`);
  }
}

/** The same with vendors that refuse one another's conversations. */
async function playVendors({ prompt, vendors: adapt, refusal, answer }) {
  const folder = mkdtempSync(join(tmpdir(), 'qe-'));
  const vendors = await startVendors();
  const qcc = qccAt(folder);
  try {
    for (const [i, { name, url, key, model }] of vendors.entries()) {
      const target = ['--base-url', url, '--auth', 'x-api-key', '--api-key-stdin', '--name', name];
      await qcc(['add', name, '--tier', ['primary', 'secondary', 'fallback'][i], '--no-input']);
      await qcc(['endpoint', 'add', name, ...target, '--model', `*=${model}`, '--adapt', adapt, '--no-test'], key);
    }
    await qcc(['proxy', 'start', '--port', '0']);
    const { env: pointed } = await qcc(['env']);
    const began = Date.now();
    const turn = await takeTurn(folder, pointed, prompt);
    const told = vendors.map(({ told: refusals }) => refusals.length);
    const said = `${turn.stdout}${turn.stderr}`;
    const isMet = vendors.every(({ name, answered }) => answered === { first: 2, second: 0, last: 1 }[name]);
    const ended = turn.code === 0 && turn.stdout.includes(answer) && isMet;
    const isRefused = refusal && turn.code !== 0 && said.includes(refusal);
    const isRight = refusal ? isRefused : ended && told.join() === '1,1,1';
    const counts = vendors.map(({ answered }, i) => `${answered}/${told[i]}`).join('+');
    const wrong = isRight ? '' : `exit ${turn.code}, answers/refusals ${counts}: ${said.trim().slice(0, 200)}`;
    return { exit: turn.code ?? turn.signal, ms: Date.now() - began, requests: counts, wrong };
  } finally {
    await qcc(['proxy', 'stop', '--timeout', '1']).catch(() => undefined);
    stopVendors(vendors);
    rmSync(folder, { recursive: true, force: true });
  }
}

function qccAt(folder) {
  const env = { PATH: process.env.PATH, HOME: folder, QCC_HOME: join(folder, 'q'), QCC_KEYCHAIN: 'off' };
  return async (args, input) => {
    const done = await run(process.execPath, [program, ...args, '--json'], { env, input, timeoutMs: commandMs });
    if (done.code !== 0) throw new Error(`qcc ${args.join(' ')}: ${done.stderr}`);
    return JSON.parse(done.stdout);
  };
}

/** One row: a home, a gateway, two endpoints and a client of its own. */
async function play(row, startSimulatedEndpoint) {
  // Short, because a Unix socket's path must fit into 103 bytes.
  const folder = mkdtempSync(join(tmpdir(), 'qe-'));
  const endpoints = [];
  const qcc = qccAt(folder);
  try {
    for (const [name, tier] of [
      ['first', 'primary'],
      ['second', 'secondary'],
    ]) {
      const endpoint = await startSimulatedEndpoint({ name });
      endpoints.push(endpoint);
      const target = ['--base-url', endpoint.url, '--auth', endpoint.auth, '--api-key-stdin'];
      await qcc(['add', name, '--tier', tier, ...target], endpoint.key);
    }
    const gateway = await qcc(['proxy', 'start', '--port', '0']);
    const { env: pointed } = await qcc(['env']);
    for (const endpoint of endpoints) endpoint.script(row[endpoint.name] ?? {});
    const began = Date.now();
    const turning = takeTurn(folder, pointed, row.prompt);
    if (row.killedAtMs) {
      await sleep(row.killedAtMs);
      process.kill(gateway.pid, 'SIGKILL');
      await qcc(['proxy', 'start', '--port', String(gateway.port)]);
    }
    const turn = await turning;
    const counts = endpoints.map(({ requests }) => requests.length);
    const wrong = whatIsWrong(row, turn, endpoints);
    return { exit: turn.code ?? turn.signal, ms: Date.now() - began, requests: counts.join('+'), wrong };
  } finally {
    await qcc(['proxy', 'stop', '--timeout', '1']).catch(() => undefined);
    await Promise.all(endpoints.map((endpoint) => endpoint.close()));
    rmSync(folder, { recursive: true, force: true });
  }
}

function takeTurn(home, pointed, prompt) {
  const quiet = {
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
    DISABLE_TELEMETRY: '1',
    DISABLE_ERROR_REPORTING: '1',
  };
  const env = { PATH: process.env.PATH, HOME: home, ...quiet, ...pointed };
  const args = ['-p', '--allowedTools', 'Bash', '--', prompt];
  return run(client, args, { env, cwd: home, timeoutMs: turnMs });
}

function whatIsWrong({ answer, used }, { code, stdout, stderr }, endpoints) {
  if (code !== 0) return `exit ${code}: ${(stderr || stdout).trim().slice(0, 200)}`;
  if (!stdout.includes(answer)) return `no ${answer} in: ${stdout.trim().slice(0, 200)}`;
  const last = endpoints.flatMap(({ requests, name }) => requests.map(({ at }) => ({ at, name })));
  const { name } = last.reduce((a, b) => (a.at > b.at ? a : b));
  return used && used !== name ? `answered by ${name}, not by ${used}` : '';
}

/** Runs a program to its end; kills it when it takes too long, and reports the signal. */
function run(file, args, { env, cwd, input = '', timeoutMs }) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env, cwd, timeout: timeoutMs, killSignal: 'SIGKILL' });
    const out = [];
    const err = [];
    child.stdout.on('data', (chunk) => out.push(chunk));
    child.stderr.on('data', (chunk) => err.push(chunk));
    child.on('error', reject);
    child.on('close', (code, signal) =>
      resolve({ code, signal, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }),
    );
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
