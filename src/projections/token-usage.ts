/** What the named tokens have used, by endpoint and the model that it was asked for: what a cost is computed from. */
import type { Recorded } from '../../events/fact.ts';
import type { OwnTry } from '../../events/queue.ts';
import type { Served, Usage } from '../../events/request.ts';

// Tokens are our own names, but models are the client's: beyond this number they are counted together.
const rowsMax = 2_048;

export interface UsageRow {
  readonly token: string;
  readonly endpoint: string;
  readonly model: string | null;
  requests: number;
  attempts: number;
  failures: number;
  readonly tokens: { input: number; output: number; cacheRead: number; cacheWrite: number };
}

export class TokenUsage {
  readonly #rows = new Map<string, UsageRow>();
  readonly #rowsMax: number;

  /** @param isLimited false for a part of the facts: which models count together is decided when the parts are added */
  constructor(isLimited = true) {
    this.#rowsMax = isLimited ? rowsMax : Number.POSITIVE_INFINITY;
  }

  get isEmpty(): boolean {
    return this.#rows.size === 0;
  }

  rows(): readonly UsageRow[] {
    return [...this.#rows.values()];
  }

  /** A fact of a request. */
  apply({ type, data }: Recorded): void {
    const ended = data as Served;
    const { token } = ended;
    if (token === undefined) return;
    for (const { endpoint, outcome, sent } of ended.attempts) {
      const row = this.#row(token, endpoint, sent ?? ended.model);
      row.attempts++;
      if (outcome !== 'answered' && outcome !== 'cancelled') row.failures++;
    }
    // An answer without an attempt came from the queue's store.
    const last = ended.attempts.at(-1);
    if (last === undefined || (type !== 'RequestServed' && type !== 'AnswerBroken')) return;
    const row = this.#row(token, ended.endpoint, last.sent ?? ended.model);
    row.requests++;
    if (ended.usage !== null) addUsage(row.tokens, ended.usage);
  }

  /** An answer that the queue got while no client was there. */
  retried({ token, endpoint, model, usage }: OwnTry): void {
    if (token === undefined) return;
    const row = this.#row(token, endpoint, model);
    row.attempts++;
    row.requests++;
    if (usage !== null) addUsage(row.tokens, usage);
  }

  #row(token: string, endpoint: string, model: string | null): UsageRow {
    const key = `${token} ${endpoint} ${model ?? ''}`;
    const known = this.#rows.get(key);
    if (known) return known;
    if (this.#rows.size >= this.#rowsMax && model !== null) return this.#row(token, endpoint, null);
    const tokens = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
    const row: UsageRow = { token, endpoint, model, requests: 0, attempts: 0, failures: 0, tokens };
    this.#rows.set(key, row);
    return row;
  }

  toJSON(): readonly UsageRow[] {
    return this.rows().map((row) => ({ ...row, tokens: { ...row.tokens } }));
  }

  /** Adds what later facts come to. */
  add(rows: readonly UsageRow[]): void {
    for (const later of rows) {
      const row = this.#row(later.token, later.endpoint, later.model);
      row.requests += later.requests;
      row.attempts += later.attempts;
      row.failures += later.failures;
      addUsage(row.tokens, later.tokens);
    }
  }
}

export function addUsage(tokens: UsageRow['tokens'], usage: Usage): void {
  tokens.input += usage.input ?? 0;
  tokens.output += usage.output ?? 0;
  tokens.cacheRead += usage.cacheRead ?? 0;
  tokens.cacheWrite += usage.cacheWrite ?? 0;
}
