/**
 * States of the past that the page has seen, or will be asked for next: who steps from fact to fact finds the next one already there. They
 * come in blocks, in the direction of the steps: one state, and what each fact after it has changed. Of a page that holds its facts itself
 * nothing is fetched ahead, because folding them takes the time of the page.
 */
import type { PageState, PageStep } from '../../contract/dashboard.ts';
import { stepped } from '../change.ts';

// What a reader may look back on, or go on to.
const knownMax = 240;
// A block takes the gateway little longer than one state.
const blockFacts = 32;
// Of a quick hand the next block is asked for before this many steps are left.
const aheadMin = 24;
// A wider step is a jump: nothing tells where the next one goes.
const stepMax = 2;

type Fetched = PageState & { readonly steps?: readonly PageStep[] };

export class PastStates {
  readonly #fetch: (seq: number, steps: number) => Promise<Fetched>;
  readonly #known = new Map<number, PageState>();
  readonly #coming = new Map<number, Promise<Fetched>>();
  #last = Number.NaN;

  /** @param fetch the state after a fact, and what so many facts after it have changed */
  constructor(fetch: (seq: number, steps: number) => Promise<Fetched>) {
    this.#fetch = fetch;
  }

  get(seq: number): PageState | undefined {
    return this.#known.get(seq);
  }

  /** Asked for once, however many wait for it. */
  async fetched(seq: number): Promise<PageState> {
    const coming = this.#coming.get(seq) ?? this.#asked(seq, seq);
    const state = await coming;
    // The block may have ended before it: facts are missing there.
    return this.#known.get(seq) ?? (state.seq === seq ? state : await this.#asked(seq, seq));
  }

  /** A moment is shown: those after it, in the direction of the step that led there, are fetched. */
  async stepped(seq: number, most: number): Promise<void> {
    const by = seq - this.#last;
    this.#last = seq;
    if (by === 0 || !(Math.abs(by) <= stepMax)) return;
    const way = Math.sign(by);
    let next = seq + way;
    while (this.#known.has(next) || this.#coming.has(next)) next += way;
    const far = next + way * (blockFacts - 1);
    const [from, to] = [Math.max(1, Math.min(next, far)), Math.min(most - 1, Math.max(next, far))];
    // What fails here is told when it is wanted.
    if (from <= to && Math.abs(next - seq) <= aheadMin) await this.#asked(from, to).catch(() => {});
  }

  #asked(from: number, to: number): Promise<Fetched> {
    const asked = this.#fetch(from, to - from)
      .then((state) => {
        this.#keep(state);
        return state;
      })
      .finally(() => {
        for (let seq = from; seq <= to; seq++) if (this.#coming.get(seq) === asked) this.#coming.delete(seq);
      });
    for (let seq = from; seq <= to; seq++) this.#coming.set(seq, asked);
    return asked;
  }

  #keep({ steps = [], ...first }: Fetched): void {
    let state: PageState = first;
    this.#known.set(state.seq, state);
    for (const step of steps) {
      state = stepped(state, step);
      this.#known.set(state.seq, state);
    }
    for (const seq of this.#known.keys()) {
      if (this.#known.size <= knownMax) return;
      this.#known.delete(seq);
    }
  }
}
