/**
 * Writes that come close together go out together. Each one wakes its reader where that sleeps, which is a quarter of what a small request
 * costs (measured); one right behind the other, they find it awake. So in a turn of the loop that has many they wait for its end. Where few
 * come none waits: its reader would begin later, and nothing would be won.
 */
import type { Writable } from 'node:stream';

/** What a turn holds back: a socket. */
export type Held = Pick<Writable, 'cork' | 'uncork' | 'writableCorked'>;

// What comes so soon behind another write is of the same turn, or as good as that: a request takes 25 µs, and its endpoint longer than this.
const closeMs = 0.05;
// So many close ones in a row show a busy turn.
const busyFrom = 3;
// As few in a turn show that it is over.
const quietUpTo = 2;

export class WriteTurns {
  readonly #now: () => number;
  #isBusy = false;
  /** Writes in a row, each close to the one before. */
  #close = 0;
  #lastAt = 0;
  #held: Held[] = [];
  readonly #end = () => this.#flush();

  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  /** Told before each write: in a busy turn what is written goes out at its end. */
  begin(socket: Held): void {
    if (!this.#isBusy && !this.#becomesBusy()) return;
    // It is held already, or its writer joins several writes.
    if (socket.writableCorked > 0) return;
    socket.cork();
    if (this.#held.push(socket) === 1) setImmediate(this.#end);
  }

  #becomesBusy(): boolean {
    const now = this.#now();
    this.#close = now - this.#lastAt < closeMs ? this.#close + 1 : 0;
    this.#lastAt = now;
    this.#isBusy = this.#close >= busyFrom;
    return this.#isBusy;
  }

  #flush(): void {
    const held = this.#held;
    this.#held = [];
    for (const socket of held) socket.uncork();
    if (held.length > quietUpTo) return;
    this.#isBusy = false;
    this.#close = 0;
  }
}

/** One for all: they share the loop. */
export const writeTurns = new WriteTurns();
