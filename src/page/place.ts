/** Where one is on the page: the fragment of its address. A view, what it is about, and how it is looked at; `at` is a moment of the past. */

export const views = [
  'now',
  'requests',
  'timeline',
  'what-if',
  'queue',
  'usage',
  'settings',
  'incidents',
  'fleet',
  'endpoint',
  'request',
] as const;
export type View = (typeof views)[number];

/** Views that stand in the navigation. The others are reached from these. */
export const mainViews = views.slice(0, 9);

export interface Place {
  readonly view: View;
  /** An endpoint's id, a request's, or the number of an incident. */
  readonly about: string | null;
  readonly options: Readonly<Record<string, string>>;
}

const start: Place = { view: 'now', about: null, options: {} };

/** An unknown place leads to the first view. */
export function placeOf(fragment: string): Place {
  const [path = '', query = ''] = fragment.replace(/^#?\/?/, '').split('?', 2);
  const [name = '', ...rest] = path.split('/');
  const view = views.find((one) => one === name);
  if (!view) return start;
  const about = decoded(rest.join('/'));
  return { view, about: about === '' ? null : about, options: Object.fromEntries(new URLSearchParams(query)) };
}

export function fragmentOf({ view, about, options }: Place): string {
  const query = new URLSearchParams(options).toString();
  const path = about === null ? view : `${view}/${encodeURIComponent(about)}`;
  return `#/${path}${query === '' ? '' : `?${query}`}`;
}

/** The number of the fact after which everything is shown; null for now. */
export function momentIn({ options }: Place): number | null {
  const { at = '' } = options;
  return /^\d+$/.test(at) ? Number(at) : null;
}

/** The same place with other options; what is null goes. */
export function withOptions(place: Place, more: Readonly<Record<string, string | null>>): Place {
  const options = Object.fromEntries(
    Object.entries({ ...place.options, ...more }).filter((entry): entry is [string, string] => entry[1] !== null),
  );
  return { ...place, options };
}

/** Another view at the same moment. */
export function elsewhere(
  { options: { at } }: Pick<Place, 'options'>,
  view: View,
  about: string | null = null,
  more: Place['options'] = {},
): Place {
  return { view, about, options: { ...more, ...(at !== undefined && !('at' in more) && { at }) } };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
