/**
 * Bytes of endpoints take turns with everything else. A socket is read up to 32 times before the loop goes on, and so is the next
 * one: who sends fast and in small pieces would have all of it. What comes after the time of a turn is used up waits for the next one.
 */

// A request beside it waits so long at most, and as long again for what was being read when the time was over.
const turnMs = 8;
// What was read is forgotten when the loop goes on, which costs a turn of its own: not for less than this. Reading takes microseconds.
const forgetFromMs = 1;

/** One that has bytes which wait. */
export interface Reads {
  readOn(): void;
}

class ReadTurns {
  #spentMs = 0;
  #isOpen = false;
  #waiting: Reads[] = [];

  /** Whether there is time left, and no other reader waits for it already. */
  get hasTime(): boolean {
    return this.#spentMs < turnMs && this.#waiting.length === 0;
  }

  spend(ms: number): void {
    this.#spentMs += ms;
    if (this.#spentMs >= forgetFromMs) this.#open();
  }

  wait(one: Reads): void {
    this.#waiting.push(one);
    this.#open();
  }

  #open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    setImmediate(() => this.#next());
  }

  #next(): void {
    this.#isOpen = false;
    this.#spentMs = 0;
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    let done = 0;
    while (done < waiting.length && this.#spentMs < turnMs) (waiting[done++] as Reads).readOn();
    this.#waiting = [...waiting.slice(done), ...this.#waiting];
    if (this.#waiting.length > 0) this.#open();
  }
}

export const readTurns = new ReadTurns();
