/** Requests by equal parts of a time, of facts and of what blocks of facts add up to. */
import type { Millis, Recorded } from '../../events/fact.ts';
import type { Served } from '../../events/request.ts';
import type { Bands } from '../contract/dashboard.ts';
import { hasMoved } from '../projections/moved.ts';
import { type RollUp, sliceFacts } from '../projections/roll-up.ts';

export interface Width {
  readonly from: Millis;
  readonly to: Millis;
  readonly buckets: number;
}

export class RequestBuckets {
  readonly #width: Width;
  readonly #buckets: { answered: number; moved: number; failed: number }[];

  constructor(width: Width) {
    this.#width = width;
    this.#buckets = Array.from({ length: width.buckets }, () => ({ answered: 0, moved: 0, failed: 0 }));
  }

  get all(): Bands['buckets'] {
    return this.#buckets;
  }

  /** The end of a request. */
  add({ at, type, data }: Recorded): void {
    const bucket = this.#buckets[this.#place(at)];
    if (!bucket || type === 'RequestCancelled') return;
    if (type !== 'RequestServed') bucket.failed++;
    else if (hasMoved(data as Served)) bucket.moved++;
    else bucket.answered++;
  }

  /** Returns the ranges of numbers that two buckets share: their facts must be added one by one. */
  addBlock({ from, to, first, slices }: RollUp): readonly (readonly [from: number, to: number])[] {
    let since = first;
    return slices.flatMap(([until, answered, moved, failed], i) => {
      const place = this.#place(since);
      since = first + until;
      const begin = from + i * sliceFacts;
      if (place !== this.#place(since)) return [[begin, Math.min(begin + sliceFacts - 1, to)] as const];
      const bucket = this.#buckets[place];
      if (!bucket) return [];
      bucket.answered += answered;
      bucket.moved += moved;
      bucket.failed += failed;
      return [];
    });
  }

  #place(at: Millis): number {
    const { from, to, buckets } = this.#width;
    const place = Math.floor(((at - from) / Math.max(1, to - from)) * buckets);
    return Math.min(buckets - 1, Math.max(0, place));
  }
}
