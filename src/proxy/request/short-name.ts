/**
 * What strangers name (sessions, models, paths) is kept for a while: in maps, facts and statistics. So it is short there, whatever
 * they send, and a copy: a piece that is cut out of a head or a body would keep all of it, its credentials too.
 */
import { createHash } from 'node:crypto';

// A session's UUID has 36 characters, a model's name less than 80.
const nameMax = 128;
const shownMax = 64;
const hashLength = 32;
// The same few names come all day: where one was copied already, its copy serves.
const slots = 256;
const copies: (string | undefined)[] = Array.from({ length: slots });

/** The name itself, or its beginning and a hash that tells it from others that begin alike. */
export function shortName(name: string): string {
  if (name.length <= nameMax) return copyOf(name);
  const hash = createHash('sha256').update(name).digest('hex').slice(0, hashLength);
  return `${Buffer.from(name.slice(0, shownMax)).toString()}~${hash}`;
}

function copyOf(name: string): string {
  const last = name.length - 1;
  const slot = (name.length + name.charCodeAt(last) * 31 + name.charCodeAt(last >> 1) * 7) % slots || 0;
  const known = copies[slot];
  if (known === name) return known;
  const copy = Buffer.from(name).toString();
  copies[slot] = copy;
  return copy;
}
