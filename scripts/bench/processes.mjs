/**
 * Processes of a benchmark: started on a core of their own, measured by the system's own accounting, ended by pid. However the benchmark
 * ends, they end with it: a remaining one would hold its standard error open, and the reader of that would wait for ever.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const here = dirname(fileURLToPath(import.meta.url));
/** As `qcc proxy start` does it. */
export const gatewayFlags = ['--v8-pool-size=1'];
/** Of a built tree. */
export const programOf = (tree) => join(tree, 'dist/src/cli/main.js');
export const program = programOf(dirname(dirname(here)));

/** Of util-linux; where it is missing, nothing is pinned. */
const pinning = 'taskset';
const canPin = spawnSync(pinning, ['--version']).status === 0;
const nsAMicrosecond = 1_000;
const endMs = 5_000;
const signalBase = 128;

const running = new Set();
const folders = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
});
// These signals end a process without an `exit` event, unless it has a handler; a benchmark with a handler ends by itself.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.once(signal, () => {
    if (process.listenerCount(signal) === 0) process.exit(signalBase + constants.signals[signal]);
  });

/** Removed when the benchmark has ended. A short name, because a Unix socket's path must fit into 103 bytes. */
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'qb-'));
  folders.add(folder);
  return folder;
}

/** It is killed when the benchmark ends before it. */
export function start(file, args, options) {
  const child = spawn(file, args, options);
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** `core` null: not pinned. */
function pinned(core, file, args) {
  return canPin && core !== null ? [pinning, ['-c', String(core), file, ...args]] : [file, args];
}

function command(core, args) {
  return pinned(core, process.execPath, args);
}

/** The same for another program. */
export function startPinned(core, file, args, options) {
  return start(...pinned(core, file, args), options);
}

/** This process, and what it starts without a core of its own. */
export function pinSelf(core) {
  if (canPin) spawnSync(pinning, ['-a', '-c', '-p', String(core), String(process.pid)]);
}

/** Resolves with the first line that it prints, as JSON, a function that ends it, and `next` for a line that it prints on a signal. */
export function startProcess(args, { core = null, env = process.env } = {}) {
  const child = start(...command(core, args), { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const end = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), endMs);
    await ended;
    clearTimeout(timer);
  };
  const lines = createInterface({ input: child.stdout });
  // An ended process prints nothing more: waiting for its line would take for ever.
  const over = once(lines, 'close').then(() => Promise.reject(new Error(`${args[0]} has ended`)));
  over.catch(() => undefined);
  const line = () => Promise.race([once(lines, 'line').then(([text]) => JSON.parse(text)), over]);
  const next = (signal) => {
    child.kill(signal);
    return line();
  };
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${args[0]} ended with ${code}`)));
    line().then((said) => resolve({ ...said, end, next }), reject);
  });
}

/** Runs to the end; resolves with what it printed, as JSON. */
export function runProcess(args, { core = null } = {}) {
  const child = start(...command(core, args), { stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks = [];
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(Buffer.concat(chunks).toString()));
      else reject(new Error(`${args.join(' ')} ended with ${code}`));
    });
  });
}

/** All threads' time on a processor so far, in microseconds. */
export function cpuMicros(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  const ns = threads.map((id) => Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[0]));
  return ns.reduce((sum, one) => sum + one, 0) / nsAMicrosecond;
}

/** A gateway of a built program in a home of its own, with one endpoint and limits that no load here reaches; `node` are flags for Node. */
export async function startGateway({ upstream, port = 0, core = 0, node = [], main = program, prepare, secrets }) {
  const folder = temporaryFolder();
  const env = { PATH: process.env.PATH, HOME: folder, QCC_HOME: join(folder, 'q'), QCC_KEYCHAIN: 'off', ...secrets };
  const qcc = (args, input = '') => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { env, input });
    if (status !== 0) throw new Error(`qcc ${args.join(' ')}: ${stderr}`);
    return String(stdout);
  };
  const most = '100000';
  qcc(['config', 'set', 'proxy.max_concurrent', most]);
  qcc(['config', 'set', 'proxy.max_waiting', most]);
  qcc(['config', 'set', 'health.mode', 'off']);
  qcc(['add', 'bench', '--tier', 'primary']);
  const target = ['--base-url', upstream, '--auth', 'x-api-key', '--api-key-stdin'];
  qcc(['endpoint', 'add', 'bench', ...target, '--max-concurrent', most], 'sk-bench-0123456789');
  prepare?.(qcc);
  const where = ['--host', '127.0.0.1', '--port', String(port)];
  const args = [...gatewayFlags, ...node, main, 'proxy', 'run', ...where, '--json'];
  const gateway = await startProcess(args, { core, env });
  const end = async () => {
    await gateway.end();
    rmSync(folder, { recursive: true, force: true });
  };
  return { ...gateway, end };
}
