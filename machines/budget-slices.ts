/**
 * A budget that several gateways share: each takes a slice of it ahead, and spends from that alone. All slices stand in one place, written by
 * compare-and-set, so that they are never more than the budget. A gateway that is apart keeps what it has, and one slice where it has none:
 * what is overrun is a slice for each gateway at most.
 */

/** In millionths of a dollar: sums of them are exact. */
export type MicroUsd = number;

export interface Slice {
  readonly member: string;
  readonly taken: MicroUsd;
}

// All slices of all gateways are a tenth of the budget: what lies unused at idle ones is no more, and neither is what is overrun.
const tenth = 10;

export function sliceOf(limit: MicroUsd, gateways: number): MicroUsd {
  return Math.ceil(limit / (tenth * Math.max(1, gateways)));
}

/** What this gateway may spend before it has heard of any slice: what it has spent, and one slice more. */
export function firstSlice(limit: MicroUsd, spent: MicroUsd, slice: MicroUsd): MicroUsd {
  return Math.min(limit, spent + slice);
}

/**
 * What this gateway takes, so that a slice lies ahead of what it has spent. Null: what it has is enough, or is all that there is.
 * What it has spent already counts, also beyond the budget: the others have that much less.
 */
export function taking(
  slices: readonly Slice[],
  member: string,
  { limit, spent, slice }: { readonly limit: MicroUsd; readonly spent: MicroUsd; readonly slice: MicroUsd },
): MicroUsd | null {
  const has = slices.find((one) => one.member === member)?.taken ?? 0;
  if (has - spent >= slice / 2) return null;
  const free = Math.max(0, limit - slices.reduce((sum, { taken }) => sum + taken, 0));
  const takes = Math.max(has, spent, Math.min(spent + slice, has + free));
  return takes === has ? null : takes;
}

export function withSlice(slices: readonly Slice[], member: string, taken: MicroUsd): readonly Slice[] {
  return [...slices.filter((one) => one.member !== member), { member, taken }];
}
