/** What it costs sessions to change their endpoint. */
import type { Millis, Recorded } from '../../events/fact.ts';
import type { Served } from '../../events/request.ts';
import { forgetOldest } from '../platform/forget-oldest.ts';

// The prompt cache of a session lives for five minutes from the start of its last request.
const cacheMs = 300_000;
// A client may make up a session for each request: those that were asked longest ago are forgotten.
const sessionsMax = 50_000;

/** Sessions and their prompt caches: a session that changes its endpoint must be read again in full. */
export class Caches {
  readonly #places = new Map<
    string,
    { readonly endpoint: string; readonly at: Millis; readonly tokens: number | null }
  >();
  #moved = 0;
  #tokens = 0;
  #unknown = 0;

  served({ data, at }: Recorded & { readonly data: Served }): void {
    const { session, endpoint, usage } = data;
    if (session === null) return;
    const before = this.#places.get(session);
    const startedAt = at - data.durationMs;
    const isWarm = before !== undefined && startedAt - before.at < cacheMs;
    if (before && before.endpoint !== endpoint) this.#moved++;
    if (isWarm && before.endpoint !== endpoint) {
      if (before.tokens === null) this.#unknown++;
      else this.#tokens += before.tokens;
    }
    const cached = usage === null ? null : (usage.cacheRead ?? 0) + (usage.cacheWrite ?? 0);
    this.#places.delete(session);
    this.#places.set(session, { endpoint, at: startedAt, tokens: cached });
    forgetOldest(this.#places, sessionsMax);
  }

  /** The session's endpoint is unknown from here on. */
  lost(session: string | null): void {
    if (session !== null) this.#places.delete(session);
  }

  sum() {
    return { moved: this.#moved, cacheTokensLost: this.#tokens, movesOfUnknownCost: this.#unknown };
  }
}
