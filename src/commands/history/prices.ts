/**
 * Token prices by the vendors' price lists. They are looked up on demand and never stored: prices change, tokens do not. A relay may charge
 * differently, and a model that is in no list has no price instead of a guessed one.
 */

import type { CostRow, PriceList, StatsRow } from '../../contract/stats.ts';
import { later } from '../../platform/later.ts';

/** The list that is installed. A test holds the version against the package, so that a new list cannot keep the date of the old one. */
export const priceList: PriceList = { name: 'genai-prices', version: '0.1.8', date: '2026-09-23' };

type Tokens = StatsRow['tokens'];
/** Dollars per token. */
type Rates = Record<keyof Tokens, number>;

// So few tokens are in no tier for long contexts: the list's base price applies.
const sample = 1_000;

export interface Priced {
  readonly cost: CostRow | null;
}

/** @param baseUrlOf the address of an endpoint: a vendor's own address selects that vendor's list */
export async function priced<Row extends Pick<StatsRow, 'endpoint' | 'model' | 'tokens'>>(
  rows: readonly Row[],
  baseUrlOf: (endpoint: string) => string | undefined,
): Promise<readonly (Row & Priced)[]> {
  if (rows.every(({ tokens }) => isNone(tokens))) return rows.map((row) => ({ ...row, cost: null }));
  const rates = await rateFinder();
  return rows.map((row) => ({ ...row, cost: costOf(row.tokens, rates(row.model, baseUrlOf(row.endpoint))) }));
}

/** Models with tokens but without a known price. */
export function unpriced(rows: readonly (Pick<StatsRow, 'model' | 'tokens'> & Priced)[]): readonly string[] {
  const models = rows.flatMap(({ model, tokens, cost }) => (cost === null && !isNone(tokens) ? [model ?? '-'] : []));
  return [...new Set(models)];
}

const isNone = ({ input, output, cacheRead, cacheWrite }: Tokens) => input + output + cacheRead + cacheWrite === 0;

export type RateFinder = (model: string | null, baseUrl: string | undefined) => Rates | undefined;

/** The list is two megabytes: it is loaded when there is something to price. */
export async function rateFinder(): Promise<RateFinder> {
  const { calcPrice } = await later('@pydantic/genai-prices', () => import('@pydantic/genai-prices'));
  const known = new Map<string, Rates | undefined>();
  const find = (model: string, options: { readonly providerApiUrl?: string }): Rates | undefined => {
    const of = (usage: Parameters<typeof calcPrice>[0]) =>
      (calcPrice(usage, model, options)?.total_price ?? 0) / sample;
    if (calcPrice({ input_tokens: sample }, model, options) === null) return undefined;
    return {
      input: of({ input_tokens: sample }),
      output: of({ output_tokens: sample }),
      // In the list's terms, tokens read from a cache or written to one are part of the input tokens.
      cacheRead: of({ input_tokens: sample, cache_read_tokens: sample }),
      cacheWrite: of({ input_tokens: sample, cache_write_tokens: sample }),
    };
  };
  return (model, baseUrl) => {
    if (model === null) return undefined;
    const name = `${model} ${baseUrl}`;
    if (!known.has(name)) {
      const own = baseUrl === undefined ? undefined : find(model, { providerApiUrl: baseUrl });
      known.set(name, own ?? find(model, {}));
    }
    return known.get(name);
  };
}

export function costOf(tokens: Tokens, rates: Rates | undefined): CostRow | null {
  if (rates === undefined || isNone(tokens)) return null;
  const [inputUsd, outputUsd, cacheReadUsd, cacheWriteUsd] = [
    tokens.input * rates.input,
    tokens.output * rates.output,
    tokens.cacheRead * rates.cacheRead,
    tokens.cacheWrite * rates.cacheWrite,
  ].map(rounded) as [number, number, number, number];
  const totalUsd = rounded(inputUsd + outputUsd + cacheReadUsd + cacheWriteUsd);
  return { inputUsd, outputUsd, cacheReadUsd, cacheWriteUsd, totalUsd };
}

/** A millionth of a dollar: a single token of the cheapest model is still visible. */
function rounded(dollars: number): number {
  return Math.round(dollars * 1_000_000) / 1_000_000;
}
