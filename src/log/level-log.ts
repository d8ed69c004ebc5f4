/**
 * The log on LevelDB. One batch is in flight; what comes meanwhile is the next one: order and grouping at once, and no timer
 * that could only add delay. An I/O error is sticky in LevelDB until it is opened again: so the log has states.
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Recorded } from '../../events/fact.ts';
import { QccError } from '../errors.ts';
import {
  allFacts,
  DamagedRecord,
  factKey,
  factsBetween,
  numberOf,
  numberValue,
  pack,
  seqOf,
  snapshotKey,
  snapshotsUpTo,
  streamFrom,
  streamKey,
  unpack,
} from './codec.ts';
import { DamageList } from './damage.ts';
import { closedError, type Database, damaged, isCorruption, openDatabase, opened, reasonOf } from './level-database.ts';
import {
  type AppendOptions,
  type Damage,
  type Log,
  type LogState,
  type Snapshot,
  WrongExpectedVersion,
} from './log.ts';

const syncKey = Buffer.of(0);
const trimmedKey = Buffer.from('\u007ftrimmedTo');
const readSlice = 1_000;
const readAheadBytes = 262_144;
const trimSlice = 10_000;
const snapshotsKept = 3;
// Without a promise to anybody, facts reach the disk within this time: what a power cut can cost.
const syncEveryMs = 1_000;
// What nobody waits for gathers for a moment: a batch costs a hop to a thread and a write, however small it is (measured: at
// full speed the log's threads took two thirds of the gateway's CPU without this).
const gatherMs = 20;
const gatherMax = 512;
const reopenAfterMs = 5_000;
// While the disk takes nothing, this many facts wait in memory; then the oldest are given up, and counted.
const waitingMax = 10_000;

interface Job {
  readonly facts: readonly Recorded[];
  readonly sync: boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export interface LevelOptions {
  /** For tests: a database that fails when it is told to. */
  readonly open?: (dir: string, create: boolean) => Database;
  readonly reopenAfterMs?: number;
}

export class LevelLog implements Log {
  readonly #dir: string;
  readonly #make: (dir: string, create: boolean) => Database;
  readonly #reopenAfterMs: number;
  #database: Database;
  #state: LogState = 'open';
  #queue: Job[] = [];
  #running: Promise<void> | undefined;
  #looks: Promise<void> = Promise.resolve();
  #reopening: Promise<void> | undefined;
  #waiting = 0;
  #head = 0;
  #tail = 1;
  #dirty = false;
  #lost: { from: number; to: number } | undefined;
  readonly #damage = new DamageList();
  readonly #versions = new Map<string, number>();
  readonly #listeners = new Set<(facts: readonly Recorded[]) => void>();
  #syncTimer: NodeJS.Timeout | undefined;
  #gatherTimer: NodeJS.Timeout | undefined;
  #reopenTimer: NodeJS.Timeout | undefined;

  private constructor(dir: string, database: Database, options: LevelOptions) {
    this.#dir = dir;
    this.#database = database;
    this.#make = options.open ?? openDatabase;
    this.#reopenAfterMs = options.reopenAfterMs ?? reopenAfterMs;
  }

  /**
   * @throws {QccError} `QCC_LOG_LOCKED` while another process has it; `QCC_LOG_DAMAGED` when LevelDB's own files are gone
   */
  static async open(dir: string, options: LevelOptions = {}): Promise<LevelLog> {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    // With CURRENT gone, LevelDB would make a new database there and delete the old tables (measured): only a new folder may be made.
    const isNew = readdirSync(dir).every((name) => name === 'LOCK' || name.startsWith('LOG'));
    if (!isNew && !existsSync(join(dir, 'CURRENT'))) throw damaged(dir, 'its file CURRENT is gone');
    const database = (options.open ?? openDatabase)(dir, isNew);
    await opened(database, dir);
    const log = new LevelLog(dir, database, options);
    try {
      await log.#inspect();
    } catch (error) {
      await database.close();
      throw isCorruption(error) ? damaged(dir, reasonOf(error)) : error;
    }
    return log;
  }

  get state(): LogState {
    return this.#state;
  }

  get head(): number {
    return this.#head;
  }

  get tail(): number {
    return this.#tail;
  }

  get damage(): readonly Damage[] {
    return this.#damage.all;
  }

  append(facts: readonly Recorded[], { sync, expected = 'any' }: AppendOptions): Promise<void> {
    const [first] = facts;
    const last = facts.at(-1);
    if (!first || !last) return Promise.resolve();
    if (this.#state === 'closed') return Promise.reject(closedError());
    if (expected !== 'any' && !this.#versions.has(first.stream)) {
      // One look at a time: two that both found a new stream would both begin it.
      const looked = this.#looks.then(() => this.#appendAfterLook(facts, { sync, expected }));
      this.#looks = looked.catch(() => {});
      return looked;
    }
    if (expected !== 'any') {
      const before = this.#versions.get(first.stream) ?? 0;
      if ((expected === 'none' ? 0 : expected) !== before)
        return Promise.reject(new WrongExpectedVersion(first.stream, expected, before));
    }
    if (first.seq !== this.#head + 1)
      return Promise.reject(new Error(`fact #${first.seq} does not follow #${this.#head}`));
    this.#head = last.seq;
    for (const { stream, version } of facts) if (!stream.startsWith('request/')) this.#versions.set(stream, version);
    const done = new Promise<void>((resolve, reject) => this.#queue.push({ facts, sync, resolve, reject }));
    if (this.#state !== 'open') this.#wait(sync);
    else if (sync || this.#queue.length >= gatherMax) this.#start();
    else this.#gatherTimer ??= setTimeout(() => this.#start(), gatherMs);
    return done;
  }

  /** A stream that was not written since the last start: the index knows its version. */
  async #appendAfterLook(facts: readonly Recorded[], options: AppendOptions): Promise<void> {
    const { stream } = facts[0] as Recorded;
    await this.flush();
    let version = 0;
    for await (const key of this.#database.keys({ ...streamFrom(stream, 0), reverse: true, limit: 1 }))
      version = seqOf(key);
    if (!this.#versions.has(stream)) this.#versions.set(stream, version);
    try {
      await this.append(facts, options);
    } finally {
      // Streams of requests are without number: they are looked up each time.
      if (stream.startsWith('request/')) this.#versions.delete(stream);
    }
  }

  #start(): void {
    clearTimeout(this.#gatherTimer);
    this.#gatherTimer = undefined;
    // Whatever is appended in this turn of the loop rides in one batch.
    this.#running ??= Promise.resolve().then(() => this.#drain());
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0 && this.#state === 'open') {
      const jobs = this.#queue;
      this.#queue = [];
      const sync = jobs.some((job) => job.sync);
      try {
        await this.#write(jobs, sync);
      } catch (error) {
        this.#queue = [...jobs, ...this.#queue];
        this.#suspend(error);
        break;
      }
      this.#dirty = !sync;
      if (this.#dirty) this.#syncTimer ??= setTimeout(() => this.#syncNow(), syncEveryMs).unref();
      for (const { facts, resolve } of jobs) {
        for (const listener of this.#listeners) listener(facts);
        resolve();
      }
    }
    this.#running = undefined;
  }

  /** A chained batch costs a third of the array form (measured). */
  #write(jobs: readonly Job[], sync: boolean): Promise<void> {
    const batch = this.#database.batch();
    for (const { facts } of jobs) {
      for (const fact of facts) {
        batch.put(factKey(fact.seq), pack(fact));
        batch.put(streamKey(fact.stream, fact.version), numberValue(fact.seq));
      }
    }
    return batch.write({ sync });
  }

  #syncNow(): void {
    this.#syncTimer = undefined;
    if (!this.#dirty || this.#state !== 'open') return;
    this.#dirty = false;
    // Syncing the journal for one small key syncs all that stands before it.
    this.#database.put(syncKey, syncKey, { sync: true }).catch((error: unknown) => this.#suspend(error));
  }

  #suspend(error: unknown): void {
    if (this.#state === 'closed') return;
    // Who was promised the disk hears at once that it did not happen; the fact itself waits like the others.
    const refused = new QccError(
      'QCC_LOG_SUSPENDED',
      `the log cannot be written (${reasonOf(error)})`,
      'free space on the disk, then: qcc proxy status',
    );
    this.#queue = this.#queue.map((job) => {
      if (!job.sync) return job;
      job.reject(refused);
      return { ...job, sync: false, resolve: () => {}, reject: () => {} };
    });
    this.#waiting = this.#queue.reduce((sum, { facts }) => sum + facts.length, 0);
    this.#giveUpOldest();
    if (this.#state === 'open') this.#reopenLater();
  }

  #reopenLater(): void {
    this.#state = 'suspended';
    this.#reopenTimer = setTimeout(() => void this.#reopen(), this.#reopenAfterMs).unref();
  }

  /** Facts wait, within bounds. What is given up leaves a hole in the numbers, and that hole is told. */
  #wait(sync: boolean): void {
    if (sync) {
      const job = this.#queue.pop();
      if (job) {
        job.reject(
          new QccError(
            'QCC_LOG_SUSPENDED',
            'the log cannot be written now',
            'free space on the disk, then: qcc proxy status',
          ),
        );
        this.#queue.push({ ...job, sync: false, resolve: () => {}, reject: () => {} });
      }
    }
    this.#waiting += this.#queue.at(-1)?.facts.length ?? 0;
    this.#giveUpOldest();
  }

  #giveUpOldest(): void {
    while (this.#waiting > waitingMax && this.#queue.length > 1) {
      const oldest = this.#queue.shift();
      this.#waiting -= oldest?.facts.length ?? 0;
      const from = oldest?.facts[0]?.seq ?? 0;
      const to = oldest?.facts.at(-1)?.seq ?? 0;
      this.#lost = { from: this.#lost?.from ?? from, to };
      oldest?.resolve();
    }
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
      await this.#database.close();
      this.#database = this.#make(this.#dir, false);
      await opened(this.#database, this.#dir);
      this.#tellLost();
      this.#state = 'open';
      this.#start();
    } catch {
      this.#reopenLater();
    }
  }

  #tellLost(): void {
    if (this.#lost) this.#damage.missing(this.#lost.from, this.#lost.to);
    this.#lost = undefined;
  }

  async *read(from: number, to = Number.POSITIVE_INFINITY): AsyncIterable<readonly Recorded[]> {
    const iterator = this.#database.iterator({
      ...factsBetween(from, to),
      fillCache: false,
      highWaterMarkBytes: readAheadBytes,
    });
    // What stood before the first fact may have been trimmed meanwhile: only between facts is a hole a hole.
    let next = from > this.#tail ? from : undefined;
    try {
      for (;;) {
        const entries = await iterator.nextv(readSlice);
        if (entries.length === 0) return;
        for (const [key] of entries) {
          const seq = seqOf(key);
          if (next !== undefined && seq > next) this.#damage.missing(next, seq - 1);
          next = seq + 1;
        }
        yield this.#intact(entries);
      }
    } catch (error) {
      throw isCorruption(error) ? damaged(this.#dir, reasonOf(error)) : error;
    } finally {
      await iterator.close();
    }
  }

  #intact(entries: readonly (readonly [Buffer, Buffer])[]): readonly Recorded[] {
    const facts: Recorded[] = [];
    for (const [key, value] of entries) {
      try {
        facts.push(unpack(value) as Recorded);
      } catch (error) {
        if (!(error instanceof DamagedRecord || error instanceof SyntaxError)) throw error;
        this.#noteDamage(seqOf(key), value);
      }
    }
    return facts;
  }

  /** The bytes as they are go aside: what cannot be read now may be read by a better tool. */
  #noteDamage(seq: number, value: Buffer): void {
    if (!this.#damage.changed(seq)) return;
    const aside = join(dirname(this.#dir), 'quarantine');
    try {
      mkdirSync(aside, { recursive: true, mode: 0o700 });
      writeFileSync(join(aside, `fact-${seq}`), value, { mode: 0o600 });
    } catch {
      // A full disk, a folder that is not ours: the bytes still stand in the log, and whoever reads goes on.
    }
  }

  async *readStream(stream: string, fromVersion = 1): AsyncIterable<readonly Recorded[]> {
    const iterator = this.#database.values(streamFrom(stream, fromVersion));
    try {
      for (;;) {
        const values = await iterator.nextv(readSlice);
        if (values.length === 0) return;
        const keys = values.map((value) => factKey(numberOf(value)));
        const found = await this.#database.getMany(keys);
        const entries = keys.flatMap((key, i): (readonly [Buffer, Buffer])[] => (found[i] ? [[key, found[i]]] : []));
        yield this.#intact(entries);
      }
    } finally {
      await iterator.close();
    }
  }

  /** `at` never runs backwards, so the place is found by halving: twenty reads in a million facts. */
  async seqAt(at: number): Promise<number> {
    let low = this.#tail;
    let high = this.#head + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const found = await this.#firstFrom(middle);
      if (found === undefined || found.at >= at) high = middle;
      else low = found.seq + 1;
    }
    return low;
  }

  async #firstFrom(seq: number): Promise<Recorded | undefined> {
    for (let from = seq; ; ) {
      const range = { ...factsBetween(from, Number.POSITIVE_INFINITY), limit: 1 };
      const [entry] = await this.#database.iterator(range).all();
      if (!entry) return undefined;
      const [fact] = this.#intact([entry]);
      if (fact) return fact;
      from = seqOf(entry[0]) + 1;
    }
  }

  subscribe(listener: (facts: readonly Recorded[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async saveSnapshot(name: string, snapshot: Snapshot): Promise<void> {
    await this.#database.put(snapshotKey(name, snapshot.seq), pack(snapshot), { sync: true });
    const keys = await this.#database.keys({ ...snapshotsUpTo(name, Number.POSITIVE_INFINITY), reverse: true }).all();
    for (const key of keys.slice(snapshotsKept)) await this.#database.del(key);
  }

  async loadSnapshot(name: string, max = Number.POSITIVE_INFINITY): Promise<Snapshot | undefined> {
    for await (const value of this.#database.values({ ...snapshotsUpTo(name, max), reverse: true })) {
      try {
        return unpack(value) as Snapshot;
      } catch (error) {
        if (!(error instanceof DamagedRecord)) throw error;
      }
    }
    return undefined;
  }

  async trim(below: number): Promise<number> {
    const before = this.#tail;
    if (below > before) await this.#database.put(trimmedKey, numberValue(below), { sync: true });
    while (this.#tail < below) {
      const next = Math.min(below, this.#tail + trimSlice);
      const from = this.#tail;
      // First: who reads meanwhile must not take what goes now for a hole.
      this.#tail = next;
      await this.#forget(from, next - 1);
    }
    if (this.#tail > before) await this.#database.compactRange(factKey(before), factKey(this.#tail));
    return this.#tail - before;
  }

  async #forget(from: number, to: number): Promise<void> {
    const batch = this.#database.batch();
    for await (const entry of this.#database.iterator({ ...factsBetween(from, to), fillCache: false })) {
      batch.del(entry[0]);
      for (const { stream, version } of this.#intact([entry])) batch.del(streamKey(stream, version));
    }
    await batch.write();
  }

  async flush(): Promise<void> {
    if (this.#queue.length > 0 && this.#state === 'open') this.#start();
    for (let running = this.#running; running !== undefined; running = this.#running) await running;
  }

  async close(): Promise<void> {
    clearTimeout(this.#reopenTimer);
    // The last chance of what waits; and a database that is just being opened must not stay behind.
    await this.#reopen();
    await this.flush();
    for (const timer of [this.#syncTimer, this.#reopenTimer, this.#gatherTimer]) clearTimeout(timer);
    try {
      if (this.#dirty && this.#state === 'open') await this.#database.put(syncKey, syncKey, { sync: true });
    } finally {
      this.#state = 'closed';
      const left = this.#queue.splice(0);
      const [first] = left;
      if (first) this.#lost = { from: this.#lost?.from ?? first.facts[0]?.seq ?? 0, to: this.#head };
      this.#tellLost();
      for (const { resolve } of left) resolve();
      await this.#database.close();
    }
  }

  /** Finds both ends, and looks at every fact since the newest snapshot: what is missing or changed is seen before it is used. */
  async #inspect(): Promise<void> {
    // Not the first fact that is there: what is gone before it would never be missed.
    this.#tail = Math.max(1, await this.#trimmedTo());
    this.#head = this.#tail - 1;
    for await (const key of this.#database.keys({ ...allFacts, limit: 1 }))
      if (seqOf(key) > this.#tail) this.#damage.missing(this.#tail, seqOf(key) - 1);
    for await (const key of this.#database.keys({ ...allFacts, reverse: true, limit: 1 })) this.#head = seqOf(key);
    const snapshot = await this.loadSnapshot('state');
    const from = (snapshot?.seq ?? this.#tail - 1) + 1;
    let expected = from;
    for await (const facts of this.read(from)) {
      for (const { seq, stream, version } of facts) {
        if (seq > expected) this.#damage.missing(expected, seq - 1);
        expected = seq + 1;
        if (!stream.startsWith('request/')) this.#versions.set(stream, version);
      }
    }
    if (snapshot && snapshot.seq > this.#head) {
      // The snapshot knew of facts that are gone: their numbers are not given out again.
      this.#damage.missing(this.#head + 1, snapshot.seq);
      this.#head = snapshot.seq;
    }
  }

  async #trimmedTo(): Promise<number> {
    const value = await this.#database.get(trimmedKey);
    return value === undefined ? 0 : numberOf(value);
  }
}
