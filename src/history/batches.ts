/** Reassembles the batches of the log: a report, and the decisions that it caused. */
import type { Recorded } from '../../events/fact.ts';
import { traitsOf } from '../../events/traits.ts';
import type { Batch } from './rehearsal.ts';

export class Batches {
  #ahead: Recorded[] = [];
  #roots: Recorded[] = [];
  #decisions: Recorded[] = [];

  /** The previous batch, as soon as it is known to be complete. */
  take(fact: Recorded): Batch | undefined {
    if (!isRoot(fact)) {
      // A success without a fact of its own: the decisions on it have no cause, and precede its request.
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

  /** All facts of one command name its first fact as their cause, in whatever stream they are. */
  #belongs({ cause, by }: Recorded): boolean {
    const [first] = this.#roots;
    return first !== undefined && cause === first.seq && by === first.by;
  }
}

/** An external event: an attempt, a probe, a user's action, an elapsed timer. */
function isRoot({ stream, type, by }: Recorded): boolean {
  if (stream !== 'priority') return traitsOf(type).decision !== true;
  return (
    type === 'SwitchedByHand' || type === 'TimerElapsed' || (type === 'PinReleased' && (by === 'cli' || by === 'fleet'))
  );
}
