/** The log on LevelDB: its port, made of one connection, a writer, a reader, snapshots and retention. */
import type { Recorded } from '../../events/fact.ts';
import { BatchWriter, type Unwritten } from './batch-writer.ts';
import { allFacts, pack, seqOf } from './codec.ts';
import { DamageList } from './damage.ts';
import { type Head, HeadFile, readHead, sweepHead } from './head-file.ts';
import { Connection, closedError, type MakeDatabase, openDatabase } from './level-database.ts';
import { LevelIndex } from './level-index.ts';
import { LevelIntents } from './level-intents.ts';
import { type Ends, LevelReader } from './level-reader.ts';
import { LevelRetention } from './level-retention.ts';
import { blockFacts, LevelRollUps } from './level-roll-ups.ts';
import { LevelSnapshots } from './level-snapshots.ts';
import type { AppendOptions, Damage, Intent, LeftIntent, Log, LogState, Snapshot } from './log.ts';

const reopenAfterMs = 5_000;

export interface LevelOptions {
  /** For tests: a database that fails on demand. */
  readonly open?: MakeDatabase;
  readonly reopenAfterMs?: number;
  /** This process has it open already: a second reader on the same database, which leaves its files alone. */
  readonly beside?: boolean;
  /** The log is opened for one look: nothing is stored for a next start. */
  readonly once?: boolean;
  /** For tests: facts in a block of roll-ups. */
  readonly blockFacts?: number;
}

export class LevelLog implements Log {
  readonly #connection: Connection;
  readonly #ends: Ends = { tail: 1, head: 0, written: 0 };
  readonly #damage = new DamageList();
  readonly #writer: BatchWriter;
  readonly #intents: LevelIntents;
  readonly #reader: LevelReader;
  readonly #snapshots: LevelSnapshots;
  readonly #retention: LevelRetention;
  readonly places: LevelIndex;
  readonly rollUps: LevelRollUps;
  #turns: Promise<void> = Promise.resolve();

  /** Undefined for a second reader: only the writer of the log updates it. */
  readonly #headFile: HeadFile | undefined;

  readonly #isOnce: boolean;

  private constructor(connection: Connection, options: LevelOptions) {
    this.#connection = connection;
    this.#isOnce = options.once ?? false;
    if (!options.beside) this.#headFile = new HeadFile(connection.dir);
    this.#writer = new BatchWriter(connection, options.reopenAfterMs ?? reopenAfterMs, {
      written: (appends) => {
        for (const { intent } of appends) if (intent !== undefined) this.#intents.done(intent);
        this.#ends.written = appends.at(-1)?.facts.at(-1)?.seq ?? this.#ends.written;
        // The system has these facts. If they are missing at the next start, this number reveals it. Once for all of them, because it is a
        // write that is waited for.
        this.#headFile?.write(this.#ends.written);
      },
      lost: (from, to) => this.#damage.missing(from, to),
      reopened: () => this.#intents.sweep(),
    });
    this.#intents = new LevelIntents(connection, () => this.#writer);
    this.#reader = new LevelReader(connection, this.#ends, this.#damage);
    this.places = new LevelIndex(connection, this.#reader);
    this.rollUps = new LevelRollUps(connection, this.#reader, this.#ends, options.blockFacts ?? blockFacts);
    this.#snapshots = new LevelSnapshots(connection);
    this.#retention = new LevelRetention(connection, this.#reader, this.#ends);
  }

  /** @throws {QccError} `QCC_LOG_LOCKED` while another process has it open; `QCC_LOG_DAMAGED` when LevelDB's own files are missing */
  static async open(dir: string, options: LevelOptions = {}): Promise<LevelLog> {
    const head = readHead(dir);
    const connection = await Connection.open(dir, options.open ?? openDatabase, head, options.beside ?? false);
    const log = new LevelLog(connection, options);
    try {
      await log.#inspect(head);
    } catch (error) {
      await connection.close();
      throw connection.toldError(error);
    }
    return log;
  }

  get state(): LogState {
    return this.#writer.state;
  }

  get head(): number {
    return this.#ends.head;
  }

  get tail(): number {
    return this.#ends.tail;
  }

  get damage(): readonly Damage[] {
    return this.#damage.all;
  }

  append(facts: readonly Recorded[], { sync, intent }: AppendOptions): Promise<void> {
    const [first] = facts;
    const last = facts.at(-1);
    if (!first || !last) return Promise.resolve();
    if (this.state === 'closed') return Promise.reject(closedError());
    if (first.seq !== this.head + 1)
      return Promise.reject(new Error(`fact #${first.seq} does not follow #${this.head}`));
    this.#ends.head = last.seq;
    return this.#writer.write(facts, sync, intent);
  }

  intend(what: unknown): Promise<Intent> {
    return this.#intents.add(what);
  }

  withdraw(intent: Intent): Promise<void> {
    return this.#intents.withdraw(intent);
  }

  leftIntents(): Promise<readonly LeftIntent[]> {
    return this.#intents.left();
  }

  read(from: number, to?: number): AsyncIterable<readonly Recorded[]> {
    return this.#reader.read(from, to);
  }

  readStream(stream: string, fromVersion = 1): AsyncIterable<readonly Recorded[]> {
    return this.#reader.readStream(stream, fromVersion);
  }

  seqAt(at: number): Promise<number> {
    return this.#told(this.#reader.seqAt(at));
  }

  async #told<T>(reading: Promise<T>): Promise<T> {
    try {
      return await reading;
    } catch (error) {
      throw this.#connection.toldError(error);
    }
  }

  get checked(): ReadonlyMap<string, string> {
    return this.#connection.checked;
  }

  get isTrusted(): boolean {
    return this.#connection.isTrusted;
  }

  distrust(table: string | undefined): void {
    this.#connection.distrust(table);
  }

  async saveSnapshot(name: string, snapshot: Snapshot): Promise<void> {
    // Serialised at once: the caller may change the object afterwards.
    const bytes = pack(snapshot);
    await this.#inTurn(() => this.#snapshots.save(name, snapshot.seq, bytes, this.#ends.tail));
  }

  loadSnapshot(name: string, max = Number.POSITIVE_INFINITY): Promise<Snapshot | undefined> {
    return this.#told(this.#snapshots.load(name, max));
  }

  async trim(below: number): Promise<number> {
    return this.#inTurn(async () => {
      const trimmed = await this.#retention.trim(below);
      if (trimmed > 0) {
        await this.#snapshots.forgetBefore('state', this.#ends.tail);
        await this.rollUps.forgetBefore(this.#ends.tail);
      }
      return trimmed;
    });
  }

  /** One at a time: saving a snapshot deletes others, which must not be the one that a running trim relies on. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turns.then(work);
    this.#turns = done.then(
      () => {},
      () => {},
    );
    return done;
  }

  compact(): Promise<void> {
    return this.#retention.compact();
  }

  size(): Promise<number> {
    return this.#connection.size();
  }

  flush(): Promise<void> {
    return this.#writer.flush();
  }

  get unwritten(): Unwritten | undefined {
    return this.#writer.unwritten;
  }

  async close(): Promise<void> {
    try {
      await this.#writer.close();
    } finally {
      if (!this.#isOnce) this.#connection.keepChecked();
      // Includes the numbers of facts that could not be written: the next start finds them missing, and reports it.
      this.#headFile?.close(Math.max(this.#ends.written, this.unwritten?.to ?? 0));
    }
  }

  /**
   * Finds both ends, and what is missing since the newest snapshot. It does not check the bytes, because the core folds the same facts
   * next: unpacking them twice would double the time of a start.
   */
  async #inspect(head: Head): Promise<void> {
    const ends = this.#ends;
    const { database } = this.#connection;
    // Not from the first existing fact: facts missing before it would never be noticed.
    ends.tail = Math.max(1, await this.#retention.trimmedTo());
    ends.head = ends.tail - 1;
    for await (const key of database.keys({ ...allFacts, limit: 1 }))
      if (seqOf(key) > ends.tail) this.#damage.missing(ends.tail, seqOf(key) - 1);
    for await (const key of database.keys({ ...allFacts, reverse: true, limit: 1 })) ends.head = seqOf(key);
    const snapshot = await this.loadSnapshot('state');
    // A damaged journal may have held any fact.
    const from = this.#connection.lostJournal ? ends.tail : (snapshot?.seq ?? ends.tail - 1) + 1;
    await this.#reader.findHoles(from);
    const known = Math.max(snapshot?.seq ?? 0, head.seq);
    if (known > ends.head) {
      // A record outside of the log knows of facts that are missing: their numbers are not given out again.
      this.#damage.missing(ends.head + 1, known);
      ends.head = known;
    }
    ends.written = ends.head;
    if (!this.#headFile) return;
    sweepHead(this.#connection.dir);
    this.#headFile.write(ends.written);
  }
}
