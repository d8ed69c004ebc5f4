/**
 * Thousands of streams that are open at the same time, through the built gateway: all of them must be served to their end, and its
 * pages must answer meanwhile. Prints what a stream costs in memory. Ends with 1 when one does not hold.
 *
 *   node scripts/bench/streams.mjs [--streams 5000,10000]      after `npm run build`
 *
 * Each stream wants two open files of the gateway: it says so when the system (`ulimit -n`) allows fewer streams, and opens those.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { here, startGateway, startProcess } from './processes.mjs';

const { values } = parseArgs({ options: { streams: { type: 'string', default: '5000,10000' } } });
// A stream says something this often, for so many times: all of them are open before the first one ends.
const gapMs = 2_000;
const chunks = 30;
// How many connect at once: the kernel keeps so many that nobody has accepted yet.
const together = 500;
// What the gateway keeps for itself of its open files, at most, and a few to be sure.
const filesBesides = 400;
const pageMs = 1_000;
const patienceMs = 180_000;
const kiB = 1_024;

const filesMax = Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? Infinity);
const body = JSON.stringify({ model: 'claude-bench', messages: [], max_tokens: 1, stream: true });
const question =
  'POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer proxy-managed\r\nContent-Type: application/json\r\n' +
  `X-Bench-Chunks: ${chunks}\r\nX-Bench-Gap-Ms: ${gapMs}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** One client; `opened` when its first content has come, `ended` with whether its answer was whole. */
function stream(port) {
  let begin = '';
  let tail = '';
  let open;
  let end;
  const opened = new Promise((resolve) => {
    open = resolve;
  });
  const ended = new Promise((resolve) => {
    end = resolve;
  });
  const socket = connect(port, '127.0.0.1', () => socket.write(question));
  socket.setEncoding('latin1').on('data', (text) => {
    if (begin.length < kiB) begin += text;
    tail = (tail + text).slice(-kiB);
    if (begin.includes('content_block_start')) open(true);
    if (tail.endsWith('\r\n0\r\n\r\n')) socket.end();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    open(false);
    end(begin.startsWith('HTTP/1.1 200') && tail.includes('message_stop') && tail.endsWith('\r\n0\r\n\r\n'));
  });
  return { opened, ended, socket };
}

const count = async (promises) => (await Promise.all(promises)).filter(Boolean).length;
const rssMiB = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / kiB;

async function play(wanted) {
  const streams = Math.min(wanted, Math.floor((filesMax - filesBesides) / 2));
  if (streams < wanted)
    process.stderr.write(`${filesMax} open files allow ${streams} streams - run: ulimit -n ${wanted * 3}\n`);
  const upstream = await startProcess([join(here, 'upstream.mjs'), '0']);
  const gateway = await startGateway({ upstream: `http://127.0.0.1:${upstream.port}`, core: null });
  try {
    await fetch(`${gateway.url}/healthz`);
    const before = rssMiB(gateway.pid);
    const startedAt = performance.now();
    const clients = [];
    while (clients.length < streams) {
      const more = Array.from({ length: Math.min(together, streams - clients.length) }, () => stream(gateway.port));
      clients.push(...more);
      await Promise.race([Promise.all(more.map(({ opened }) => opened)), sleep(patienceMs)]);
    }
    const opened = await count(clients.map(({ opened }) => opened));
    const openMs = performance.now() - startedAt;
    let worstMs = 0;
    for (let look = 0; look < 10; look++) {
      const askedAt = performance.now();
      await (await fetch(`${gateway.url}/healthz`)).text();
      worstMs = Math.max(worstMs, performance.now() - askedAt);
      await sleep(gapMs / 10);
    }
    const after = rssMiB(gateway.pid);
    const files = readdirSync(`/proc/${gateway.pid}/fd`).length;
    const late = sleep(patienceMs).then(() => clients.forEach(({ socket }) => void socket.destroy()));
    const whole = await Promise.race([count(clients.map(({ ended }) => ended)), late.then(() => -1)]);
    const row = {
      streams,
      opened,
      whole,
      openMs: Math.round(openMs),
      healthzMaxMs: Math.round(worstMs),
      rssMiB: Math.round(after),
      perStreamKiB: Math.round(((after - before) / streams) * kiB),
      files,
    };
    process.stdout.write(`${JSON.stringify(row)}\n`);
    return opened === streams && whole === streams && worstMs < pageMs;
  } finally {
    await gateway.end();
    await upstream.end();
  }
}

let holds = true;
for (const wanted of values.streams.split(',')) holds = (await play(Number(wanted))) && holds;
process.exit(holds ? 0 : 1);
