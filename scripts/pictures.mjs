/**
 * Makes the pictures of the page for the README: an hour with outages is played over simulated endpoints, in three minutes, and the page is
 * photographed in both themes. Ends with 1 when a picture is too large, with 2 when there is no Chromium. Look at what it has made.
 *
 * node scripts/pictures.mjs     after `npm run build`
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { gatewayFlags, here, program, startProcess, temporaryFolder } from './bench/processes.mjs';
import { chromiumFlags, chromiumNames, findChromium } from './chromium.mjs';
import { source } from './source.mjs';

const root = dirname(dirname(here));
const pictures = join(root, 'docs', 'pictures');
const bytesMost = 200 * 1_024;
const viewport = { width: 1_280, height: 800 };
const themes = ['light', 'dark'];
const views = {
  now: { fragment: '#/now', ready: '.card' },
  timeline: { fragment: '#/timeline?range=3600', ready: '.slider input' },
};
// So many minutes of the gateway pass in one of ours.
const rate = 20;
const turnEveryMs = 250;
const minuteMs = 60_000;

const overloaded = { kind: 'status', status: 529, type: 'overloaded_error' };
const limited = { kind: 'status', status: 429, type: 'rate_limit_error', headers: { 'retry-after': '150' } };
const down = { kind: 'status', status: 503 };
const well = { kind: 'none' };

/** What happens after so many of the gateway's minutes. */
const plot = [
  [9, 'office', overloaded],
  [12, 'office', well],
  [20, 'office', { kind: 'refuse' }],
  [20, 'desk', down],
  [24, 'relay', limited],
  [27, 'relay', well],
  [31, 'office', well],
  [33, 'desk', well],
  [41, 'office', down],
  [41, 'desk', overloaded],
  [43, 'relay', down],
  [45, 'office', well],
  [46, 'desk', well],
];
const wholeMinutes = 55;

const executablePath = findChromium();
if (executablePath === undefined) {
  process.stderr.write(`no Chromium on this machine (${chromiumNames.join(', ')}): no pictures were made\n`);
  process.exitCode = 2;
} else await main();

async function main() {
  const stage = await setStage();
  try {
    await play(stage);
    mkdirSync(pictures, { recursive: true });
    const browser = await chromium.launch({ executablePath, args: chromiumFlags });
    for (const theme of themes) await photograph(browser, stage, theme);
    await browser.close();
  } finally {
    await stage.close();
  }
}

async function setStage() {
  process.env.QCC_KEYCHAIN = 'off';
  const { startSimulatedEndpoint } = await source('src/simulated-endpoint/simulated-endpoint.ts');
  const { connect } = await source('src/control/client.ts');
  const folder = temporaryFolder();
  const home = join(folder, 'q');
  // The play ends now.
  const backMs = wholeMinutes * minuteMs * (1 - 1 / rate);
  const clockOf = { QCC_CLOCK_RATE: String(rate), QCC_CLOCK_BACK: String(backMs) };
  const env = { PATH: process.env.PATH, HOME: folder, QCC_HOME: home, QCC_KEYCHAIN: 'off', ...clockOf };
  const began = performance.now();
  const clock = ['--import', pathToFileURL(join(root, 'scripts', 'pictures', 'fast-clock.mjs')).href];
  const where = ['--host', '127.0.0.1', '--port', '0', '--json'];
  const gateway = await startProcess([...gatewayFlags, ...clock, program, 'proxy', 'run', ...where], { env });
  const connection = await connect({ home, needGateway: true });
  const { call } = connection;
  const endpoints = {};
  for (const [name, profile, tier] of [
    ['office', 'office', 'primary'],
    ['desk', 'office', null],
    ['relay', 'relay', 'secondary'],
    ['spare', 'spare', 'fallback'],
  ]) {
    const endpoint = await startSimulatedEndpoint({ name, paceMs: 4 });
    const { url: baseUrl, key, auth } = endpoint;
    if (tier !== null) await call('profile.add', { name: profile, tier });
    await call('endpoint.add', { profile, name, baseUrl, key, auth, priority: tier === null ? 2 : 1 });
    endpoints[name] = endpoint;
  }
  const close = async () => {
    await connection.close();
    await gateway.end();
    await Promise.all(Object.values(endpoints).map((one) => one.close()));
  };
  return { gateway, call, endpoints, began, close };
}

async function play({ gateway, endpoints, began }) {
  const { askOnce } = await source('src/commands/demo/client.ts');
  const minute = () => ((performance.now() - began) * rate) / minuteMs;
  const left = [...plot];
  for (let turn = 0; minute() < wholeMinutes; turn++) {
    for (; left.length > 0 && left[0][0] <= minute(); left.shift()) await endpoints[left[0][1]].play(left[0][2]);
    // Sessions end: another one goes where the ladder sends it.
    await askOnce(gateway.url, `session-${Math.floor(turn / 9)}-${turn % 3}`, 'Say something.');
    await sleep(turnEveryMs);
  }
  process.kill(gateway.pid, 'SIGUSR2');
}

async function photograph(browser, { call }, theme) {
  const context = await browser.newContext({ viewport });
  const choices = { 'qcc-theme': theme, 'qcc-language': 'en' };
  await context.addInitScript({ content: `Object.assign(localStorage, ${JSON.stringify(choices)})` });
  const page = await context.newPage();
  await page.goto((await call('dashboard.open', { readOnly: false, port: 0 })).url);
  for (const [view, { fragment, ready }] of Object.entries(views)) {
    await page.evaluate((to) => {
      location.hash = to;
    }, fragment);
    await page.locator(ready).first().waitFor();
    await page.waitForLoadState('networkidle', { timeout: 2_000 }).catch(() => {});
    const bytes = await page.screenshot({ animations: 'disabled' });
    const name = `${view}-${theme}.png`;
    process.stdout.write(`docs/pictures/${name}  ${(bytes.length / 1_024).toFixed(0)} KB\n`);
    if (bytes.length > bytesMost) {
      process.stderr.write(`${name} is larger than ${bytesMost / 1_024} KB\n`);
      process.exitCode = 1;
    }
    writeFileSync(join(pictures, name), bytes);
  }
  await context.close();
}
