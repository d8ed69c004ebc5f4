/** `qcc dashboard`: opens the page of the running gateway, or of an incident file. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import type { Answer } from '../../contract/operations.ts';
import { exitCodes } from '../../errors/qcc-error.ts';
import { pageWordsOf } from '../../messages/page.ts';
import { momentOf } from '../../messages/times.ts';
import { withUsersMask } from '../../platform/umask.ts';
import { type Context, flag, isOn, portFlag, withInstallation } from '../context.ts';
import { nowFor, withHistory } from '../source.ts';

const openers: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

export async function dashboard(context: Context): Promise<number | undefined> {
  const moment = await momentGiven(context);
  if (flag(context, 'from-log') !== undefined) return ofFile(context, moment);
  const port = portFlag(context);
  const asked = { readOnly: isOn(context, 'read-only'), ...(port === undefined ? {} : { port }) };
  const opened = await withInstallation(context, ({ call }) => call('dashboard.open', asked), true);
  return tellOpened(context, opened, moment);
}

/** Where the page begins: `&at=…` behind the ticket. */
async function momentGiven(context: Context): Promise<string> {
  const text = flag(context, 'at');
  if (text === undefined) return '';
  const moment = momentOf(text, await nowFor(context, text), context.words);
  return `&at=${'seq' in moment ? `%23${moment.seq}` : new Date(moment.at).toISOString()}`;
}

async function tellOpened(context: Context, opened: Answer<'dashboard.open'>, moment: string): Promise<undefined> {
  const { out, json, language } = context;
  const said = pageWordsOf(language).command;
  const url = opened.url + moment;
  if (json) {
    out.json({ ...opened, url });
    return undefined;
  }
  if (isOn(context, 'print')) {
    out.line(url);
    out.note(said.once(new URL(url).port));
    return undefined;
  }
  if (await openInBrowser(url)) out.done(said.opened(new URL(url).origin));
  else {
    out.note(said.noBrowser);
    out.line(url);
  }
  return undefined;
}

/** Resolves when the opener has taken it; false when there is none, or it failed at once. */
async function openInBrowser(url: string): Promise<boolean> {
  const [program, ...args] = openers[process.platform] ?? ['xdg-open'];
  // On a machine without a screen, xdg-open would start a browser inside of this terminal.
  if (process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY']) return false;
  const child = withUsersMask(() => spawn(program, [...args, url], { stdio: 'ignore', detached: true }));
  child.unref();
  const ended = once(child, 'exit').then(([code]) => code === 0);
  const failed = once(child, 'error').then(() => false);
  const took = new Promise<boolean>((resolve) => setTimeout(() => resolve(true), openMs).unref());
  return await Promise.race([ended, failed, took]);
}

// An opener that still runs after this has found a browser.
const openMs = 2_000;

/** Serves the page in this process until it is interrupted: no gateway takes part. */
async function ofFile(context: Context, moment: string): Promise<number> {
  const { fileDashboard } = await import('../../dashboard/of-file.ts');
  return await withHistory(context, async ({ call }) => {
    const state = await call('dashboard.state', {});
    const page = fileDashboard({
      call: call as never,
      state,
      port: portFlag(context) ?? 0,
      language: context.language,
    });
    await tellOpened(context, await page.open({ readOnly: true }), moment);
    context.out.note(pageWordsOf(context.language).command.untilInterrupted);
    const signal = await Promise.race([interrupted('SIGINT'), interrupted('SIGTERM')]);
    await page.close();
    return signal === 'SIGINT' ? exitCodes.interrupted : 128 + constants.signals.SIGTERM;
  });
}

async function interrupted(signal: 'SIGINT' | 'SIGTERM'): Promise<'SIGINT' | 'SIGTERM'> {
  await once(process, signal);
  return signal;
}
