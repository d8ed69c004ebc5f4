/** What some requests have in common that the others have not. */
import type { RequestRow } from '../contract/dashboard.ts';

export interface Trait {
  readonly field: 'endpoint' | 'profile' | 'model' | 'session' | 'path' | 'failure' | 'hour' | 'size' | 'stream';
  readonly value: string;
  /** Of the chosen ones, and of the others: from 0 to 1. */
  readonly chosen: number;
  readonly others: number;
}

// Less of a difference tells nothing.
const differenceMin = 0.2;
const traitsMax = 6;
const largeTokens = 50_000;

/** What went wrong, or not as it should. */
export function wentWrong({ outcome, failures }: RequestRow): boolean {
  return outcome === 'failed' || outcome === 'broken' || failures.length > 0;
}

/** The greatest difference first. Nothing while one of the two sides is empty. */
export function commonTraits(chosen: readonly RequestRow[], others: readonly RequestRow[]): readonly Trait[] {
  if (chosen.length === 0 || others.length === 0) return [];
  const [inChosen, inOthers] = [counted(chosen), counted(others)];
  return [...inChosen.values()]
    .map(({ field, value, count }): Trait => {
      const other = inOthers.get(`${field} ${value}`)?.count ?? 0;
      return { field, value, chosen: count / chosen.length, others: other / others.length };
    })
    .filter((trait) => trait.chosen - trait.others >= differenceMin)
    .sort((a, b) => b.chosen - b.others - (a.chosen - a.others))
    .slice(0, traitsMax);
}

interface Counted {
  readonly field: Trait['field'];
  readonly value: string;
  readonly count: number;
}

function counted(rows: readonly RequestRow[]): ReadonlyMap<string, Counted> {
  const found = new Map<string, Counted>();
  for (const row of rows) {
    for (const [field, value] of traitsIn(row)) {
      const key = `${field} ${value}`;
      found.set(key, { field, value, count: (found.get(key)?.count ?? 0) + 1 });
    }
  }
  return found;
}

function traitsIn(row: RequestRow): readonly (readonly [Trait['field'], string])[] {
  const { endpoint, profile, model, session, path, failures, startedAt, usage, stream } = row;
  const given = [
    ['endpoint', endpoint],
    ['profile', profile],
    ['model', model],
    ['session', session],
    ['path', path],
    ['hour', startedAt.slice(0, 13)],
    ['stream', String(stream)],
    ...(usage?.input != null
      ? [['size', usage.input + (usage.cacheRead ?? 0) >= largeTokens ? 'large' : 'small']]
      : []),
    ...[...new Set(failures)].map((failure) => ['failure', failure]),
  ] as (readonly [Trait['field'], string | null])[];
  return given.filter((one): one is readonly [Trait['field'], string] => one[1] !== null);
}
