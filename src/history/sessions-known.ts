/** Finds a session by what people type of it: its id, or the beginning of it, as errors list it. */
import type { Recorded } from '../../events/fact.ts';
import { exitCodes, QccError } from '../errors/qcc-error.ts';
import type { ReadableLog } from '../log/log.ts';
import { nearest } from '../platform/nearest.ts';
import { backwards } from './backwards.ts';

// Shorter ones would be ambiguous, or chance.
const givenMin = 4;
const shownMin = 8;
const shownMax = 8;

interface Found {
  readonly session: string;
  readonly last: Recorded;
}

/**
 * The session, and its last fact. A whole id comes before the beginning of another one.
 * @throws {QccError} `QCC_SESSION_AMBIGUOUS`; `QCC_HISTORY_FILTER` for one that the history does not know
 */
export async function sessionNamed(log: ReadableLog, given: string): Promise<Found> {
  // By id, newest first.
  const lasts = new Map<string, Recorded>();
  for await (const facts of backwards(log)) {
    for (const fact of facts.toReversed()) {
      const { session } = fact.data as { session?: unknown };
      if (typeof session === 'string' && !lasts.has(session)) lasts.set(session, fact);
    }
    const last = lasts.get(given);
    if (last) return { session: given, last };
  }
  const known = [...lasts.keys()];
  const alike = given.length < givenMin ? [] : known.filter((one) => one.toLowerCase().startsWith(given.toLowerCase()));
  const [session = ''] = alike;
  const last = lasts.get(session);
  if (alike.length === 1 && last) return { session, last };
  const shown = (ids: readonly string[]) =>
    ids
      .slice(0, shownMax)
      .map((id) => shortest(id, known))
      .join(', ');
  if (alike.length > 1) {
    const told = { given, count: alike.length, known: shown(alike) };
    throw new QccError('QCC_SESSION_AMBIGUOUS', told, exitCodes.usage);
  }
  const near = nearest(given, known);
  const told = { filter: 'session', given, near: near === undefined ? '' : shortest(near, known), known: shown(known) };
  throw new QccError('QCC_HISTORY_FILTER', told, exitCodes.notFound);
}

/** The shortest beginning that means this one alone. */
function shortest(id: string, among: readonly string[]): string {
  for (let length = shownMin; length < id.length; length++) {
    const short = id.slice(0, length);
    if (among.every((other) => other === id || !other.startsWith(short))) return short;
  }
  return id;
}
