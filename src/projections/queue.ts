/** The queue as it stands: its items, each a machine, and what became of all there ever were. */
import type { Millis, Recorded } from '../../events/fact.ts';
import { nameOf, type QueueId } from '../../events/ids.ts';
import { fold, force, initialOf, persist, restore } from '../../machines/fold.ts';
import {
  faceOfItem,
  isOver,
  landsInItem,
  type QueueItem,
  type QueueItemSnapshot,
  type QueueItemState,
  queueItemChart,
  timerOfItem,
} from '../../machines/queue-item.ts';
import type { Kept } from '../../machines/queue-policy.ts';

export interface QueueTotals {
  readonly enqueued: number;
  readonly retried: number;
  readonly succeeded: number;
  readonly died: number;
  /** Cleared by hand, or forgotten to make room, without an answer. */
  readonly dropped: number;
}

const freshItem: QueueItemSnapshot = initialOf(queueItemChart);
/** In these the request may still be sent, and its body is kept. */
const keepsBody: ReadonlySet<QueueItemState> = new Set(['waiting', 'retrying', 'unknown', 'dead']);

export class Queue {
  readonly #items = new Map<QueueId, QueueItemSnapshot>();
  readonly #totals = { enqueued: 0, retried: 0, succeeded: 0, died: 0, dropped: 0 };

  get size(): number {
    return this.#items.size;
  }

  /** Somebody waits for an endpoint to come back. */
  get isAwaiting(): boolean {
    for (const { value } of this.#items.values()) if (value === 'waiting') return true;
    return false;
  }

  get totals(): QueueTotals {
    return this.#totals;
  }

  snapshot(id: QueueId): QueueItemSnapshot {
    return this.#items.get(id) ?? freshItem;
  }

  snapshots(): Iterable<readonly [QueueId, QueueItemSnapshot]> {
    return this.#items;
  }

  item(id: QueueId): QueueItem | undefined {
    const snapshot = this.#items.get(id);
    return snapshot && faceOfItem(snapshot);
  }

  /** Names of all blobs that somebody may still ask for. */
  blobs(): ReadonlySet<string> {
    const names = new Set<string>();
    for (const { value, context } of this.#items.values()) {
      if (keepsBody.has(value) && context.asked && !context.isGone) names.add(context.asked.body);
      if (value === 'answered' && context.answer !== null) names.add(context.answer);
    }
    return names;
  }

  kept(): readonly Kept[] {
    return [...this.#items].map(([id, { value, context }]) => ({
      id,
      isOver: isOver(value),
      since: context.since,
      // An answered one keeps its request as long as its answer.
      bytes: value === 'cancelled' || context.isGone ? 0 : (context.asked?.bytes ?? 0) + context.answerBytes,
    }));
  }

  nextDueAt(): Millis {
    let earliest = Number.POSITIVE_INFINITY;
    for (const snapshot of this.#items.values()) {
      earliest = Math.min(earliest, timerOfItem(snapshot)?.dueAt ?? Number.POSITIVE_INFINITY);
    }
    return earliest;
  }

  /** @returns where the chart of today would have gone, when the record says otherwise */
  apply(fact: Recorded): { readonly recorded: string; readonly folded: string } | null {
    const id = nameOf(fact.stream) as QueueId;
    this.#count(fact.type, id, fact.data as { because?: string });
    if (fact.type === 'QueuedRequestForgotten') {
      this.#items.delete(id);
      return null;
    }
    const next = fold(queueItemChart, this.snapshot(id), fact);
    const recorded = landsInItem(fact);
    const drifts = recorded !== null && recorded !== next.value;
    this.#items.set(id, drifts ? force(queueItemChart, next, recorded) : next);
    return drifts ? { recorded, folded: next.value } : null;
  }

  #count(type: string, id: QueueId, { because }: { because?: string }): void {
    const totals = this.#totals;
    if (type === 'RequestQueued') totals.enqueued++;
    else if (type === 'RetrySucceeded') totals.succeeded++;
    else if (type === 'QueuedRequestDied') totals.died++;
    else if (type === 'QueuedRequestCancelled') totals.dropped++;
    else if (type === 'RetryStarted' && this.snapshot(id).value === 'waiting') totals.retried++;
    else if (type === 'QueuedRequestForgotten' && because !== 'expired' && this.snapshot(id).value === 'dead')
      totals.dropped++;
  }

  toJSON(): object {
    return { totals: { ...this.#totals }, items: [...this.#items].map(([id, snapshot]) => [id, persist(snapshot)]) };
  }

  static from(json: unknown): Queue {
    const { totals, items } = json as { totals: QueueTotals; items: readonly (readonly [QueueId, unknown])[] };
    const made = new Queue();
    Object.assign(made.#totals, totals);
    for (const [id, data] of items) made.#items.set(id, restore(queueItemChart, data));
    return made;
  }
}
