/** Facts numbered as the core numbers them: one after the other, in the whole and in each stream. */
import type { Recorded } from '../../events/fact.ts';

export const dawn = Date.UTC(2026, 0, 1);
/** Facts of a scribe are this far apart. */
export const stepMs = 1_000;

export class Scribe {
  seq: number;
  readonly #versions = new Map<string, number>();

  constructor(seq = 0) {
    this.seq = seq;
  }

  fact(stream = 'gateway', data: object = {}): Recorded {
    this.seq += 1;
    const version = (this.#versions.get(stream) ?? 0) + 1;
    this.#versions.set(stream, version);
    return {
      seq: this.seq,
      at: dawn + this.seq * stepMs,
      stream,
      version,
      id: `id-${this.seq}`,
      type: 'TimerElapsed',
      v: 1,
      data,
      cause: null,
      by: 'gateway',
    };
  }

  facts(count: number, stream = 'gateway', data: object = {}): readonly Recorded[] {
    return Array.from({ length: count }, () => this.fact(stream, data));
  }
}
