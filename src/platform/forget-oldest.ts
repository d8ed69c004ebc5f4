/**
 * Keeps the newest `max` of a map or a set, and at most an eighth more. Taken away one by one, each look for the oldest walks over the places of
 * all that went before it: 20 µs for each new entry of 10,000, against 0.2.
 */
export function forgetOldest<Key>(all: Map<Key, unknown> | Set<Key>, max: number): void {
  if (all.size <= max + max / 8) return;
  for (const key of all.keys()) {
    if (all.size <= max) return;
    all.delete(key);
  }
}
