/**
 * An outage of all endpoints while many sessions send requests: every client must get its answer by waiting, without a retry, and the
 * endpoints must not be called much more often than there are requests. Default settings. Ends with 1 when a promise is broken.
 *
 * node scripts/bench/outage.mjs [--seconds 60] [--sessions 20]     after `npm run build`
 */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { answerTo, askAs, question, startAnswering } from '../kill9/questions.mjs';
import { program, startProcess } from './processes.mjs';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, sessions: { type: 'string', default: '20' } },
});
const [outageMs, sessions] = [Number(values.seconds) * 1_000, Number(values.sessions)];
// They come one after the other, as people do.
const arriveMs = 5_000;
// Longer than the gateway parks a request: a request that it gives up must be seen as such.
const patienceMs = 290_000;
// The number of calls of endpoints that the gateway may make for so many requests: see docs/configuration.md, the retry budget.
const callsMax = 1.2 * sessions + 10;

const folder = mkdtempSync(join(tmpdir(), 'qo-'));
const env = { PATH: process.env.PATH, HOME: folder, QCC_HOME: join(folder, 'q'), QCC_KEYCHAIN: 'off' };
const upstreams = [await startAnswering(), await startAnswering()];
const qcc = (args, input = '') => {
  const { status, stderr, stdout } = spawnSync(process.execPath, [program, ...args, '--json'], { env, input });
  if (status !== 0) throw new Error(`qcc ${args.join(' ')}: ${stderr}`);
  return JSON.parse(stdout);
};

try {
  for (const [i, tier] of ['primary', 'secondary'].entries()) {
    const { url, key } = upstreams[i];
    qcc(['add', tier, '--tier', tier, '--base-url', url, '--auth', 'x-api-key', '--api-key-stdin'], key);
  }
  const gateway = await startProcess([program, 'proxy', 'run', '--host', '127.0.0.1', '--port', '0', '--json'], {
    env,
  });
  try {
    await play(gateway);
  } finally {
    await gateway.end();
  }
} finally {
  await Promise.all(upstreams.map((upstream) => upstream.close()));
  rmSync(folder, { recursive: true, force: true });
}

async function play({ port }) {
  for (const upstream of upstreams) upstream.goOut();
  const began = performance.now();
  let backAt = 0;
  const asking = Array.from({ length: sessions }, (_, i) => one(port, (i * arriveMs) / sessions));
  await sleep(outageMs);
  for (const upstream of upstreams) upstream.comeBack();
  backAt = performance.now();
  const answers = await Promise.all(asking);
  const good = answers.filter(({ isGood }) => isGood);
  const waits = good.map(({ endedAt }) => endedAt - backAt).toSorted((a, b) => a - b);
  const calls = upstreams.flatMap((upstream) => upstream.calls);
  const probes = upstreams.reduce((sum, upstream) => sum + upstream.probes, 0);
  const seconds = (ms) => `${(ms / 1_000).toFixed(1)} s`;
  print('outage', seconds(backAt - began));
  print('sessions', sessions);
  print('answered without a client retry', good.length);
  print('upstream calls', `${calls.length} of ${Math.floor(callsMax)}`);
  print('of them while it was out', calls.filter(({ wasOut }) => wasOut).length);
  print('probes beside them', probes);
  print('after it was back: first', seconds(waits[0] ?? 0));
  print('after it was back: last', seconds(waits.at(-1) ?? 0));
  for (const { status, text } of answers.filter(({ isGood }) => !isGood)) print(`status ${status}`, text);
  const holds = good.length === sessions && calls.length <= callsMax;
  process.stdout.write(holds ? 'it holds\n' : 'it does not hold\n');
  process.exitCode = holds ? 0 : 1;
}

async function one(port, afterMs) {
  await sleep(afterMs);
  const session = randomUUID();
  const { status, body } = await askAs(port, session, question(session), { timeout: patienceMs });
  const isGood = status === 200 && body.includes(answerTo(session));
  return { isGood, status, text: body.toString().slice(0, 200), endedAt: performance.now() };
}

function print(name, value) {
  process.stdout.write(`${name.padEnd(34)}${String(value).padStart(14)}\n`);
}
