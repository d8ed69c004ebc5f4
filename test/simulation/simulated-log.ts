/** A log that keeps facts as they are and reads them as a disk would give them back; its end can be cut off. */
import type { Recorded } from '../../events/fact.ts';
import type { AppendOptions, Intent, Log, Snapshot } from '../../src/log/log.ts';

const slice = 1_000;

export class SimulatedLog implements Log {
  readonly state = 'open';
  readonly damage = [];
  /** Every fact that was written, trimmed ones too. */
  readonly written: Recorded[] = [];
  #tail = 1;
  #synced = 0;
  /** Where each batch ends: a batch is there as a whole or not at all. */
  readonly #ends: number[] = [];
  #snapshots: { readonly seq: number; readonly text: string }[] = [];

  get head(): number {
    return this.written.length;
  }

  get tail(): number {
    return this.#tail;
  }

  get hasSnapshot(): boolean {
    return this.#snapshots.length > 0;
  }

  intend(): Promise<Intent> {
    return Promise.resolve(0 as Intent);
  }

  withdraw(): Promise<void> {
    return Promise.resolve();
  }

  leftIntents(): Promise<readonly []> {
    return Promise.resolve([]);
  }

  append(facts: readonly Recorded[], { sync }: Pick<AppendOptions, 'sync'>): Promise<void> {
    this.written.push(...facts);
    this.#ends.push(this.head);
    if (sync) this.#synced = this.head;
    return Promise.resolve();
  }

  /** Power fails: a share of the batches that were not synced, the last ones, never were. */
  cut(share: number): void {
    const kept = this.#ends.filter((end) => end <= this.#synced).length;
    this.#ends.length = kept + Math.floor((this.#ends.length - kept) * (1 - share));
    this.written.length = this.#ends.at(-1) ?? 0;
    this.#snapshots = this.#snapshots.filter(({ seq }) => seq <= this.head);
  }

  async *read(from: number, to = Number.POSITIVE_INFINITY): AsyncIterable<readonly Recorded[]> {
    yield* this.#slices(Math.max(from, this.#tail), Math.min(to, this.head));
  }

  *#slices(from: number, to: number): Iterable<readonly Recorded[]> {
    for (let first = from; first <= to; first += slice) {
      yield JSON.parse(JSON.stringify(this.written.slice(first - 1, Math.min(to, first + slice - 1))));
    }
  }

  async *readStream(stream: string, fromVersion = 1): AsyncIterable<readonly Recorded[]> {
    yield this.written.filter((fact) => fact.stream === stream && fact.version >= fromVersion);
  }

  seqAt(at: number): Promise<number> {
    return Promise.resolve(this.written.find((fact) => fact.at >= at)?.seq ?? this.head + 1);
  }

  /** As on the disk: the facts that a snapshot has seen are there when it is. */
  saveSnapshot(_: string, { seq, data }: Snapshot): Promise<void> {
    this.#snapshots.push({ seq, text: JSON.stringify(data) });
    this.#synced = Math.max(this.#synced, seq);
    return Promise.resolve();
  }

  loadSnapshot(_: string, max = Number.POSITIVE_INFINITY): Promise<Snapshot | undefined> {
    const newest = this.#snapshots.findLast(({ seq }) => seq <= max);
    return Promise.resolve(newest && { seq: newest.seq, data: JSON.parse(newest.text) });
  }

  trim(below: number): Promise<number> {
    const trimmed = Math.max(0, below - this.#tail);
    this.#tail = Math.max(this.#tail, below);
    return Promise.resolve(trimmed);
  }

  compact(): Promise<void> {
    return Promise.resolve();
  }

  size(): Promise<number> {
    return Promise.resolve(JSON.stringify(this.written.slice(this.#tail - 1)).length);
  }

  flush(): Promise<void> {
    this.#synced = this.head;
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
