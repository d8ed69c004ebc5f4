/**
 * States of the past that were folded a moment ago, for a reader who looks at one moment after the other: the next one is then a few
 * hundred facts away, and not up to the distance between two snapshots. What is kept follows from facts alone, and facts never change.
 */
import type { ReadableLog } from '../log/log.ts';
import { foldOn, newestState } from '../runtime/fold-log.ts';
import { State } from '../runtime/state.ts';

// Folded in some three milliseconds.
const stepFacts = 500;
// Further away from what is looked at, states are as far from each other as snapshots are: an incident file has only one snapshot.
const strideFacts = 5_000;
// Of a usual state, a few hundred.
const charactersMax = 8_000_000;

export class KeptStates {
  /** As JSON, by their last fact; the one that was used last is the last one. */
  readonly #texts = new Map<number, string>();
  #characters = 0;

  /** The nearest one that is not after a fact, and not before another. */
  before(seq: number, least: number): State | undefined {
    let nearest = -1;
    for (const one of this.#texts.keys()) if (one <= seq && one >= least && one > nearest) nearest = one;
    const text = this.#texts.get(nearest);
    if (text === undefined) return undefined;
    this.#texts.delete(nearest);
    this.#texts.set(nearest, text);
    return State.from(JSON.parse(text));
  }

  keep(state: State): void {
    if (this.#texts.has(state.seq)) return;
    const text = JSON.stringify(state);
    this.#texts.set(state.seq, text);
    this.#characters += text.length;
    for (const [seq, { length }] of this.#texts) {
      if (this.#characters <= charactersMax) return;
      this.#texts.delete(seq);
      this.#characters -= length;
    }
  }
}

const keptOf = new WeakMap<ReadableLog, KeptStates>();

/** Questions to this log may begin at these states, and leave others there. */
export function keepStates(log: ReadableLog, kept: KeptStates): void {
  keptOf.set(log, kept);
}

/** Undefined for a log whose states are not kept, and for one that lacks facts. */
export async function foldNear(log: ReadableLog, seq: number): Promise<State | undefined> {
  const kept = keptOf.get(log);
  // What was lost must be met again, so that the answer tells it.
  if (!kept || log.damage.length > 0) return undefined;
  // Facts before the log's first one have been trimmed: from an older state on there would be a hole.
  const near = kept.before(seq, log.tail - 1);
  const state = near && seq - near.seq < stepFacts ? near : await nearer(log, seq, near);
  if (state.seq < log.tail - 1) return undefined;
  while (state.seq < seq) {
    const to = nextStop(state.seq, seq);
    await foldOn(state, log, to);
    if (log.damage.length > 0 || state.seq < to) return undefined;
    if (to % stepFacts === 0) kept.keep(state);
  }
  return state;
}

/** Snapshots are not as dense as kept states, but they are everywhere. */
async function nearer(log: ReadableLog, seq: number, near: State | undefined): Promise<State> {
  const saved = await newestState(log, seq);
  if (near && (!saved || near.seq >= saved.seq)) return near;
  return saved ?? new State();
}

/** Dense where it is looked at, sparse on the way there. */
function nextStop(from: number, seq: number): number {
  const stride = seq - from > 2 * strideFacts ? strideFacts : stepFacts;
  return Math.min(seq, (Math.floor(from / stride) + 1) * stride);
}
