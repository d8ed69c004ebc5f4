/** Chance with a seed: the same seed and name give the same throws, whatever else was thrown. */
export class Chance {
  #state: number;

  /** @param name keeps what one part draws apart from what the others draw: leaving one out changes no other */
  constructor(seed: number, name: string) {
    let state = seed ^ 0x9e3779b9;
    for (const letter of name) state = Math.imul(state ^ letter.charCodeAt(0), 0x01000193);
    this.#state = state;
  }

  /** Uniform in [0, 1): mulberry32. */
  readonly next = (): number => {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };

  happens(probability: number): boolean {
    return this.next() < probability;
  }

  whole(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  /** Short spans often, long ones now and then. */
  span(mean: number): number {
    return Math.ceil(-Math.log(1 - this.next()) * mean);
  }

  pick<T>(among: readonly [T, ...T[]]): T {
    return among[Math.floor(this.next() * among.length)] ?? among[0];
  }
}
