/** Makes the roll-up of one block of facts, in slices: a thread that does so is free for questions between two of them. */
import type { Recorded } from '../../events/fact.ts';
import type { ReadableLog } from '../log/log.ts';
import { type RollUp, RollUpFold } from '../projections/roll-up.ts';
import { bytesOf } from './sizes.ts';

// Read, checked and folded in some three milliseconds.
const sliceFacts = 250;

/**
 * Undefined for a block that lacks a fact: what it adds up to is read from the facts each time.
 * @param from the first number of the block, all of which is written
 * @param rest awaited after each slice
 */
export async function rollUpOf(
  log: ReadableLog,
  from: number,
  rest: () => Promise<unknown>,
): Promise<RollUp | undefined> {
  const fold = new RollUpFold(from);
  const end = from + (log.rollUps?.size ?? 0);
  for (let next = from; next < end; ) {
    const last = Math.min(next + sliceFacts, end) - 1;
    const facts: Recorded[] = [];
    for await (const some of log.read(next, last)) facts.push(...some);
    if (facts.length !== last - next + 1) return undefined;
    for (const fact of facts) fold.apply(fact, bytesOf(fact));
    next = last + 1;
    await rest();
  }
  return fold.toJSON();
}
