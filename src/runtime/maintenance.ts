/** Looks after the log while the gateway runs: snapshots in time, and facts that are too old to keep. */
import { dayMs } from '../../events/units.ts';
import type { Core } from './core.ts';
import { foldLog, snapshotOf } from './fold-log.ts';

/** How much of the past is kept: whichever ends first. */
export interface Keeping {
  readonly days: number;
  /** Of the log on the disk; 0 is no limit. */
  readonly bytes: number;
}

// Start is a snapshot and the facts after it: this many fold in some 40 ms.
const factsBetweenSnapshots = 5_000;
const snapshotEveryMs = 60_000;
const trimEveryMs = 3_600_000;
// A gateway that runs for an hour at a time keeps to it too; its first minute belongs to requests.
const trimFirstMs = 120_000;
// A log that is over its limit is trimmed to this share of it: not again in an hour.
const roomLeft = 0.9;

export class Maintenance {
  readonly #core: Core;
  readonly #keeping: () => Keeping;
  #timers: NodeJS.Timeout[] = [];
  #savedSeq: number;
  #saving: Promise<void> | undefined;

  constructor(core: Core, keeping: () => Keeping) {
    this.#core = core;
    this.#keeping = keeping;
    // What the life before left without a snapshot counts: else one that is killed again and again would never make one.
    this.#savedSeq = core.state.restoredSeq;
  }

  start(): void {
    this.#core.onFacts(() => {
      if (this.#core.state.seq - this.#savedSeq >= factsBetweenSnapshots) this.#save();
    });
    this.#timers = [
      setInterval(() => this.#save(), snapshotEveryMs),
      setInterval(() => this.#tidy(), trimEveryMs),
      setTimeout(() => this.#tidy(), trimFirstMs),
    ];
    for (const timer of this.#timers) timer.unref();
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#saving;
  }

  /**
   * Removes what is too old or too much, up to a snapshot: what is left can be folded from its first fact on, so that
   * every moment which the log still has can be looked at.
   */
  async trim(): Promise<number> {
    const { log } = this.#core;
    await log.flush();
    const keepFrom = Math.min(log.head + 1, Math.max(await this.#youngEnough(), await this.#smallEnough()));
    if (keepFrom <= log.tail) return 0;
    // First: saving one makes others spare, and the one that all the rest is folded from must not be among them.
    await this.#core.snapshot();
    return (await this.#makeAnchor(keepFrom - 1)) ? log.trim(keepFrom) : 0;
  }

  /** By hand only: facts whose snapshot is gone are read, and folded into nothing. What is left begins with a snapshot again. */
  async trimUnfolded(): Promise<number> {
    const { log } = this.#core;
    if (log.tail === 1 || (await log.loadSnapshot('state', log.tail - 1))) return 0;
    let first = await log.loadSnapshot('state');
    for (let older = first; older; older = await log.loadSnapshot('state', older.seq - 1)) first = older;
    return first ? log.trim(first.seq + 1) : 0;
  }

  /** A snapshot right before what is kept: with little traffic the nearest one is weeks away. False where it cannot be folded. */
  async #makeAnchor(seq: number): Promise<boolean> {
    const { log } = this.#core;
    const near = await log.loadSnapshot('state', seq);
    if (near?.seq === seq) return true;
    if (!near && log.tail > 1) return false;
    const state = await foldLog(log, seq);
    if (log.tail > 1 && state.restoredSeq < log.tail - 1) return false;
    await log.saveSnapshot('state', snapshotOf(state.toJSON()));
    return true;
  }

  #tidy(): void {
    // A disk that takes nothing now is no end of the gateway: in an hour it is tried again.
    this.trim().catch(() => {});
  }

  #youngEnough(): Promise<number> {
    return this.#core.log.seqAt(this.#core.now() - this.#keeping().days * dayMs);
  }

  /** What is over is taken from the oldest by their number: facts are of many sizes, and thousands of them of one. */
  async #smallEnough(): Promise<number> {
    const { log } = this.#core;
    const { bytes } = this.#keeping();
    if (bytes === 0) return log.tail;
    const size = await log.size();
    const facts = log.head - log.tail + 1;
    return size <= bytes ? log.tail : log.tail + Math.ceil(facts * (1 - (bytes * roomLeft) / size));
  }

  #save(): void {
    if (this.#saving || this.#core.state.seq === this.#savedSeq) return;
    this.#savedSeq = this.#core.state.seq;
    this.#saving = this.#core
      .snapshot()
      // A full disk: the log says so itself, and the next snapshot is tried in a minute.
      .catch(() => {})
      .finally(() => {
        this.#saving = undefined;
      });
  }
}
