/** Maintains the log while the gateway runs: regular snapshots, roll-ups, and removal of facts beyond retention. */
import { dayMs } from '../../events/units.ts';
import type { Core } from './core.ts';
import { foldLog, snapshotOf } from './fold-log.ts';
import { type MakeRollUp, RollingUp } from './rolling-up.ts';

/** The retention: the stricter limit applies. */
export interface Keeping {
  readonly days: number;
  /** Bytes of the log on the disk; 0 means no limit. */
  readonly bytes: number;
}

// A start loads a snapshot and folds the facts after it: this many fold in some 40 ms.
const factsBetweenSnapshots = 5_000;
const snapshotEveryMs = 60_000;
const trimEveryMs = 3_600_000;
// A gateway that runs for an hour at a time trims its log too; its first minute belongs to requests.
const trimFirstMs = 120_000;
// LevelDB writes what it merges before it removes what that was made of, and its journals are larger than the tables they become: so much
// more there is for a moment (measured), and at most as much as the log itself, which may be merged as a whole.
const mergedBytes = 16_000_000;
// A log that is full loses so much at once: half a second of CPU, in turns of a millisecond.
const stepBytes = 5_000_000;
const [shareFree, shareStep] = [0.5, 0.05];

export class Maintenance {
  readonly #core: Core;
  readonly #keeping: () => Keeping;
  #timers: NodeJS.Timeout[] = [];
  #savedSeq: number;
  #saving: Promise<void> | undefined;
  #trimming: Promise<void> | undefined;
  readonly #rollingUp: RollingUp | undefined;

  /** @param rollUp undefined: none is made */
  constructor(core: Core, keeping: () => Keeping, rollUp?: MakeRollUp) {
    this.#core = core;
    this.#rollingUp = rollUp && new RollingUp(core, rollUp);
    this.#keeping = keeping;
    // Facts that the former life left without a snapshot count, too: otherwise a gateway that is killed again and again would never make
    // one.
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
    this.#rollingUp?.start();
  }

  async stop(): Promise<void> {
    this.#rollingUp?.stop();
    for (const timer of this.#timers) clearInterval(timer);
    await this.#saving;
    await this.#trimming;
  }

  /**
   * Removes what is too old or too much, up to a snapshot: the rest can be folded from its first fact on, so that every moment in the log
   * stays available.
   */
  async trim(): Promise<number> {
    await this.#core.log.flush();
    return this.#trimTo(Math.max(await this.#youngEnough(), await this.#smallEnough()));
  }

  /** The same for the size alone, up to a snapshot that is there, where it is near: to fold a new one would take the main loop 40 ms. */
  async #trimSize(): Promise<void> {
    const { log } = this.#core;
    const keepFrom = await this.#smallEnough();
    if (keepFrom <= log.tail) return;
    const near = await log.loadSnapshot('state', keepFrom - 1);
    const isNear = near && near.seq >= log.tail && keepFrom - near.seq < (log.head - log.tail) * shareStep;
    await this.#trimTo(isNear ? near.seq + 1 : keepFrom);
  }

  async #trimTo(wanted: number): Promise<number> {
    const { log } = this.#core;
    const keepFrom = Math.min(log.head + 1, wanted);
    if (keepFrom <= log.tail) return 0;
    // First, because saving a snapshot deletes surplus ones, and the one that the rest is folded from must not be among them.
    await this.#core.snapshot();
    return (await this.#makeAnchor(keepFrom - 1)) ? log.trim(keepFrom) : 0;
  }

  /** Manual only: removes facts whose snapshot is missing, because they cannot be folded. The log begins with a snapshot again. */
  async trimUnfolded(): Promise<number> {
    const { log } = this.#core;
    if (log.tail === 1 || (await log.loadSnapshot('state', log.tail - 1))) return 0;
    let first = await log.loadSnapshot('state');
    for (let older = first; older; older = await log.loadSnapshot('state', older.seq - 1)) first = older;
    return first ? log.trim(first.seq + 1) : 0;
  }

  /** Takes a snapshot right before the kept facts: with little traffic the nearest one is weeks away. False where it cannot be folded. */
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

  #tidy(trim: () => Promise<unknown> = () => this.trim()): void {
    this.#trimming ??= trim()
      .then(() => {})
      // A full disk does not stop the gateway: maintenance tries again in an hour.
      .catch(() => {})
      .finally(() => {
        this.#trimming = undefined;
      });
  }

  #youngEnough(): Promise<number> {
    return this.#core.log.seqAt(this.#core.now() - this.#keeping().days * dayMs);
  }

  /** The surplus is removed from the oldest facts by count: facts differ in size, but thousands of them average out. */
  async #smallEnough(): Promise<number> {
    const { log } = this.#core;
    const { bytes } = this.#keeping();
    if (bytes === 0) return log.tail;
    const size = await log.size();
    const most = bytes - Math.min(bytes * shareFree, mergedBytes);
    const left = most - Math.min(bytes * shareStep, stepBytes);
    const facts = log.head - log.tail + 1;
    return size <= most ? log.tail : log.tail + Math.ceil(facts * (1 - left / size));
  }

  #save(): void {
    if (this.#saving || this.#core.state.seq === this.#savedSeq) return;
    this.#savedSeq = this.#core.state.seq;
    this.#saving = this.#core
      .snapshot()
      // A full disk: the log reports it itself, and the next snapshot is tried in a minute.
      .catch(() => {})
      .finally(() => {
        this.#saving = undefined;
        // At 2,000 requests a second a log grows by half a gigabyte in an hour.
        this.#tidy(() => this.#trimSize());
      });
  }
}
