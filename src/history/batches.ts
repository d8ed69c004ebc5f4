/** The log as it was written: what was reported, and what was decided on it, together again. */
import type { Recorded } from '../../events/fact.ts';
import { traitsOf } from '../../events/traits.ts';
import type { Batch } from './rehearsal.ts';

export class Batches {
  #ahead: Recorded[] = [];
  #roots: Recorded[] = [];
  #decisions: Recorded[] = [];

  /** The batch before, as soon as it is known to be whole. */
  take(fact: Recorded): Batch | undefined {
    if (!isRoot(fact)) {
      // A success that was not worth a fact: what was decided on it has no cause, and stands before its request.
      const isAhead = fact.stream === 'priority' && fact.cause === null && fact.by === 'gateway';
      const batch = isAhead ? this.end() : undefined;
      (isAhead ? this.#ahead : this.#decisions).push(fact);
      return batch;
    }
    if (this.#belongs(fact)) {
      this.#roots.push(fact);
      return undefined;
    }
    const batch = this.#roots.length > 0 ? this.end() : undefined;
    this.#roots.push(fact);
    return batch;
  }

  end(): Batch | undefined {
    const batch = { ahead: this.#ahead, roots: this.#roots, decisions: this.#decisions };
    if (batch.roots.length === 0) return undefined;
    this.#ahead = [];
    this.#roots = [];
    this.#decisions = [];
    return batch;
  }

  /** What one command wrote names its first fact as its cause, in whatever stream it stands. */
  #belongs({ cause, by }: Recorded): boolean {
    const [first] = this.#roots;
    return first !== undefined && cause === first.seq && by === first.by;
  }
}

/** Something from outside: an attempt, a probe, a person, an instant that came. */
function isRoot({ stream, type, by }: Recorded): boolean {
  if (stream !== 'priority') return traitsOf(type).decision !== true;
  return type === 'SwitchedByHand' || type === 'TimerElapsed' || (type === 'PinReleased' && by === 'cli');
}
