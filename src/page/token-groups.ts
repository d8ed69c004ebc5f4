/** What the named tokens have used, as the table of usage shows it. */
import type { TokenStatsRow } from '../contract/stats.ts';

export interface TokenGroup extends Pick<TokenStatsRow, 'requests' | 'failures' | 'attempts' | 'tokens'> {
  readonly name: string;
  readonly href: null;
  readonly dollars: number | null;
  readonly ttftMs: null;
}

/** Empty without named tokens: then all requests are of one kind, and the other tables say all. */
export function tokenGroups(rows: readonly TokenStatsRow[], others: string): readonly TokenGroup[] {
  if (rows.every(({ token }) => token === null)) return [];
  return rows.map(({ token, requests, failures, attempts, tokens, cost }) => ({
    name: token ?? others,
    href: null,
    requests,
    failures,
    attempts,
    tokens,
    dollars: cost === null ? null : cost.totalUsd,
    ttftMs: null,
  }));
}
