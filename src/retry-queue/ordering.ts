/** The waiting requests, in the order in which they go. Made anew when one has come; one that has gone is passed over. */
import type { Millis } from '../../events/fact.ts';
import type { QueueId } from '../../events/ids.ts';
import { inOrder, type Waiting } from '../../machines/queue-policy.ts';
import type { Queue } from '../projections/queue.ts';

// Ranks rise with the minutes that a request has waited.
const orderMs = 1_000;

export class Ordering {
  #ids: readonly QueueId[] = [];
  #queue: Queue | undefined;
  #entries = -1;
  #madeAt = 0;

  *of(queue: Queue, now: Millis): Iterable<Waiting> {
    const isOld = queue !== this.#queue || queue.entries !== this.#entries || now - this.#madeAt >= orderMs;
    if (isOld) this.#make(queue, now);
    for (const id of this.#ids) {
      const one = waitingOf(queue, id);
      if (one) yield one;
    }
  }

  #make(queue: Queue, now: Millis): void {
    const all = [...queue.waiting()].map((id) => waitingOf(queue, id)).filter((one) => one !== null);
    this.#ids = inOrder(all, now).map(({ id }) => id as QueueId);
    this.#queue = queue;
    this.#entries = queue.entries;
    this.#madeAt = now;
  }
}

/** Null: it is on its way, or over. */
function waitingOf(queue: Queue, id: QueueId): Waiting | null {
  const { value, context } = queue.snapshot(id);
  const { asked, enqueuedAt, since, nextRetryAt, tries } = context;
  if (value !== 'waiting' || !asked || nextRetryAt === null) return null;
  return { id, priority: asked.priority, within: asked.within, enqueuedAt, since, nextRetryAt, tries };
}
