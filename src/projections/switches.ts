/** The changes of the active profile, newest last. */
import type { Recorded } from '../../events/fact.ts';
import type { PriorityFact } from '../../events/priority.ts';
import type { LadderReason } from '../../events/reason.ts';

export interface Switch {
  readonly at: number;
  readonly seq: number;
  readonly kind: 'failover' | 'recovery' | 'manual';
  readonly from: string | null;
  readonly to: string;
  readonly reason: LadderReason | string;
}

// People look back over days; older changes are in the log.
const switchesKept = 500;

export class Switches {
  readonly #list: Switch[] = [];

  /** Newest first. */
  latest(limit: number): readonly Switch[] {
    return this.#list.slice(-limit).reverse();
  }

  apply(fact: Recorded): void {
    const { type, data } = fact as Recorded<PriorityFact>;
    if (type === 'FailedOver') this.#add(fact, 'failover', data.from, data.to, data.because);
    if (type === 'Recovered') this.#add(fact, 'recovery', data.from, data.to, data.because);
    if (type === 'SwitchedByHand') this.#add(fact, 'manual', data.from, data.to, data.reason);
  }

  #add(fact: Recorded, kind: Switch['kind'], from: string | null, to: string, reason: Switch['reason']): void {
    this.#list.push({ at: fact.at, seq: fact.seq, kind, from, to, reason });
    if (this.#list.length > switchesKept) this.#list.shift();
  }

  toJSON(): object {
    return [...this.#list];
  }

  static from(json: unknown): Switches {
    const made = new Switches();
    made.#list.push(...(json as Switch[]));
    return made;
  }
}
