/** How each endpoint has been doing: rates, times, streaks. What the machine's rules and `health status` look at. */
import type { Millis, Recorded } from '../../events/fact.ts';
import { nameOf } from '../../events/ids.ts';
import type { Served } from '../../events/request.ts';
import type { Recent as Window } from '../../machines/endpoint-policy.ts';
import { Quantiles } from './quantiles.ts';

// The window of the rule on failure rates, and as many attempts as one desk makes in it.
const windowMs = 120_000;
const windowMax = 256;
const lastMax = 20;
// Below this a median says nothing about what is usual.
const medianSamplesMin = 5;

interface Row {
  attempts: number;
  failures: number;
  streak: number;
  lastCheckAt: Millis | null;
  lastError: string | null;
  readonly ttfb: Quantiles;
  readonly ttft: Quantiles;
  /** Newest last: the instant, negative when it failed. */
  window: Millis[];
  /** The last response times, for steadiness. */
  times: Millis[];
}

export interface Doing {
  readonly successRate: number | null;
  readonly recentSuccessRate: number | null;
  readonly avgResponseMs: number | null;
  readonly p95ResponseMs: number | null;
  readonly stability: number | null;
  readonly consecutiveSuccesses: number;
  readonly lastCheckAt: Millis | null;
  readonly lastError: string | null;
}

const noWindow: Window = { attempts: 0, failures: 0, medianTtftMs: null };

export class Recent {
  readonly #rows = new Map<string, Row>();

  apply(fact: Recorded): void {
    if (fact.stream.startsWith('request/')) this.#request(fact);
    else this.#told(nameOf(fact.stream), fact);
  }

  #request(fact: Recorded): void {
    const ended = fact.data as Served;
    for (const { endpoint, outcome, ttfbMs } of ended.attempts) {
      if (outcome === 'cancelled' || outcome === 'noModel') continue;
      const row = this.#row(endpoint);
      this.#count(row, outcome === 'answered', fact.at);
      if (outcome === 'answered' && ttfbMs !== null) this.#time(row, ttfbMs);
    }
    if (fact.type === 'RequestServed' && ended.ttftMs !== null) this.#row(ended.endpoint).ttft.add(ended.ttftMs);
  }

  /** Attempts are counted in their request's fact; an endpoint's own facts tell errors and probes. */
  #told(endpoint: string, fact: Recorded): void {
    if (fact.type === 'AttemptFailed') {
      const { detail, failure } = fact.data as { detail: string | null; failure: string };
      this.#row(endpoint).lastError = detail ?? failure;
    }
    if (fact.type !== 'ProbeSucceeded' && fact.type !== 'ProbeFailed') return;
    const row = this.#row(endpoint);
    row.lastCheckAt = fact.at;
    this.#count(row, fact.type === 'ProbeSucceeded', fact.at);
    if (fact.type === 'ProbeSucceeded') this.#time(row, (fact.data as { responseMs: number }).responseMs);
    else row.lastError = (fact.data as { detail: string }).detail;
  }

  #row(endpoint: string): Row {
    let row = this.#rows.get(endpoint);
    if (!row) {
      row = {
        attempts: 0,
        failures: 0,
        streak: 0,
        lastCheckAt: null,
        lastError: null,
        ttfb: new Quantiles(),
        ttft: new Quantiles(),
        window: [],
        times: [],
      };
      this.#rows.set(endpoint, row);
    }
    return row;
  }

  #count(row: Row, good: boolean, at: Millis): void {
    row.attempts++;
    if (!good) row.failures++;
    row.streak = good ? row.streak + 1 : 0;
    row.window.push(good ? at : -at);
    // Cut in halves, not one by one: this runs once a request.
    if (row.window.length > 2 * windowMax) row.window = row.window.slice(-windowMax);
  }

  #time(row: Row, ms: Millis): void {
    row.ttfb.add(ms);
    row.times.push(ms);
    if (row.times.length > 2 * lastMax) row.times = row.times.slice(-lastMax);
  }

  window(endpoint: string, now: Millis): Window {
    const row = this.#rows.get(endpoint);
    if (!row) return noWindow;
    let attempts = 0;
    let failures = 0;
    for (let i = row.window.length - 1; i >= 0; i--) {
      const at = row.window[i] ?? 0;
      if (now - Math.abs(at) > windowMs) break;
      attempts++;
      if (at < 0) failures++;
    }
    return { attempts, failures, medianTtftMs: row.ttft.count < medianSamplesMin ? null : row.ttft.at(0.5) };
  }

  of(endpoint: string): Doing {
    const row = this.#rows.get(endpoint);
    if (!row || row.attempts === 0) {
      return {
        successRate: null,
        recentSuccessRate: null,
        avgResponseMs: null,
        p95ResponseMs: null,
        stability: null,
        consecutiveSuccesses: 0,
        lastCheckAt: row?.lastCheckAt ?? null,
        lastError: row?.lastError ?? null,
      };
    }
    const last = row.window.slice(-lastMax);
    const recent = last.filter((at) => at > 0).length / last.length;
    return {
      successRate: (row.attempts - row.failures) / row.attempts,
      recentSuccessRate: recent,
      avgResponseMs: row.ttfb.mean === null ? null : Math.round(row.ttfb.mean),
      p95ResponseMs: row.ttfb.at(0.95) === null ? null : Math.round(row.ttfb.at(0.95) ?? 0),
      stability: stabilityOf(recent, row),
      consecutiveSuccesses: row.streak,
      lastCheckAt: row.lastCheckAt,
      lastError: row.lastError,
    };
  }

  toJSON(): object {
    return [...this.#rows].map(([endpoint, row]) => [
      endpoint,
      {
        ...row,
        ttfb: row.ttfb.toJSON(),
        ttft: row.ttft.toJSON(),
        window: row.window.slice(-windowMax),
        times: row.times.slice(-lastMax),
      },
    ]);
  }

  static from(json: unknown): Recent {
    const made = new Recent();
    for (const [endpoint, row] of json as [string, Row][]) {
      made.#rows.set(endpoint, {
        ...row,
        window: [...row.window],
        times: [...row.times],
        ttfb: Quantiles.from(row.ttfb),
        ttft: Quantiles.from(row.ttft),
      });
    }
    return made;
  }
}

const weights = { recent: 50, steadiness: 30, streak: 20 };

/** 0 to 100: recent success, steadiness of the times (1 − coefficient of variation), and the streak. */
function stabilityOf(recentRate: number, { times, streak }: Row): number {
  const last = times.slice(-lastMax);
  const mean = last.reduce((sum, ms) => sum + ms, 0) / Math.max(1, last.length);
  const variance = last.reduce((sum, ms) => sum + (ms - mean) ** 2, 0) / Math.max(1, last.length);
  // An endpoint that never answered is silent, not steady.
  const steadiness = mean === 0 ? 0 : Math.max(0, 1 - Math.sqrt(variance) / mean);
  const score =
    weights.recent * recentRate + weights.steadiness * steadiness + weights.streak * Math.min(1, streak / lastMax);
  return Math.round(score);
}
