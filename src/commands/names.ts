/** The names of endpoints at a moment of the history: renamed or removed endpoints appear under their name of that time. */
import type { Answer, Call } from '../contract/operations.ts';

type Told = Pick<Answer<'history.head'>, 'names' | 'former'>;
type Table = Readonly<Record<string, string>>;

export class Names {
  readonly #now: Table;
  /** Newest first. */
  readonly #former: NonNullable<Told['former']>;
  readonly #bounds: readonly number[];
  readonly #tables = new Map<number, Table>();

  constructor({ names, former = [] }: Told) {
    this.#now = table(names);
    this.#former = [...former].reverse();
    this.#bounds = [...new Set(former.map(({ until }) => until))].sort((a, b) => a - b);
  }

  /** By id, under the names that held when a fact was written. */
  at(seq: number): Table {
    // A name is valid up to and including the fact that ended it: that fact still uses the old name.
    const bound = this.#bounds.find((until) => until >= seq);
    if (bound === undefined) return this.latest;
    const known = this.#tables.get(bound);
    if (known) return known;
    const then = table(this.#now);
    for (const { endpoint, name, until } of this.#former) if (until >= seq) then[endpoint] = name;
    this.#tables.set(bound, then);
    return then;
  }

  /** Present names; removed endpoints keep their last one. */
  get latest(): Table {
    const known = this.#tables.get(Number.POSITIVE_INFINITY);
    if (known) return known;
    const last = table({});
    for (const { endpoint, name } of this.#former) last[endpoint] ??= name;
    const all = Object.assign(last, this.#now);
    this.#tables.set(Number.POSITIVE_INFINITY, all);
    return all;
  }
}

/** Without a prototype: an id out of a file may be `constructor`. */
function table(names: Table): Record<string, string> {
  return Object.assign(Object.create(null) as Record<string, string>, names);
}

export async function namesOf(call: Call): Promise<Names> {
  return new Names(await call('history.head', {}));
}
