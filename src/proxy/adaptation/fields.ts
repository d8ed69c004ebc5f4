/** Fields of a body by the paths of `machines/capabilities.ts`: whether they are there, and without them. */
import type { Parts, RequestNames } from '../../../machines/capabilities.ts';
import type { Missing } from '../../../machines/routing-view.ts';
import type { BodyChange } from './body-change.ts';
import type { Place, RequestPlaces } from './request-places.ts';

// A budget for thinking that is smaller is an error of its own.
const budgetMin = 1_024;

export function namesIn(places: RequestPlaces | null, betas: readonly string[]): RequestNames {
  if (places === null) return { betas, maxTokens: null, has: () => false };
  return {
    betas,
    maxTokens: maxTokensOf(places),
    has: (path) => placesAt(places, path).length > 0,
  };
}

export function maxTokensOf(places: RequestPlaces): number | null {
  return places.number(places.member(0, 'max_tokens'));
}

/** All that stands at a path, each with what it is a member of. */
function placesAt(places: RequestPlaces, path: string): readonly Place[] {
  const [first, ...rest] = path.split('.') as [string, ...string[]];
  if (first === 'cache_control') return under(places, breakpointsIn(places), rest);
  if (first === 'tools[]') return under(places, places.elements(places.member(0, 'tools')), rest);
  return under(places, places.named(0, first), rest);
}

function under(places: RequestPlaces, from: readonly Place[], names: readonly string[]): readonly Place[] {
  return names.reduce((found, name) => found.flatMap((place) => places.named(place, name)), from);
}

/** Of the whole, of the system's blocks, of tools and of the messages' blocks. */
function breakpointsIn(places: RequestPlaces): readonly Place[] {
  const blocks = places
    .elements(places.member(0, 'messages'))
    .flatMap((message) => places.elements(places.member(message, 'content')));
  const others = ['system', 'tools'].flatMap((name) => places.elements(places.member(0, name)));
  return [0, ...others, ...blocks].flatMap((place) => places.named(place, 'cache_control'));
}

/** Cuts a pair's fields out; an object that has lost its last one goes with it. Whether there was anything. */
export function withoutFields(change: BodyChange, { fields }: Parts): boolean {
  const { places } = change;
  const found = fields.flatMap((path) => placesAt(places, path).map((place) => ({ place, isNested: isNested(path) })));
  for (const { place } of found) change.cut(place);
  for (const { place, isNested } of found) {
    const whole = places.parent(place);
    if (isNested && change.isEmptied(whole)) change.cut(whole);
  }
  return found.length > 0;
}

/** It is a member of what exists for its members alone: a tool is more than that. */
function isNested(path: string): boolean {
  return path.includes('.') && !path.startsWith('tools[]');
}

/** Asks for no more tokens than this, and for a budget that leaves some for the answer. Whether that is less. */
export function withFewerTokens(change: BodyChange, { limit }: Missing): boolean {
  const { places } = change;
  if (limit === null) return false;
  const more = places.named(0, 'max_tokens').filter((place) => (places.number(place) ?? 0) > limit);
  for (const place of more) change.replace(place, Buffer.from(String(limit)));
  if (more.length > 0 && limit > budgetMin)
    for (const place of under(places, places.named(0, 'thinking'), ['budget_tokens']))
      if ((places.number(place) ?? 0) >= limit) change.replace(place, Buffer.from(String(limit - 1)));
  return more.length > 0;
}

const betaHeader = 'anthropic-beta';

/** Of a request's headers, as flat pairs: the values in all headers of that name. */
export function betasIn(raw: readonly string[]): readonly string[] {
  const betas: string[] = [];
  for (let i = 0; i < raw.length; i += 2)
    if (isBetaHeader(raw[i] as string)) betas.push(...(raw[i + 1] as string).split(',').map((beta) => beta.trim()));
  return betas.filter((beta) => beta !== '');
}

/** The same headers without these values; a header that has lost its last one goes. */
export function withoutBetas(raw: readonly string[], gone: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    if (!isBetaHeader(name)) kept.push(name, value);
    else {
      const left = value.split(',').filter((beta) => !gone.has(beta.trim()));
      if (left.some((beta) => beta.trim() !== '')) kept.push(name, left.join(',').trim());
    }
  }
  return kept;
}

function isBetaHeader(name: string): boolean {
  return name.length === betaHeader.length && name.toLowerCase() === betaHeader;
}
