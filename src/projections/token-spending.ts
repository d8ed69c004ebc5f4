/**
 * What named tokens with a limit have used lately, by day, endpoint and model: what is left of a budget is computed from it. A day is the
 * one that the request's fact names, so that the same log gives the same sums anywhere.
 */
import type { Usage } from '../../events/request.ts';
import { addUsage } from './token-usage.ts';

// The longest period of a limit is a month.
const daysMax = 31;
// A day's models are the client's: beyond this number they are counted together, and that has no price.
const rowsOfDayMax = 256;

export interface SpentRow {
  readonly token: string;
  /** `2026-11-30`, by the gateway's calendar. */
  readonly day: string;
  readonly endpoint: string;
  readonly model: string | null;
  readonly tokens: { input: number; output: number; cacheRead: number; cacheWrite: number };
}

interface Answered {
  readonly token?: string;
  readonly day?: string;
  readonly endpoint: string;
  readonly model: string | null;
  readonly usage: Usage | null;
}

export class TokenSpending {
  /** By token, then by day, oldest first. */
  readonly #days = new Map<string, Map<string, SpentRow[]>>();
  readonly #versions = new Map<string, number>();

  /** Changes when the token has used more. */
  version(token: string): number {
    return this.#versions.get(token) ?? 0;
  }

  /** @param period a day, or its beginning: `2026-11` is a month */
  rows(token: string, period: string): readonly SpentRow[] {
    return [...(this.#days.get(token) ?? [])].flatMap(([day, rows]) => (day.startsWith(period) ? rows : []));
  }

  forget(token: string): void {
    if (!this.#days.delete(token)) return;
    this.#versions.set(token, this.version(token) + 1);
  }

  add({ token, day, endpoint, model, usage }: Answered): void {
    if (token === undefined || day === undefined || usage === null) return;
    this.#versions.set(token, this.version(token) + 1);
    const rows = this.#rowsOf(token, day);
    const isFull = rows.length >= rowsOfDayMax;
    const known = rows.find((row) => row.endpoint === endpoint && row.model === model);
    const row = known ?? (isFull ? rows.at(-1) : undefined);
    if (row) addUsage(row.tokens, usage);
    else {
      const tokens = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
      rows.push({ token, day, endpoint, model: rows.length + 1 < rowsOfDayMax ? model : null, tokens });
      addUsage(tokens, usage);
    }
  }

  #rowsOf(token: string, day: string): SpentRow[] {
    const days = this.#days.get(token) ?? new Map<string, SpentRow[]>();
    this.#days.set(token, days);
    const rows = days.get(day) ?? [];
    days.set(day, rows);
    // After a journey to the west a day may come twice: the oldest is not always the first.
    const oldest = [...days.keys()].sort()[0];
    if (days.size > daysMax && oldest !== undefined) days.delete(oldest);
    return rows;
  }

  toJSON(): readonly SpentRow[] {
    const rows = [...this.#days.values()].flatMap((days) => [...days.values()].flat());
    return rows.map((row) => ({ ...row, tokens: { ...row.tokens } }));
  }

  static from(rows: readonly SpentRow[]): TokenSpending {
    const made = new TokenSpending();
    for (const row of rows) made.#rowsOf(row.token, row.day).push({ ...row, tokens: { ...row.tokens } });
    return made;
  }
}
