/** The port of the log: what the core needs of a store of facts. Memory and LevelDB implement it. */
import type { Millis, Recorded } from '../../events/fact.ts';
import type { Range } from './damage.ts';
import type { IndexChecksum } from './index-checksum.ts';

/** Identifies what a command is about to do. */
export type Intent = number & { readonly intent: unique symbol };

export interface LeftIntent {
  readonly intent: Intent;
  readonly what: unknown;
}

export interface AppendOptions {
  /** Resolve only when the bytes are on the disk (fsync), not merely with the operating system. */
  readonly sync: boolean;
  /** The intent that these facts carry out: the batch that writes them removes it. */
  readonly intent?: Intent | undefined;
}

export interface Snapshot {
  readonly seq: number;
  readonly data: unknown;
}

export interface Damage {
  readonly from: number;
  readonly to: number;
  readonly why: 'missing' | 'checksum';
}

/** `suspended`: writes fail (disk full, I/O error); facts queue in memory, bounded, until `reopening` succeeds. */
export type LogState = 'open' | 'suspended' | 'reopening' | 'closed';

/** What a query needs of a log, wherever the log is: on the disk, in memory, or in an incident file. */
export type ReadableLog = Pick<
  Log,
  'head' | 'tail' | 'damage' | 'read' | 'readStream' | 'seqAt' | 'loadSnapshot' | 'places' | 'rollUps'
>;

/** The place of each fact in its stream, stored beside the facts. */
export interface PlaceIndex {
  /** What a fact should add to the sum of its entries. */
  addFact(sum: IndexChecksum, fact: Recorded): void;
  /** Of the entries that name facts of a range, without facts that are known to be missing. */
  sum(range: Range, except: readonly Range[]): Promise<IndexChecksum>;
  /** Facts whose entry is missing or names another fact, and numbers of entries without such a fact. */
  misplaced(range: Range, except: readonly Range[]): Promise<readonly Range[]>;
}

/**
 * What blocks of facts add up to, stored beside the facts. It follows from them, and is made anew where it is missing. `form` names the
 * rules that it was made by: records of other rules are not seen.
 */
export interface RollUps {
  /** The number of facts in a block: each begins with a multiple of it, plus 1. */
  readonly size: number;
  /** The first numbers of the blocks that have a record, oldest first. Removes records of other forms. */
  made(form: string): Promise<readonly number[]>;
  /** Of blocks that lie in a range as a whole, oldest first. A record that is damaged, or that was made of other facts, is left out. */
  within(form: string, range: Range): AsyncIterable<unknown>;
  /**
   * @param from the first number of the block, all of which is written
   * @param text the record's JSON
   */
  save(form: string, from: number, text: string): Promise<void>;
  /** The facts with these numbers, in arrays and in their order. One that cannot be read is damage. */
  read(seqs: readonly number[]): AsyncIterable<readonly Recorded[]>;
}

export interface Log {
  readonly state: LogState;
  /** The last `seq` on record (0 in an empty log); counts everything that was passed to `append`, written or not. */
  readonly head: number;
  /**
   * Takes facts whose `seq` continues `head` without a gap. One batch is in flight; later facts form the next.
   * Resolves when they are written, and only then.
   * @throws {QccError} as a rejection: `QCC_LOG_SUSPENDED` when the disk was promised and cannot be written (the facts wait, and may still
   * be written), `QCC_LOG_GIVEN_UP` when they waited and were dropped
   */
  append(facts: readonly Recorded[], options: AppendOptions): Promise<void>;
  /**
   * Records what a command is about to do. Resolves when it is on the disk: from then on it will become facts, whatever happens to the disk
   * or to the process.
   * @throws {QccError} as a rejection: `QCC_LOG_SUSPENDED`, and nothing of it is kept
   */
  intend(what: unknown): Promise<Intent>;
  /** Withdraws an intent that leads to no fact. */
  withdraw(intent: Intent): Promise<void>;
  /** Of a life that ended before their facts were written, oldest first. */
  leftIntents(): Promise<readonly LeftIntent[]>;
  /** Facts from `from` to `to` (inclusive), in arrays of up to 1,000: one promise for many facts. */
  read(from: number, to?: number): AsyncIterable<readonly Recorded[]>;
  /**
   * One stream, in the order of its versions. Missing versions are damage, as in `read`; versions before the first existing one may have
   * been trimmed.
   */
  readStream(stream: string, fromVersion?: number): AsyncIterable<readonly Recorded[]>;
  /** The first `seq` whose `at` is not before the instant; `head + 1` when there is none. */
  seqAt(at: number): Promise<number>;
  saveSnapshot(name: string, snapshot: Snapshot): Promise<void>;
  /** The newest intact snapshot with `seq <= max`; damaged ones are skipped. */
  loadSnapshot(name: string, max?: number): Promise<Snapshot | undefined>;
  /** Removes facts below `seq` in slices. The caller has saved a snapshot at or after `seq` first. */
  trim(below: number): Promise<number>;
  /** Returns the space of removed facts to the disk. */
  compact(): Promise<void>;
  /** Bytes on the disk, or in memory as JSON. */
  size(): Promise<number>;
  /** Facts that have a number and cannot be read: gaps, flipped bytes, a lost end. Never skipped silently. */
  readonly damage: readonly Damage[];
  /** The first `seq` that still exists. */
  readonly tail: number;
  /** Undefined for a log without an index that could be wrong. */
  readonly places?: PlaceIndex;
  /** Undefined for a log that is small enough to be read as a whole. */
  readonly rollUps?: RollUps;
  /** Reports a damaged table (undefined: none any more): the past is not read until it is repaired, and new facts are still written. */
  distrust?(table: string | undefined): void;
  /** The files that were found intact when it was opened, now or in a former life: by name their metadata then. */
  readonly checked?: ReadonlyMap<string, string>;
  /** False while the past is not read. */
  readonly isTrusted?: boolean;
  flush(): Promise<void>;
  /** Facts that the disk did not take before the end: known once it is closed. */
  readonly unwritten?: { readonly facts: number; readonly since: Millis } | undefined;
  close(): Promise<void>;
}
