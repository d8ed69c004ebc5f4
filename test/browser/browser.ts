/** The Chromium of this machine, and a page that reports everything that it complains of. */
import { type Browser, chromium, type Page } from 'playwright-core';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--no-first-run',
  '--disable-sync',
  '--disable-component-update',
];

export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: String(process.env['QCC_TEST_BROWSER']), args: flags });
}

export interface Look {
  readonly theme: 'light' | 'dark';
  readonly language: 'en' | 'zh-CN';
  readonly width: number;
}

export interface Watched {
  readonly page: Page;
  /** Messages of the console, errors, and reports of the policy. */
  readonly complaints: readonly string[];
  /** What was asked for, in order: paths. */
  readonly requests: readonly string[];
  /** Bytes of these files, as they came: compressed. What is loaded after the first view is none of them. */
  readonly fileBytes: (asked: readonly string[]) => number;
}

export async function openPage(browser: Browser, address: string, { theme, language, width }: Look): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width, height: width < 600 ? 844 : 860 } });
  const choices = { 'qcc-theme': theme, 'qcc-language': language };
  await context.addInitScript({ content: `Object.assign(localStorage, ${JSON.stringify(choices)})` });
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', ({ message }) => complaints.push(message));
  page.on('request', (request) => {
    const { protocol, pathname, search } = new URL(request.url());
    if (protocol === 'http:') requests.push(`${request.method()} ${pathname}${search}`);
  });
  const files = new Map<string, number>();
  page.on('response', (response) => {
    const { 'content-encoding': encoding, 'content-length': length } = response.headers();
    if (encoding !== undefined) files.set(`GET ${new URL(response.url()).pathname}`, Number(length));
  });
  await page.goto(address);
  await page.locator('.top').waitFor();
  const fileBytes = (asked: readonly string[]) => asked.reduce((sum, one) => sum + (files.get(one) ?? 0), 0);
  return { page, complaints, requests, fileBytes };
}
