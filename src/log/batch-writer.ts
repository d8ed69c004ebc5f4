/**
 * Writes facts in batches. One batch is in flight; facts that arrive meanwhile form the next one. An I/O error is sticky in LevelDB until
 * it is opened again: so the writer has states.
 */
import type { Millis, Recorded } from '../../events/fact.ts';
import { factKey, intentKey, numberValue, pack, streamKey } from './codec.ts';
import { type Connection, closedError, givenUp, reasonOf, suspendedError } from './level-database.ts';
import type { Intent, LogState } from './log.ts';

const syncKey = Buffer.of(0);
// Without a promise to a caller, facts reach the disk within this time: the most that a power cut can cost.
const syncEveryMs = 1_000;
// Facts that no caller waits for are gathered for a moment: a batch costs a hop to a thread and a write, however small it is (measured: at
// full speed the log's threads took two thirds of the gateway's CPU without this).
const gatherMs = 20;
const gatherMax = 512;
// While the disk cannot be written, this many facts wait in memory; then the oldest are dropped, and counted.
const waitingMax = 10_000;

export interface Append {
  /** Never empty. */
  readonly facts: readonly Recorded[];
  readonly intent: Intent | undefined;
}

interface Job extends Append {
  readonly sync: boolean;
  /** The facts as they are written: made one by one as they come, so that no request waits while a whole batch is made. */
  readonly packed: readonly Buffer[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Facts that have numbers and are not on the disk: the numbers, how many, and when the first one happened. */
export interface Unwritten {
  readonly from: number;
  readonly to: number;
  readonly facts: number;
  readonly since: Millis;
}

export interface WriterEvents {
  /** One batch was committed: these appends, in order. */
  written(appends: readonly Append[]): void;
  /** The disk can be written again; called before the first write. */
  reopened(): Promise<void>;
  /** Numbers that were given out and will not be written. Both ends included. */
  lost(from: number, to: number): void;
}

export class BatchWriter {
  readonly #connection: Connection;
  readonly #reopenAfterMs: number;
  readonly #events: WriterEvents;
  #state: LogState = 'open';
  #queue: Job[] = [];
  #running: Promise<void> | undefined;
  #reopening: Promise<void> | undefined;
  #waiting = 0;
  /** A caller waits for the disk. */
  #isAwaited = false;
  #dirty = false;
  #lost: Unwritten | undefined;
  #unwritten: Unwritten | undefined;
  #syncTimer: NodeJS.Timeout | undefined;
  #gatherTimer: NodeJS.Timeout | undefined;
  #reopenTimer: NodeJS.Timeout | undefined;

  constructor(connection: Connection, reopenAfterMs: number, events: WriterEvents) {
    this.#connection = connection;
    this.#reopenAfterMs = reopenAfterMs;
    this.#events = events;
  }

  get state(): LogState {
    return this.#state;
  }

  /** Facts that could not be written before the end; known after `close`. */
  get unwritten(): Unwritten | undefined {
    return this.#unwritten;
  }

  /** Resolves when they are written; with `sync`, when they are on the disk. */
  write(facts: readonly Recorded[], sync: boolean, intent?: Intent): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const job = { facts, sync, intent, packed: facts.map(pack), resolve, reject };
      if (this.#state !== 'open') this.#wait(job);
      else this.#take(job);
    });
  }

  /** One record beside the facts, on the disk when it resolves. An error suspends the writer as a failed batch does. */
  async writeNow(key: Buffer, value: Buffer): Promise<void> {
    if (this.#state === 'closed') throw closedError();
    if (this.#state !== 'open') throw suspendedError('it waits for the disk');
    const { database } = this.#connection;
    try {
      await database.put(key, value, { sync: true });
    } catch (error) {
      // A new database may have been opened since.
      if (database === this.#connection.database) this.#suspend(error);
      throw suspendedError(reasonOf(error));
    }
  }

  #take(job: Job): void {
    this.#queue.push(job);
    if (job.sync) this.#isAwaited = true;
    if (this.#isAwaited || this.#queue.length >= gatherMax) this.#start();
    else this.#gather();
  }

  #gather(): void {
    this.#gatherTimer ??= setTimeout(() => this.#start(), gatherMs);
  }

  #start(): void {
    clearTimeout(this.#gatherTimer);
    this.#gatherTimer = undefined;
    // Everything that is appended in this turn of the loop goes into one batch.
    this.#running ??= Promise.resolve().then(() => this.#drain());
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0 && this.#state === 'open') {
      const jobs = this.#queue;
      const sync = this.#isAwaited;
      this.#queue = [];
      this.#isAwaited = false;
      try {
        await this.#commit(jobs, sync);
      } catch (error) {
        this.#queue = [...jobs, ...this.#queue];
        this.#suspend(error);
        break;
      }
      this.#dirty = !sync;
      if (this.#dirty) this.#syncTimer ??= setTimeout(() => this.#syncNow(), syncEveryMs).unref();
      this.#events.written(jobs);
      for (const { resolve } of jobs) resolve();
      // Facts that arrived meanwhile are gathered as well, unless a caller waits for them.
      if (!this.#isAwaited && this.#queue.length < gatherMax) break;
    }
    this.#running = undefined;
    if (this.#queue.length > 0 && this.#state === 'open') this.#gather();
  }

  /** A chained batch costs a third of the array form (measured). */
  #commit(jobs: readonly Job[], sync: boolean): Promise<void> {
    const batch = this.#connection.database.batch();
    for (const { facts, intent, packed } of jobs) {
      if (intent !== undefined) batch.del(intentKey(intent));
      for (const [i, fact] of facts.entries()) {
        batch.put(factKey(fact.seq), packed[i] as Buffer);
        batch.put(streamKey(fact.stream, fact.version), numberValue(fact.seq));
      }
    }
    return batch.write({ sync });
  }

  #syncNow(): void {
    this.#syncTimer = undefined;
    if (!this.#dirty || this.#state !== 'open') return;
    this.#dirty = false;
    this.#sync().catch((error: unknown) => this.#suspend(error));
  }

  /** Syncing the journal for one small key syncs everything before it. */
  #sync(): Promise<void> {
    return this.#connection.database.put(syncKey, syncKey, { sync: true });
  }

  #suspend(error: unknown): void {
    if (this.#state === 'closed') return;
    this.#queue = this.#queue.map((job) => withoutPromise(job, reasonOf(error)));
    this.#waiting = this.#queue.reduce((sum, { facts }) => sum + facts.length, 0);
    this.#giveUpOldest();
    if (this.#state === 'open') this.#reopenLater();
  }

  #reopenLater(): void {
    this.#state = 'suspended';
    this.#reopenTimer = setTimeout(() => void this.#reopen(), this.#reopenAfterMs).unref();
  }

  /** Facts wait, within limits. Dropped facts leave a gap in the numbers, and the gap is reported. */
  #wait(job: Job): void {
    this.#queue.push(withoutPromise(job, 'it waits for the disk'));
    this.#waiting += job.facts.length;
    this.#giveUpOldest();
  }

  #giveUpOldest(): void {
    while (this.#waiting > waitingMax && this.#queue.length > 1) this.#giveUp(this.#queue.shift());
  }

  #giveUp(job: Job | undefined): void {
    if (!job) return;
    this.#waiting -= job.facts.length;
    this.#lost = {
      from: this.#lost?.from ?? firstOf(job),
      to: lastOf(job),
      facts: (this.#lost?.facts ?? 0) + job.facts.length,
      since: this.#lost?.since ?? job.facts[0]?.at ?? 0,
    };
    job.reject(givenUp());
  }

  #reopen(): Promise<void> {
    if (this.#state === 'suspended') {
      this.#state = 'reopening';
      this.#reopening = this.#openAgain();
    }
    return this.#reopening ?? Promise.resolve();
  }

  async #openAgain(): Promise<void> {
    try {
      await this.#connection.openAgain();
      await this.#events.reopened();
      this.#tellLost();
      this.#state = 'open';
      this.#start();
    } catch {
      this.#reopenLater();
    }
  }

  #tellLost(): void {
    if (this.#lost) this.#events.lost(this.#lost.from, this.#lost.to);
    this.#lost = undefined;
  }

  /** Resolves when all facts so far are written, or the disk cannot be written. */
  async flush(): Promise<void> {
    await this.#running;
    if (this.#queue.length === 0 || this.#state !== 'open') return;
    this.#start();
    await this.#running;
  }

  async close(): Promise<void> {
    clearTimeout(this.#reopenTimer);
    // The last chance of waiting facts; and a database that is just being opened must not stay open.
    await this.#reopen();
    await this.flush();
    for (const timer of [this.#syncTimer, this.#reopenTimer, this.#gatherTimer]) clearTimeout(timer);
    try {
      if (this.#dirty && this.#state === 'open') await this.#sync();
    } finally {
      this.#state = 'closed';
      for (const job of this.#queue.splice(0)) this.#giveUp(job);
      this.#unwritten = this.#lost;
      this.#tellLost();
      await this.#connection.close();
    }
  }
}

/** A caller that was promised the disk gets an error at once; the fact itself waits like the others. */
function withoutPromise(job: Job, why: string): Job {
  if (!job.sync) return job;
  job.reject(suspendedError(why));
  return { ...job, sync: false, resolve: () => {}, reject: () => {} };
}

const firstOf = ({ facts }: Job): number => facts[0]?.seq ?? 0;
const lastOf = ({ facts }: Job): number => facts.at(-1)?.seq ?? 0;
