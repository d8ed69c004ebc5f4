/** A browser for measurements: the page is opened as a person's browser does it, and spans are taken inside of it. */
import { chromium } from 'playwright-core';
import { chromiumFlags } from '../chromium.mjs';

// A page that shows nothing by then hangs.
const patienceMs = 60_000;
const lookedAtMs = 150;

export async function startBrowser(executablePath) {
  return chromium.launch({ executablePath, args: [...chromiumFlags, '--enable-precise-memory-info'] });
}

/** With nothing in its cache. */
export async function openPage(browser, address) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
  const page = await context.newPage();
  page.setDefaultTimeout(patienceMs);
  await page.addInitScript(() => {
    new MutationObserver((_, looks) => {
      if (!document.querySelector('.card')) return;
      looks.disconnect();
      window.stoodAt = Date.now() / 1_000;
    }).observe(document, { subtree: true, childList: true });
  });
  const wire = await watchWire(context, page);
  await page.goto(address);
  const stood = await page.waitForFunction(() => window.stoodAt);
  const stoodAt = await stood.jsonValue();
  const isBefore = ({ at }) => at <= stoodAt;
  const stoodMs = stoodAt * 1_000 - (await page.evaluate(() => performance.timeOrigin));
  return { page, stoodMs, wire: { ...wire, requests: wire.requests.filter(isBefore) }, close: () => context.close() };
}

/** What comes over the connections: requests, and the bytes of the page's own files. */
async function watchWire(context, page) {
  const session = await context.newCDPSession(page);
  const wire = { requests: [], bytes: 0, withHeaders: 0, encodings: new Set() };
  const files = new Set();
  await session.send('Network.enable');
  session.on('Network.requestWillBeSent', ({ request, wallTime }) => {
    const { protocol, pathname } = new URL(request.url);
    if (protocol === 'http:') wire.requests.push({ said: `${request.method} ${pathname}`, at: wallTime });
  });
  session.on('Network.responseReceived', ({ requestId, response }) => {
    const { protocol, pathname } = new URL(response.url);
    if (protocol !== 'http:' || pathname.startsWith('/call/') || /^\/(ticket|stream)$/.test(pathname)) return;
    files.add(requestId);
    wire.encodings.add(response.headers['content-encoding'] ?? 'none');
  });
  session.on('Network.dataReceived', ({ requestId, encodedDataLength }) => {
    if (files.has(requestId)) wire.bytes += encodedDataLength;
  });
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (files.has(requestId)) wire.withHeaders += encodedDataLength;
  });
  return wire;
}

/** From the navigation to the first content on the screen. */
export async function firstPaintMs(page) {
  const paint = await page.waitForFunction(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime);
  return paint.jsonValue();
}

/** The same of a page that is one word: what the browser itself takes on this machine. */
export async function leastPaintMs(browser) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto('data:text/html,<h1>qcc</h1>');
  const least = await firstPaintMs(page);
  await context.close();
  return least;
}

/**
 * From an act until what it leads to is there and laid out. To be seen it takes the screen up to a frame more, whoever made the page.
 * @param act `{ click }`, a selector, or `{ slide }`, the value of the slider
 * @param ready `{ shown }`, a selector, or `{ seq }`, the fact after which everything is shown
 */
export function timed(page, act, ready) {
  return page.evaluate(
    ([{ click, slide }, { shown, seq }, mostMs]) =>
      new Promise((resolve, reject) => {
        const isReady = () =>
          shown === undefined
            ? document.querySelector('.bottom .when')?.textContent.startsWith(`#${seq} `)
            : document.querySelector(shown) !== null;
        if (isReady()) return reject(new Error(`${shown ?? seq} is there before`));
        const target = document.querySelector(click ?? '.slider input');
        if (target === null) return reject(new Error(`no ${click ?? 'slider'} on the page`));
        const late = setTimeout(() => reject(new Error(`no ${shown ?? seq} within ${mostMs} ms`)), mostMs);
        const looks = new MutationObserver(() => {
          if (!isReady()) return;
          looks.disconnect();
          clearTimeout(late);
          document.body.getBoundingClientRect();
          resolve(performance.now() - began);
        });
        looks.observe(document.body, { subtree: true, childList: true, characterData: true });
        const began = performance.now();
        if (slide === undefined) return target.click();
        target.value = String(slide);
        target.dispatchEvent(new Event('input', { bubbles: true }));
      }),
    [act, ready, patienceMs],
  );
}

/** A person looks before they act again: by then what was shown is painted, and what came after it is drawn. */
export function atRest(page) {
  return page.evaluate((ms) => new Promise((rest) => setTimeout(() => requestIdleCallback(rest), ms)), lookedAtMs);
}

/** Goes to a place of the page, and waits until it stands. */
export async function goTo(page, fragment, selector) {
  await page.evaluate((to) => {
    location.hash = to;
  }, fragment);
  await page.locator(selector).first().waitFor();
}

/** The page's own work meanwhile, in milliseconds: it tells the page from the rest of a busy machine. */
export async function workDuring(page, act) {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const before = await workOf(session);
  await act();
  const spent = (await workOf(session)) - before;
  await session.detach();
  return spent;
}

async function workOf(session) {
  const { metrics } = await session.send('Performance.getMetrics');
  const parts = new Set(['ScriptDuration', 'LayoutDuration', 'RecalcStyleDuration']);
  return metrics.filter(({ name }) => parts.has(name)).reduce((sum, { value }) => sum + value * 1_000, 0);
}

/** What is left on the page's heap after a collection. */
export async function heapBytes(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize;
}
