/**
 * Measures the page of the dashboard in the Chromium of this machine, over a gateway with a long log: what its first load costs, how long
 * one waits for a view and for a step into the past, and what ten open pages cost the traffic. Ends with 1 when a limit is exceeded, with 2
 * when there is no Chromium.
 *
 * node scripts/bench/page.mjs [--facts N] [--home HOME] [--only PART] [--soak MINUTES]     after `npm run build`; a quiet machine
 *
 * PART is load, views, slider or traffic. HOME keeps the log for another time: a million facts take about a minute to write. With --soak a
 * page is used under load for so long, and its heap is measured instead.
 */
import { existsSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { chromiumNames, findChromium } from '../chromium.mjs';
import { source } from '../source.mjs';
import { writeLongLog } from './long-log.mjs';
import {
  atRest,
  firstPaintMs,
  goTo,
  heapBytes,
  leastPaintMs,
  openPage,
  startBrowser,
  timed,
  workDuring,
} from './page-browser.mjs';
import { cpuMicros, gatewayFlags, here, pinSelf, program, startProcess, temporaryFolder } from './processes.mjs';

const { values } = parseArgs({
  options: {
    facts: { type: 'string', default: '100000' },
    home: { type: 'string' },
    only: { type: 'string' },
    soak: { type: 'string' },
  },
});
const facts = Number(values.facts);
const parts = { load, views, slider, traffic };

const wireMost = 30 * 1_024;
const requestsMost = 6;
const paintMostMs = 150;
const viewMostMs = 50;
const stepMostMs = 30;
const besideMost = 1.05;
const heapGrowthMost = 10 * 1_024 * 1_024;

const loads = 7;
const rounds = 15;
const steps = 100;
const jumps = 30;
const pagesOpen = 10;
const [perSecond, bodyBytes] = [200, 1_024];
// An odd number of rounds, so that one of them is the median; and requests enough that a hundredth of a round's are two dozen.
const turns = 3;
const turnMs = 6_000;
const settleMs = 2_000;
// Where there are two cores, the gateway has one, and the browser has the other.
const gatewayCore = 0;
const browserCore = 1;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const weekMs = 168 * hourMs;
const lookMs = 5_000;

let over = 0;
const chromium = findChromium();
if (chromium === undefined) {
  process.stderr.write(`no Chromium on this machine (${chromiumNames.join(', ')}): nothing was measured\n`);
  process.exitCode = 2;
} else if (values.only !== undefined && !(values.only in parts)) {
  process.stderr.write(`no part is called ${values.only}: ${Object.keys(parts).join(', ')}\n`);
  process.exitCode = 2;
} else await main();

async function main() {
  const stage = await setStage();
  tellLoad('at the start');
  tell(['', 'measured', 'limit', '']);
  try {
    if (values.soak !== undefined) await soak(stage, Number(values.soak) * minuteMs);
    else for (const [name, part] of Object.entries(parts)) if ((values.only ?? name) === name) await part(stage);
  } finally {
    await stage.close();
  }
  tellLoad('at the end');
  process.stdout.write(over === 0 ? 'it holds\n' : `${over} figures do not hold\n`);
  process.exitCode = over === 0 ? 0 : 1;
}

/** A gateway on a long log, its endpoint, and a browser. */
async function setStage() {
  const folder = temporaryFolder();
  const home = values.home ?? join(folder, 'q');
  const env = { PATH: process.env.PATH, HOME: folder, QCC_HOME: home, QCC_KEYCHAIN: 'off' };
  if (!existsSync(home)) {
    const began = performance.now();
    // The port of an endpoint stands in the log.
    const { port, end } = await startProcess([join(here, 'upstream.mjs'), '0']);
    await end();
    await writeLongLog(home, { facts, upstream: `http://127.0.0.1:${port}` });
    process.stdout.write(`${facts} facts written in ${((performance.now() - began) / 1_000).toFixed(0)} s\n`);
  }
  const where = ['--host', '127.0.0.1', '--port', '0', '--json'];
  const gateway = await startProcess([...gatewayFlags, program, 'proxy', 'run', ...where], { env, core: gatewayCore });
  process.env.QCC_KEYCHAIN = 'off';
  const { connect } = await source('src/control/client.ts');
  const connection = await connect({ home, needGateway: true });
  const { call } = connection;
  const { endpoints } = await call('endpoint.list', { profile: 'bench' });
  const upstreamPort = new URL(endpoints[0].baseUrl).port;
  const upstream = await startProcess([join(here, 'upstream.mjs'), upstreamPort], { core: gatewayCore });
  pinSelf(browserCore);
  const browser = await startBrowser(chromium);
  return {
    gateway,
    call,
    browser,
    open: async () => openPage(browser, (await call('dashboard.open', { readOnly: true, port: 0 })).url),
    close: async () => {
      await browser.close();
      await connection.close();
      await gateway.end();
      await upstream.end();
    },
  };
}

/** With an empty cache each time. */
async function load({ open, browser }) {
  const [paints, stood, least] = [[], [], []];
  let opened;
  for (let n = 0; n < loads; n++) {
    opened = await open();
    paints.push(await firstPaintMs(opened.page));
    stood.push(opened.stoodMs);
    await opened.close();
    least.push(await leastPaintMs(browser));
  }
  const { requests, bytes, withHeaders, encodings } = opened.wire;
  hold('first load, of the page’s files', bytes, wireMost, kb);
  tell([`  as ${[...encodings].join(', ')}; with the headers of the answers ${kb(withHeaders)}`]);
  hold('requests until the first view stands', requests.length, requestsMost, String);
  tell([`  ${requests.map(({ said }) => said).join(', ')}`]);
  hold('first paint, median', quantile(paints, 0.5), paintMostMs, ms);
  tell([
    `  of a page that is one word, ${ms(quantile(least, 0.5))}; the first view stands after ${ms(quantile(stood, 0.5))}`,
  ]);
}

/** A view that is looked at for the first time is loaded first; afterwards it is there. */
async function views({ open }) {
  const { page, close } = await open();
  const link = (view) => ({ click: `nav a[href^="#/${view}"]` });
  const row = (n) => ({ click: `.request-table tbody tr:nth-child(${n + 1}) th a` });
  const act = async (...given) => {
    await atRest(page);
    return timed(page, ...given);
  };
  const walk = async (n) => [
    await act(link('requests'), { shown: '.request-table tbody tr' }),
    await act(row(n), { shown: '.waterfall .line' }),
    await act(link('now'), { shown: '.card' }),
  ];
  const first = await walk(0);
  const times = [];
  for (let n = 1; n <= rounds; n++) times.push(await walk(n));
  for (const [i, name] of ['the list of requests', 'a request is opened', 'back to Now'].entries()) {
    const all = times.map((one) => one[i]);
    hold(`${name}, p95 of ${rounds}`, quantile(all, 0.95), viewMostMs, ms);
    tell([`  the first time, with its code, ${ms(first[i])}; median ${ms(quantile(all, 0.5))}`]);
  }
  await close();
}

/** Steps to moments that were not looked at before, in the middle of the log: an hour of it, then a week. */
async function slider({ open, call }) {
  const { page, close } = await open();
  const { at } = await call('dashboard.state', { moment: { seq: Math.floor(facts / 2) } });
  const around = (spanMs) => `#/timeline?from=${Date.parse(at) - spanMs / 2}&to=${Date.parse(at) + spanMs / 2}`;
  const step = (seq) => timed(page, { slide: seq }, { seq });
  await goTo(page, around(hourMs), '.slider input');
  const [least, most] = await rangeOf(page);
  const middle = Math.floor((least + most) / 2);
  const first = await step(middle);
  const each = Math.min(steps, Math.floor((most - least) / 2) - 1);
  let forward = [];
  const work = await workDuring(page, async () => {
    forward = await eachOf(each, (n) => step(middle + n));
  });
  const back = await eachOf(each, (n) => step(middle - n));
  hold(`a step of the slider, forward, p95 of ${each}`, quantile(forward, 0.95), stepMostMs, ms);
  hold(`a step of the slider, back, p95 of ${each}`, quantile(back, 0.95), stepMostMs, ms);
  tell([
    `  of #${least} to #${most}; medians ${ms(quantile(forward, 0.5))}, ${ms(quantile(back, 0.5))}; first ${ms(first)}`,
  ]);
  tell([`  the page’s own work for a step: ${ms(work / each)}`]);
  await goTo(page, around(weekMs), '.slider input');
  await page.waitForFunction(
    (before) => Number(document.querySelector('.slider input')?.min ?? before) < before,
    least,
  );
  const [far, last] = await rangeOf(page);
  const wide = await eachOf(jumps, (n) => step(far + Math.floor(((n * 0.618) % 1) * (last - far - 1))));
  tell([`  anywhere in #${far} to #${last}: median ${ms(quantile(wide, 0.5))}, p95 ${ms(quantile(wide, 0.95))}`]);
  await close();
}

function rangeOf(page) {
  return page.evaluate(() => {
    const { min, max } = document.querySelector('.slider input');
    return [Number(min), Number(max)];
  });
}

async function eachOf(count, measure) {
  const all = [];
  for (let n = 1; n <= count; n++) all.push(await measure(n));
  return all;
}

/** Each round is none, pages, pages, none: what drifts meanwhile meets both alike. Of so many rounds the median one counts. */
async function traffic({ open, gateway }) {
  const requests = await startLoad(gateway.port);
  const rounds = [];
  await sleep(settleMs);
  for (let turn = 0; turn < turns; turn++) {
    const spans = { without: [await during(gateway)], with: [] };
    const pages = await Promise.all(Array.from({ length: pagesOpen }, () => open()));
    await sleep(settleMs);
    spans.with.push(await during(gateway), await during(gateway));
    await Promise.all(pages.map(({ close }) => close()));
    await sleep(settleMs);
    spans.without.push(await during(gateway));
    rounds.push(spans);
  }
  const { samples, errors } = await requests.next('SIGTERM');
  if (errors.length > 0) throw new Error(`${errors.length} requests failed, the first one: ${errors[0]}`);
  const times = rounds.map((spans) => [timesWithin(samples, spans.without), timesWithin(samples, spans.with)]);
  const ratios = times.map(([without, beside]) => quantile(beside, 0.99) / quantile(without, 0.99));
  hold(`p99 of the traffic, ${pagesOpen} pages / none`, quantile(ratios, 0.5), besideMost, (x) => `${x.toFixed(3)} ×`);
  tell([`  the median of ${turns} rounds: ${ratios.map((one) => one.toFixed(3)).join(', ')}`]);
  const [without, beside] = [0, 1].map((place) => times.flatMap((one) => one[place]));
  for (const share of [0.5, 0.99, 0.999])
    tell([`  p${share * 100} ${[without, beside].map((all) => ms(quantile(all, share), 2)).join(' → ')}`]);
  tell([`  of ${without.length} and ${beside.length} requests`]);
  const [cpu, cpuBeside] = ['without', 'with'].map((name) => {
    const shares = rounds.flatMap((spans) => spans[name]).map(({ share }) => share);
    return quantile(shares, 0.5);
  });
  tell([`  of a core, the gateway takes ${(cpu * 100).toFixed(1)} % → ${(cpuBeside * 100).toFixed(1)} %`]);
}

function startLoad(port, each = perSecond) {
  const args = [join(here, 'load.mjs'), 'timed', String(port), String(each), String(bodyBytes)];
  return startProcess(args, { core: gatewayCore });
}

async function during({ pid }) {
  const [from, cpu] = [performance.timeOrigin + performance.now(), cpuMicros(pid)];
  await sleep(turnMs);
  const to = performance.timeOrigin + performance.now();
  return { from, to, share: (cpuMicros(pid) - cpu) / 1_000 / (to - from) };
}

function timesWithin(samples, spans) {
  return samples.filter(([at]) => spans.some(({ from, to }) => at >= from && at < to)).map(([, took]) => took);
}

/** One page, used under load: its views in turn, and requests are opened. */
async function soak({ open, gateway }, forMs) {
  const requests = await startLoad(gateway.port, perSecond / 4);
  const { page } = await open();
  const places = [
    ['#/requests', '.request-table tbody tr'],
    ['#/timeline', '.slider input'],
    ['#/now', '.card'],
  ];
  const began = performance.now();
  // By then every view has been looked at, and lists are as long as they get.
  const warmMs = Math.min(2 * minuteMs, forMs / 3);
  let before;
  for (let look = 0; performance.now() - began < forMs; look++) {
    await goTo(page, ...places[look % places.length]);
    await sleep(lookMs);
    const spent = performance.now() - began;
    if (before === undefined && spent >= warmMs) before = await heapBytes(page);
    if (look % 12 === 0) tell([`  ${(spent / minuteMs).toFixed(1)} min: ${kb(await heapBytes(page))}`]);
  }
  const after = await heapBytes(page);
  hold(`heap of a page, growth in ${values.soak} min`, after - before, heapGrowthMost, kb);
  tell([`  ${kb(before)} → ${kb(after)}`]);
  await requests.next('SIGTERM');
}

function tellLoad(when) {
  const [now] = loadavg();
  const cores = cpus().length;
  const isBusy = now > cores / 2;
  const said = isBusy ? ': THE MACHINE IS BUSY, spans are longer than they should be' : '';
  process.stdout.write(`load ${when}: ${now.toFixed(1)} on ${cores} cores${said}\n`);
}

function hold(name, measured, limit, inUnits) {
  const holds = measured <= limit;
  if (!holds) over++;
  tell([name, inUnits(measured), `≤ ${inUnits(limit)}`, holds ? 'ok' : 'OVER']);
}

function quantile(times, share) {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function ms(value, digits = 1) {
  return `${value.toFixed(digits)} ms`;
}

function kb(bytes) {
  return `${(bytes / 1_024).toFixed(1)} KB`;
}

function tell([name, ...cells]) {
  process.stdout.write(`${name.padEnd(44)}${cells.map((cell) => cell.padStart(14)).join('')}\n`.replace(/ +\n/, '\n'));
}
