/** The log in memory: for tests and for folding what a file holds. The same contract as on the disk. */
import type { Recorded } from '../../events/fact.ts';
import {
  type AppendOptions,
  type Damage,
  type Log,
  type LogState,
  type Snapshot,
  WrongExpectedVersion,
} from './log.ts';

const slice = 1_000;

export class MemoryLog implements Log {
  state: LogState = 'open';
  readonly damage: readonly Damage[] = [];
  #facts: Recorded[] = [];
  #tail = 1;
  readonly #snapshots: { name: string; seq: number; text: string }[] = [];
  readonly #listeners = new Set<(facts: readonly Recorded[]) => void>();

  get head(): number {
    return this.#facts.at(-1)?.seq ?? this.#tail - 1;
  }

  get tail(): number {
    return this.#tail;
  }

  append(facts: readonly Recorded[], { expected = 'any' }: AppendOptions): Promise<void> {
    const [first] = facts;
    if (!first) return Promise.resolve();
    if (this.state === 'closed') return Promise.reject(new Error('the log is closed'));
    if (first.seq !== this.head + 1)
      return Promise.reject(new Error(`fact #${first.seq} does not follow #${this.head}`));
    const before = this.#facts.findLast(({ stream }) => stream === first.stream)?.version ?? 0;
    if (expected !== 'any' && (expected === 'none' ? 0 : expected) !== before) {
      return Promise.reject(new WrongExpectedVersion(first.stream, expected, before));
    }
    // As the disk would keep it: what cannot be written in JSON is not kept.
    this.#facts.push(...(JSON.parse(JSON.stringify(facts)) as Recorded[]));
    for (const listener of this.#listeners) listener(facts);
    return Promise.resolve();
  }

  async *read(from: number, to = Number.POSITIVE_INFINITY): AsyncIterable<readonly Recorded[]> {
    yield* slices(this.#facts.filter(({ seq }) => seq >= from && seq <= to));
  }

  async *readStream(stream: string, fromVersion = 1): AsyncIterable<readonly Recorded[]> {
    yield* slices(this.#facts.filter((fact) => fact.stream === stream && fact.version >= fromVersion));
  }

  seqAt(at: number): Promise<number> {
    return Promise.resolve(this.#facts.find((fact) => fact.at >= at)?.seq ?? this.head + 1);
  }

  subscribe(listener: (facts: readonly Recorded[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
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
