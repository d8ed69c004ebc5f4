/** The statistics of requests by the named token that they came with. */
import type { CostRow, TokenStatsRow } from '../../contract/stats.ts';
import type { TokenState } from '../../contract/token.ts';
import type { Stats } from '../../projections/stats.ts';
import type { UsageRow } from '../../projections/token-usage.ts';
import { type Priced, priced, unpriced } from './prices.ts';

type Row = Omit<UsageRow, 'token'> & { readonly token: string | null };

/** Those with a token, the most requests first; then all others as one row. */
export async function byToken(
  stats: Stats,
  baseUrlOf: (endpoint: string) => string | undefined,
  stateOf: (token: string) => TokenState | null,
): Promise<readonly TokenStatsRow[]> {
  const named = stats.tokenRows();
  const rows = await priced([...named, ...others(stats, named)], baseUrlOf);
  const names = [...new Set(rows.map(({ token }) => token))];
  const sums = names.map((name) =>
    sumOf(
      name,
      name === null ? null : stateOf(name),
      rows.filter(({ token }) => token === name),
    ),
  );
  return sums
    .filter(({ attempts }) => attempts > 0)
    .sort((a, b) => Number(a.token === null) - Number(b.token === null) || b.requests - a.requests);
}

/** What is left of all requests when those with a token are taken away. */
function others(stats: Stats, named: readonly UsageRow[]): readonly Row[] {
  return stats
    .rows(() => null)
    .map((all) => {
      const theirs = named.filter(({ endpoint, model }) => endpoint === all.endpoint && model === all.model);
      const left = (of: (row: Omit<Row, 'token'>) => number) => theirs.reduce((rest, row) => rest - of(row), of(all));
      return { token: null, endpoint: all.endpoint, model: all.model, ...summed(left) };
    });
}

function sumOf(token: string | null, state: TokenState | null, rows: readonly (Row & Priced)[]): TokenStatsRow {
  return { token, state, ...totalOf(rows) };
}

/** What all of them come to. */
export function totalOf(rows: readonly (Omit<Row, 'token'> & Priced)[]): Omit<TokenStatsRow, 'token' | 'state'> {
  const costs = rows.flatMap(({ cost }) => cost ?? []);
  return {
    ...summed((of) => rows.reduce((all, row) => all + of(row), 0)),
    cost: costs.length === 0 ? null : costs.reduce(added),
    unpriced: unpriced(rows),
  };
}

function summed(sum: (of: (row: Omit<Row, 'token'>) => number) => number) {
  return {
    requests: sum(({ requests }) => requests),
    attempts: sum(({ attempts }) => attempts),
    failures: sum(({ failures }) => failures),
    tokens: {
      input: sum(({ tokens }) => tokens.input),
      output: sum(({ tokens }) => tokens.output),
      cacheRead: sum(({ tokens }) => tokens.cacheRead),
      cacheWrite: sum(({ tokens }) => tokens.cacheWrite),
    },
  };
}

function added(one: CostRow, other: CostRow): CostRow {
  // In millionths of a dollar.
  const sum = (name: keyof CostRow) => Math.round((one[name] + other[name]) * 1e6) / 1e6;
  return {
    inputUsd: sum('inputUsd'),
    outputUsd: sum('outputUsd'),
    cacheReadUsd: sum('cacheReadUsd'),
    cacheWriteUsd: sum('cacheWriteUsd'),
    totalUsd: sum('totalUsd'),
  };
}
