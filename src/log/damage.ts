/** The losses of a log: facts that have a number and cannot be read. Each is listed once, however often it is met. */
import type { Damage } from './log.ts';

export class DamageList {
  readonly all: Damage[] = [];

  /** Numbers that have no fact. Those already known as damaged are left out. */
  missing(from: number, to: number): void {
    for (const [start, end] of without([from, to], this.all.map(rangeOf)))
      this.all.push({ from: start, to: end, why: 'missing' });
  }

  /** A fact whose bytes have changed. False when the damage was known. */
  changed(seq: number): boolean {
    if (this.all.some(({ from, to }) => from <= seq && seq <= to)) return false;
    this.all.push({ from: seq, to: seq, why: 'checksum' });
    return true;
  }
}

/** Both ends included. */
export type Range = readonly [from: number, to: number];

export const rangeOf = ({ from, to }: { readonly from: number; readonly to: number }): Range => [from, to];

/** The parts of a range that remain without the others. */
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
