/**
 * The requests at once that an endpoint takes, shared by the gateways that use its key: each has a part, by what it has to do, and there is
 * never more in all than the limit, but for one each. A part is a level, and no sum: what a gateway does not need any more is another one's.
 */

export interface Part {
  readonly member: string;
  /** What it may have at once, or still has. */
  readonly taken: number;
  /** What it would have, if it could. */
  readonly wants: number;
}

export interface Need {
  /** The most at once since the last look, and one more where there was no room. */
  readonly peak: number;
  readonly isShort: boolean;
}

// For what comes before the next look.
const aheadShare = 0.1;

export function wanted({ peak, isShort }: Need, limit: number): number {
  if (isShort) return limit;
  return Math.min(limit, peak + Math.max(1, Math.ceil(limit * aheadShare)));
}

/**
 * What this gateway takes, beside the parts of the others: what is fair, as far as it is free. No gateway is left without any.
 */
export function partOf(others: readonly Part[], member: string, wants: number, limit: number): number {
  const free = limit - others.reduce((sum, { taken }) => sum + taken, 0);
  const fair = fairParts([...others, { member, taken: 0, wants }], limit).get(member) ?? 1;
  return Math.max(1, Math.min(fair, free));
}

/**
 * A gateway that wants little has it, the rest is divided evenly by those that want more, and what none wants by all: it is there when more comes.
 * The same for all who look at the same.
 */
export function fairParts(parts: readonly Part[], limit: number): ReadonlyMap<string, number> {
  const fair = new Map<string, number>();
  let left = limit;
  const byWants = [...parts].sort((a, b) => a.wants - b.wants || (a.member < b.member ? -1 : 1));
  byWants.forEach(({ member, wants }, n) => {
    const part = Math.max(1, Math.min(wants, Math.floor(left / (byWants.length - n))));
    fair.set(member, part);
    left = Math.max(0, left - part);
  });
  const spare = Math.floor(left / byWants.length);
  for (const [member, part] of fair) fair.set(member, part + spare);
  return fair;
}

/** Without a word of the others: as much as each of them may count on. */
export function evenPart(limit: number, gateways: number): number {
  return Math.max(1, Math.floor(limit / Math.max(1, gateways)));
}
