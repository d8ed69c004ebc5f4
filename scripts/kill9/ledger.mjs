/** What the gateway has acknowledged, and what was still outstanding when it was killed. */

/** Something with a value: a setting, a profile. Its writer waits for each answer before the next write. */
export class Ledger {
  acknowledged = 0;
  /** `name` → `{ value, asked }`; `asked` is undefined unless an answer is outstanding. */
  #entries = new Map();
  /** Manual switches that were answered since the last check: `{ seq, to }`. */
  #switches = [];

  /** Asks for a value; it counts from the moment `ask` resolves. */
  async write(name, value, ask) {
    const entry = this.#entries.get(name) ?? { value: null };
    this.#entries.set(name, entry);
    entry.asked = { value };
    await ask();
    entry.value = value;
    entry.asked = undefined;
    this.acknowledged++;
  }

  async switch(to, ask) {
    const { seq } = await ask();
    this.#switches.push({ seq, to });
    this.acknowledged++;
  }

  /** `[name, value]` of the present values whose names have this beginning. */
  standing(prefix) {
    const entries = [...this.#entries].map(([name, { value }]) => [name, value]);
    return entries.filter(([name, value]) => name.startsWith(prefix) && value !== null);
  }

  /**
   * Compares with the state of a new life. An unanswered write may be present or not; the present value is the truth from here.
   * @param actual name → value, null for a missing one
   * @returns sentences, one for each promise that was broken
   */
  settle(actual) {
    const broken = [];
    for (const [name, entry] of this.#entries) {
      const found = actual(name);
      if (found !== entry.value && found !== entry.asked?.value) {
        broken.push(`${name}: "${entry.value}" was acknowledged, "${found}" is there`);
      }
      entry.value = found;
      entry.asked = undefined;
    }
    return broken;
  }

  /** @param facts `SwitchedByHand` of the whole log, oldest first */
  settleSwitches(facts) {
    const answered = this.#switches;
    this.#switches = [];
    return answered.flatMap(({ seq, to }) => {
      // A switch to the profile that is pinned already is answered with the fact that pinned it.
      const made = facts.findLast((fact) => fact.seq <= seq);
      return made?.data.to === to ? [] : [`the switch to ${to} (#${seq}) was acknowledged and is not in the log`];
    });
  }
}
