/** How many further attempts an outage may cost: a share of the requests and a few a minute, so that it is not amplified. */
import type { Millis } from '../events/fact.ts';
import { minuteMs } from '../events/units.ts';

const perRequest = 0.2;
const perMinute = 10;
const burst = 10;

export interface Budget {
  readonly tokens: number;
  readonly at: Millis;
}

export const fullBudget: Budget = { tokens: burst, at: 0 };

/** What is left of it now, and what it can be at most. */
export function budgetLeft(budget: Budget, now: Millis): { readonly left: number; readonly most: number } {
  return { left: refilled(budget, now), most: burst };
}

function refilled({ tokens, at }: Budget, now: Millis): number {
  return Math.min(burst, tokens + (Math.max(0, now - at) / minuteMs) * perMinute);
}

export function onRequest(budget: Budget, now: Millis): Budget {
  return { tokens: Math.min(burst, refilled(budget, now) + perRequest), at: now };
}

/** The budget after one more attempt; undefined when it does not allow one. */
export function spend(budget: Budget, now: Millis): Budget | undefined {
  const tokens = refilled(budget, now);
  return tokens >= 1 ? { tokens: tokens - 1, at: now } : undefined;
}
