/** Calls in flight by endpoint, half-open permits, attempts of panic mode, turns. All of it is in memory: a restart begins anew. */
import type { Millis } from '../../../events/fact.ts';
import type { EndpointId } from '../../../events/ids.ts';
import { type Budget, budgetLeft, fullBudget, onRequest, spend } from '../../../machines/retry-budget.ts';
import type { InFlightView } from '../../../machines/route.ts';
import { RoomBacklog } from './room.ts';

export interface InFlightNow {
  /** Further attempts at endpoints that are not well. */
  readonly budget: { readonly left: number; readonly most: number };
  readonly inFlight: Readonly<Record<string, number>>;
  /** Recovering endpoints whose one permit is taken. */
  readonly permits: readonly string[];
}

export class InFlight implements InFlightView {
  readonly #inFlight = new Map<EndpointId, number>();
  readonly #halfOpenPermits = new Set<EndpointId>();
  readonly #panics = new Map<EndpointId, Millis>();
  readonly #turns = new Map<string, number>();
  readonly room = new RoomBacklog();
  readonly most?: (id: EndpointId, count: number) => number;
  #budget: Budget = fullBudget;

  /** @param most of what an endpoint takes, where other gateways have its key, too */
  constructor(most?: (id: EndpointId, count: number) => number) {
    if (most) this.most = most;
  }

  count(id: EndpointId): number {
    return this.#inFlight.get(id) ?? 0;
  }

  isHalfOpenPermitFree(id: EndpointId): boolean {
    return !this.#halfOpenPermits.has(id);
  }

  panicAt(id: EndpointId): Millis {
    return this.#panics.get(id) ?? Number.NEGATIVE_INFINITY;
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

  /** For status and metrics. */
  now(at: Millis): InFlightNow {
    const inFlight = [...this.#inFlight].filter(([, count]) => count > 0);
    return {
      budget: budgetLeft(this.#budget, at),
      inFlight: Object.fromEntries(inFlight),
      permits: [...this.#halfOpenPermits],
    };
  }

  /** The one who begins a call ends it, by the function that comes back: a permit is always given back. */
  begin(id: EndpointId, because: string, now: Millis): () => void {
    this.#inFlight.set(id, this.count(id) + 1);
    const isHalfOpen = because === 'trial';
    if (isHalfOpen) this.#halfOpenPermits.add(id);
    if (because === 'lastResort') this.#panics.set(id, now);
    let over = false;
    return () => {
      if (over) return;
      over = true;
      this.#inFlight.set(id, this.count(id) - 1);
      if (isHalfOpen) this.#halfOpenPermits.delete(id);
      this.room.freed(id);
    };
  }
}
