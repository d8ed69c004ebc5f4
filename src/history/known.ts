/** Resolves abbreviations that people type: the end of a request's id, an endpoint's name, a type of fact. */
import type { Millis, Recorded } from '../../events/fact.ts';
import {
  type EndpointId,
  kindOf,
  nameOf,
  type ProfileName,
  queueIdOf,
  streams,
  type TokenName,
} from '../../events/ids.ts';
import { factTraits } from '../../events/traits.ts';
import type { Filters } from '../contract/moment.ts';
import type { Answer, Params } from '../contract/operations.ts';
import { exitCodes, QccError } from '../errors/qcc-error.ts';
import type { ReadableLog } from '../log/log.ts';
import { nearest } from '../platform/nearest.ts';
import { iso } from '../platform/time.ts';
import type { State } from '../runtime/state.ts';
import { backwards } from './backwards.ts';
import { stateAt } from './moment.ts';
import { sessionNamed } from './sessions-known.ts';

const kinds = ['endpoint', 'profile', 'priority', 'config', 'gateway', 'request', 'queue', 'token'] as const;
const types = Object.keys(factTraits);
const candidatesMax = 8;
// As the history prints it, `request/…4f2a1c`; shorter ones would be ambiguous.
const shortMin = 4;
const endingMin = 6;

/**
 * A request's whole id, by its beginning or its end. Undefined when none matches.
 * @throws {QccError} `QCC_REQUEST_AMBIGUOUS` with the candidates
 */
export async function requestNamed(log: ReadableLog, given: string): Promise<string | undefined> {
  const text = given
    .replace(/^request\//, '')
    .replace(/^(…|\.\.\.)/, '')
    .toLowerCase();
  if (text.length < shortMin) return undefined;
  for await (const facts of backwards(log)) {
    const found = requestsLike(text, facts);
    if (found.size > 1 && !found.has(given)) throw ambiguous(given, [...found]);
    const [only] = found.has(given) ? [given] : found;
    if (only !== undefined) return only;
  }
  return undefined;
}

/** @param text in lower case */
function requestsLike(text: string, facts: readonly Recorded[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const fact of facts) {
    const id = requestOf(fact);
    if (id !== undefined && (id.toLowerCase().endsWith(text) || id.toLowerCase().startsWith(text))) found.add(id);
  }
  return found;
}

/** The request that the fact belongs to or refers to. */
function requestOf({ stream, data }: Recorded): string | undefined {
  if (kindOf(stream) === 'request') return nameOf(stream);
  const { request } = data as { request?: unknown };
  return typeof request === 'string' ? request : undefined;
}

function ambiguous(given: string, found: readonly string[]): QccError {
  const known = found
    .slice(0, candidatesMax)
    .map((id) => `…${ending(id, found)}`)
    .join(', ');
  return new QccError('QCC_REQUEST_AMBIGUOUS', { given, count: found.length, known }, exitCodes.usage);
}

/** The shortest ending that means this one alone: ids of one time begin alike. */
function ending(id: string, among: readonly string[]): string {
  for (let length = endingMin; length < id.length; length++) {
    const short = id.slice(-length);
    if (among.every((other) => other === id || !other.endsWith(short))) return short;
  }
  return id;
}

/** @param certainUntil end of the certain record of a killed gateway that may have received it */
export function unknownRequest(request: string, certainUntil: Millis | null = null): QccError {
  const until = certainUntil === null ? '' : iso(certainUntil);
  return new QccError('QCC_REQUEST_UNKNOWN', { request, until }, exitCodes.notFound);
}

/** @throws {QccError} for an unknown name, with suggestions */
export async function resolveFilters(
  log: ReadableLog,
  { live = false, ...given }: Params<'history.filters'>,
): Promise<Answer<'history.filters'>> {
  const { type, stream, endpoint, profile, request, session, token } = given;
  if (type !== undefined) await checkType(log, type);
  const needsNames = endpoint !== undefined || profile !== undefined || stream?.includes('/') === true;
  const state = needsNames ? await stateAt(log, log.head) : undefined;
  const filters: Filters = {
    ...(type === undefined ? {} : { type }),
    ...(stream === undefined ? {} : { stream: await streamOf(log, state, stream) }),
    ...(endpoint === undefined || !state ? {} : { endpoint: await endpointOf(log, state, endpoint) }),
    ...(profile === undefined || !state ? {} : { profile: await profileOf(log, state, profile) }),
    ...(token === undefined ? {} : { token: await tokenOf(log, token) }),
    ...(request === undefined ? {} : { request: await wholeRequest(log, request, live) }),
    ...(session === undefined ? {} : { session: await wholeSession(log, session, live) }),
  };
  return { filters };
}

async function wholeSession(log: ReadableLog, given: string, live: boolean): Promise<string> {
  try {
    return (await sessionNamed(log, given)).session;
  } catch (error) {
    // When following live, the fact may still come.
    if (live && error instanceof QccError && error.exit === exitCodes.notFound) return given;
    throw error;
  }
}

async function checkType(log: ReadableLog, type: string): Promise<void> {
  if (Object.hasOwn(factTraits, type)) return;
  // A newer version may have written a type that this one does not know.
  for await (const facts of backwards(log)) if (facts.some((fact) => fact.type === type)) return;
  throw namesNothing('type', type, types, exitCodes.usage);
}

async function streamOf(log: ReadableLog, state: State | undefined, stream: string): Promise<string> {
  if (kinds.some((kind) => kind === stream)) return stream;
  const name = nameOf(stream);
  switch (stream.includes('/') ? kindOf(stream) : '') {
    case 'request':
      return `request/${await wholeRequest(log, name, false)}`;
    case 'endpoint':
      return `endpoint/${state ? await endpointOf(log, state, name) : name}`;
    case 'profile':
      return `profile/${state ? await profileOf(log, state, name) : name}`;
    case 'token':
      return `token/${await tokenOf(log, name)}`;
    case 'queue':
      if (await isStream(log, stream)) return stream;
      return `queue/${queueIdOf(await wholeRequest(log, name, false))}`;
    default:
      throw namesNothing('stream', stream, kinds, exitCodes.usage);
  }
}

async function isStream(log: ReadableLog, stream: string): Promise<boolean> {
  for await (const facts of log.readStream(stream)) if (facts.length > 0) return true;
  return false;
}

async function wholeRequest(log: ReadableLog, given: string, live: boolean): Promise<string> {
  const text = given.replace(/^request\//, '');
  if (await isStream(log, `request/${text}`)) return text;
  const found = await requestNamed(log, text);
  if (found !== undefined) return found;
  // When following live, the fact may still come.
  if (live) return text;
  throw unknownRequest(given);
}

/** By a beginning of its id, or by a present or former name. */
async function endpointOf(log: ReadableLog, { profiles }: State, given: string): Promise<string> {
  const wanted = given.replace(/^endpoint\//, '');
  const all = [
    ...profiles.endpoints().map(({ id, profile, name }) => ({ id: id as string, profile: profile as string, name })),
    ...profiles.former.map(({ endpoint, profile, name }) => ({ id: endpoint, profile, name })),
  ];
  const found = all.filter(
    ({ id, profile, name }) =>
      (wanted !== '' && id.startsWith(wanted.toLowerCase())) || name === wanted || `${profile}/${name}` === wanted,
  );
  const ids = [...new Set(found.map(({ id }) => id))];
  if (ids.length === 1 && ids[0] !== undefined) return ids[0];
  if (ids.length > 1)
    throw new QccError(
      'QCC_ENDPOINT_AMBIGUOUS',
      {
        id: given,
        count: ids.length,
        profile: '',
        known: ids.slice(0, candidatesMax).join(', '),
        hint: 'qcc health status',
      },
      exitCodes.usage,
    );
  // Removed before names were recorded: only its facts exist.
  if (await isStream(log, streams.endpoint(wanted as EndpointId))) return wanted;
  throw namesNothing('endpoint', given, [...new Set(all.flatMap(({ id, name }) => [name, id]))], exitCodes.notFound);
}

async function profileOf(log: ReadableLog, { profiles }: State, given: string): Promise<string> {
  const former = profiles.former.map(({ profile }) => profile);
  const known = [...new Set([...profiles.all().map(({ name }) => name as string), ...former])];
  if (known.includes(given) || (await isStream(log, streams.profile(given as ProfileName)))) return given;
  throw namesNothing('profile', given, known, exitCodes.notFound);
}

async function tokenOf(log: ReadableLog, given: string): Promise<string> {
  if (await isStream(log, streams.token(given as TokenName))) return given;
  const { tokens } = await stateAt(log, log.head);
  throw namesNothing(
    'token',
    given,
    tokens.all().map(({ name }) => name),
    exitCodes.notFound,
  );
}

export function namesNothing(filter: string, given: string, known: readonly string[], exit: 2 | 5): QccError {
  const near = nearest(given, known);
  // The types of facts fill a screen: beside a near one, the others would hide it.
  const typesShown = near === undefined ? known.length : 0;
  const shown = filter === 'type' ? typesShown : candidatesMax;
  return new QccError(
    'QCC_HISTORY_FILTER',
    { filter, given, near: near ?? '', known: known.slice(0, shown).join(', ') },
    exit,
  );
}
