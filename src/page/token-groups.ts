/** What the named tokens have used, as the table of usage shows it. */
import type { TokenStatsRow } from '../contract/stats.ts';

export interface TokenGroup extends Pick<TokenStatsRow, 'requests' | 'failures' | 'attempts' | 'tokens'> {
  readonly name: string;
  /** That it holds no longer; null: nothing is to be said. */
  readonly note: string | null;
  readonly href: null;
  readonly dollars: number | null;
  readonly ttftMs: null;
}

/** Empty without named tokens: then all requests are of one kind, and the other tables say all. */
export function tokenGroups(
  rows: readonly TokenStatsRow[],
  others: string,
  stateText: (state: string) => string,
): readonly TokenGroup[] {
  if (rows.every(({ token }) => token === null)) return [];
  return rows.map(({ token, state, requests, failures, attempts, tokens, cost }) => ({
    name: token === null ? others : token,
    note: state === 'revoked' || state === 'expired' ? stateText(state) : null,
    href: null,
    requests,
    failures,
    attempts,
    tokens,
    dollars: cost === null ? null : cost.totalUsd,
    ttftMs: null,
  }));
}
