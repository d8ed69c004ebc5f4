/** Tells the same thing once in a window: what comes again meanwhile waits, and is told together, with a count. */
import type { Millis } from '../../events/fact.ts';
import { type Notice, subjectOf } from './notice.ts';

/** The newest notice about a subject, and how many there were since the last one that was told. */
export interface Entry {
  readonly notice: Notice;
  readonly count: number;
}

interface Waiting extends Entry {
  readonly since: Millis;
}

// A relay that dies takes several things with it within a moment: they make one message.
const gatherMsMax = 1_000;

export class Digest {
  readonly #toldAt = new Map<string, Millis>();
  readonly #waiting = new Map<string, Waiting>();

  add(notice: Notice, now: Millis): void {
    const subject = subjectOf(notice);
    const before = this.#waiting.get(subject);
    this.#waiting.set(subject, { notice, count: (before?.count ?? 0) + 1, since: before?.since ?? now });
  }

  /** When to `take` next; null while nothing waits. */
  dueAt(windowMs: Millis): Millis | null {
    const all = [...this.#waiting].map(([subject, { since }]) => this.#due(subject, since, windowMs));
    return all.length === 0 ? null : Math.min(...all);
  }

  /** What may be told now, oldest first; it is told with that. When one thing is due, all that may be told joins it. */
  take(now: Millis, windowMs: Millis): readonly Entry[] {
    for (const [subject, at] of this.#toldAt) {
      // A clock that was set back must not silence anybody until it has caught up.
      if (now - at >= windowMs || at > now) this.#toldAt.delete(subject);
    }
    const isDue = [...this.#waiting].some(
      ([subject, { since }]) => since > now || this.#due(subject, since, windowMs) <= now,
    );
    return isDue ? this.#release(now, (subject) => !this.#toldAt.has(subject)) : [];
  }

  /** Whatever waits, window or not: at the end. */
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
