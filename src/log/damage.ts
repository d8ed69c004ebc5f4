/** What a log lost: facts that were numbered and cannot be read. Each stands here once, however often it is met. */
import type { Damage } from './log.ts';

export class DamageList {
  readonly all: Damage[] = [];

  /** Numbers that have no fact. Those that are known to be damaged already are left out. */
  missing(from: number, to: number): void {
    for (const [start, end] of without([from, to], this.all.map(rangeOf)))
      this.all.push({ from: start, to: end, why: 'missing' });
  }

  /** A fact whose bytes are not those that were written. False when it was known. */
  changed(seq: number): boolean {
    if (this.all.some(({ from, to }) => from <= seq && seq <= to)) return false;
    this.all.push({ from: seq, to: seq, why: 'checksum' });
    return true;
  }
}

/** Both ends belong to it. */
export type Range = readonly [from: number, to: number];

export const rangeOf = ({ from, to }: { readonly from: number; readonly to: number }): Range => [from, to];

/** What is left of a range when others are taken out of it. */
export function without([from, to]: Range, others: readonly Range[]): readonly Range[] {
  const left: Range[] = [];
  let next = from;
  const touching = others.filter(([start, end]) => end >= from && start <= to).sort(([a], [b]) => a - b);
  for (const [start, end] of touching) {
    if (start > next) left.push([next, start - 1]);
    next = Math.max(next, end + 1);
  }
  if (next <= to) left.push([next, to]);
  return left;
}
