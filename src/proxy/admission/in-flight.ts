/** What runs where at this moment: calls in flight, trial permits, last tries, turns. In memory: a restart begins anew. */
import type { Millis } from '../../../events/fact.ts';
import type { EndpointId } from '../../../events/ids.ts';
import { type Budget, budgetLeft, fullBudget, onRequest, spend } from '../../../machines/retry-budget.ts';
import type { Loads } from '../../../machines/route.ts';
import { RoomLine } from './room.ts';

export interface LoadsNow {
  /** Further attempts at endpoints that are not well. */
  readonly budget: { readonly left: number; readonly most: number };
  readonly inFlight: Readonly<Record<string, number>>;
  /** Recovering endpoints whose one permit is taken. */
  readonly permits: readonly string[];
}

export class LiveLoads implements Loads {
  readonly #inFlight = new Map<EndpointId, number>();
  readonly #permits = new Set<EndpointId>();
  readonly #lastResorts = new Map<EndpointId, Millis>();
  readonly #turns = new Map<string, number>();
  readonly room = new RoomLine();
  #budget: Budget = fullBudget;

  inFlight(id: EndpointId): number {
    return this.#inFlight.get(id) ?? 0;
  }

  permitFree(id: EndpointId): boolean {
    return !this.#permits.has(id);
  }

  lastResortAt(id: EndpointId): Millis {
    return this.#lastResorts.get(id) ?? Number.NEGATIVE_INFINITY;
  }

  turn(group: string): number {
    const turn = this.#turns.get(group) ?? 0;
    this.#turns.set(group, turn + 1);
    return turn;
  }

  requestCame(now: Millis): void {
    this.#budget = onRequest(this.#budget, now);
  }

  /** Whether one more attempt at an endpoint that is not well is allowed. */
  spend(now: Millis): boolean {
    const left = spend(this.#budget, now);
    if (left) this.#budget = left;
    return left !== undefined;
  }

  /** For whoever looks on. */
  now(at: Millis): LoadsNow {
    const inFlight = [...this.#inFlight].filter(([, count]) => count > 0);
    return {
      budget: budgetLeft(this.#budget, at),
      inFlight: Object.fromEntries(inFlight),
      permits: [...this.#permits],
    };
  }

  /** The one who begins a call ends it, by the function that comes back: a permit is always given back. */
  begin(id: EndpointId, because: string, now: Millis): () => void {
    this.#inFlight.set(id, this.inFlight(id) + 1);
    const isTrial = because === 'trial';
    if (isTrial) this.#permits.add(id);
    if (because === 'lastResort') this.#lastResorts.set(id, now);
    let over = false;
    return () => {
      if (over) return;
      over = true;
      this.#inFlight.set(id, this.inFlight(id) - 1);
      if (isTrial) this.#permits.delete(id);
      this.room.freed(id);
    };
  }
}
