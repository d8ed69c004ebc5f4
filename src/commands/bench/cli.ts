/** `qcc bench`: what the gateway adds, on this machine, now. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isLoopback } from '../../config/network/base-url.ts';
import { exitCodes, QccError, usage } from '../../errors/qcc-error.ts';
import { isAlive } from '../../installation/life.ts';
import { spanMs } from '../../messages/times.ts';
import { type Context, countFlag, flag } from '../context.ts';
import { startDaemon } from '../gateway/daemon.ts';
import { bench as measure } from './bench.ts';
import type { Times } from './load.ts';

const concurrentDefault = 16;
const concurrentMost = 512;
const durationDefaultMs = 3_000;
const endMs = 5_000;
const pollMs = 20;

export async function bench(context: Context): Promise<number> {
  const { out, words, json } = context;
  const options = optionsOf(context);
  // The benchmark does not touch the user's keychain.
  process.env['QCC_KEYCHAIN'] = 'off';
  const interrupt = new AbortController();
  const stop = () =>
    interrupt.abort(
      new QccError('QCC_USAGE_INTERRUPTED', { text: words.stopped, hint: 'qcc bench' }, exitCodes.interrupted),
    );
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  if (!json) out.note(words.benchRuns);
  const result = await measure({ ...options, signal: interrupt.signal }, async (home) => {
    const { url, pid } = await startDaemon({ ...context, home }, ['--port', '0']);
    return { url, ended: () => gone(pid) };
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop);
  const { direct, gateway, added, rate, concurrent, throughputShare } = result;
  if (json) out.json(result);
  else {
    const row = (name: string, of: (times: Times) => number, which: 'ttfb' | 'total') => [
      name,
      `${of(direct[which])} ms`,
      `${of(gateway[which])} ms`,
      `${signed(of(added[which]))} ms`,
    ];
    const rows = (['ttfb', 'total'] as const).flatMap((which) =>
      (['p50Ms', 'p95Ms', 'p99Ms'] as const).map((one) =>
        row(`${which === 'ttfb' ? 'TTFB' : words.whole} ${one.slice(0, 3)}`, (times) => times[one], which),
      ),
    );
    out.table(
      ['', words.direct, words.throughGateway, words.added],
      [
        [
          words.throughput,
          `${direct.throughput}/s`,
          `${gateway.throughput}/s`,
          `${Math.round(throughputShare * 100)} %`,
        ],
        ...rows,
        [words.errors, String(direct.errors), String(gateway.errors), ''],
      ],
    );
    out.note(words.benchHow(concurrent, rate));
  }
  return direct.errors + gateway.errors > 0 ? exitCodes.failed : exitCodes.done;
}

async function gone(pid: number): Promise<void> {
  for (const begun = Date.now(); isAlive(pid) && Date.now() - begun < endMs; ) await sleep(pollMs);
}

const signed = (value: number) => (value >= 0 ? `+${value}` : String(value));

function optionsOf(context: Context) {
  const { words } = context;
  const duration = flag(context, 'duration');
  const durationMs = duration === undefined ? durationDefaultMs : spanMs(duration, words);
  if (durationMs <= 0) throw usage(words.noSpan(duration ?? ''), '--duration 3s');
  return {
    concurrent: counted(context, 'concurrent', concurrentMost) ?? concurrentDefault,
    requests: countFlag(context, 'requests') ?? null,
    durationMs,
    url: urlOf(context),
  };
}

function counted(context: Context, name: string, most: number): number | undefined {
  const value = countFlag(context, name);
  if (value === undefined || value <= most) return value;
  throw usage(context.words.mustBeCountTo(`--${name}`, most, String(value)), `--${name} 16`);
}

/** The benchmark sends thousands of requests, so that it only accepts an address of this machine, where they cost nothing. */
function urlOf(context: Context): string | null {
  const text = flag(context, 'url');
  if (text === undefined) return null;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' && isLoopback(url.hostname)) return text;
  throw usage(context.words.benchLocal(text), 'qcc bench --url http://127.0.0.1:8080');
}
