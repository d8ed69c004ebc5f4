/** The page of an incident, opened as a file in a fresh browser without a network: it shows the outage, and is dragged through it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { at } from '../cli/command.ts';
import { startBrowser } from './browser.ts';
import { playDay, type Stage, setStage } from './stage.ts';

let browser: Browser;
let stage: Stage;
let folder: string;
let file: string;
/** The number of the last fact that it holds. */
let last: number;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'qt-'));
  file = join(folder, 'incident.html');
  stage = await setStage();
  await playDay(stage);
  const { code, err, json } = await at(stage.home)('history', 'export', '--html', file, '--json');
  expect([code, err]).toEqual([0, '']);
  last = (json() as { readonly facts: number }).facts;
  browser = await startBrowser();
});

afterAll(async () => {
  await browser.close();
  await stage.close();
  rmSync(folder, { recursive: true, force: true });
});

/** In a profile of its own, with the network off. */
async function open(path: string, fragment = '') {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
  await context.setOffline(true);
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', ({ message }) => complaints.push(message));
  page.on('request', (request) => requests.push(request.url()));
  await page.addInitScript(
    "addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => console.error(violatedDirective, blockedURI))",
  );
  const address = pathToFileURL(path).href;
  await page.goto(address + fragment);
  return { page, complaints, requests, address, close: () => context.close() };
}

const badges = (page: Page) => page.locator('.card').allTextContents();

/** The first moment at which an endpoint had failed. */
async function outage(): Promise<{ readonly seq: number; readonly name: string }> {
  const { facts } = await stage.call('history.read', { type: 'EndpointFailed', limit: 100 });
  const seq = facts[0]?.seq ?? 0;
  const statesAt = async (moment: { readonly seq: number }) =>
    (await stage.call('dashboard.state', { moment })).profiles.flatMap(({ endpoints }) => endpoints);
  const before = await statesAt({ seq: seq - 1 });
  const failed = (await statesAt({ seq })).filter(({ state }, i) => state !== before[i]?.state);
  expect(failed.length).toBe(1);
  return { seq, name: failed[0]?.name ?? '' };
}

it('shows the state at its end, with nothing to press, and asks nobody for anything', async () => {
  const { page, complaints, requests, address, close } = await open(file);
  await page.locator('.card').first().waitFor();
  expect((await badges(page)).length).toBe(4);
  expect(await page.locator('.action button:enabled:not(.copy)').count()).toBe(0);
  expect(await page.locator('.link').textContent()).toBe('incident file');
  expect(complaints).toEqual([]);
  expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([address]);
  await close();
});

it('steps through the outage by the keyboard, as the gateway shows each of its moments', async () => {
  const { seq, name } = await outage();
  const { page, complaints, close } = await open(file, `#/now?at=${seq - 1}`);
  await page.locator('.past-bar').waitFor();
  const card = page.locator('.card').filter({ hasText: name }).first();
  await card.waitFor();
  const before = await card.textContent();
  await page.keyboard.press('ArrowRight');
  await page.waitForURL((url) => url.hash === `#/now?at=${seq}`);
  await expect.poll(() => card.textContent()).not.toBe(before);
  await expect.poll(() => page.locator('.bottom .when').textContent()).toContain(`#${seq}`);
  expect(complaints).toEqual([]);
  await close();
});

it('is dragged through the outage on the timeline, and every view follows', async () => {
  const { seq, name } = await outage();
  const { page, complaints, close } = await open(file, '#/timeline');
  const slider = page.locator('.slider input');
  await slider.waitFor();
  expect(Number(await slider.getAttribute('max'))).toBe(last);
  await slider.fill(String(seq));
  await page.locator('.past-bar').waitFor();
  await page.locator('.facts', { hasText: name }).first().waitFor();
  expect(await slider.inputValue()).toBe(String(seq));
  const before = await page.locator('.past-bar').textContent();
  await slider.press('ArrowRight');
  await expect.poll(() => page.locator('.past-bar').textContent()).not.toBe(before);
  expect(await slider.inputValue()).toBe(String(seq + 1));
  expect(complaints).toEqual([]);
  await close();
});

it.each([
  ['requests', '.request-table tbody tr'],
  ['what-if?failover.failure_threshold=5', '.measures'],
  ['incidents', '#main a'],
  ['settings', '.setting-table tbody tr'],
  ['usage', '.usage .scrolls tbody tr'],
  ['queue', '.queue .aside, .queue tbody tr'],
])('answers %s by itself', async (view, ready) => {
  const { page, complaints, close } = await open(file, `#/${view}`);
  await page.locator(ready).first().waitFor({ state: 'attached' });
  expect(complaints).toEqual([]);
  await close();
});

it('shows the waterfall of a request that moved', async () => {
  const { rows } = await stage.call('dashboard.requests', { moved: true, limit: 1 });
  const { page, complaints, close } = await open(file, `#/request/${rows[0]?.request}`);
  await page.locator('.waterfall .line').first().waitFor();
  expect(await page.locator('.waterfall .line').count()).toBeGreaterThan(1);
  expect(complaints).toEqual([]);
  await close();
});

it('says in both languages when it was changed on its way', async () => {
  const changed = join(folder, 'changed.html');
  writeFileSync(changed, readFileSync(file, 'utf8').replace('"RequestServed"', '"RequestFailed"'));
  const { page, complaints, close } = await open(changed);
  await expect.poll(() => page.locator('#page p').count()).toBe(2);
  expect(await page.locator('#page').textContent()).toContain('changed.html');
  expect(await page.locator('#page').textContent()).toMatch(/\p{Script=Han}/u);
  expect(complaints).toEqual([]);
  await close();
});
