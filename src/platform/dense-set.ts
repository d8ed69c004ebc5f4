/**
 * The members that are active at this moment. Not a `Set`: one whose members change all day is rebuilt again and again, and each old table,
 * once it is in the collector's old space, keeps the next one and everything in it alive (measured: 10 KB a request).
 */
export interface Member {
  /** The member's index among all active ones; private to the set. */
  place: number;
}

export class DenseSet<Run extends Member> {
  readonly #all: Run[] = [];

  add(run: Run): void {
    run.place = this.#all.push(run) - 1;
  }

  remove(run: Run): void {
    const last = this.#all.pop();
    if (!last || last === run) return;
    this.#all[run.place] = last;
    last.place = run.place;
  }

  *[Symbol.iterator](): Iterator<Run> {
    yield* [...this.#all];
  }
}
