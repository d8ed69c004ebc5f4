/** What was used, by day or by session: per group, endpoint and the model that it was asked for, so that each part can be priced. */
import type { Millis, Recorded } from '../../events/fact.ts';
import { kindOf } from '../../events/ids.ts';
import type { OwnTry, QueuedAnswer, QueuedRequest } from '../../events/queue.ts';
import type { Served } from '../../events/request.ts';

// A client that makes up a session for each request must not fill the memory: beyond this number they are counted together.
const rowsMax = 20_000;
// A queue holds fewer at once; who is over is not heard of again.
const queuedMax = 20_000;

export interface UsageRow {
  /** Null: requests without a session, and those beyond the number that is told apart. */
  readonly group: string | null;
  readonly endpoint: string;
  readonly model: string | null;
  requests: number;
  attempts: number;
  failures: number;
  readonly tokens: { input: number; output: number; cacheRead: number; cacheWrite: number };
  firstAt: Millis;
  lastAt: Millis;
}

/** Which group a request belongs to. */
export type GroupOf = (about: { readonly at: Millis; readonly session: string | null }) => string | null;

export class GroupedUsage {
  readonly #rows = new Map<string, UsageRow>();
  readonly #groupOf: GroupOf;
  /** Of items of the queue: the facts of their own tries do not say it. */
  readonly #sessions = new Map<string, string | null>();

  constructor(groupOf: GroupOf) {
    this.#groupOf = groupOf;
  }

  apply(fact: Recorded): void {
    if (kindOf(fact.stream) === 'request') this.#ended(fact);
    else if (fact.type === 'RequestQueued') this.#queued(fact.stream, (fact.data as QueuedRequest).session);
    else if (fact.type === 'RetrySucceeded') this.#retried(fact);
  }

  rows(): readonly UsageRow[] {
    return [...this.#rows.values()];
  }

  #queued(item: string, session: string | null): void {
    this.#sessions.set(item, session);
    if (this.#sessions.size <= queuedMax) return;
    for (const oldest of [...this.#sessions.keys()].slice(0, queuedMax / 8)) this.#sessions.delete(oldest);
  }

  #ended({ at, type, data }: Recorded): void {
    const ended = data as Served;
    const group = this.#groupOf({ at, session: ended.session });
    for (const { endpoint, outcome, sent } of ended.attempts) {
      const row = this.#row(group, endpoint, sent ?? ended.model, at);
      row.attempts++;
      if (outcome !== 'answered' && outcome !== 'cancelled') row.failures++;
    }
    // An answer without an attempt came from the queue's store: it was counted when it was received.
    const last = ended.attempts.at(-1);
    if (last && (type === 'RequestServed' || type === 'AnswerBroken'))
      this.#served(group, { ...ended, model: last.sent ?? ended.model }, at);
  }

  #retried({ at, stream, data }: Recorded): void {
    const { own } = data as QueuedAnswer;
    if (own === null) return;
    const group = this.#groupOf({ at, session: this.#sessions.get(stream) ?? null });
    this.#row(group, own.endpoint, own.model, at).attempts++;
    this.#served(group, own, at);
  }

  #served(group: string | null, { endpoint, model, usage }: Pick<OwnTry, 'endpoint' | 'model' | 'usage'>, at: Millis) {
    const row = this.#row(group, endpoint, model, at);
    row.requests++;
    row.tokens.input += usage?.input ?? 0;
    row.tokens.output += usage?.output ?? 0;
    row.tokens.cacheRead += usage?.cacheRead ?? 0;
    row.tokens.cacheWrite += usage?.cacheWrite ?? 0;
  }

  #row(group: string | null, endpoint: string, model: string | null, at: Millis): UsageRow {
    const key = JSON.stringify([group, endpoint, model]);
    const known = this.#rows.get(key);
    if (known) {
      known.lastAt = at;
      return known;
    }
    if (this.#rows.size >= rowsMax && (group !== null || model !== null)) return this.#row(null, endpoint, null, at);
    const tokens = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
    const row = { group, endpoint, model, requests: 0, attempts: 0, failures: 0, tokens, firstAt: at, lastAt: at };
    this.#rows.set(key, row);
    return row;
  }
}
