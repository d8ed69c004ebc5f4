/**
 * Folds the whole log again, checks every fact on the way, and compares the result with the running state: the log is sound only if both
 * are the same.
 */
import { upcast } from '../../events/catalogue.ts';
import type { Recorded } from '../../events/fact.ts';
import { kindOf } from '../../events/ids.ts';
import type { DifferenceRow } from '../contract/history.ts';
import type { Answer, Params } from '../contract/operations.ts';
import { type Range, rangeOf, without } from '../log/damage.ts';
import { IndexChecksum } from '../log/index-checksum.ts';
import type { ReadableLog } from '../log/log.ts';
import { lossesOf } from '../runtime/losses.ts';
import { State } from '../runtime/state.ts';
import { differencesOf } from './difference.ts';
import { machineRows } from './machines.ts';
import { settingsThen } from './moment.ts';

// Beyond thousands of differences the rest is counted, and not listed.
const listedMax = 100;

export async function verifyLog(
  log: ReadableLog,
  { running, missing = [] }: Params<'history.verify'>,
): Promise<Answer<'history.verify'>> {
  const upTo = (running as { seq: number } | undefined)?.seq ?? log.head;
  const fold = await Refold.begin(log);
  for await (const facts of log.read(fold.from, upTo)) for (const fact of facts) await fold.take(fact);
  await fold.reach(upTo);
  const unfolded = await fold.readUnfolded();
  const told = fold.told.map(rangeOf);
  const unreadable = log.damage
    .filter(({ from }) => from <= upTo)
    .flatMap((one) => without(rangeOf(one), told).map(([from, to]) => ({ from, to, because: one.why })));
  const damage = [...unreadable, ...unfolded, ...(await fold.misplaced(upTo))];
  const { state, isComplete } = fold;
  const states = running && isComplete ? differencesOf(state.toJSON(), running, listedMax) : [];
  const gone = missing.map((name) => ({ stream: 'queue', path: `bodies/${name}`, folded: 'a file', running: null }));
  const differences = [...fold.faults, ...gone, ...states].slice(0, listedMax);
  return {
    ok: differences.length === 0 && damage.length === 0,
    events: fold.events,
    machines: machineRows(state, settingsThen(state), []).length,
    expected: Math.max(0, upTo - log.tail + 1),
    from: fold.from,
    to: upTo,
    differences,
    damage,
    lost: fold.told,
    drift: state.drift,
  };
}

/** The fold, and the relation of each fact to the one before it. */
class Refold {
  readonly from: number;
  state: State;
  events = 0;
  readonly faults: DifferenceRow[] = [];
  readonly told: Answer<'history.verify'>['lost'][number][] = [];
  /** False while facts are missing whose effect only a snapshot holds. */
  isComplete = true;
  readonly #log: ReadableLog;
  readonly #versions: Map<string, number>;
  readonly #places = new IndexChecksum();
  #next: number;
  #at: number;

  private constructor(log: ReadableLog, state: State) {
    this.#log = log;
    this.state = state;
    this.from = state.seq + 1;
    this.#next = this.from;
    this.#at = state.at;
    this.#versions = new Map(state.versions);
  }

  /** From the first fact; for a trimmed log, from the snapshot before its first. */
  static async begin(log: ReadableLog): Promise<Refold> {
    if (log.tail === 1) return new Refold(log, new State());
    for (let max: number | undefined = log.tail - 1; ; max = undefined) {
      const snapshot = await log.loadSnapshot('state', max);
      const state = snapshot && State.from(snapshot.data);
      if (state) return new Refold(log, state);
      if (max === undefined) return new Refold(log, new State());
    }
  }

  /** Facts before the snapshot that the fold began with: they are checked one by one, but cannot be compared with a state. */
  async readUnfolded(): Promise<Answer<'history.verify'>['damage']> {
    const { tail } = this.#log;
    if (tail >= this.from) return [];
    for await (const facts of this.#log.read(tail, this.from - 1))
      for (const fact of facts) this.told.push(...lossesOf(fact));
    return [{ from: tail, to: this.from - 1, because: 'unfolded' }];
  }

  async take(recorded: Recorded): Promise<void> {
    if (recorded.seq > this.#next) await this.#across(recorded.seq);
    this.events++;
    this.#log.places?.addFact(this.#places, recorded);
    this.#check(recorded);
    this.told.push(...lossesOf(recorded));
    this.#next = recorded.seq + 1;
    if (recorded.seq > this.state.seq) this.state.apply(upcast(recorded));
  }

  /** The index of streams against the facts: individual entries are compared only if the checksums differ. */
  async misplaced(upTo: number): Promise<Answer<'history.verify'>['damage']> {
    const { places } = this.#log;
    const range: Range = [Math.max(this.from, this.#log.tail), upTo];
    const gone = [...this.#log.damage, ...this.told].map(rangeOf);
    if (!places || this.#places.equals(await places.sum(range, gone))) return [];
    const found = await places.misplaced(range, gone);
    return found.map(([from, to]) => ({ from, to, because: 'index' }));
  }

  /** The end of the comparison: facts may be missing there as well. */
  async reach(seq: number): Promise<void> {
    if (seq >= this.#next) await this.#across(seq + 1);
    this.state.seq = Math.max(this.state.seq, seq);
  }

  /** Facts are missing: their effect is known from the next snapshot on, and nothing can be folded until there. */
  async #across(seq: number): Promise<void> {
    this.isComplete = false;
    const snapshot = await this.#log.loadSnapshot('state');
    const known = snapshot && snapshot.seq >= seq - 1 ? State.from(snapshot.data) : undefined;
    if (!known) return;
    this.state = known;
    this.isComplete = true;
  }

  #check(fact: Recorded): void {
    const { seq, stream, version, at, cause } = fact;
    const view = (fact.data as { view?: unknown }).view;
    if (at < this.#at) this.#fault(fact, 'at', this.#at, at);
    this.#at = Math.max(this.#at, at);
    if (cause !== null && cause >= seq) this.#fault(fact, 'cause', `an earlier fact than #${seq}`, cause);
    if (typeof view === 'number' && view >= seq) this.#fault(fact, 'view', `an earlier fact than #${seq}`, view);
    // A request's stream has one fact; where facts are missing, so are versions.
    if (kindOf(stream) === 'request') return;
    const before = this.#versions.get(stream);
    const isGap = before === undefined ? version !== 1 : version !== before + 1;
    if (isGap && this.#next === seq && !this.#isAfterLoss) this.#fault(fact, 'version', (before ?? 0) + 1, version);
    this.#versions.set(stream, version);
  }

  get #isAfterLoss(): boolean {
    return this.#log.damage.length > 0;
  }

  #fault({ seq, stream }: Recorded, field: string, expected: unknown, found: unknown): void {
    if (this.faults.length < listedMax)
      this.faults.push({ stream, path: `#${seq}.${field}`, folded: expected, running: found });
  }
}
