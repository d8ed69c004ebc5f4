/** Folds repeated facts, as in an outage: the first are shown, and later ones are counted. */
import { kindOf } from '../../events/ids.ts';
import type { FactRow } from '../contract/history.ts';
import { storyWordsOf } from '../messages/story.ts';
import { clockOf } from '../platform/time.ts';
import type { Context } from './context.ts';
import { sentenceOf, type Teller } from './fact-lines.ts';
import type { Names } from './names.ts';

// A repetition alternates with few other facts: a failure, the request that met it, a probe, a timer.
const shownMost = 12;
// For a single further one, the fact itself takes no more room than a count.
const foldedMin = 2;
// Indented past the time.
const countIndent = 9;

/** A fact, and the decisions that it caused. */
type Unit = readonly FactRow[];

interface Shown {
  readonly seq: number;
  count: number;
  until: string;
}

export class Folding {
  readonly #context: Context;
  readonly #names: Names;
  readonly #teller: Teller;
  #unit: FactRow[] = [];
  /** By their text, the newest last. */
  readonly #shown = new Map<string, Shown>();
  /** In their order: repetitions of shown facts that may still be too few for a count. */
  #held: { readonly unit: Unit; readonly shown: Shown }[] = [];

  constructor(context: Context, names: Names, teller: Teller) {
    this.#context = context;
    this.#names = names;
    this.#teller = teller;
  }

  tell(fact: FactRow): void {
    const follows = fact.cause !== null && this.#unit.some(({ seq }) => seq === fact.cause);
    if (!follows) this.#endUnit();
    this.#unit.push(fact);
  }

  flush(): void {
    this.#endUnit();
    this.#tellRepeated();
    this.#teller.flush();
  }

  #endUnit(): void {
    const unit = this.#unit;
    this.#unit = [];
    const [first] = unit;
    if (!first) return;
    const likeness = this.#likenessOf(unit);
    const shown = likeness === null ? undefined : this.#shown.get(likeness);
    if (shown) {
      this.#repeat(unit, shown);
      return;
    }
    this.#tellRepeated();
    for (const fact of unit) this.#teller.tell(fact);
    if (likeness === null) return;
    this.#shown.set(likeness, { seq: first.seq, count: 0, until: first.at });
    const [oldest] = this.#shown.keys();
    if (this.#shown.size > shownMost && oldest !== undefined) this.#shown.delete(oldest);
  }

  #repeat(unit: Unit, shown: Shown): void {
    shown.count++;
    shown.until = unit.at(-1)?.at ?? shown.until;
    if (shown.count < foldedMin) this.#held.push({ unit, shown });
    else this.#held = this.#held.filter((one) => one.shown !== shown);
  }

  #tellRepeated(): void {
    for (const { unit } of this.#held) for (const fact of unit) this.#teller.tell(fact);
    this.#held = [];
    const { out, language } = this.#context;
    const { lines } = storyWordsOf(language);
    for (const shown of this.#shown.values()) {
      const { seq, count, until } = shown;
      shown.count = 0;
      if (count < foldedMin) continue;
      this.#teller.flush();
      const text = lines.moreLike(count, `#${seq}`, clockOf(Date.parse(until)));
      out.prose(countIndent, out.paint('dim', `${' '.repeat(countIndent)}${text}`));
    }
  }

  /** The text without numbers. Null: the fact is never folded, as with every action of a user. */
  #likenessOf(unit: Unit): string | null {
    const [{ by = 'cli', type = '', data = {} } = {}] = unit;
    if (by === 'cli' || by === 'gateway') return null;
    const isEveryday = type === 'RequestServed' && ((data as { attempts?: unknown[] }).attempts ?? []).length < 2;
    if (isEveryday) return null;
    const story = storyWordsOf(this.#context.language);
    const told = unit.map((fact) => {
      const sentence = sentenceOf(fact, this.#context.words, story, this.#names.at(fact.seq));
      return `${kindOf(fact.stream) === 'request' ? 'request' : fact.stream} ${sentence.replace(/\d+/g, '')}`;
    });
    return told.join('\n');
  }
}
