/** Every view, in both themes, both languages and two widths: nothing complains, everything can be read, and a picture is kept. */
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasNats } from '../support/nats.ts';
import { type Look, openPage, startBrowser } from './browser.ts';
import { joinFleet } from './fleet-stage.ts';
import { playDay, type Stage, setStage } from './stage.ts';

const pictures = join(import.meta.dirname, 'pictures');
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

const all: readonly Look[] = (['light', 'dark'] as const).flatMap((theme) =>
  (['en', 'zh-CN'] as const).flatMap((language) => [1280, 390].map((width) => ({ theme, language, width }))),
);
/** `QCC_TEST_LOOKS=2`: the first and the last, in which each theme, language and width is once. */
const looks = process.env['QCC_TEST_LOOKS'] === '2' ? all.filter((_, i) => i % (all.length - 1) === 0) : all;

let browser: Browser;
let leaveFleet = async () => {};
let stage: Stage;
let views: Readonly<Record<string, { readonly fragment: string; readonly ready: string }>>;

beforeAll(async () => {
  mkdirSync(pictures, { recursive: true });
  browser = await startBrowser();
  stage = await setStage();
  await playDay(stage);
  if (hasNats) leaveFleet = await joinFleet(stage);
  const { rows } = await stage.call('dashboard.requests', { moved: true, limit: 1 });
  const moved = rows[0];
  const { incidents } = await stage.call('incidents.list', { limit: 1 });
  views = {
    now: { fragment: '#/now', ready: '.card' },
    endpoint: { fragment: `#/endpoint/${stage.actors.office.id}`, ready: '.machine' },
    requests: { fragment: '#/requests', ready: '.request-table tbody tr' },
    request: { fragment: `#/request/${moved?.request}`, ready: '.waterfall .line' },
    timeline: { fragment: '#/timeline?range=900', ready: '.bands .band' },
    'timeline in the past': {
      fragment: `#/timeline?range=900&at=${moved?.seq}&with=${(moved?.seq ?? 0) - 5}`,
      ready: '.cursor',
    },
    'what if': { fragment: '#/what-if?failover.auto=false', ready: '.measures' },
    queue: { fragment: '#/queue', ready: '.queue h1' },
    usage: { fragment: '#/usage', ready: '.usage table' },
    settings: { fragment: '#/settings', ready: '.setting-table' },
    incidents: { fragment: `#/incidents/${incidents[0]?.number}`, ready: '.incident-list .facts' },
    fleet: { fragment: '#/fleet', ready: hasNats ? '.fleet section:nth-of-type(3)' : '.fleet .aside' },
    past: { fragment: `#/now?at=${moved?.seq}`, ready: '.past-bar' },
  };
});

afterAll(async () => {
  await browser.close();
  await stage.close();
  await leaveFleet();
});

describe.each([
  'now',
  'endpoint',
  'requests',
  'request',
  'timeline',
  'timeline in the past',
  'what if',
  'queue',
  'usage',
  'settings',
  'incidents',
  'fleet',
  'past',
])('%s', (view) => {
  it.each(looks)('in $theme, $language, $width px', async (look) => {
    const { page, complaints } = await openPage(browser, await stage.address(), look);
    await show(page, view);
    await page.screenshot({
      path: join(pictures, `${view.replaceAll(' ', '-')}-${look.theme}-${look.language}-${look.width}.png`),
      fullPage: true,
    });
    expect(await overflowOf(page), 'wider than the screen').toBe(0);
    expect(await violationsOn(page)).toEqual([]);
    expect(await walk(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

it('every view uses a very wide screen, and goes beyond none', async () => {
  const { page, complaints } = await openPage(browser, await stage.address(), {
    theme: 'light',
    language: 'en',
    width: 2560,
  });
  for (const view of Object.keys(views)) {
    await show(page, view);
    await page.screenshot({ path: join(pictures, `${view.replaceAll(' ', '-')}-light-en-2560.png`) });
    expect(await overflowOf(page), view).toBe(0);
    const used = (await page.evaluate("document.querySelector('main').getBoundingClientRect().width")) as number;
    expect(used, view).toBeGreaterThan(1_500);
  }
  expect(complaints).toEqual([]);
  await page.context().close();
});

async function show(page: Page, view: string): Promise<void> {
  const { fragment, ready } = views[view] ?? { fragment: '', ready: '' };
  await page.evaluate(`location.hash = ${JSON.stringify(fragment)}`);
  await page.locator(ready).first().waitFor();
}

async function overflowOf(page: Page): Promise<number> {
  return (await page.evaluate('Math.max(0, document.documentElement.scrollWidth - innerWidth)')) as number;
}

/** What axe-core finds, in short. It is run by the tool and not by the page: the page's policy would not let it in. */
async function violationsOn(page: Page): Promise<readonly string[]> {
  await page.evaluate(readFileSync(axe, 'utf8'));
  const { violations } = (await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')) as AxeResults;
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${String(target)} ${failureSummary}`),
  );
}

/** Tab reaches everything that can be used, and what is reached is seen. @returns what is not */
async function walk(page: Page): Promise<readonly string[]> {
  await page.evaluate('document.activeElement?.blur(); window.scrollTo(0, 0)');
  const wanted =
    (await page.evaluate(`[...document.querySelectorAll('a[href]:not([tabindex="-1"]), button:enabled, input, select, summary')]
    .filter((one) => one.checkVisibility()).length`)) as number;
  const missed: string[] = [];
  const seen = new Set<number>();
  // A long list is walked in part: its rows are alike.
  const steps = Math.min(wanted, 60);
  for (let step = 0; step < steps; step++) {
    await page.keyboard.press('Tab');
    const found = (await page.evaluate(`(() => {
      const one = document.activeElement;
      const { width, height } = one.getBoundingClientRect();
      const outline = getComputedStyle(one).outlineStyle;
      return { place: [...document.querySelectorAll('*')].indexOf(one), isSeen: width > 0 && height > 0 && outline !== 'none', name: one.outerHTML.slice(0, 80) };
    })()`)) as { place: number; isSeen: boolean; name: string };
    if (!found.isSeen) missed.push(found.name);
    seen.add(found.place);
  }
  if (seen.size < steps) missed.push(`${steps - seen.size} of ${steps} steps lead nowhere new`);
  return missed;
}
