/**
 * Bytes that stream through, after a sleep of this machine: while they wait for their endpoint something has to move, or its
 * connection has not survived.
 */
import type { Member } from '../../platform/dense-set.ts';

const afterSleepMs = 10_000;
// What buffers on the way still take looks like movement, once.
const looks = 2;

export interface Movement {
  /** Bytes so far, both ways. */
  moved(): number;
  /** It is not the client who holds it up, nor is the endpoint thinking: there are bytes that it does not take, or give. */
  isEndpointsTurn(): boolean;
  lost(): void;
  /** An unexpected error. */
  fault(error: unknown): void;
}

export class StallWatchdog implements Member {
  place = -1;
  readonly #movement: Movement;
  #timer: NodeJS.Timeout | undefined;

  constructor(movement: Movement) {
    this.#movement = movement;
  }

  resume(): void {
    clearTimeout(this.#timer);
    this.#watch(this.#movement.moved(), looks);
  }

  over(): void {
    clearTimeout(this.#timer);
  }

  #watch(before: number, left: number): void {
    this.#timer = setTimeout(() => {
      try {
        this.#look(before, left);
      } catch (error) {
        this.#movement.fault(error);
      }
    }, afterSleepMs);
  }

  #look(before: number, left: number): void {
    const now = this.#movement.moved();
    if (now === before && this.#movement.isEndpointsTurn()) this.#movement.lost();
    else if (left > 1) this.#watch(now, left - 1);
  }
}
