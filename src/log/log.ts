/** The port of the log: what the core needs of a place where facts are kept. Memory and LevelDB implement it. */
import type { Millis, Recorded } from '../../events/fact.ts';
import type { Range } from './damage.ts';
import type { IndexChecksum } from './index-checksum.ts';

/** Names what a command is about to do. */
export type Intent = number & { readonly intent: unique symbol };

export interface LeftIntent {
  readonly intent: Intent;
  readonly what: unknown;
}

export interface AppendOptions {
  /** Resolve only when the bytes are on the disk (fsync), not merely with the operating system. */
  readonly sync: boolean;
  /** What these facts carry out: gone in the batch that writes them. */
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

/** What a question needs of a log, wherever it is: on the disk, in memory, in somebody's file. */
export type ReadableLog = Pick<
  Log,
  'head' | 'tail' | 'damage' | 'read' | 'readStream' | 'seqAt' | 'loadSnapshot' | 'places'
>;

/** Where each fact stands in its stream, kept beside the facts. */
export interface PlaceIndex {
  /** What a fact ought to add to the sum of its entries. */
  addFact(sum: IndexChecksum, fact: Recorded): void;
  /** Of the entries that name facts of a range, without those that are known to be gone. */
  sum(range: Range, except: readonly Range[]): Promise<IndexChecksum>;
  /** Facts whose entry is missing or names another, and numbers that an entry names although no such fact is there. */
  misplaced(range: Range, except: readonly Range[]): Promise<readonly Range[]>;
}

export interface Log {
  readonly state: LogState;
  /** The last `seq` on record (0 in an empty log); counts what was handed to `append`, written or not. */
  readonly head: number;
  /**
   * Takes facts whose `seq` continues `head` without a gap. One batch is in flight; what comes meanwhile is the next.
   * Resolves when they are written, and only then.
   * @throws {QccError} as a rejection: `QCC_LOG_SUSPENDED` when the disk was promised and takes nothing (the facts wait, and may
   * still be written), `QCC_LOG_GIVEN_UP` when they waited and will not be
   */
  append(facts: readonly Recorded[], options: AppendOptions): Promise<void>;
  /**
   * Writes down what a command is about to do. Resolves when it is on the disk: from then on it is going to be facts, whatever becomes
   * of the disk or of the process.
   * @throws {QccError} as a rejection: `QCC_LOG_SUSPENDED`, and nothing of it is kept
   */
  intend(what: unknown): Promise<Intent>;
  /** It comes to no fact. */
  withdraw(intent: Intent): Promise<void>;
  /** Of a life that ended before their facts were written, oldest first. */
  leftIntents(): Promise<readonly LeftIntent[]>;
  /** Facts from `from` to `to` (inclusive), in arrays of up to 1,000: one promise for many facts. */
  read(from: number, to?: number): AsyncIterable<readonly Recorded[]>;
  /**
   * One stream, in the order of its versions. What is missing between them is damage, as in `read`; what stood before the first
   * that is left may have been trimmed.
   */
  readStream(stream: string, fromVersion?: number): AsyncIterable<readonly Recorded[]>;
  /** The first `seq` whose `at` is not before the instant; `head + 1` when there is none. */
  seqAt(at: number): Promise<number>;
  saveSnapshot(name: string, snapshot: Snapshot): Promise<void>;
  /** The newest intact snapshot with `seq <= max`; damaged ones are passed over. */
  loadSnapshot(name: string, max?: number): Promise<Snapshot | undefined>;
  /** Removes facts below `seq` in slices. The caller has saved a snapshot at or after `seq` first. */
  trim(below: number): Promise<number>;
  /** Gives the room of what was removed back to the disk. */
  compact(): Promise<void>;
  /** Bytes on the disk, or in memory as JSON. */
  size(): Promise<number>;
  /** Facts that were numbered and cannot be read: holes, flipped bytes, a lost end. Never passed over in silence. */
  readonly damage: readonly Damage[];
  /** The first `seq` that is still there. */
  readonly tail: number;
  /** Where the log has no index that could be wrong, there is none. */
  readonly places?: PlaceIndex;
  /** A table of it is damaged (undefined: no more): nothing is read of the past until it is repaired, and what comes is still written. */
  distrust?(table: string | undefined): void;
  /** False while nothing is read of the past. */
  readonly isTrusted?: boolean;
  flush(): Promise<void>;
  /** What the disk did not take before the end: known once it is closed. */
  readonly unwritten?: { readonly facts: number; readonly since: Millis } | undefined;
  close(): Promise<void>;
}
