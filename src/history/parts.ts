/**
 * A range of facts in parts: blocks by their roll-ups where these can be used, and facts everywhere else. A long past is then a few hundred
 * records instead of a million facts, and the answer is the same.
 */
import type { Recorded } from '../../events/fact.ts';
import { kindOf } from '../../events/ids.ts';
import type { Range } from '../log/damage.ts';
import type { ReadableLog } from '../log/log.ts';
import { type RollUp, rollUpForm } from '../projections/roll-up.ts';

export interface Parts {
  fact(fact: Recorded): void;
  rollUp(block: RollUp): void;
}

/** In the order of time. */
export async function readParts(log: ReadableLog, range: Range, parts: Parts): Promise<void> {
  for await (const part of partsOf(log, range)) {
    if ('facts' in part) for (const fact of part.facts) parts.fact(fact);
    else parts.rollUp(part.block);
  }
}

type Part = { readonly facts: readonly Recorded[] } | { readonly block: RollUp };

/** In the order of time. */
export async function* partsOf(log: ReadableLog, [from, to]: Range): AsyncIterable<Part> {
  let next = from;
  for await (const block of blocksOf(log, [from, to])) {
    yield* factsOf(log, next, block.from - 1);
    yield { block };
    next = block.to + 1;
  }
  yield* factsOf(log, next, to);
}

/** Those that can be used. */
export async function* blocksOf(log: ReadableLog, range: Range): AsyncIterable<RollUp> {
  for await (const block of blocksIn(log, range)) if (!meetsDamage(log, block)) yield block;
}

function blocksIn({ rollUps }: ReadableLog, range: Range): AsyncIterable<RollUp> | readonly RollUp[] {
  return rollUps ? (rollUps.within(rollUpForm, range) as AsyncIterable<RollUp>) : [];
}

async function* factsOf(log: ReadableLog, from: number, to: number): AsyncIterable<Part> {
  if (from <= to) for await (const facts of log.read(from, to)) yield { facts };
}

/** What is no longer in the log is not told from memory: the answer is that of the facts. */
function meetsDamage({ damage }: ReadableLog, { from, to }: RollUp): boolean {
  return damage.some((one) => one.to >= from && one.from <= to);
}

// Enough for one look at the disk.
const readAtOnce = 1_000;

/**
 * The facts of a range that are not of requests, in the order of time.
 * @param wants by the noun of a stream, and the type of a fact
 */
export async function* rareFacts(
  log: ReadableLog,
  range: Range,
  wants: (kind: string, type: string) => boolean,
): AsyncIterable<readonly Recorded[]> {
  const isWanted = (kind: string, type: string) => kind !== 'request' && wants(kind, type);
  let seqs: number[] = [];
  for await (const part of partsOf(log, range)) {
    if ('block' in part) seqs.push(...seqsIn(part.block, isWanted));
    if ('facts' in part || seqs.length >= readAtOnce) {
      yield* single(log, seqs);
      seqs = [];
    }
    if ('facts' in part) yield part.facts.filter(({ stream, type }) => isWanted(kindOf(stream), type));
  }
  yield* single(log, seqs);
}

/** Those of one block, in the order of time, and with them requests that it names. */
export function rareOf(
  log: ReadableLog,
  block: RollUp,
  wants: (kind: string, type: string) => boolean,
  requests: readonly number[] = [],
): AsyncIterable<readonly Recorded[]> {
  return single(
    log,
    [...seqsIn(block, wants), ...requests].sort((a, b) => a - b),
  );
}

async function* single(log: ReadableLog, seqs: readonly number[]): AsyncIterable<readonly Recorded[]> {
  if (log.rollUps && seqs.length > 0) yield* log.rollUps.read(seqs);
}

export function seqsIn({ rare }: RollUp, isWanted: (kind: string, type: string) => boolean): readonly number[] {
  return rare.flatMap(([kind, type, seqs]) => (isWanted(kind, type) ? seqs : [])).sort((a, b) => a - b);
}
