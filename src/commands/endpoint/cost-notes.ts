/** What stands below a table of costs. */
import type { Answer } from '../../contract/operations.ts';
import type { Context } from '../context.ts';
import { dollars } from './dollars.ts';

/** The sum, by which prices, and which models have none. */
export function costNotes(
  { out, words }: Context,
  costs: readonly (number | null)[],
  { unpriced, prices }: Pick<Answer<'stats.read'>, 'unpriced' | 'prices'>,
): void {
  const all = costs.reduce<number>((sum, cost) => sum + (cost ?? 0), 0);
  if (prices && costs.some((cost) => cost !== null)) out.note(words.costInAll(dollars(all), prices.date));
  if (unpriced.length > 0) out.note(words.unpriced(unpriced.join(words.comma)));
}
