/** Refusals in words that no row of the table knows: worth a look, and worth a report. */
import { type Check, warning } from '../contract/checks.ts';
import type { KnownEndpoint } from '../projections/profiles.ts';
import type { UnknownRefusal } from '../proxy/unknown-refusals.ts';

// The most frequent ones; a list of all of them would bury the other checks.
const shownMax = 10;

export function refusalChecks(
  endpoints: readonly KnownEndpoint[],
  unknown: readonly UnknownRefusal[],
): readonly Check[] {
  const known = new Map(endpoints.map((endpoint) => [endpoint.id, endpoint]));
  return unknown
    .flatMap(({ endpoint: id, status, type, code, text, count }) => {
      const endpoint = known.get(id);
      if (!endpoint) return [];
      const { profile } = endpoint;
      const about = { profile, endpoint: id, status, type: type || '-', code: code || '-', text: text || '-', count };
      return [warning('endpoint.refusals', about, `qcc endpoint show ${profile} ${id}`)];
    })
    .slice(0, shownMax);
}
