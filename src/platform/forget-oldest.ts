/**
 * Keeps a map or a set within its bound: beyond it the oldest eighth goes at once. Taken away one by one, each look for the oldest walks over
 * the places of all that went before it: 20 µs for each new entry of 10,000, against 0.2.
 */
export function forgetOldest<Key>(all: Map<Key, unknown> | Set<Key>, max: number): void {
  if (all.size <= max) return;
  let left = Math.ceil(max / 8);
  for (const key of all.keys()) {
    all.delete(key);
    if (--left === 0) return;
  }
}
