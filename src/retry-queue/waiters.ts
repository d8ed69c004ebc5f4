/** The clients that wait, by the item that they wait for. */
import type { QueueId } from '../../events/ids.ts';
import type { ClientWaiter } from './waiter.ts';

export class Waiters {
  readonly #byItem = new Map<QueueId, readonly ClientWaiter[]>();

  has(id: QueueId): boolean {
    return this.#byItem.has(id);
  }

  of(id: QueueId): readonly ClientWaiter[] {
    return this.#byItem.get(id) ?? [];
  }

  all(): readonly ClientWaiter[] {
    return [...this.#byItem.values()].flat();
  }

  /** One that may be told to go at this moment; undefined: there is none, or all are on their way. */
  ready(id: QueueId): ClientWaiter | undefined {
    return this.of(id).find(({ isWaiting }) => isWaiting);
  }

  add(waiter: ClientWaiter): void {
    this.#byItem.set(waiter.item, [...this.of(waiter.item), waiter]);
  }

  remove(waiter: ClientWaiter): void {
    const left = this.of(waiter.item).filter((one) => one !== waiter);
    if (left.length > 0) this.#byItem.set(waiter.item, left);
    else this.#byItem.delete(waiter.item);
  }
}
