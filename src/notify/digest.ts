/** Reports the same thing once in a window: repetitions wait, and are reported together, with a count. */
import type { Millis } from '../../events/fact.ts';
import { type Notice, subjectOf } from './notice.ts';

/** The newest notice about a subject, and the number since the last report. */
export interface Entry {
  readonly notice: Notice;
  readonly count: number;
}

interface Waiting extends Entry {
  readonly since: Millis;
}

// A relay that fails affects several subjects within a moment: they become one message.
const gatherMsMax = 1_000;

export class Digest {
  readonly #toldAt = new Map<string, Millis>();
  readonly #waiting = new Map<string, Waiting>();

  add(notice: Notice, now: Millis): void {
    const subject = subjectOf(notice);
    const before = this.#waiting.get(subject);
    this.#waiting.set(subject, { notice, count: (before?.count ?? 0) + 1, since: before?.since ?? now });
  }

  /** When to call `take` next; null while nothing waits. */
  dueAt(windowMs: Millis): Millis | null {
    const all = [...this.#waiting].map(([subject, { since }]) => this.#due(subject, since, windowMs));
    return all.length === 0 ? null : Math.min(...all);
  }

  /** Takes what is due, oldest first. When one subject is due, all others whose window is over join it. */
  take(now: Millis, windowMs: Millis): readonly Entry[] {
    for (const [subject, at] of this.#toldAt) {
      // A clock that was set back must not silence notifications until it has caught up.
      if (now - at >= windowMs || at > now) this.#toldAt.delete(subject);
    }
    const isDue = [...this.#waiting].some(
      ([subject, { since }]) => since > now || this.#due(subject, since, windowMs) <= now,
    );
    return isDue ? this.#release(now, (subject) => !this.#toldAt.has(subject)) : [];
  }

  /** Everything that waits, whether its window is over or not: for the end. */
  takeAll(now: Millis): readonly Entry[] {
    return this.#release(now, () => true);
  }

  #due(subject: string, since: Millis, windowMs: Millis): Millis {
    const gathered = since + Math.min(gatherMsMax, windowMs);
    const toldAt = this.#toldAt.get(subject);
    return toldAt === undefined ? gathered : Math.max(gathered, toldAt + windowMs);
  }

  #release(now: Millis, mayBeTold: (subject: string) => boolean): readonly Entry[] {
    const due = [...this.#waiting].filter(([subject]) => mayBeTold(subject));
    for (const [subject] of due) {
      this.#waiting.delete(subject);
      this.#toldAt.set(subject, now);
    }
    return due.map(([, { notice, count }]) => ({ notice, count })).sort((a, b) => a.notice.at - b.notice.at);
  }
}
