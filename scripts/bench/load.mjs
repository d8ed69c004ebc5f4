/**
 * The load of a benchmark, in a process of its own. Prints one line of JSON at its end.
 *
 *   node scripts/bench/load.mjs unary PORT CONCURRENT DURATION_MS BODY_BYTES     requests back to back on kept connections
 *   node scripts/bench/load.mjs calm PORT REQUESTS GAP_MS BODY_BYTES             one at a time, with pauses
 *   node scripts/bench/load.mjs streams PORT STREAMS CHUNKS GAP_MS               all at once, to their end; times are those of chunks
 *   node scripts/bench/load.mjs steady PORT PER_SECOND DURATION_MS BODY_BYTES PATH STATUS     however long the answers take
 *   node scripts/bench/load.mjs timed PORT PER_SECOND BODY_BYTES                 the same until SIGTERM, with instants; prints {"pid"} first
 */
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const [mode, port, ...given] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
const headersAlways = {
  'content-type': 'application/json',
  'anthropic-version': '2023-06-01',
  'x-api-key': 'proxy-managed',
};
const modes = { unary, calm, streams, steady, timed };
/** Where a chunk says when it was sent; all processes of a machine have the same clock. */
const sentAt = /"@(\d+) /g;
// A process that has just started is slow itself.
const warmMs = 1_000;

const result = await modes[mode](...given.map((one) => (/^\d+$/.test(one) ? Number(one) : one)));
process.stdout.write(`${JSON.stringify(result)}\n`);
agent.destroy();

function bodyOf(bytes, stream = false) {
  const shape = (text) =>
    JSON.stringify({ model: 'claude-bench', max_tokens: 64, messages: [{ role: 'user', content: text }], stream });
  return Buffer.from(shape('x'.repeat(Math.max(0, bytes - shape('').length))));
}

/** Milliseconds until the answer was whole. @throws when it is another one than expected */
function ask(body, headers = {}, { path = '/v1/messages', status = 200, read } = {}) {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const options = {
      agent,
      port,
      host: '127.0.0.1',
      method: 'POST',
      path,
      headers: { ...headersAlways, ...headers, 'content-length': body.length },
    };
    const sent = request(options, (response) => {
      if (read) response.setEncoding('latin1').on('data', read);
      else response.resume();
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === status) resolve(performance.now() - began);
        else reject(new Error(`status ${response.statusCode}`));
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

async function unary(concurrent, durationMs, bodyBytes) {
  const body = bodyOf(bodyBytes);
  const began = performance.now();
  const times = [];
  const one = async () => {
    while (performance.now() - began < durationMs) times.push(await ask(body));
  };
  await Promise.all(Array.from({ length: concurrent }, one));
  return { units: times.length, durationMs: performance.now() - began, ...quantiles(times) };
}

async function calm(requests, gapMs, bodyBytes) {
  const body = bodyOf(bodyBytes);
  const times = [];
  for (let i = 0; i < requests; i++) {
    times.push(await ask(body));
    await sleep(gapMs);
  }
  return { units: requests, ...quantiles(times) };
}

async function streams(count, chunks, gapMs) {
  const body = bodyOf(0, true);
  const headers = { 'x-bench-chunks': String(chunks), 'x-bench-gap-ms': String(gapMs) };
  const times = [];
  const read = (text) => {
    const nowUs = Number(process.hrtime.bigint() / 1_000n);
    for (const [, sentUs] of text.matchAll(sentAt)) times.push((nowUs - Number(sentUs)) / 1_000);
  };
  await Promise.all(Array.from({ length: count }, () => ask(body, headers, { read })));
  return { units: count * chunks, ...quantiles(times) };
}

/** Each in a session of its own. Gives all times, so that several runs can be taken together. */
async function steady(perSecond, durationMs, bodyBytes, path, status) {
  const body = bodyOf(bodyBytes);
  const all = [];
  const began = performance.now();
  for (let i = 0; performance.now() - began < warmMs + durationMs; i++) {
    await sleep(Math.max(0, began + (i * 1_000) / perSecond - performance.now()));
    const isWarm = performance.now() - began >= warmMs;
    const asked = ask(body, { 'x-claude-code-session-id': randomUUID() }, { path, status });
    all.push(asked.then((ms) => (isWarm ? ms : null)));
  }
  const times = (await Promise.all(all)).filter((ms) => ms !== null);
  return { times };
}

/** At a fixed rate, however long the answers take. Each with the instant at which it was sent, so that others can relate it to events. */
async function timed(perSecond, bodyBytes) {
  const body = bodyOf(bodyBytes);
  const gapMs = 1_000 / perSecond;
  const began = performance.now();
  const [samples, errors] = [[], []];
  const sent = [];
  let isOver = false;
  process.once('SIGTERM', () => {
    isOver = true;
  });
  process.stdout.write(`${JSON.stringify({ pid: process.pid })}\n`);
  for (let i = 0; !isOver; i++) {
    await sleep(Math.max(0, began + i * gapMs - performance.now()));
    const at = performance.timeOrigin + performance.now();
    const asked = ask(body).then(
      (ms) => samples.push([at, ms]),
      ({ message }) => errors.push(message),
    );
    sent.push(asked);
  }
  await Promise.all(sent);
  return { samples, errors };
}

function quantiles(times) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}
