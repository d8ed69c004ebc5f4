/** The load of a benchmark: at full speed, and at a fixed rate that does not depend on the answers. */
import { Agent, request } from 'node:http';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

export interface Target {
  readonly url: string;
  /** The credential that the target accepts. */
  readonly key: string;
}

/** How long a measurement lasts: a number of requests when one is given, a duration otherwise. */
export interface Extent {
  readonly durationMs: number;
  readonly requests: number | null;
  /** Ends the measurement early. */
  readonly signal?: AbortSignal;
}

export interface Times {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

export interface Measured {
  readonly requests: number;
  readonly errors: number;
  readonly perSecond: number;
  /**
   * Time to the first byte and to the last byte of the answer. At a fixed rate it is counted from the instant at which a request was due.
   */
  readonly ttfb: Times;
  readonly total: Times;
}

// When a server stops answering, waiting requests must not fill the memory.
const openMax = 4_096;
const patienceMs = 30_000;
const body = Buffer.from(
  JSON.stringify({ model: 'bench', max_tokens: 64, stream: true, messages: [{ role: 'user', content: 'bench' }] }),
);

interface Tally {
  readonly ttfb: number[];
  readonly total: number[];
  errors: number;
}

/** Closed loop: keeps this many requests in flight. Measures throughput. */
export async function closedLoop(target: Target, concurrent: number, extent: Extent): Promise<Measured> {
  const tally: Tally = { ttfb: [], total: [], errors: 0 };
  const client = clientOf(target);
  const began = performance.now();
  let sent = 0;
  const isWanted = () =>
    extent.requests === null ? performance.now() - began < extent.durationMs : sent < extent.requests;
  const goesOn = () => !extent.signal?.aborted && isWanted();
  const one = async () => {
    while (goesOn()) {
      sent++;
      await client.ask(performance.now(), tally);
    }
  };
  await Promise.all(Array.from({ length: concurrent }, one));
  client.close();
  extent.signal?.throwIfAborted();
  return summed(tally, performance.now() - began);
}

/**
 * Open loop: sends this many requests per second, however long answers take. Each is timed from the instant at which it was due, so that a
 * pause counts for all requests that had to wait. (A closed loop would send fewer requests meanwhile and would not notice: coordinated
 * omission.)
 */
export async function openLoop(target: Target, perSecond: number, extent: Extent): Promise<Measured> {
  const tally: Tally = { ttfb: [], total: [], errors: 0 };
  const client = clientOf(target);
  const gapMs = 1_000 / perSecond;
  const most = extent.requests ?? Math.ceil(extent.durationMs / gapMs);
  const running = new Set<Promise<void>>();
  const began = performance.now();
  for (let i = 0; i < most && !extent.signal?.aborted; ) {
    const dueAt = began + i * gapMs;
    const early = dueAt - performance.now();
    if (early > 0) {
      // A timer is late by a millisecond or more, so that the last millisecond is spent polling the clock.
      await (early > 2 ? sleep(early - 2) : nextTurn());
      continue;
    }
    i++;
    if (running.size >= openMax) {
      tally.errors++;
      continue;
    }
    const asked = client.ask(dueAt, tally).finally(() => running.delete(asked));
    running.add(asked);
  }
  await Promise.all(running);
  client.close();
  extent.signal?.throwIfAborted();
  return summed(tally, performance.now() - began);
}

function clientOf({ url, key }: Target) {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const { hostname, port, pathname } = new URL(url);
  const options = {
    agent,
    port,
    host: hostname.replace(/^\[|\]$/g, ''),
    method: 'POST',
    path: `${pathname.replace(/\/$/, '')}/v1/messages`,
    timeout: patienceMs,
    headers: {
      'content-type': 'application/json',
      'content-length': body.length,
      'anthropic-version': '2023-06-01',
      'x-api-key': key,
    },
  };
  const ask = (from: number, tally: Tally) =>
    new Promise<void>((resolve) => {
      const failed = () => {
        tally.errors++;
        resolve();
      };
      const sent = request(options, (response) => {
        const isGood = response.statusCode === 200;
        const first = performance.now() - from;
        response.resume();
        response.once('error', failed);
        response.once('end', () => {
          if (!isGood) return failed();
          tally.ttfb.push(first);
          tally.total.push(performance.now() - from);
          resolve();
        });
      });
      sent.once('timeout', () => sent.destroy(new Error('no answer')));
      sent.once('error', failed);
      sent.end(body);
    });
  return { ask, close: () => agent.destroy() };
}

function summed({ ttfb, total, errors }: Tally, tookMs: number): Measured {
  const perSecond = Math.round((total.length / tookMs) * 10_000) / 10;
  return { requests: total.length + errors, errors, perSecond, ttfb: timesOf(ttfb), total: timesOf(total) };
}

function timesOf(times: readonly number[]): Times {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => {
    const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    return Math.round(value * 100) / 100;
  };
  return { p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) };
}
