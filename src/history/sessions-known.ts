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
// A client may make up a session for each request: the newest ones are told apart.
const knownMax = 20_000;

interface Found {
  readonly session: string;
  readonly last: Recorded;
}

/**
 * The session, and its last fact. A whole id comes before the beginning of another one.
 * @throws {QccError} `QCC_SESSION_AMBIGUOUS`; `QCC_HISTORY_FILTER` for one that the history does not know
 */
export async function sessionNamed(log: ReadableLog, given: string): Promise<Found> {
  const seen = new SeenSessions(given);
  for await (const facts of backwards(log)) {
    for (const fact of facts.toReversed()) {
      const { session } = fact.data as { session?: unknown };
      if (session === given) return { session: given, last: fact };
      if (typeof session === 'string') seen.add(session, fact);
    }
  }
  const [known, alike] = [[...seen.known], [...seen.alike]];
  if (alike.length === 1 && seen.found) return seen.found;
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

/** Newest first. */
export class SeenSessions {
  readonly known = new Set<string>();
  readonly alike = new Set<string>();
  /** The first of those that begin as what was given. */
  found: Found | undefined;
  readonly #given: string;

  constructor(given: string) {
    this.#given = given.toLowerCase();
  }

  add(session: string, fact: Recorded): void {
    if (this.known.size < knownMax) this.known.add(session);
    const isAlike = this.#given.length >= givenMin && session.toLowerCase().startsWith(this.#given);
    if (!isAlike || this.alike.size >= knownMax) return;
    this.alike.add(session);
    this.found ??= { session, last: fact };
  }
}

/** The shortest beginning that means this one alone. */
function shortest(id: string, among: readonly string[]): string {
  for (let length = shownMin; length < id.length; length++) {
    const short = id.slice(0, length);
    if (among.every((other) => other === id || !other.startsWith(short))) return short;
  }
  return id;
}
