/**
 * The share of an endpoint among its equals, from how it has been doing. It moves in steps and within bounds: the user's
 * weight says what is wanted, this says what is got.
 */
import type { EndpointDecision } from '../events/endpoint.ts';
import type { Millis } from '../events/fact.ts';

export interface WeightPolicy {
  readonly enabled: boolean;
  /** Fewer results than this say nothing. */
  readonly minChecks: number;
}

/** How an endpoint has been doing. */
export interface Weighed {
  /** The user's own. */
  readonly weight: number;
  readonly effectiveWeight: number;
  /** Results so far, of traffic and of probes. */
  readonly checks: number;
  /** Of the last results, from 0 to 1. */
  readonly successRate: number;
  /** Null while it has never answered. */
  readonly responseMs: Millis | null;
  /** What is usual among its equals; null when it has none. */
  readonly usualMs: Millis | null;
  /** From 0 to 100. */
  readonly stability: number;
  readonly consecutiveFailures: number;
}

type Adjusted = Extract<EndpointDecision, { type: 'WeightAdjusted' }>;

/** Shares of the user's weight: an endpoint is never silenced by its figures, and never given everything. */
export const weightBounds = { least: 0.1, most: 2 } as const;
// A smaller difference is noise: the weight stays. It is also the least that a weight moves by.
const step = 0.1;
// The way to the target is gone in parts: one bad minute is not the truth, and three are near it.
const smoothing = 0.3;
// Twice as quick is worth twice the share, and no more than that either way.
const speedMost = 2;
// No user feels times below this: among them the difference is noise.
const feltMs = 100;
// Unsteadiness alone takes a third at most, each failure in a row a fifth.
const unsteadyMost = 0.3;
const perFailure = 0.8;

/** The step to take now, with its reasons in numbers; null when the weight is right as it is, or there is no evidence. */
export function adjustWeight(weighed: Weighed, { enabled, minChecks }: WeightPolicy): Adjusted | null {
  const { weight, effectiveWeight: from } = weighed;
  if (!enabled) return from === weight ? null : adjusted(from, weight, { target: 1 });
  if (weighed.checks < minChecks) return null;
  const factors = factorsOf(weighed);
  const product = Object.values(factors).reduce((all, factor) => all * factor, 1);
  const target = bounded(product);
  const apart = target - from / weight;
  // A hair's breadth below the step by rounding is the step.
  if (Math.abs(apart) < step - 1e-9) return null;
  const by = Math.max(step, smoothing * Math.abs(apart));
  const to = rounded(weight * bounded(from / weight + Math.sign(apart) * by), 1);
  return to === from ? null : adjusted(from, to, { ...factors, target });
}

function factorsOf({ successRate, responseMs, usualMs, stability, consecutiveFailures }: Weighed) {
  const ratio = responseMs === null || usualMs === null ? 1 : Math.max(feltMs, usualMs) / Math.max(feltMs, responseMs);
  return {
    // Squared, because each failure costs its client a second attempt as well.
    success: successRate ** 2,
    speed: Math.min(speedMost, Math.max(1 / speedMost, ratio)),
    stability: 1 - unsteadyMost * (1 - stability / 100),
    streak: perFailure ** consecutiveFailures,
  };
}

function bounded(share: number): number {
  return Math.min(weightBounds.most, Math.max(weightBounds.least, share));
}

function adjusted(from: number, to: number, reasons: Readonly<Record<string, number>>): Adjusted {
  const told = Object.fromEntries(Object.entries(reasons).map(([name, value]) => [name, rounded(value, 3)]));
  return { type: 'WeightAdjusted', data: { from, to, reasons: told } };
}

function rounded(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
