/**
 * Memory of JSON answers, from their first bytes until their clients have taken them: all in all it is bounded. Where it is used up,
 * one answer is read on, so that there is an end to it, and the others wait in line, unread. A client that takes nothing of an answer while
 * others wait is cut.
 */
import type { Millis } from '../../../events/fact.ts';
import { KiB, MiB } from '../../../events/units.ts';
import { free } from '../../platform/large-memory.ts';

// Most answers are smaller: they ask for no place.
const freeBytes = 256 * KiB;
const allBytesMax = 256 * MiB;
const lookEveryMs = 5_000;
const untakenMs = 10_000;

/** What one answer holds. */
export class LargeAnswer {
  bytes = 0;
  isWaiting = false;
  /** When its client took something last; null before it goes out. */
  takenAt: Millis | null = null;
  readonly #all: LargeAnswers;
  readonly #readOn: () => void;
  #abort: () => void = () => {};

  constructor(all: LargeAnswers, readOn: () => void) {
    this.#all = all;
    this.#readOn = readOn;
  }

  /** It holds so much now. False: no more is to be read, until `readOn` is called. */
  grows(bytes: number): boolean {
    return bytes <= freeBytes || this.#all.grow(this, bytes);
  }

  /** To its client. `abort` ends that one. */
  goesOut(abort: () => void): void {
    this.#abort = abort;
    this.taken();
  }

  taken(): void {
    this.takenAt = performance.now();
  }

  abort(): void {
    this.#abort();
  }

  readOn(): void {
    this.isWaiting = false;
    this.#readOn();
  }

  /** These are not needed any more, nor is its place. */
  release(pieces: readonly Buffer[]): void {
    if (this.bytes === 0) return;
    for (const piece of pieces) free(piece);
    this.#all.release(this);
  }
}

export class LargeAnswers {
  readonly #members = new Set<LargeAnswer>();
  readonly #line: LargeAnswer[] = [];
  /** The one that is read on all the same. */
  #ahead: LargeAnswer | undefined;
  #held = 0;
  #timer: NodeJS.Timeout | undefined;

  get held(): number {
    return this.#held;
  }

  get waiting(): number {
    return this.#line.length;
  }

  grow(one: LargeAnswer, bytes: number): boolean {
    this.#members.add(one);
    this.#held += bytes - one.bytes;
    one.bytes = bytes;
    if (this.#held <= allBytesMax || this.#ahead === one) return true;
    if (!this.#ahead) {
      this.#ahead = one;
      return true;
    }
    if (!one.isWaiting) {
      one.isWaiting = true;
      this.#line.push(one);
      this.#timer ??= setInterval(() => this.look(performance.now()), lookEveryMs).unref();
    }
    return false;
  }

  release(one: LargeAnswer): void {
    this.#members.delete(one);
    this.#held -= one.bytes;
    one.bytes = 0;
    if (this.#ahead === one) this.#ahead = undefined;
    if (one.isWaiting) this.#line.splice(this.#line.indexOf(one), 1);
    while (this.#line.length > 0 && (this.#held <= allBytesMax || !this.#ahead)) {
      const next = this.#line.shift() as LargeAnswer;
      if (this.#held > allBytesMax) this.#ahead = next;
      next.readOn();
    }
    if (this.#line.length > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** While an answer waits for memory, no client keeps memory without taking anything. */
  look(now: Millis): void {
    if (this.#line.length === 0) return;
    const late = [...this.#members].filter(({ takenAt }) => takenAt !== null && now - takenAt >= untakenMs);
    for (const one of late.sort((a, b) => (a.takenAt ?? 0) - (b.takenAt ?? 0))) {
      if (this.#line.length === 0) return;
      one.abort();
    }
  }
}

/** One for all answers of this process. */
export const largeAnswers = new LargeAnswers();
