/** Totals of requests, per endpoint and the model that it was asked for: counts, times, tokens. */
import type { Recorded } from '../../events/fact.ts';
import { kindOf } from '../../events/ids.ts';
import type { OwnTry, QueuedAnswer } from '../../events/queue.ts';
import type { Served } from '../../events/request.ts';
import { Quantiles } from './quantiles.ts';
import { addUsage, TokenUsage, type UsageRow } from './token-usage.ts';

// A client that sends made-up model names must not fill the memory: beyond this number they are counted together.
const rowsMax = 512;

interface Row {
  readonly endpoint: string;
  readonly model: string | null;
  requests: number;
  attempts: number;
  failures: number;
  readonly ttfb: Quantiles;
  readonly ttft: Quantiles;
  readonly tokens: { input: number; output: number; cacheRead: number; cacheWrite: number };
}

interface Percentiles {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

export interface StatsLine {
  readonly endpoint: string;
  readonly profile: string | null;
  readonly model: string | null;
  readonly requests: number;
  readonly attempts: number;
  readonly failures: number;
  readonly ttfbMs: Percentiles;
  readonly ttftMs: Percentiles;
  readonly tokens: {
    readonly input: number;
    readonly output: number;
    readonly cacheRead: number;
    readonly cacheWrite: number;
  };
}

/** Without named tokens it is the rows alone. */
interface Saved {
  readonly rows: readonly Row[];
  readonly byToken: readonly UsageRow[];
}

export class Stats {
  readonly #rows = new Map<string, Row>();
  readonly #rowsMax: number;
  readonly #byToken: TokenUsage;

  /** @param isLimited false for a part of the facts: which models count together is decided when the parts are added */
  constructor(isLimited = true) {
    this.#rowsMax = isLimited ? rowsMax : Number.POSITIVE_INFINITY;
    this.#byToken = new TokenUsage(isLimited);
  }

  /** What the named tokens have used; empty without any. */
  tokenRows(): readonly UsageRow[] {
    return this.#byToken.rows();
  }

  /** Facts of requests, and of the queue, whose own attempts are in no request's fact. */
  apply(fact: Recorded): void {
    if (kindOf(fact.stream) === 'request') this.#ended(fact);
    else if (fact.type === 'RetrySucceeded') this.#retried((fact.data as QueuedAnswer).own);
  }

  #retried(own: OwnTry | null): void {
    if (own === null) return;
    this.#byToken.retried(own);
    this.#row(own.endpoint, own.model).attempts++;
    this.#served(own);
  }

  #ended(fact: Recorded): void {
    const ended = fact.data as Served;
    this.#byToken.apply(fact);
    for (const { endpoint, outcome, sent } of ended.attempts) {
      const row = this.#row(endpoint, sent ?? ended.model);
      row.attempts++;
      if (outcome !== 'answered' && outcome !== 'cancelled') row.failures++;
    }
    // An answer without an attempt came from the queue's store: it was counted when it was received.
    const last = ended.attempts.at(-1);
    if (last && (fact.type === 'RequestServed' || fact.type === 'AnswerBroken'))
      this.#served(last.sent === undefined ? ended : { ...ended, model: last.sent });
  }

  #served(ended: OwnTry): void {
    const row = this.#row(ended.endpoint, ended.model);
    row.requests++;
    row.ttfb.add(ended.ttfbMs);
    if (ended.ttftMs !== null) row.ttft.add(ended.ttftMs);
    if (ended.usage === null) return;
    addUsage(row.tokens, ended.usage);
  }

  #row(endpoint: string, model: string | null): Row {
    const key = `${endpoint} ${model ?? ''}`;
    const known = this.#rows.get(key);
    if (known) return known;
    if (this.#rows.size >= this.#rowsMax && model !== null) return this.#row(endpoint, null);
    const row: Row = {
      endpoint,
      model,
      requests: 0,
      attempts: 0,
      failures: 0,
      ttfb: new Quantiles(),
      ttft: new Quantiles(),
      tokens: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    };
    this.#rows.set(key, row);
    return row;
  }

  rows(profileOf: (endpoint: string) => string | null): readonly StatsLine[] {
    return [...this.#rows.values()].map(({ endpoint, model, requests, attempts, failures, ttfb, ttft, tokens }) => ({
      endpoint,
      profile: profileOf(endpoint),
      model,
      requests,
      attempts,
      failures,
      ttfbMs: percentiles(ttfb),
      ttftMs: percentiles(ttft),
      tokens: { ...tokens },
    }));
  }

  /** Without named tokens, the rows alone, as they always were. */
  toJSON(): object {
    const rows = [...this.#rows.values()].map((row) => ({
      ...row,
      ttfb: row.ttfb.toJSON(),
      ttft: row.ttft.toJSON(),
      tokens: { ...row.tokens },
    }));
    return this.#byToken.isEmpty ? rows : { rows, byToken: this.#byToken.toJSON() };
  }

  /** Adds the totals of later facts, in their JSON form: as if these facts had been applied. */
  add(json: unknown): void {
    const { rows, byToken } = Array.isArray(json) ? { rows: json as Row[], byToken: [] } : (json as Saved);
    this.#byToken.add(byToken);
    for (const later of rows) {
      const row = this.#row(later.endpoint, later.model);
      row.requests += later.requests;
      row.attempts += later.attempts;
      row.failures += later.failures;
      row.ttfb.addAll(later.ttfb);
      row.ttft.addAll(later.ttft);
      addUsage(row.tokens, later.tokens);
    }
  }

  static from(json: unknown): Stats {
    const made = new Stats();
    made.add(json);
    return made;
  }
}

function percentiles(sketch: Quantiles): Percentiles {
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((q) => rounded(sketch.at(q)));
  return { p50: p50 ?? null, p95: p95 ?? null, p99: p99 ?? null };
}

function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value * 10) / 10;
}
