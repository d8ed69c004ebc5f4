/** Folds the log into a state, from the newest readable snapshot, and checks the snapshot's versions. */
import { catalogue, NewerFact, refuseNewer, refuseNewerCatalogue, upcast } from '../../events/catalogue.ts';
import type { Log, ReadableLog, Snapshot } from '../log/log.ts';
import { State } from './state.ts';

// Read at each start: some two milliseconds.
const lookedAt = 200;

/**
 * Facts covered by a snapshot are not folded, but the log's end is checked all the same.
 * @throws {NewerFact} when a newer qcc wrote it: nothing may be written after it
 */
export async function refuseNewerEnd(log: ReadableLog): Promise<void> {
  for await (const facts of log.read(Math.max(log.tail, log.head - lookedAt + 1)))
    for (const fact of facts) refuseNewer(fact);
}

/** Folds the log up to a fact (or all of it) into a state: nothing is decided anew, and no effect is repeated. */
export async function foldLog(log: ReadableLog, upTo?: number, keep?: (state: State) => Promise<void>): Promise<State> {
  const state = (await newestState(log, upTo)) ?? new State();
  await foldOn(state, log, upTo, keep);
  // Lost facts at the very end: their numbers are not given out a second time.
  state.seq = Math.max(state.seq, Math.min(log.head, upTo ?? log.head));
  return state;
}

/** Folds the facts that come after a state into it, up to a fact (or all of them). */
export async function foldOn(
  state: State,
  log: ReadableLog,
  upTo?: number,
  keep?: (state: State) => Promise<void>,
): Promise<void> {
  for await (const facts of log.read(state.seq + 1, upTo)) {
    for (const fact of facts) state.apply(upcast(fact));
    await keep?.(state);
  }
}

/** With the versions of the facts that its writer knew. */
export function snapshotOf(saved: ReturnType<State['toJSON']>): Snapshot {
  return { seq: saved.seq, data: { ...saved, catalogue: catalogue() } };
}

/** @throws {NewerFact} skipped for an older one, it would hide facts that this version does not understand */
function refuseNewerSnapshot({ seq, data }: Snapshot): void {
  if (State.isNewer(data)) throw new NewerFact(`the snapshot of #${seq}`);
  refuseNewerCatalogue((data as { catalogue?: unknown } | null)?.catalogue, seq);
}

/** A snapshot of another form, from an older qcc, is skipped in favour of an earlier one. */
export async function newestState(log: ReadableLog, upTo: number | undefined): Promise<State | undefined> {
  for (let max = upTo; ; ) {
    const snapshot = await log.loadSnapshot('state', max);
    if (snapshot) refuseNewerSnapshot(snapshot);
    const state = snapshot && State.from(snapshot.data);
    if (state || !snapshot) return state;
    max = snapshot.seq - 1;
  }
}

// At the intervals of maintenance.
const factsBetween = 5_000;

/**
 * Takes snapshots during a long fold: after an update that stores its state in another form, or after lives that were killed again and
 * again, every past moment is again close to a snapshot. Not after damage, because the next start does not check what comes before a
 * snapshot.
 */
export function keeper(log: Log): (state: State) => Promise<void> {
  let last: number | undefined;
  return async (state) => {
    last ??= state.restoredSeq;
    if (state.seq - last < factsBetween || log.damage.length > 0) return;
    last = state.seq;
    await log.saveSnapshot('state', snapshotOf(state.toJSON()));
  };
}
