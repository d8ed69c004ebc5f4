/**
 * What is to differ in a body: values that go, that become others, that get something more. It comes to edits of byte ranges, under which
 * the body stays JSON: a member or an element goes with its comma.
 */
import type { Edit } from './edits.ts';
import type { Place, RequestPlaces } from './request-places.ts';

const nothing = Buffer.alloc(0);

export class BodyChange {
  readonly places: RequestPlaces;
  readonly #cut = new Set<Place>();
  readonly #replaced = new Map<Place, Buffer>();
  /** Members that objects get behind their last one. */
  readonly #added = new Map<Place, Buffer>();

  constructor(places: RequestPlaces) {
    this.places = places;
  }

  get isEmpty(): boolean {
    return this.#cut.size === 0 && this.#replaced.size === 0 && this.#added.size === 0;
  }

  cut(place: Place): void {
    this.#cut.add(place);
  }

  isCut(place: Place): boolean {
    return this.#cut.has(place);
  }

  /** Whether nothing of it is left. */
  isEmptied(place: Place): boolean {
    return this.places.children(place).every((one) => this.#cut.has(one));
  }

  replace(place: Place, bytes: Buffer): void {
    this.#replaced.set(place, bytes);
  }

  /** An object's new member; `bytes` without a comma. */
  add(object: Place, bytes: Buffer): void {
    this.#added.set(object, bytes);
  }

  isChanged(place: Place): boolean {
    return this.#cut.has(place) || this.#replaced.has(place) || this.#added.has(place);
  }

  /** In the order of the bytes. What stands in a value that goes, or becomes another, goes with it. */
  edits(): readonly Edit[] {
    const { places } = this;
    const edits: Edit[] = [];
    for (const [place, bytes] of this.#replaced)
      if (!this.#isGone(place)) edits.push({ from: places.start(place), to: places.end(place), bytes });
    for (const [place, bytes] of this.#added) if (!this.#isGoneOrOther(place)) edits.push(this.#addition(place, bytes));
    for (const parent of new Set([...this.#cut].map((place) => places.parent(place))))
      if (!this.#isGoneOrOther(parent)) edits.push(...this.#cuts(parent));
    return edits.sort((a, b) => a.from - b.from || a.to - b.to);
  }

  #isGoneOrOther(place: Place): boolean {
    return this.#replaced.has(place) || this.#isGone(place);
  }

  /** It goes, or something goes or becomes another in which it stands. */
  #isGone(place: Place): boolean {
    if (this.#cut.has(place)) return true;
    for (let at = this.places.parent(place); at >= 0; at = this.places.parent(at))
      if (this.#cut.has(at) || this.#replaced.has(at)) return true;
    return false;
  }

  #addition(object: Place, member: Buffer): Edit {
    const { places } = this;
    const last = places.children(object).findLast((one) => !this.#cut.has(one));
    if (last === undefined) {
      const at = places.end(object) - 1;
      return { from: at, to: at, bytes: member };
    }
    const at = places.end(last);
    return { from: at, to: at, bytes: Buffer.concat([Buffer.from(','), member]) };
  }

  /** Those that go, each up to the next one; behind the last that stays, from its end. */
  #cuts(parent: Place): readonly Edit[] {
    const { places } = this;
    const all = places.children(parent);
    const lastKept = all.findLastIndex((one) => !this.#cut.has(one));
    const edits: Edit[] = [];
    for (let i = 0; i <= lastKept; i++) {
      const place = all[i] as Place;
      const next = all[i + 1];
      if (this.#cut.has(place) && next !== undefined)
        edits.push({ from: places.from(place), to: places.from(next), bytes: nothing });
    }
    if (lastKept < all.length - 1) {
      const from = lastKept < 0 ? places.from(all[0] as Place) : places.end(all[lastKept] as Place);
      edits.push({ from, to: places.end(all.at(-1) as Place), bytes: nothing });
    }
    return edits;
  }
}
