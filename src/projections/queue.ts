/** The state of the queue: its items, each a machine, and totals of all outcomes. */
import type { Millis, Recorded } from '../../events/fact.ts';
import { nameOf, type QueueId } from '../../events/ids.ts';
import { fold, force, initialOf, persist, restore } from '../../machines/fold.ts';
import {
  isNobodys,
  isOver,
  itemStatus,
  type QueueItem,
  type QueueItemSnapshot,
  type QueueItemState,
  queueItemChart,
  targetStateOfItem,
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
/** In these states the request may still be sent, and its body is kept. */
const keepsBody: ReadonlySet<QueueItemState> = new Set(['waiting', 'retrying', 'unknown', 'dead']);

export class Queue {
  readonly #items = new Map<QueueId, QueueItemSnapshot>();
  readonly #waiting = new Set<QueueId>();
  readonly #ofSession = new Map<string, Set<QueueId>>();
  #nobodys = 0;
  #entries = 0;
  /** Undefined: it may have changed, and is computed on demand. */
  #dueAt: Millis | undefined;
  readonly #totals = { enqueued: 0, retried: 0, succeeded: 0, died: 0, dropped: 0 };

  get size(): number {
    return this.#items.size;
  }

  /** A client waits for an endpoint to come back. */
  get isAwaiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** All its items were given up or cleared: it stays visible, and no client joins it. */
  get isNobodys(): boolean {
    return this.#nobodys === this.#items.size;
  }

  /** The number of waits that have begun: while it is unchanged, no waiter has arrived. */
  get entries(): number {
    return this.#entries;
  }

  waiting(): Iterable<QueueId> {
    return this.#waiting;
  }

  /** The items of a session, in the order in which they came. */
  ofSession(session: string): Iterable<QueueId> {
    return this.#ofSession.get(session) ?? [];
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
    return snapshot && itemStatus(snapshot);
  }

  /** The names of all blobs that may still be requested. */
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
      // An answered item keeps its request as long as its answer.
      bytes: value === 'cancelled' || context.isGone ? 0 : (context.asked?.bytes ?? 0) + context.answerBytes,
    }));
  }

  nextDueAt(): Millis {
    if (this.#dueAt !== undefined) return this.#dueAt;
    let earliest = Number.POSITIVE_INFINITY;
    for (const snapshot of this.#items.values()) {
      earliest = Math.min(earliest, timerOfItem(snapshot)?.dueAt ?? Number.POSITIVE_INFINITY);
    }
    this.#dueAt = earliest;
    return earliest;
  }

  /** @returns the state that today's chart would have reached, when the record differs */
  apply(fact: Recorded): { readonly recorded: string; readonly folded: string } | null {
    const id = nameOf(fact.stream) as QueueId;
    this.#count(fact.type, id, fact.data as { because?: string });
    if (fact.type === 'QueuedRequestForgotten') {
      this.#forget(id);
      return null;
    }
    const next = fold(queueItemChart, this.snapshot(id), fact);
    const recorded = targetStateOfItem(fact);
    const drifts = recorded !== null && recorded !== next.value;
    this.#put(id, drifts ? force(queueItemChart, next, recorded) : next);
    return drifts ? { recorded, folded: next.value } : null;
  }

  #put(id: QueueId, next: QueueItemSnapshot): void {
    const before = this.#items.get(id);
    this.#items.set(id, next);
    this.#dueAt = undefined;
    this.#nobodys += Number(isNobodys(next.value)) - Number(before !== undefined && isNobodys(before.value));
    if (next.value !== 'waiting') this.#waiting.delete(id);
    else if (!this.#waiting.has(id)) {
      this.#waiting.add(id);
      this.#entries++;
    }
    const session = next.context.asked?.session ?? null;
    if (session === null) return;
    const ids = this.#ofSession.get(session);
    if (ids) ids.add(id);
    else this.#ofSession.set(session, new Set([id]));
  }

  #forget(id: QueueId): void {
    const { value, context } = this.snapshot(id);
    if (!this.#items.delete(id)) return;
    this.#dueAt = undefined;
    this.#nobodys -= Number(isNobodys(value));
    this.#waiting.delete(id);
    const session = context.asked?.session ?? '';
    const ids = this.#ofSession.get(session);
    ids?.delete(id);
    if (ids?.size === 0) this.#ofSession.delete(session);
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
    for (const [id, data] of items) made.#put(id, restore(queueItemChart, data));
    return made;
  }
}
