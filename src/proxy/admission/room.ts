/**
 * Who waits for room at an endpoint, in the order in which they came. Each call that ends wakes the first one that its place helps, and
 * no other; a place that was not taken is offered to the next.
 */
import type { Millis } from '../../../events/fact.ts';
import type { EndpointId } from '../../../events/ids.ts';

// An endpoint may have come back, or have more room, without the end of a call: that is looked at so often.
const lookAgainMs = 1_000;

export class RoomBacklog {
  readonly #waiters: RoomWaiter[] = [];

  get length(): number {
    return this.#waiters.length;
  }

  join(): RoomWaiter {
    const waiter = new RoomWaiter((offered) => {
      this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
      if (offered !== null) this.freed(offered);
    });
    this.#waiters.push(waiter);
    return waiter;
  }

  /** A call there has ended. */
  freed(id: EndpointId): void {
    this.#waiters.find((one) => one.wants(id))?.offer(id);
  }
}

export class RoomWaiter {
  readonly #left: (offered: EndpointId | null) => void;
  #full: readonly EndpointId[] = [];
  #offered: EndpointId | null = null;
  #wake: () => void = () => {};

  constructor(left: (offered: EndpointId | null) => void) {
    this.#left = left;
  }

  wants(id: EndpointId): boolean {
    return this.#offered === null && this.#full.includes(id);
  }

  offer(id: EndpointId): void {
    this.#offered = id;
    this.#wake();
  }

  /** Resolves when there may be room at one of these, and at the latest after so long. */
  async room(full: readonly EndpointId[], atMostMs: Millis): Promise<void> {
    this.#offered = null;
    this.#full = full;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, Math.min(lookAgainMs, atMostMs));
    });
    clearTimeout(timer);
  }

  /** Its client has gone. */
  wake(): void {
    this.#wake();
  }

  /** @param hasTaken it goes to an endpoint now; otherwise the place that it was woken for goes to another */
  leave(hasTaken: boolean): void {
    this.#left(hasTaken ? null : this.#offered);
  }
}
