/** How long an answer is waited for: by a deadline, through a thought, and after a sleep of this machine. */
import type { Millis } from '../../../events/fact.ts';
import type { AttemptLimits } from '../../../machines/failover-policy.ts';
import { Deadline } from '../upstream/deadline.ts';
import type { Phase } from './phases.ts';
import type { StreamWatch } from './sse.ts';

// A connection that did not survive a sleep of this machine gives no sign; one that did has pings at least.
const afterSleepMs = 10_000;
// So long a thought is waited for that gives no other sign than pings: clients hang up then.
const thoughtMs = 300_000;
// Some leave the connection open after the last event: what follows is nothing.
const lingerMs = 1_000;

/** Itself the deadline: one object less for each attempt. */
export class Patience extends Deadline {
  readonly #limits: AttemptLimits;
  readonly #lost: () => void;
  #isExtended = false;
  /** So long a thought has given no other sign than pings. */
  #thoughtMs: Millis = 0;
  /** Runs after a sleep, until a byte comes. */
  #asleep: NodeJS.Timeout | undefined;

  /**
   * @param late the time is over; `waitsOn` says whether there is more of it
   * @param lost no byte has come after a sleep of this machine
   */
  constructor(limits: AttemptLimits, late: () => void, lost: () => void) {
    super(late);
    this.#limits = limits;
    this.#lost = lost;
  }

  /** For the first content of a stream. */
  forContent(): void {
    this.arm(this.#limits.firstContentMs);
  }

  /** For the next bytes of a stream; of one whose last event has come, for its end. */
  forMore(isStopped: boolean): void {
    this.arm(isStopped ? lingerMs : this.#limits.idleMs);
  }

  /** It goes on. */
  progress(): void {
    this.#thoughtMs = 0;
    this.refresh();
  }

  slept(): void {
    clearTimeout(this.#asleep);
    this.#asleep = setTimeout(this.#lost, afterSleepMs);
  }

  /** A byte came: the connection has survived. */
  heard(): void {
    if (this.#asleep === undefined) return;
    clearTimeout(this.#asleep);
    this.#asleep = undefined;
  }

  /** Whether the time is prolonged: for a thought, and once for an endpoint that is alive, but slow. */
  waitsOn(phase: Phase, watch: StreamWatch | undefined): boolean {
    if (!watch?.hasPinged) return false;
    if (watch.isThinking && this.#thinksOn(phase)) {
      watch.hasPinged = false;
      return true;
    }
    if (phase !== 'judging' || this.#isExtended) return false;
    this.#isExtended = true;
    this.forContent();
    return true;
  }

  /** A thought takes as long as it takes, and its client waits for it. */
  #thinksOn(phase: Phase): boolean {
    const waitedMs = phase === 'judging' ? this.#limits.firstContentMs : this.#limits.idleMs;
    this.#thoughtMs += waitedMs;
    const leftMs = thoughtMs - this.#thoughtMs;
    if (leftMs <= 0) return false;
    this.arm(Math.min(waitedMs, leftMs));
    return true;
  }

  end(): void {
    this.clear();
    clearTimeout(this.#asleep);
  }
}
