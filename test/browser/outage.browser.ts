/** What an open page shows while things happen: an outage from its beginning to its end, the past, and the end of the page itself. */
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Look, openPage, startBrowser } from './browser.ts';
import { type Stage, setStage } from './stage.ts';

const look: Look = { theme: 'light', language: 'en', width: 1280 };
let browser: Browser;
let stage: Stage;

beforeAll(async () => {
  browser = await startBrowser();
  stage = await setStage();
});

afterAll(async () => {
  await browser.close();
  await stage.close();
});

const card = (page: Page, name: string) => page.getByRole('article', { name });

/** Traffic goes on until the page shows it. */
async function untilShown(wanted: Locator): Promise<void> {
  let isShown = false;
  const waiting = wanted.waitFor({ timeout: 60_000 }).then(() => {
    isShown = true;
  });
  for (let turn = 0; !isShown; turn++) await Promise.race([stage.ask(`turn-${turn}`), waiting]);
}

it('follows an outage: who serves, who failed, who is next, and that it is over', async () => {
  const { page, complaints } = await openPage(browser, await stage.address(), look);
  const { office, desk } = stage.actors;
  await stage.ask();
  await page.locator('.headline', { hasText: /^office\/office serves/ }).waitFor();
  await card(page, 'office/office').locator('.state', { hasText: 'healthy' }).waitFor();

  // One endpoint of two refuses: it is watched, and its neighbour has answered.
  await office.simulated.play({ kind: 'refuse' });
  await stage.ask();
  await card(page, 'office/office').locator('.state', { hasText: 'degraded' }).waitFor();
  await page.locator('.headline', { hasText: 'office/office is degraded' }).waitFor();

  // Both refuse: they are ejected, with the time that they wait, and the ladder goes down a rung.
  const countdown = page
    .locator('.countdown', { hasText: /in \d+ s/ })
    .first()
    .waitFor();
  const ejected = page.locator('.facts', { hasText: /ejected for \d+ s/ }).waitFor();
  await desk.simulated.play({ kind: 'status', status: 500 });
  await untilShown(page.locator('.rung.is-active', { hasText: 'relay' }));
  await page.locator('.headline', { hasText: /^relay serves/ }).waitFor();
  await page.locator('.facts', { hasText: 'failover office → relay' }).waitFor();
  await Promise.all([countdown, ejected]);

  // Both are well again: trial requests bring the ladder back, and the page says so by itself.
  await office.simulated.play({ kind: 'none' });
  await desk.simulated.play({ kind: 'none' });
  await untilShown(page.locator('.rung.is-active', { hasText: 'office' }));
  await page.locator('.facts', { hasText: 'recovery relay → office' }).waitFor();
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('shows a failed-over request with its waterfall by itself, and says how long that took', async () => {
  const { page } = await openPage(browser, await stage.address(), look);
  await page.evaluate("location.hash = '#/requests'");
  await stage.ask('warm');
  await page.locator('.request-table tbody tr').first().waitFor();
  // The view of one request is loaded once; what is measured is what happens, and not the first look at it.
  await page.locator('.request-table tbody tr a').first().click();
  await page.locator('.waterfall').waitFor();
  await page.goBack();
  await page.locator('.request-table').waitFor();
  await stage.actors.office.simulated.play({ kind: 'status', status: 500 });
  await stage.actors.desk.simulated.play({ kind: 'status', status: 500 });
  // In the page, so that the way of the test's own messages is not measured.
  const shown = page.evaluate(`new Promise((resolve) => {
    const wait = () => {
      const moved = document.querySelector('.request-table .o-moved');
      const row = moved?.closest('tr');
      if (!row) return requestAnimationFrame(wait);
      row.querySelector('th a').click();
      const look = () => {
        if (document.querySelectorAll('.waterfall .line:not(.scale)').length < 2) return requestAnimationFrame(look);
        resolve(Date.now());
      };
      look();
    };
    wait();
  })`) as Promise<number>;
  let endedAt = 0;
  for (let turn = 0; turn < 4 && endedAt === 0; turn++) {
    const { attempts } = await stage.ask(`moves-${turn}`);
    if (attempts > 1) endedAt = Date.now();
  }
  expect(endedAt).toBeGreaterThan(0);
  const took = (await shown) - endedAt;
  process.stdout.write(`a failed-over request is on the page ${took} ms after its end\n`);
  await stage.actors.office.simulated.play({ kind: 'none' });
  await stage.actors.desk.simulated.play({ kind: 'none' });
  await page.context().close();
});

it('goes to the past by key and back, with its controls off meanwhile', async () => {
  const { page, complaints } = await openPage(browser, await stage.address(), look);
  await page.locator('.card').first().waitFor();
  await page.locator('html[data-keys]').waitFor();
  await page.keyboard.press('3');
  await page.locator('.bands .band').first().waitFor();
  const seq = Number((await page.locator('.bottom .when').textContent())?.match(/#(\d+)/)?.[1]);
  await page.keyboard.press('ArrowLeft');
  await page.locator('.past-bar', { hasText: `#${seq - 1}` }).waitFor();
  await page.keyboard.press('ArrowLeft');
  await page.locator('.past-bar', { hasText: `#${seq - 2}` }).waitFor();
  await page.keyboard.press('Shift+ArrowLeft');
  const shownSeq = async () => Number(/at=(\d+)/.exec(page.url())?.[1]);
  await expect.poll(shownSeq).toBeLessThan(seq - 2);
  await page.keyboard.press('1');
  await page.locator('.card').first().waitFor();
  expect(await page.locator('.card .action > button:not(.copy):enabled').count()).toBe(0);
  await page.keyboard.press('Escape');
  await page.locator('.past-bar').waitFor({ state: 'detached' });
  expect(await page.locator('.card .action > button:not(.copy):enabled').count()).toBeGreaterThan(0);
  await page.keyboard.press('?');
  await page.locator('dialog[open]').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('dialog[open]').waitFor({ state: 'detached' });
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('does what its buttons say, and shows the command', async () => {
  const { page } = await openPage(browser, await stage.address(), look);
  const disable = card(page, 'spare/spare').getByRole('button', { name: 'Disable', exact: true });
  expect(await disable.getAttribute('title')).toBe(`qcc endpoint disable spare ${stage.actors.spare.id}`);
  await disable.click();
  await card(page, 'spare/spare').locator('.state', { hasText: 'disabled' }).waitFor();
  await card(page, 'spare/spare').getByRole('button', { name: 'Enable', exact: true }).click();
  await card(page, 'spare/spare').locator('.state', { hasText: 'recovering' }).waitFor();
  await page.context().close();
});

it('begins in the past when its address says so', async () => {
  const seq = 5;
  const { page, complaints } = await openPage(browser, `${await stage.address()}&at=%23${seq}`, look);
  await page.locator('.past-bar', { hasText: `#${seq}` }).waitFor();
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('offers nothing that changes anything to a reader', async () => {
  const { page } = await openPage(browser, await stage.address(true), look);
  await page.locator('.scope', { hasText: 'read-only' }).waitFor();
  expect(await page.locator('.action > button:not(.copy)').count()).toBeGreaterThan(0);
  expect(await page.locator('.action > button:not(.copy):enabled').count()).toBe(0);
  await page.context().close();
});

it('keeps no ticket in its address, and says how to open it again when its ticket is used', async () => {
  const address = await stage.address();
  const { page } = await openPage(browser, address, look);
  expect(page.url()).not.toContain('t=');
  await page.reload();
  await page.locator('.card').first().waitFor();
  await page.context().close();
  const other = await (await browser.newContext()).newPage();
  await other.goto(address);
  await other.locator('.unopened', { hasText: 'qcc dashboard' }).waitFor();
  await other.context().close();
});

it('loads in at most six requests and 30 KiB before it shows anything', async () => {
  const { page, requests, fileBytes } = await openPage(browser, await stage.address(), look);
  // What the first view asks besides keeps it from nothing: its state came with its ticket.
  const shown = requests.slice(0, requests.findIndex((one) => one.includes('/stream')) + 1);
  const before = shown.filter((one) => !one.includes('/call/'));
  const bytes = fileBytes(before);
  process.stdout.write(`first load: ${before.length} requests, ${bytes} bytes\n`);
  expect(before.length).toBeLessThanOrEqual(6);
  // All came compressed: page, style, program, words.
  expect(bytes).toBeGreaterThan(10 * 1_024);
  expect(bytes).toBeLessThanOrEqual(30 * 1_024);
  await page.context().close();
});
