/** The log in memory: for tests, and for folding the content of a file. Its contract is the same as on the disk. */
import type { Recorded } from '../../events/fact.ts';
import { DamageList } from './damage.ts';
import type { AppendOptions, Damage, Intent, LeftIntent, Log, LogState, Snapshot } from './log.ts';

const slice = 1_000;

export class MemoryLog implements Log {
  state: LogState = 'open';
  #facts: Recorded[];
  #tail = 1;
  readonly #snapshots: { name: string; seq: number; text: string }[] = [];
  readonly #damage = new DamageList();

  /** Begins with given facts: in order, perhaps with gaps. */
  constructor(found: readonly Recorded[] = []) {
    this.#facts = [...found];
  }

  get damage(): readonly Damage[] {
    return this.#damage.all;
  }

  get head(): number {
    return this.#facts.at(-1)?.seq ?? this.#tail - 1;
  }

  get tail(): number {
    return this.#tail;
  }

  /** Memory cannot be full: an intent need not be recorded. */
  intend(): Promise<Intent> {
    return Promise.resolve(0 as Intent);
  }

  withdraw(): Promise<void> {
    return Promise.resolve();
  }

  leftIntents(): Promise<readonly LeftIntent[]> {
    return Promise.resolve([]);
  }

  append(facts: readonly Recorded[], _options?: AppendOptions): Promise<void> {
    const [first] = facts;
    if (!first) return Promise.resolve();
    if (this.state === 'closed') return Promise.reject(new Error('the log is closed'));
    if (first.seq !== this.head + 1)
      return Promise.reject(new Error(`fact #${first.seq} does not follow #${this.head}`));
    // As on the disk: values without a JSON form are not kept.
    this.#facts.push(...(JSON.parse(JSON.stringify(facts)) as Recorded[]));
    return Promise.resolve();
  }

  async *read(from: number, to = Number.POSITIVE_INFINITY): AsyncIterable<readonly Recorded[]> {
    this.#noteHoles(Math.max(from, this.#tail), Math.min(to, this.head));
    yield* slices(this.#facts.filter(({ seq }) => seq >= from && seq <= to));
  }

  async *readStream(stream: string, fromVersion = 1): AsyncIterable<readonly Recorded[]> {
    const found = this.#facts.filter((fact) => fact.stream === stream && fact.version >= fromVersion);
    let before = this.#tail === 1 ? { seq: 0, version: fromVersion - 1 } : found[0];
    for (const fact of found) {
      if (before && fact.version > before.version + 1) this.#noteHoles(before.seq + 1, fact.seq - 1);
      before = fact;
    }
    yield* slices(found);
  }

  #noteHoles(from: number, to: number): void {
    let next = from;
    for (const { seq } of this.#facts) {
      if (seq < from || seq > to) continue;
      if (seq > next) this.#damage.missing(next, seq - 1);
      next = seq + 1;
    }
    if (next <= to) this.#damage.missing(next, to);
  }

  seqAt(at: number): Promise<number> {
    return Promise.resolve(this.#facts.find((fact) => fact.at >= at)?.seq ?? this.head + 1);
  }

  saveSnapshot(name: string, { seq, data }: Snapshot): Promise<void> {
    this.#snapshots.push({ name, seq, text: JSON.stringify(data) });
    return Promise.resolve();
  }

  loadSnapshot(name: string, max = Number.POSITIVE_INFINITY): Promise<Snapshot | undefined> {
    const fitting = this.#snapshots.filter((one) => one.name === name && one.seq <= max);
    const newest = fitting.sort((a, b) => a.seq - b.seq).at(-1);
    return Promise.resolve(newest && { seq: newest.seq, data: JSON.parse(newest.text) });
  }

  trim(below: number): Promise<number> {
    const before = this.#facts.length;
    this.#facts = this.#facts.filter(({ seq }) => seq >= below);
    this.#tail = Math.max(this.#tail, below);
    return Promise.resolve(before - this.#facts.length);
  }

  compact(): Promise<void> {
    return Promise.resolve();
  }

  size(): Promise<number> {
    return Promise.resolve(JSON.stringify(this.#facts).length);
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.state = 'closed';
    return Promise.resolve();
  }
}

function* slices(facts: readonly Recorded[]): Iterable<readonly Recorded[]> {
  for (let i = 0; i < facts.length; i += slice) yield facts.slice(i, i + slice);
}
