/**
 * Quantiles of positive numbers with a known relative error, in bounded space (the idea of DDSketch, Masson et al. 2019): buckets grow by a
 * constant factor, so a quantile is off by that factor at most.
 */

// Each bucket is 4 % wider than the one before: a quantile is at most 2 % off.
const growth = 1.04;
const perLog = 1 / Math.log(growth);
// From 0.01 ms to some 11 days: values outside are counted at the ends.
const lowest = 0.01;
const buckets = 640;

export class Quantiles {
  #count = 0;
  #sum = 0;
  readonly #counts = new Uint32Array(buckets + 1);

  get count(): number {
    return this.#count;
  }

  get mean(): number | null {
    return this.#count === 0 ? null : this.#sum / this.#count;
  }

  add(value: number): void {
    const index = value <= lowest ? 0 : Math.min(buckets, Math.ceil(Math.log(value / lowest) * perLog));
    this.#counts[index] = (this.#counts[index] as number) + 1;
    this.#count++;
    this.#sum += value;
  }

  /** @param q from 0 to 1. Null while there are no values. */
  at(q: number): number | null {
    if (this.#count === 0) return null;
    const rank = Math.max(1, Math.ceil(q * this.#count));
    let seen = 0;
    const index = this.#counts.findIndex((count) => {
      seen += count;
      return seen >= rank;
    });
    return middleOf(index);
  }

  toJSON(): object {
    return { sum: this.#sum, counts: [...this.#counts.entries()].filter(([, count]) => count > 0) };
  }

  /** Adds the values of another one, in its JSON form. */
  addAll(json: unknown): void {
    const { sum, counts } = json as { sum: number; counts: [number, number][] };
    for (const [index, count] of counts) {
      this.#counts[index] = (this.#counts[index] as number) + count;
      this.#count += count;
    }
    this.#sum += sum;
  }

  static from(json: unknown): Quantiles {
    const made = new Quantiles();
    made.addAll(json);
    return made;
  }
}

/** The geometric middle of a bucket. */
function middleOf(index: number): number {
  return index === 0 ? lowest : (2 * lowest * growth ** index) / (1 + growth);
}
