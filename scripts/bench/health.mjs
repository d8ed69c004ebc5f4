/**
 * Measures the promises about health on a real gateway with simulated endpoints: how much a dead primary adds to a request, how soon the
 * ladder leaves a failing endpoint and finds a recovered one, what fifty hanging probes do to traffic, and whether ten thousand probes leak
 * memory.
 *
 * node scripts/bench/health.mjs [NAME…]      after `npm run build`; names: added, switch, recovery, hanging, memory
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { source } from '../source.mjs';
import { here, runProcess, startGateway, startProcess } from './processes.mjs';

const { connect } = await source('src/control/client.ts');
const key = 'sk-bench-0123456789';
const secondMs = 1_000;
const tries = 200;
const rounds = 5;
const hangingCount = 50;
const probesEach = 1_000;
const marksCount = 10;
const bytesAMb = 1_048_576;

const nothing = { p50Ms: Number.POSITIVE_INFINITY, p99Ms: Number.POSITIVE_INFINITY };
/** What still runs when a measurement fails: it would keep the calling process waiting. */
const running = new Set();

const figures = { added, switch: switched, recovery, hanging, memory };
const wanted = process.argv.slice(2);
try {
  for (const [name, measure] of Object.entries(figures)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    for (const [what, value, goal] of await measure()) console.log(`${what.padEnd(58)} ${value.padEnd(26)} ${goal}`);
  }
} finally {
  await Promise.all([...running].map((one) => one.end()));
}

/** An endpoint of this process: healthy, failing, or silent. */
async function endpoint() {
  const it = { mode: 'well', asked: 0 };
  const content = [{ type: 'text', text: 'Hello there, all is well.' }];
  const usage = { input_tokens: 10, output_tokens: 8 };
  const message = { id: 'm', type: 'message', role: 'assistant', model: 'claude-bench', content, usage };
  const server = createServer((request, response) => {
    it.asked++;
    request.resume();
    if (it.mode === 'silent') return;
    const isList = request.url.startsWith('/v1/models');
    const answer = isList ? { data: [{ id: 'claude-bench' }] } : { ...message, stop_reason: 'end_turn' };
    response.writeHead(it.mode === 'well' ? 200 : 503, { 'content-type': 'application/json' });
    response.end(JSON.stringify(it.mode === 'well' ? answer : { type: 'error', error: { type: 'api_error' } }));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  it.url = `http://127.0.0.1:${server.address().port}`;
  it.close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return it;
}

/** A gateway whose primary profile is `bench`, at `upstream`; `ladder` adds profiles below it. */
async function gatewayAt(upstream, ladder, settings = {}, node = []) {
  const gateway = await startGateway({ upstream, core: null, node });
  running.add(gateway);
  const { call } = await connect({ home: gateway.home, needGateway: true });
  for (const [name, tier, urls] of ladder) {
    await call('profile.add', { name, tier });
    for (const baseUrl of urls) await call('endpoint.add', { profile: name, baseUrl, key, auth: 'x-api-key' });
  }
  for (const [name, value] of Object.entries(settings)) await call('config.set', { key: name, value: String(value) });
  return { ...gateway, call };
}

async function ask(port, path = '/v1/messages') {
  const began = performance.now();
  const headers = { 'content-type': 'application/json', 'x-api-key': 'proxy-managed' };
  const body = JSON.stringify({
    model: 'claude-bench',
    max_tokens: 16,
    messages: [{ role: 'user', content: 'hello' }],
  });
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body });
  await response.text();
  if (!response.ok) throw new Error(`status ${response.status}`);
  return performance.now() - began;
}

/** The primary refuses connections; each request asks it first, because health is not taken into account. */
async function added() {
  const [gone, spare] = [await endpoint(), await endpoint()];
  const gateway = await gatewayAt(gone.url, [['spare', 'secondary', [spare.url]]], {
    'loadbalancer.health_aware': false,
    'failover.auto': false,
  });
  await gone.close();
  const times = { direct: [], moved: [] };
  for (let i = 0; i < tries; i++) {
    times.direct.push(await ask(gateway.port, '/p/spare/v1/messages'));
    times.moved.push(await ask(gateway.port));
  }
  await Promise.all([gateway.end(), spare.close()]);
  const [p50, p99] = [0.5, 0.99].map((q) => quantile(times.moved, q) - quantile(times.direct, q));
  return [['a refused connection adds (p50, p99)', `${ms(p50)}, ${ms(p99)}`, '< 50 ms']];
}

/** Traffic every 200 ms; the primary begins to fail. */
async function switched() {
  const spans = [];
  for (let round = 0; round < rounds; round++) {
    const [primary, spare] = [await endpoint(), await endpoint()];
    const gateway = await gatewayAt(primary.url, [['spare', 'secondary', [spare.url]]], { 'health.mode': 'passive' });
    await ask(gateway.port);
    primary.mode = 'failing';
    const at = Date.now();
    while ((await gateway.call('priority.list', {})).active !== 'spare') {
      await ask(gateway.port);
      await sleep(200);
    }
    spans.push(Date.parse((await gateway.call('priority.history', {})).switches[0].at) - at);
    await Promise.all([gateway.end(), primary.close(), spare.close()]);
  }
  return [['detected and switched, a request each 200 ms (worst)', ms(Math.max(...spans)), '< 5 s']];
}

/** The primary is back, and only probes call it. */
async function recovery() {
  const intervalS = 4;
  const spans = [];
  for (let round = 0; round < rounds; round++) {
    const [primary, spare] = [await endpoint(), await endpoint()];
    const gateway = await gatewayAt(primary.url, [['spare', 'secondary', [spare.url]]], {
      'health.mode': 'passive',
      'health.check_interval': intervalS,
      'health.backoff_base': 300,
    });
    primary.mode = 'failing';
    while ((await state(gateway)) !== 'failed') await ask(gateway.port);
    await sleep(round * secondMs);
    primary.mode = 'well';
    const at = Date.now();
    while ((await state(gateway)) === 'failed') await sleep(20);
    spans.push(Date.now() - at);
    await Promise.all([gateway.end(), primary.close(), spare.close()]);
  }
  return [['found to be back by probes (worst)', ms(Math.max(...spans)), `< ${intervalS} s, the interval`]];
}

async function state({ call }) {
  return (await call('endpoint.list', { profile: 'bench' })).endpoints[0].state;
}

/** The best of several rounds each: other work on the machine only ever adds. */
async function hanging() {
  const upstream = await startProcess([join(here, 'upstream.mjs'), '0']);
  running.add(upstream);
  const silent = await Promise.all(Array.from({ length: hangingCount }, endpoint));
  for (const one of silent) one.mode = 'silent';
  const gateway = await gatewayAt(
    `http://127.0.0.1:${upstream.port}`,
    [['silent', 'fallback', silent.map(({ url }) => url)]],
    {
      'health.mode': 'off',
      'health.timeout': 60,
    },
  );
  const load = () => runProcess([join(here, 'load.mjs'), 'calm', String(gateway.port), '400', '2', '1024']);
  await load();
  const best = { before: nothing, during: nothing };
  for (let round = 0; round < rounds; round++) best.before = lesser(best.before, await load());
  const checked = gateway.call('health.check', {});
  const isAsked = ({ asked }) => asked > 0;
  while (!silent.every(isAsked)) await sleep(20);
  for (let round = 0; round < rounds; round++) best.during = lesser(best.during, await load());
  const least = silent.filter(isAsked).length;
  await Promise.all([gateway.end(), upstream.end(), ...silent.map((one) => one.close())]);
  await checked;
  return [
    [`p50 of traffic while ${least} probes hang`, ratio(best.during.p50Ms, best.before.p50Ms), '≤ 1.2'],
    [`p99 of traffic while ${least} probes hang`, ratio(best.during.p99Ms, best.before.p99Ms), '≤ 2'],
  ];
}

/**
 * Memory that is reachable after a collection in all threads shows a leak; the process's memory shows how much of it a machine pays for,
 * and settles when the heaps have their size. Both as a slope, by least squares, after the first fifth.
 */
async function memory() {
  const all = await Promise.all(Array.from({ length: 10 }, endpoint));
  const [first, ...others] = all.map(({ url }) => url);
  const node = ['--import', join(here, 'heaps.mjs')];
  const gateway = await gatewayAt(first, [['others', 'secondary', others]], {}, node);
  const marks = [];
  for (let round = 1; round <= probesEach; round++) {
    await gateway.call('health.check', {});
    if (round % (probesEach / marksCount) > 0) continue;
    const heldMb = anonymousMb(gateway.pid);
    const { main, workers } = await gateway.next('SIGUSR2');
    marks.push({ thousands: (round * all.length) / 1_000, heldMb, liveMb: (main + workers.reduce(sum, 0)) / bytesAMb });
  }
  await Promise.all([gateway.end(), ...all.map((one) => one.close())]);
  const after = `after each ${(probesEach * all.length) / marksCount} probes, MB`;
  const settled = marks.slice(marksCount / 5);
  const slope = (name) => `${slopeOf(settled.map((mark) => [mark.thousands, mark[name]])).toFixed(3)} MB`;
  const shown = (name) => marks.map((mark) => mark[name].toFixed(1)).join(' ');
  return [
    [`reachable, all threads, ${after}`, shown('liveMb'), ''],
    ['  grows with each 1,000 probes by', slope('liveMb'), '< 0.1 MB'],
    [`held by the process, ${after}`, shown('heldMb'), ''],
    ['  grows with each 1,000 probes by', slope('heldMb'), '< 1 MB'],
  ];
}

/** Without memory that is mapped from files: the tables of the log may be dropped at any time. */
function anonymousMb(pid) {
  const [, kilobytes] = /RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(kilobytes) / 1_024;
}

function slopeOf(points) {
  const [mx, my] = [0, 1].map((axis) => points.map((point) => point[axis]).reduce(sum, 0) / points.length);
  const over = points.map(([x, y]) => (x - mx) * (y - my)).reduce(sum, 0);
  return over / points.map(([x]) => (x - mx) ** 2).reduce(sum, 0);
}

function sum(a, b) {
  return a + b;
}

function lesser(a, b) {
  return { p50Ms: Math.min(a.p50Ms, b.p50Ms), p99Ms: Math.min(a.p99Ms, b.p99Ms) };
}

function quantile(times, q) {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];
}

function ms(value) {
  return `${value.toFixed(1)} ms`;
}

function ratio(a, b) {
  return `${(a / b).toFixed(2)} (${a.toFixed(2)} / ${b.toFixed(2)} ms)`;
}
