/**
 * Thousands of simultaneous streams through the built gateway: all of them must be served to their end, and its pages must answer
 * meanwhile. Prints the memory per stream. Ends with 1 when a promise is broken.
 *
 * node scripts/bench/streams.mjs [--streams 5000,10000]      after `npm run build`
 *
 * Each stream needs two file descriptors of the gateway: if the system (`ulimit -n`) allows fewer streams, the script says so and opens
 * those.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { here, startGateway, startProcess } from './processes.mjs';

const { values } = parseArgs({ options: { streams: { type: 'string', default: '5000,10000' } } });
// The interval and number of a stream's chunks: all streams are open before the first one ends.
const gapMs = 2_000;
const chunks = 30;
// How many connect at once: the length of the kernel's queue of connections that were not accepted yet.
const together = 500;
// The maximum that the gateway reserves of its descriptors, and a few to be safe.
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
