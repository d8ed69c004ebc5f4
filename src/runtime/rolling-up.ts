/**
 * Has the log's roll-ups made while the gateway runs: those of a log that has none yet, and those of new facts. They are made beside the
 * main loop, one block at a time, and stored by it.
 */
import { rollUpForm } from '../projections/roll-up.ts';
import type { Core } from './core.ts';

/** Makes the roll-up of a block beside the main loop, as JSON; undefined where facts are missing. */
export type MakeRollUp = (from: number) => Promise<string | undefined>;

// Fewer are read as facts, in some 150 ms: making each at once would keep the thread of questions alive in little traffic.
const blocksAtOnce = 4;
// The first seconds belong to requests.
const firstMs = 10_000;
// The disk was full, or the thread has died.
const againMs = 60_000;

export class RollingUp {
  readonly #core: Core;
  readonly #make: MakeRollUp;
  readonly #size: number;
  /** Blocks of former lives without one; undefined until they were looked for. */
  #left: readonly number[] | undefined;
  /** The first number of the first block of this life. */
  #next: number;
  #isRunning = false;
  #isStopped = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(core: Core, make: MakeRollUp) {
    this.#core = core;
    this.#make = make;
    this.#size = core.log.rollUps?.size ?? Number.POSITIVE_INFINITY;
    this.#next = this.#end();
  }

  start(): void {
    if (!this.#core.log.rollUps) return;
    this.#core.onFacts(() => {
      if (this.#core.state.seq - this.#next + 1 >= blocksAtOnce * this.#size) this.#begin();
    });
    this.#later(firstMs);
  }

  /** What is being made is not stored any more. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #later(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#begin();
    }, ms).unref();
  }

  #begin(): void {
    if (this.#isRunning || this.#isStopped || this.#timer) return;
    this.#isRunning = true;
    this.round()
      .catch(() => this.#later(againMs))
      .finally(() => {
        this.#isRunning = false;
      });
  }

  /** Makes those that are missing, the newest first: they are asked for most. */
  async round(): Promise<void> {
    const { log } = this.#core;
    const { rollUps } = log;
    await log.flush();
    // Without its last facts on the disk, a block would look as if it lacked them.
    if (!rollUps || log.state !== 'open' || log.isTrusted === false) throw new Error('the log cannot be read now');
    this.#left ??= without(await rollUps.made(rollUpForm), blocks(this.#firstWhole(), this.#next, this.#size));
    const end = this.#end();
    const due = [...this.#left, ...blocks(this.#next, end, this.#size)];
    if (due.length < blocksAtOnce) return;
    this.#left = due;
    this.#next = end;
    for (let from = due.at(-1); from !== undefined; from = due.at(-1)) {
      const made = await this.#make(from);
      if (this.#isStopped) return;
      if (made !== undefined) await rollUps.save(rollUpForm, from, made);
      due.pop();
    }
  }

  #firstWhole(): number {
    return Math.ceil((this.#core.log.tail - 1) / this.#size) * this.#size + 1;
  }

  /** The first number of the block that the head is in. */
  #end(): number {
    return Math.floor(this.#core.log.head / this.#size) * this.#size + 1;
  }
}

/** The first numbers of the blocks before an end, oldest first. */
function blocks(from: number, end: number, size: number): readonly number[] {
  return Array.from({ length: Math.max(0, (end - from) / size) }, (_, i) => from + i * size);
}

function without(known: readonly number[], all: readonly number[]): readonly number[] {
  const made = new Set(known);
  return all.filter((from) => !made.has(from));
}
