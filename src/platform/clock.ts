/** Where time and chance come from. Tests bring their own. */
import type { Millis } from '../../events/fact.ts';

export interface World {
  now(): Millis;
  /** Uniform in [0, 1). */
  dice(): number;
}

/**
 * The wall clock, but never backwards and never standing still: when somebody sets it back, time goes on from where it
 * was. Otherwise a wait of ten seconds would last until the wall clock has come to its end again. It follows the wall
 * clock forward, which is how a sleep of the machine looks.
 *
 * @param monotonic milliseconds since whenever, which nobody can set
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
