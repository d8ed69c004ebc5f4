/** Differences between two states that should be equal. */
import type { DifferenceRow } from '../contract/history.ts';

/**
 * By part and path, both in their JSON form, so that a missing value equals an undefined one; it equals null, too: a state that a former
 * version saved lacks what a newer one knows to be nothing.
 */
export function differencesOf(folded: object, running: object, most: number): readonly DifferenceRow[] {
  const found: DifferenceRow[] = [];
  compare([], plain(folded), plain(running), found, most);
  return found;
}

const plain = (value: object): unknown => byName(JSON.parse(JSON.stringify(value)));

/** Pairs of a name and a value become an object, so that the path contains the name. */
function byName(value: unknown): unknown {
  if (Array.isArray(value)) {
    const pairs = value as readonly (readonly [string, unknown])[];
    const isMap = pairs.length > 0 && pairs.every((one) => Array.isArray(one) && one.length === 2 && isName(one[0]));
    return isMap ? Object.fromEntries(pairs.map(([name, one]) => [name, byName(one)])) : value.map(byName);
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, byName(one)]));
}

const isName = (value: unknown) => typeof value === 'string';

/** Former names are for people only, and how many are known depends on the version whose snapshot the fold began with. */
const isRemembered = (path: readonly string[], name: string) => path[0] === 'profiles' && name === 'former';

function compare(
  path: readonly string[],
  folded: unknown,
  running: unknown,
  found: DifferenceRow[],
  most: number,
): void {
  if (found.length >= most || Object.is(folded ?? null, running ?? null)) return;
  if (isObject(folded) && isObject(running)) {
    for (const name of new Set([...Object.keys(folded), ...Object.keys(running)]))
      if (!isRemembered(path, name)) compare([...path, name], folded[name], running[name], found, most);
    return;
  }
  found.push({ stream: streamOf(path), path: path.join('.'), folded: folded ?? null, running: running ?? null });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Machines are grouped by their kind; everything else is a view over all of them. */
function streamOf([part, id]: readonly string[]): string {
  return part === 'endpoints' && id !== undefined ? `endpoint/${id}` : (part ?? '');
}
