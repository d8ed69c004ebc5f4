/**
 * What strangers name (sessions, models, paths) is kept for a while: in maps, facts and statistics. So it is short there, whatever
 * they send, and a copy: a piece that is cut out of a head or a body would keep all of it, its credentials too.
 */
import { createHash } from 'node:crypto';

// A session's UUID has 36 characters, a model's name less than 80.
const nameMax = 128;
const shownMax = 64;
const hashLength = 32;

/** The name itself, or its beginning and a hash that tells it from others that begin alike. */
export function shortName(name: string): string {
  if (name.length <= nameMax) return Buffer.from(name).toString();
  const hash = createHash('sha256').update(name).digest('hex').slice(0, hashLength);
  return `${Buffer.from(name.slice(0, shownMax)).toString()}~${hash}`;
}
