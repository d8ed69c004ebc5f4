/** The environment of a chaos run: a gateway of the built program, endpoints that fail by a seed, and clients that check every byte. */
import { spawn } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { builtCode, program } from '../kill9/built.mjs';
import { freePort } from '../kill9/chance.mjs';
import { judge, wrongEnds } from './judge.mjs';

const { startSimulatedEndpoint, connect, LevelLog } = await builtCode(['src/simulated-endpoint/simulated-endpoint.ts']);

// No request is parked longer than `queue.hold` allows; a client that waits longer than this would wait for ever.
const patienceMs = 300_000;
const startMs = 30_000;
const stopGraceMs = 5_000;
const pollMs = 100;
// As the stream of a model arrives, only faster.
const paceMs = 3;
const bytesPerMb = 1_048_576;

/** Faults of a request, except its own mistakes. Healthy answers occur often enough for endpoints to recover. */
export const faults = [
  { kind: 'none' },
  { kind: 'none' },
  { kind: 'none' },
  { kind: 'trickle' },
  { kind: 'slow', delayMs: 1_500 },
  { kind: 'slowContent', delayMs: 2_000, pingEveryMs: 300 },
  { kind: 'status', status: 401 },
  { kind: 'status', status: 402 },
  { kind: 'status', status: 403 },
  { kind: 'status', status: 404 },
  { kind: 'status', status: 429, headers: { 'retry-after': '2' } },
  { kind: 'status', status: 500 },
  { kind: 'status', status: 502, body: '<html>bad gateway</html>' },
  { kind: 'status', status: 503, headers: { 'retry-after': '1' } },
  { kind: 'status', status: 529 },
  { kind: 'status', status: 400, message: 'Your credit balance is too low to access the Anthropic API.' },
  { kind: 'noModel' },
  { kind: 'refuse' },
  { kind: 'reset' },
  { kind: 'hang' },
  { kind: 'html' },
  { kind: 'empty' },
  { kind: 'envelope' },
  { kind: 'jsonForStream' },
  { kind: 'truncated', cut: true },
  { kind: 'truncated', cut: false },
  { kind: 'redirect' },
  { kind: 'gzip' },
  { kind: 'junk' },
  { kind: 'halfHead' },
  { kind: 'longHead', bytes: 20_000 },
  { kind: 'badChunk' },
  { kind: 'pingsOnly', everyMs: 50 },
  ...['cut', 'reset', 'end', 'error', 'stall', 'length'].flatMap((how) => [
    { kind: 'breaks', when: 'beforeContent', how },
    { kind: 'breaks', when: 'afterContent', how },
  ]),
];

/** Two profiles: two endpoints above, three below. Each seed has another one that is always healthy. */
export async function openStage(seed) {
  const root = mkdtempSync(join(tmpdir(), 'qcc-chaos-'));
  const home = join(root, 'home');
  const port = await freePort();
  const endpoints = await Promise.all(
    Array.from({ length: 5 }, (_, n) => startSimulatedEndpoint({ name: `e${n}`, paceMs })),
  );
  const well = endpoints[seed % endpoints.length];
  const child = spawn(process.execPath, [program, 'proxy', 'run', '--port', String(port)], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      QCC_HOME: home,
      QCC_KEYCHAIN: 'off',
      QCC_SLICES: join(root, 'slices.json'),
      NODE_OPTIONS: `--import=${fileURLToPath(new URL('./slices.mjs', import.meta.url))}`,
    },
  });
  let said = '';
  child.stderr.on('data', (piece) => {
    said = (said + piece).slice(-10_000);
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  await answering(port, ended);
  const { call } = await connect({ home, needGateway: true });
  for (const [profile, tier, from, to] of [
    ['above', 'primary', 0, 2],
    ['below', 'secondary', 2, 5],
  ]) {
    await call('profile.add', { name: profile, tier });
    for (const { name, url, key, auth } of endpoints.slice(from, to))
      await call('endpoint.add', { profile, name, baseUrl: url, key, auth });
  }
  return {
    call,
    child,
    endpoints,
    home,
    port,
    well,
    ended,
    said: () => said,
    /** Read when the gateway has ended. Unknown on systems other than Linux. */
    slices: () =>
      process.platform === 'linux' ? JSON.parse(readFileSync(join(root, 'slices.json'), 'utf8')) : undefined,
    async close() {
      child.kill('SIGTERM');
      await Promise.race([ended, sleep(startMs).then(() => child.kill('SIGKILL'))]);
      await Promise.all(endpoints.map((endpoint) => endpoint.close()));
      rmSync(root, { recursive: true, force: true });
    },
  };
}

async function answering(port, ended) {
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  for (let waited = 0; waited < startMs; waited += pollMs) {
    if (isOver) throw new Error('the gateway ended at its start');
    if ((await page(port, '/healthz').catch(() => undefined))?.status === 200) return;
    await sleep(pollMs);
  }
  throw new Error('the gateway does not answer');
}

function page(port, path) {
  return new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', path, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece) => {
        text += piece;
      });
      response.on('end', () => resolve({ status: response.statusCode, text }));
    })
      .on('error', reject)
      .end();
  });
}

/** Each faulty endpoint changes every now and then, until the signal. Then all are healthy, and hanging requests are reset. */
export async function goWrong({ endpoints, well }, dice, signal, { leastMs = 300, mostMs = 6_000 } = {}) {
  const drawn = () => faults[Math.floor(dice() * faults.length)];
  const played = new Set();
  await Promise.all(
    endpoints
      .filter((endpoint) => endpoint !== well)
      .map(async (endpoint) => {
        while (!signal.aborted) {
          const fault = drawn();
          played.add(JSON.stringify(fault));
          // One for all, or another one for each request.
          if (dice() < 0.7) await endpoint.play(fault);
          else endpoint.script({ perRequest: [...Array.from({ length: 50 }, drawn), fault] });
          await sleep(leastMs + dice() * (mostMs - leastMs), undefined, { signal }).catch(() => undefined);
        }
        await endpoint.play({ kind: 'refuse' });
        await endpoint.play({ kind: 'none' });
      }),
  );
  return played.size;
}

/** Sends requests until the signal; each answer is judged against the bytes of the endpoint that it came from. */
export class Clients {
  counts = { asked: 0, whole: 0, cut: 0, left: 0 };
  faults = [];
  /** By id, under the gateway's names. */
  seen = new Map();
  #stage;
  #dice;
  #agent = new Agent({ keepAlive: true });

  constructor(stage, dice) {
    this.#stage = stage;
    this.#dice = dice;
  }

  async run(count, signal, thinkMs = 150) {
    setMaxListeners(count * 2, signal);
    await Promise.all(
      Array.from({ length: count }, async (_, n) => {
        for (let turn = 0; !signal.aborted; turn++) {
          await this.#turn(n, turn);
          await sleep(this.#dice() * 2 * thinkMs, undefined, { signal }).catch(() => undefined);
        }
      }),
    );
    this.#agent.destroy();
  }

  async #turn(n, turn) {
    this.counts.asked++;
    const body = JSON.stringify({
      model: 'claude-simulated',
      max_tokens: 64,
      stream: this.#dice() < 0.7,
      messages: [{ role: 'user', content: `client ${n}, turn ${turn}: ${'x'.repeat(this.#dice() * 5_000)}` }],
    });
    const leavesMs = this.#dice() < 0.05 ? this.#dice() * 500 : null;
    const got = await this.#ask(body, `session-${n}`, leavesMs);
    if (got.id) this.seen.set(got.id, (this.seen.get(got.id) ?? 0) + 1);
    const { kind, why } = judge(got, this.#stage);
    if (kind !== 'wrong') this.counts[kind]++;
    else this.faults.push(`client ${n}, turn ${turn} (${got.id ?? 'no id'}, ${got.attempts ?? '?'} attempts): ${why}`);
  }

  #ask(body, session, leavesMs) {
    return new Promise((resolve) => {
      const got = { status: 0, isWhole: false, hasLeft: false, bytes: Buffer.alloc(0), error: null };
      const chunks = [];
      const over = () => {
        clearTimeout(leaving);
        resolve({ ...got, bytes: Buffer.concat(chunks) });
      };
      const headers = {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'anthropic-version': '2023-06-01',
        'x-api-key': 'proxy-managed',
        'x-claude-code-session-id': session,
      };
      const options = { port: this.#stage.port, host: '127.0.0.1', method: 'POST', path: '/v1/messages', headers };
      const sent = request({ ...options, agent: this.#agent, timeout: patienceMs }, (response) => {
        got.status = response.statusCode;
        got.id = response.headers['x-qcc-request-id'];
        got.attempts = response.headers['x-qcc-attempts'];
        got.encoding = response.headers['content-encoding'];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', (error) => {
          got.error = error.code ?? error.message;
        });
        response.on('close', () => {
          got.isWhole = response.complete;
          over();
        });
      });
      sent.on('timeout', () => sent.destroy(new Error('no answer for five minutes')));
      sent.on('error', (error) => {
        got.error ??= error.code ?? error.message;
        if (got.status === 0) over();
      });
      const leaving =
        leavesMs === null
          ? undefined
          : setTimeout(() => {
              got.hasLeft = true;
              sent.destroy();
            }, leavesMs);
      sent.end(body);
    });
  }
}

/** Read when the gateway is gone. */
export async function endsOf(home, seen) {
  const told = [];
  const log = await LevelLog.open(join(home, 'log'));
  try {
    for await (const facts of log.read(1)) for (const { stream, type } of facts) told.push({ stream, type });
  } finally {
    await log.close();
  }
  return wrongEnds(told, seen);
}

/** Megabytes of objects in the gateway's main thread. Some of them are garbage that was not collected yet. */
export async function heapMb(port) {
  const { text } = await page(port, '/metrics');
  return Number(/^qcc_heap_used_bytes (\S+)/m.exec(text)?.[1]) / bytesPerMb;
}

/** The memory of a process, on Linux; unknown elsewhere. */
export function holdings(pid) {
  if (process.platform !== 'linux') return { rssMb: Number.NaN, descriptors: Number.NaN };
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    rssMb: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  };
}

export async function stopGateway({ call, ended }) {
  await call('proxy.stop', { graceMs: stopGraceMs });
  await ended;
}
