/**
 * What of their limits named tokens have spent: recorded usage, at the prices that are known now. A day or a month is the gateway's own:
 * by the clock and the time zone of its machine. A model without a price costs nothing, and is named wherever a budget is shown.
 */
import type { Millis } from '../../../events/fact.ts';
import type { TokenLimit } from '../../../events/token.ts';
import { dayOf } from '../../platform/time.ts';
import type { KnownToken } from '../../projections/tokens.ts';
import type { Exhausted } from '../../proxy/client-tokens.ts';
import type { State } from '../../runtime/state.ts';
import { costOf, type RateFinder, rateFinder } from '../history/prices.ts';

const monthLength = 'YYYY-MM'.length;

/** The part of a day's name that all days of the period have. */
export function periodOf(per: TokenLimit['per'], at: Millis): string {
  const day = dayOf(at);
  return per === 'day' ? day : day.slice(0, monthLength);
}

/** The beginning of the next day, or month: with a clock change, a day has 23 hours or 25. */
export function nextPeriodAt(per: TokenLimit['per'], at: Millis): Millis {
  const now = new Date(at);
  return per === 'day'
    ? new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1).getTime()
    : new Date(now.getFullYear(), now.getMonth() + 1, 1).getTime();
}

interface Spent {
  readonly period: string;
  readonly version: number;
  readonly usd: number;
  readonly unpriced: readonly string[];
}

/** A budget, and what is spent of it here. */
export interface SharedBudget {
  readonly token: string;
  readonly limitUsd: number;
  readonly period: string;
  readonly spentUsd: number;
}

export class Budgets {
  readonly #state: State;
  readonly #now: () => Millis;
  readonly #allowedUsd: (budget: SharedBudget) => number;
  readonly #spent = new Map<string, Spent>();
  #rates: RateFinder | undefined;
  #loading: Promise<void> | undefined;

  /** @param allowedUsd this gateway's slice, where several share a budget */
  constructor(state: State, now: () => Millis, allowedUsd = (budget: SharedBudget) => budget.limitUsd) {
    this.#allowedUsd = allowedUsd;
    this.#state = state;
    this.#now = now;
  }

  /** Loads the prices, if any token has a limit. Until then nothing is known to be spent. */
  prepare(): Promise<void> {
    if (this.#rates || !this.#state.tokens.all().some(({ limit }) => limit !== null)) return Promise.resolve();
    this.#loading ??= rateFinder()
      .then((rates) => {
        this.#rates = rates;
        this.#spent.clear();
      })
      .finally(() => {
        this.#loading = undefined;
      });
    return this.#loading;
  }

  /** Null while it may spend. A request that began before its token was used up goes on. */
  exhausted(token: KnownToken): Exhausted | null {
    const { limit } = token;
    if (limit === null) return null;
    const budget = this.#shared(token, limit);
    if (budget.spentUsd < this.#allowedUsd(budget)) return null;
    const { spentUsd } = budget;
    return { spentUsd, isElsewhere: spentUsd < limit.usd, resetsAt: nextPeriodAt(limit.per, this.#now()) };
  }

  /** All that may be spent from. */
  shared(): readonly SharedBudget[] {
    const all = this.#state.tokens.all().filter(({ revokedAt }) => revokedAt === null);
    return all.flatMap((token) => (token.limit === null ? [] : [this.#shared(token, token.limit)]));
  }

  #shared(token: KnownToken, limit: TokenLimit): SharedBudget {
    const { usd, period } = this.spent(token, limit);
    return { token: token.name, limitUsd: limit.usd, period, spentUsd: usd };
  }

  /** In the present period; computed anew only when there is more. */
  spent({ name }: KnownToken, { per }: TokenLimit): Spent {
    const { spending } = this.#state.tokens;
    const [period, version] = [periodOf(per, this.#now()), spending.version(name)];
    const known = this.#spent.get(name);
    if (known?.period === period && known.version === version) return known;
    const made = { period, version, ...this.#sum(name, period) };
    this.#spent.set(name, made);
    return made;
  }

  #sum(name: string, period: string): Pick<Spent, 'usd' | 'unpriced'> {
    const unpriced = new Set<string>();
    let usd = 0;
    for (const { endpoint, model, tokens } of this.#state.tokens.spending.rows(name, period)) {
      const rates = this.#rates?.(model, this.#state.profiles.endpoint(endpoint)?.baseUrl);
      const cost = costOf(tokens, rates);
      if (cost) usd += cost.totalUsd;
      else if (rates === undefined) unpriced.add(model ?? '-');
    }
    return { usd, unpriced: [...unpriced] };
  }
}
