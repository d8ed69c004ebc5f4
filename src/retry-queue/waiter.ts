/** Where one client waits for its item: until it may go, until another client has the answer, or until its time is up. */
import type { QueueId } from '../../events/ids.ts';
import type { QueueReason } from '../../events/reason.ts';
import type { Turn, Waiter } from '../proxy/retry-queue.ts';

const over: Turn = { type: 'waitedOut' };

export class ClientWaiter implements Waiter {
  readonly item: QueueId;
  readonly #until: number;
  readonly #changed: (waiter: ClientWaiter) => void;
  readonly #gone: (because: QueueReason | null) => void;
  #resolve: ((turn: Turn) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  /**
   * @param changed called when the client waits again, and when it has left for good
   * @param gone called after its client has left: why it wants no answer any more, or null when that cannot be told
   */
  constructor(
    item: QueueId,
    parkMs: number,
    changed: (waiter: ClientWaiter) => void,
    gone: (because: QueueReason | null) => void,
  ) {
    this.item = item;
    this.#until = performance.now() + parkMs;
    this.#changed = changed;
    this.#gone = gone;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Its client waits now; not so while it is on its way. */
  get isWaiting(): boolean {
    return this.#resolve !== undefined;
  }

  turn(): Promise<Turn> {
    const leftMs = this.#until - performance.now();
    if (leftMs <= 0) this.leave();
    if (this.#isOver) return Promise.resolve(over);
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#timer = setTimeout(() => this.leave(), leftMs);
      this.#changed(this);
    });
  }

  give(turn: Turn): void {
    const resolve = this.#resolve;
    clearTimeout(this.#timer);
    this.#resolve = undefined;
    resolve?.(turn);
  }

  /** Its item has changed: the queue says what that means for this client. */
  nudge(): void {
    this.#changed(this);
  }

  goAway(because: QueueReason | null): void {
    this.leave();
    this.#gone(because);
  }

  leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.give(over);
    this.#changed(this);
  }
}
