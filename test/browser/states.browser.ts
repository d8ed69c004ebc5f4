/** What each view says when there is nothing to show, when the gateway does not answer, and when the browser keeps nothing. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Connection } from '../../src/contract/operations.ts';
import { connect } from '../../src/control/client.ts';
import { type Gateway, runGateway } from '../../src/gateway/gateway.ts';
import { type Look, openPage, startBrowser } from './browser.ts';

const look: Look = { theme: 'light', language: 'en', width: 1280 };
let browser: Browser;
let gateway: Gateway;
let connection: Connection;
const root = mkdtempSync(join(tmpdir(), 'qt-'));

beforeAll(async () => {
  process.env['QCC_KEYCHAIN'] = 'off';
  browser = await startBrowser();
  const home = join(root, 'q');
  gateway = await runGateway({ home, port: 0 });
  connection = await connect({ home, needGateway: true });
});

afterAll(async () => {
  await browser.close();
  await connection.close();
  await gateway.stop(0);
  await gateway.stopped;
  rmSync(root, { recursive: true, force: true });
});

const address = async () => (await connection.call('dashboard.open', { port: 0 })).url;

async function goTo(page: Page, fragment: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(fragment)}`);
}

const nothing: readonly (readonly [fragment: string, says: RegExp])[] = [
  ['#/now', /There is no endpoint yet\..*qcc init/],
  ['#/endpoint/00000000', /There is no such endpoint at this moment\./],
  ['#/requests', /No request yet\..*qcc code/],
  ['#/request/01930000-0000-7000-8000-000000000000', /no request/i],
  ['#/timeline?range=900', /The newest facts/],
  ['#/what-if', /Choose a setting/],
  ['#/queue', /Nothing is waiting/],
  ['#/usage', /No request in this span\./],
  ['#/usage?by=session', /No request in this span\./],
  ['#/settings', /Snapshots\s*.*Nothing here\./s],
  ['#/fleet', /this gateway is in no fleet/],
  ['#/incidents', /no incident: nothing failed/],
];

describe('a home in which nothing is set up', () => {
  it('has a sentence in every view, and no complaint', async () => {
    const { page, complaints } = await openPage(browser, await address(), look);
    for (const [fragment, says] of nothing) {
      await goTo(page, fragment);
      await page.locator('main', { hasText: says }).waitFor({ timeout: 10_000 });
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), fragment).toBe(true);
    }
    // The request that is not there is refused, and nothing else.
    expect(complaints.filter((one) => !one.includes('status of 4'))).toEqual([]);
    await page.context().close();
  });
});

describe('a gateway that does not answer', () => {
  it('is told in each view that asks it', async () => {
    const { page } = await openPage(browser, await address(), look);
    await page.route('**/call/**', (route) => route.abort());
    const asking = [
      'requests',
      'request/1',
      'timeline?range=900',
      'what-if?failover.auto=false',
      'queue',
      'usage',
      'settings',
      'incidents',
    ];
    for (const view of asking) {
      await goTo(page, `#/${view}`);
      await page
        .locator('main .not-ready', { hasText: 'the gateway cannot be reached' })
        .first()
        .waitFor({ timeout: 10_000 });
    }
    await page.context().close();
  });
});

it('a browser that forbids the page to keep anything shows it all the same, and takes choices', async () => {
  const context = await browser.newContext();
  await context.addInitScript({
    content: `for (const name of ['localStorage', 'sessionStorage'])
      Object.defineProperty(window, name, { get: () => { throw new DOMException('denied', 'SecurityError'); } });`,
  });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', ({ message }) => errors.push(message));
  await page.goto(await address());
  await page.locator('.headline').waitFor();
  await page.locator('.tools .icon').first().click();
  expect(await page.evaluate('document.documentElement.dataset.theme')).toMatch(/^(light|dark)$/);
  await page.getByRole('button', { name: '中文' }).click();
  await page.locator('html[lang="zh-CN"]').waitFor();
  expect(errors).toEqual([]);
  await context.close();
});
