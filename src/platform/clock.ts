/** The source of time and of random numbers. Tests bring their own. */
import type { Millis } from '../../events/fact.ts';

export interface World {
  now(): Millis;
  /** Uniform in [0, 1). */
  dice(): number;
}

/**
 * The wall clock, but strictly increasing: when it is set back, time goes on from where it was. Otherwise a wait of ten seconds would last
 * until the wall clock has caught up. It follows the wall clock forward, which is how a sleep of the machine looks.
 *
 * @param monotonic milliseconds since an arbitrary origin, which cannot be set
 */
export function steady(wall: () => Millis, monotonic: () => Millis): () => Millis {
  let at = Number.NEGATIVE_INFINITY;
  let seenAt = 0;
  return () => {
    const passed = monotonic();
    at = Math.max(wall(), at + passed - seenAt);
    seenAt = passed;
    return Math.floor(at);
  };
}

export const realWorld: World = { now: steady(Date.now, performance.now.bind(performance)), dice: Math.random };
