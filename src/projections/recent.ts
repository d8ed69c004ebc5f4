/** How each endpoint has performed lately: rates, times, streaks. The machine's rules and `health status` read it. */
import type { EndpointFact, Verdict } from '../../events/endpoint.ts';
import type { Millis, Recorded } from '../../events/fact.ts';
import { nameOf } from '../../events/ids.ts';
import type { CallReason, ReasonOrWord } from '../../events/reason.ts';
import type { Served } from '../../events/request.ts';
import { checkVerdictOf } from '../../machines/classify.ts';
import { isNeutral, type Recent as Window } from '../../machines/endpoint-policy.ts';
import { Quantiles } from './quantiles.ts';
import { addLater, freshRow, lastMax, type Row, windowMax } from './recent-row.ts';

// The window of the rule on failure rates.
const windowMs = 120_000;
const firstError = 400;
const messages = '/v1/messages';
// Below this a median says nothing about the typical time.
const medianSamplesMin = 5;

/** The parts of the stability score: together 0 to 100. */
export interface StabilityParts {
  readonly recent: number;
  readonly steadiness: number;
  readonly streak: number;
}

/** What probing an endpoint has cost, and how often a result changed its state. */
export interface Probing {
  readonly probes: number;
  readonly tokens: number;
  readonly changes: number;
}

export interface Doing {
  /** Results so far. */
  readonly checks: number;
  readonly successRate: number | null;
  readonly recentSuccessRate: number | null;
  readonly avgResponseMs: number | null;
  readonly p95ResponseMs: number | null;
  /** The typical time of late: the median of the last times. */
  readonly recentResponseMs: number | null;
  readonly stability: number | null;
  readonly stabilityParts: StabilityParts | null;
  readonly consecutiveSuccesses: number;
  readonly consecutiveFailures: number;
  readonly lastCheckAt: Millis | null;
  readonly provenAt: Millis | null;
  readonly lastError: ReasonOrWord<CallReason> | null;
  readonly verdicts: Readonly<Record<Verdict, number>>;
  readonly probing: Probing;
  /** The model that last answered a probe. */
  readonly model: string | null;
}

/** Decisions that a probe may lead to. */
export const changesState: ReadonlySet<string> = new Set([
  'EndpointDegraded',
  'EndpointFailed',
  'EndpointPaused',
  'EndpointRecovering',
  'EndpointRecovered',
]);

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
      if (outcome === 'cancelled' || outcome === 'noNetwork' || (outcome !== 'answered' && isNeutral(outcome)))
        continue;
      const row = this.#row(endpoint);
      this.#count(row, outcome === 'answered' ? 'success' : checkVerdictOf(outcome), fact.at);
      if (outcome === 'answered' && ttfbMs !== null) this.#time(row, ttfbMs);
    }
    if (fact.type !== 'RequestServed') return;
    const row = this.#row(ended.endpoint);
    if (ended.ttftMs !== null) row.ttft.add(ended.ttftMs);
    if (!row.hasAnswered && ended.status < firstError && ended.path === messages) row.hasAnswered = true;
  }

  /** Attempts are counted in their request's fact; an endpoint's own facts hold errors, probes, and decisions. */
  #told(endpoint: string, recorded: Recorded): void {
    const fact = recorded as Recorded<EndpointFact>;
    switch (fact.type) {
      case 'AttemptFailed':
        this.#row(endpoint).lastError = fact.data.detail ?? fact.data.failure;
        return;
      case 'ProbeSucceeded': {
        const row = this.#probed(endpoint, fact, fact.data.tokens);
        this.#count(row, 'success', fact.at);
        this.#time(row, fact.data.responseMs);
        row.model = fact.data.model ?? row.model;
        row.hasAnswered = true;
        return;
      }
      case 'ProbeFailed': {
        const row = this.#probed(endpoint, fact, 0);
        this.#count(row, fact.data.verdict, fact.at);
        row.lastError = fact.data.detail ?? fact.data.failure;
        return;
      }
      case 'ProbeNoted': {
        const row = this.#probed(endpoint, fact, fact.data.tokens);
        if (fact.data.verdict !== 'success') row.verdicts[fact.data.verdict]++;
        return;
      }
      default: {
        if (!changesState.has(fact.type)) return;
        const row = this.#rows.get(endpoint);
        if (row && row.probeSeq > 0 && fact.cause === row.probeSeq) row.probing.changes++;
      }
    }
  }

  #probed(endpoint: string, { seq, at }: Recorded, tokens: number): Row {
    const row = this.#row(endpoint);
    row.lastCheckAt = at;
    row.probeSeq = seq;
    row.probing.probes++;
    row.probing.tokens += tokens;
    return row;
  }

  #row(endpoint: string): Row {
    let row = this.#rows.get(endpoint);
    if (!row) {
      row = freshRow();
      this.#rows.set(endpoint, row);
    }
    return row;
  }

  #count(row: Row, verdict: Verdict, at: Millis): void {
    const good = verdict === 'success';
    row.attempts++;
    row.verdicts[verdict]++;
    if (good) row.provenAt = at;
    else row.failures++;
    row.streak = good ? row.streak + 1 : 0;
    row.fails = good ? 0 : row.fails + 1;
    row.window.push(good ? at : -at);
    // Halved at once, not trimmed one by one: this runs once a request.
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

  /** Whether its address and path are known to be right. */
  hasAnswered(endpoint: string): boolean {
    const row = this.#rows.get(endpoint);
    return row?.hasAnswered === true;
  }

  /** For the probe plan, which calls this at each look: `of` computes far more. */
  heardOf(endpoint: string): Pick<Doing, 'lastCheckAt' | 'provenAt'> {
    return this.#rows.get(endpoint) ?? nothing;
  }

  of(endpoint: string): Doing {
    const row = this.#rows.get(endpoint) ?? nothing;
    const last = row.window.slice(-lastMax);
    const recent = last.length === 0 ? null : last.filter((at) => at > 0).length / last.length;
    const parts = recent === null ? null : stabilityOf(recent, row);
    return {
      checks: row.attempts,
      successRate: row.attempts === 0 ? null : (row.attempts - row.failures) / row.attempts,
      recentSuccessRate: recent,
      avgResponseMs: rounded(row.ttfb.mean),
      p95ResponseMs: rounded(row.ttfb.at(0.95)),
      recentResponseMs: rounded(medianOf(row.times.slice(-lastMax))),
      stability: parts && Math.round(parts.recent + parts.steadiness + parts.streak),
      stabilityParts: parts,
      consecutiveSuccesses: row.streak,
      consecutiveFailures: row.fails,
      lastCheckAt: row.lastCheckAt,
      provenAt: row.provenAt,
      lastError: row.lastError,
      verdicts: { ...row.verdicts },
      probing: { ...row.probing },
      model: row.model,
    };
  }

  toJSON(): object {
    return [...this.#rows].map(([endpoint, row]) => [
      endpoint,
      {
        ...row,
        verdicts: { ...row.verdicts },
        probing: { ...row.probing },
        ttfb: row.ttfb.toJSON(),
        ttft: row.ttft.toJSON(),
        window: row.window.slice(-windowMax),
        times: row.times.slice(-lastMax),
      },
    ]);
  }

  /** The last probe of an endpoint, by its fact; 0 before the first one. */
  lastProbeOf(endpoint: string): number {
    return this.#rows.get(endpoint)?.probeSeq ?? 0;
  }

  /**
   * Adds the results of later facts, in their JSON form: as if these facts had been applied.
   * @param early of these facts, decisions on probes before them: the endpoint, and the probe's fact
   */
  add(json: unknown, early: readonly (readonly [endpoint: string, probe: number])[]): void {
    for (const [endpoint, probe] of early) {
      const row = this.#rows.get(endpoint);
      if (row?.probeSeq === probe) row.probing.changes++;
    }
    for (const [endpoint, later] of json as [string, Row][]) addLater(this.#row(endpoint), later);
  }

  static from(json: unknown): Recent {
    const made = new Recent();
    for (const [endpoint, row] of json as [string, Row][]) {
      const ttft = Quantiles.from(row.ttft);
      made.#rows.set(endpoint, {
        ...row,
        // States of before it was kept tell it by the times of first tokens.
        ...(ttft.count > 0 && { hasAnswered: true }),
        window: [...row.window],
        times: [...row.times],
        ttfb: Quantiles.from(row.ttfb),
        ttft,
      });
    }
    return made;
  }
}

const weights = { recent: 50, steadiness: 30, streak: 20 };

/** Recent success, steadiness of the times (1 − coefficient of variation), and the streak. */
function stabilityOf(recentRate: number, { times, streak }: Row): StabilityParts {
  const last = times.slice(-lastMax);
  const mean = last.reduce((sum, ms) => sum + ms, 0) / Math.max(1, last.length);
  const variance = last.reduce((sum, ms) => sum + (ms - mean) ** 2, 0) / Math.max(1, last.length);
  // An endpoint that never answered is not steady.
  const steadiness = mean === 0 ? 0 : Math.max(0, 1 - Math.sqrt(variance) / mean);
  return {
    recent: weights.recent * recentRate,
    steadiness: weights.steadiness * steadiness,
    streak: weights.streak * Math.min(1, streak / lastMax),
  };
}

const nothing = freshRow();

/** The lower one of two in the middle. */
function medianOf(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1] ?? null;
}

function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value);
}
