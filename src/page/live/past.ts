/**
 * States of the past that the page has seen, or will be asked for next: who steps from fact to fact finds the next one already there. Of a
 * page that holds its facts itself nothing is fetched ahead, because folding them takes the time of the page.
 */
import type { PageState } from '../../contract/dashboard.ts';

// What a reader may look back on, or go on to.
const knownMax = 120;
const aheadMax = 8;
// A wider step is a jump: nothing tells where the next one goes.
const stepMax = 2;

export class PastStates {
  readonly #fetch: (seq: number) => Promise<PageState>;
  readonly #known = new Map<number, PageState>();
  readonly #coming = new Map<number, Promise<PageState>>();
  #last = Number.NaN;

  constructor(fetch: (seq: number) => Promise<PageState>) {
    this.#fetch = fetch;
  }

  get(seq: number): PageState | undefined {
    return this.#known.get(seq);
  }

  /** Asked for once, however many wait for it. */
  fetched(seq: number): Promise<PageState> {
    const coming = this.#coming.get(seq);
    if (coming) return coming;
    const asked = this.#fetch(seq)
      .then((state) => {
        this.#keep(seq, state);
        return state;
      })
      .finally(() => this.#coming.delete(seq));
    this.#coming.set(seq, asked);
    return asked;
  }

  /**
   * A moment is shown: those after it, in the direction of the step that led there, are fetched one after the other.
   * @param isWanted whether the reader is still near; asked before each
   */
  async stepped(seq: number, most: number, isWanted: (from: number) => boolean): Promise<void> {
    const by = seq - this.#last;
    this.#last = seq;
    if (by === 0 || !(Math.abs(by) <= stepMax)) return;
    for (let n = 1; n <= aheadMax; n++) {
      const next = seq + n * Math.sign(by);
      if (next < 1 || next >= most || !isWanted(seq)) return;
      // What fails here is told when it is wanted.
      if (!this.#known.has(next)) await this.fetched(next).catch(() => {});
    }
  }

  #keep(seq: number, state: PageState): void {
    this.#known.set(seq, state);
    const [oldest] = this.#known.keys();
    if (this.#known.size > knownMax && oldest !== undefined) this.#known.delete(oldest);
  }
}
