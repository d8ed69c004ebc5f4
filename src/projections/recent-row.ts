/** The results of one endpoint, and how those of later facts are added to them. */
import type { Verdict } from '../../events/endpoint.ts';
import type { Millis } from '../../events/fact.ts';
import type { CallReason, ReasonOrWord } from '../../events/reason.ts';
import { Quantiles } from './quantiles.ts';

// As many attempts as one user makes in the window of the rule on failure rates.
export const windowMax = 256;
export const lastMax = 20;

export interface Row {
  attempts: number;
  failures: number;
  /** In a row: successes, and failures. */
  streak: number;
  fails: number;
  lastCheckAt: Millis | null;
  /** When it last answered a request or a conversation probe. */
  provenAt: Millis | null;
  lastError: ReasonOrWord<CallReason> | null;
  /** Results that count, by their verdict; a probe whose result did not count is included only here. */
  readonly verdicts: Record<Verdict, number>;
  readonly probing: { probes: number; tokens: number; changes: number };
  /** The model that last answered a probe. */
  model: string | null;
  /** It has answered a message, ever. Not in older snapshots. */
  hasAnswered?: true;
  /** The last probe's fact: decisions on it name it as their cause. */
  probeSeq: number;
  readonly ttfb: Quantiles;
  readonly ttft: Quantiles;
  /** Newest last: the instant, negative when it failed. */
  window: Millis[];
  /** The last response times, for steadiness. */
  times: Millis[];
}

export function freshRow(): Row {
  return {
    attempts: 0,
    failures: 0,
    streak: 0,
    fails: 0,
    lastCheckAt: null,
    provenAt: null,
    lastError: null,
    verdicts: { success: 0, failure: 0, timeout: 0, rate_limited: 0, invalid_key: 0, model_error: 0 },
    probing: { probes: 0, tokens: 0, changes: 0 },
    model: null,
    probeSeq: 0,
    ttfb: new Quantiles(),
    ttft: new Quantiles(),
    window: [],
    times: [],
  };
}

/** Adds the results of later facts, whose quantiles are in their JSON form. */
export function addLater(row: Row, later: Row): void {
  row.streak = later.streak === later.attempts ? row.streak + later.streak : later.streak;
  row.fails = later.fails === later.attempts ? row.fails + later.fails : later.fails;
  row.attempts += later.attempts;
  row.failures += later.failures;
  row.lastCheckAt = later.lastCheckAt ?? row.lastCheckAt;
  row.provenAt = later.provenAt ?? row.provenAt;
  row.lastError = later.lastError ?? row.lastError;
  for (const verdict of Object.keys(row.verdicts) as Verdict[]) row.verdicts[verdict] += later.verdicts[verdict];
  row.probing.probes += later.probing.probes;
  row.probing.tokens += later.probing.tokens;
  row.probing.changes += later.probing.changes;
  row.model = later.model ?? row.model;
  if (later.hasAnswered) row.hasAnswered = true;
  row.probeSeq = later.probeSeq || row.probeSeq;
  row.ttfb.addAll(later.ttfb);
  row.ttft.addAll(later.ttft);
  row.window = [...row.window, ...later.window].slice(-windowMax);
  row.times = [...row.times, ...later.times].slice(-lastMax);
}
