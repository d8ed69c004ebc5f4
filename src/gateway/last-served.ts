/**
 * The endpoint that answered each session last, what is left of the plans behind the keys, and refusals in unknown words, for queries of the running gateway. In
 * memory: after a restart a session's next request fills it again.
 */
import type { Millis, Recorded } from '../../events/fact.ts';
import { type EndpointId, kindOf } from '../../events/ids.ts';
import type { Served } from '../../events/request.ts';
import { forgetOldest } from '../platform/forget-oldest.ts';
import type { PlanWindow } from '../proxy/plan-limits.ts';
import { UnknownRefusals } from '../proxy/unknown-refusals.ts';

export interface SessionServed {
  endpoint: string;
  model: string | null;
  at: Millis;
  /** The endpoint that a request of this session was last moved away from, until it answers again. */
  moved: { readonly from: string; readonly at: Millis } | null;
}

// As many sessions as the proxy binds to their endpoints.
const sessionsMax = 10_000;

export class LastServed {
  /** What no row of the table of refusals knows. */
  readonly unknown = new UnknownRefusals();
  readonly #sessions = new Map<string, SessionServed>();
  readonly #plans = new Map<EndpointId, readonly PlanWindow[]>();

  heard(facts: readonly Recorded[]): void {
    for (const fact of facts) {
      if (kindOf(fact.stream) !== 'request') continue;
      if (fact.type === 'RequestServed' || fact.type === 'AnswerBroken') this.#served(fact.at, fact.data as Served);
    }
  }

  /** Undefined: this gateway has answered none of its requests. */
  session(session: string): Readonly<SessionServed> | undefined {
    return this.#sessions.get(session);
  }

  planSeen(endpoint: EndpointId, plan: readonly PlanWindow[]): void {
    this.#plans.set(endpoint, plan);
  }

  plan(endpoint: EndpointId): readonly PlanWindow[] {
    return this.#plans.get(endpoint) ?? [];
  }

  /** Changed in place: a map that is replaced with each request would be rebuilt all day. */
  #served(at: Millis, { session, path, endpoint, model, attempts }: Served): void {
    // Token counts do not count: the endpoint that counts tokens need not be the one that answers.
    if (session === null || path.endsWith('/count_tokens')) return;
    const first = attempts[0]?.endpoint ?? endpoint;
    const moved = first === endpoint ? undefined : { from: first, at };
    const known = this.#sessions.get(session);
    if (known === undefined) {
      this.#sessions.set(session, { endpoint, model, at, moved: moved ?? null });
      forgetOldest(this.#sessions, sessionsMax);
      return;
    }
    known.endpoint = endpoint;
    known.model = model;
    known.at = at;
    if (moved !== undefined) known.moved = moved;
    else if (known.moved?.from === endpoint) known.moved = null;
  }
}
