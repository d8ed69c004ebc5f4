/** What the gateway has said "done" to, and what it was still being asked when it was killed. */

/** One thing that has a value: a setting, a profile. Whoever writes it waits for each answer before the next question. */
export class Ledger {
  acknowledged = 0;
  /** `name` → `{ value, asked }`; `asked` is undefined unless an answer is still owed. */
  #entries = new Map();
  /** Switches by hand that were answered since the last look: `{ seq, to }`. */
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

  /** `[name, value]` of what stands, of those whose name begins so. */
  standing(prefix) {
    const entries = [...this.#entries].map(([name, { value }]) => [name, value]);
    return entries.filter(([name, value]) => name.startsWith(prefix) && value !== null);
  }

  /**
   * Compares with what a new life tells. What was asked without an answer may stand or not; what stands is the truth from here.
   * @param actual name → value, null for what is not there
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
      // A switch to where one is pinned already is answered with the fact that pinned it.
      const made = facts.findLast((fact) => fact.seq <= seq);
      return made?.data.to === to ? [] : [`the switch to ${to} (#${seq}) was acknowledged and is not in the log`];
    });
  }
}
