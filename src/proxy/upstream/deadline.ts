/**
 * Time limits of what others do. Time in which this process did not run, because it was stopped or the machine was out of
 * breath, counts against no endpoint: what came meanwhile lies unread, and timers are told before it is.
 */
import type { Millis } from '../../../events/fact.ts';

const beatMs = 1_000;
// A timer that is late by less is what timers are.
const lateMs = 250;

/** How long this process was held up since it began to look. */
class Lost {
  #ms = 0;
  #beatAt = 0;
  #beat: NodeJS.Timeout | undefined;

  /** As of the last beat; the first one who asks starts them. */
  get ms(): Millis {
    if (!this.#beat) {
      this.#beatAt = performance.now();
      this.#beat = setInterval(() => this.look(), beatMs).unref();
    }
    return this.#ms;
  }

  /** As of now: timers that were due together with the beat may be told before it. */
  look(): Millis {
    const now = performance.now();
    const late = now - this.#beatAt - beatMs;
    if (late > lateMs) this.#ms += Math.round(late);
    this.#beatAt = now;
    return this.#ms;
  }
}

const lost = new Lost();

export class Deadline {
  readonly #over: () => void;
  readonly #run = () => this.#ring();
  #timer: NodeJS.Timeout | undefined;
  #ms: Millis = 0;
  /** What is left is not all of it. */
  #isExtra = false;
  #lostBefore: Millis = 0;

  /** @param over told when the time is over; then it is, unless it is armed again */
  constructor(over: () => void) {
    this.#over = over;
  }

  arm(ms: Millis): void {
    this.clear();
    this.#ms = ms;
    this.#isExtra = false;
    this.#lostBefore = lost.ms;
    this.#timer = setTimeout(this.#run, ms);
  }

  /** All of the time again, if it runs. */
  refresh(): void {
    if (!this.#timer) return;
    if (this.#isExtra) this.arm(this.#ms);
    else {
      this.#lostBefore = lost.ms;
      this.#timer.refresh();
    }
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #ring(): void {
    const now = lost.look();
    const held = now - this.#lostBefore;
    this.#timer = undefined;
    if (held > 0) {
      this.#lostBefore = now;
      this.#isExtra = true;
      this.#timer = setTimeout(this.#run, Math.min(held, this.#ms));
    } else this.#over();
  }
}
