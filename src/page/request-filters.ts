/** The filters of a list of requests, as they stand in the address. */

import type { Place } from './place.ts';
import type { RequestFilters } from './request-row.ts';

const outcomes = ['answered', 'failed', 'broken', 'cancelled'] as const;

/** What is no filter, or none that makes sense, is left out. */
export function filtersIn({
  endpoint,
  profile,
  model,
  session,
  outcome,
  moved,
  slow,
}: Place['options']): RequestFilters {
  const known = outcomes.find((one) => one === outcome);
  const slowerThan = Number(slow);
  return {
    ...(endpoint !== undefined && { endpoint }),
    ...(profile !== undefined && { profile }),
    ...(model !== undefined && { model }),
    ...(session !== undefined && { session }),
    ...(known && { outcome: known }),
    ...(moved === '1' && { moved: true }),
    ...(Number.isSafeInteger(slowerThan) && slowerThan > 0 && { slowerThan }),
  };
}
