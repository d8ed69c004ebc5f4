/** One timer for the earliest instant that any machine waits for. Its expiry is a report like any other. */
import type { Core } from './core.ts';

// setTimeout's limit is 2^31-1 ms; a longer wait is split.
const longestWaitMs = 3_600_000;
// An error is likely to repeat: a retry at once would leave no time for anything else.
const afterFaultMs = 1_000;

export class Scheduler {
  readonly #core: Core;
  #timer: NodeJS.Timeout | undefined;
  #armedFor: number | null = null;
  #stopped = false;

  constructor(core: Core) {
    this.#core = core;
    core.onFacts((facts) => {
      // The system's timers stop while the machine sleeps; instants do not.
      if (facts.some(({ type }) => type === 'Slept')) this.#disarm();
      // A request's fact moves no machine's timer, and is by far the most frequent one.
      if (facts.length > 1 || !facts[0]?.stream.startsWith('request/')) this.arm();
    });
  }

  arm(): void {
    if (this.#stopped) return;
    const dueAt = this.#core.nextDueAt();
    if (dueAt === this.#armedFor) return;
    this.#disarm();
    this.#armedFor = dueAt;
    if (dueAt === null) return;
    const waitMs = Math.min(Math.max(0, dueAt - this.#core.now()), longestWaitMs);
    this.#timer = setTimeout(() => this.#fire(), waitMs);
  }

  #fire(): void {
    this.#armedFor = null;
    let isDone = false;
    try {
      this.#core.tick();
      isDone = true;
    } finally {
      // The handler of uncaught errors reports it; here the other timers must not wait for ever.
      if (isDone) this.arm();
      else if (!this.#stopped) this.#timer = setTimeout(() => this.#fire(), afterFaultMs);
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#disarm();
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#armedFor = null;
  }
}
