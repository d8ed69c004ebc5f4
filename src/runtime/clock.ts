/** Where time and chance come from. Tests bring their own. */
import type { Millis } from '../../events/fact.ts';

export interface World {
  now(): Millis;
  /** Uniform in [0, 1). */
  dice(): number;
}

export const realWorld: World = { now: Date.now, dice: Math.random };
