/**
 * Where the parts of a request's body stand, in bytes: one pass, no recursion, and nothing is parsed. Whatever stands deeper than a field of
 * a block's cache_control is walked over and not kept. A body that is no JSON, or one in a million pieces, has no places: it is not adapted.
 */

// What is looked for stands here at most: messages, message, content, block, cache_control, scope.
const depthKept = 6;
// A client's parser recurses: it could not have sent what is deeper than this.
const depthMax = 512;
/** Walked over at once; of a larger body, so much before others have their turn: three milliseconds. */
export const atOnceMax = 524_288;
/** A string has no end before its slice has. */
const paused = -2;
// Half a million bytes of places. A conversation of 5 MB has a tenth of it.
const nodesMax = 131_072;

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openObject = 0x7b;
const openList = 0x5b;

/** 1 for what stands for itself in a string. */
const plain = new Uint8Array(256).map((_, byte) => (byte >= 0x20 && byte !== quote && byte !== backslash ? 1 : 0));
/** 1 for what a number or a word may be made of. */
const bare = new Uint8Array(256).map((_, byte) => (/[\w.+-]/.test(String.fromCharCode(byte)) && byte < 0x80 ? 1 : 0));
const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const words: ReadonlySet<string> = new Set(['true', 'false', 'null']);
const escapes = new Set(Buffer.from('"\\/bfnrt'));

/** One value of the body, by its number in the order of the bytes. 0 is the whole. */
export type Place = number;

export class RequestPlaces {
  readonly body: Buffer;
  /** Of the key's opening quote, and behind its closing one; -1 in a list. */
  readonly #keys: number[] = [];
  readonly #keyEnds: number[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  /** The first place behind all that stand in it. */
  readonly #nexts: number[] = [];
  readonly #parents: number[] = [];

  // Of the pass: how deep it is, what is open there, and the key of the value that comes.
  #depth = 0;
  readonly #levels = new Uint8Array(depthMax);
  readonly #open = new Int32Array(depthMax);
  #key = -1;
  #keyEnd = -1;
  #last = -1;
  /** Where it goes on; in a string, where that goes on. */
  #at: number;
  #inString = 0;
  #hasOpened = false;

  private constructor(body: Buffer) {
    this.body = body;
    this.#at = skipSpace(body, hasMark(body) ? 3 : 0);
  }

  /** Null: it is no JSON object, or has too many parts. */
  static of(body: Buffer): RequestPlaces | null {
    const places = new RequestPlaces(body);
    return places.#scan(body.length) === true ? places.#ofObject() : null;
  }

  /** The same of a large body, while others have their turn. */
  static async inSlices(body: Buffer, slice = atOnceMax): Promise<RequestPlaces | null> {
    const places = new RequestPlaces(body);
    for (let until = slice; ; until += slice) {
      const isWhole = places.#scan(Math.min(until, body.length));
      if (isWhole !== undefined) return isWhole ? places.#ofObject() : null;
      await new Promise(setImmediate);
    }
  }

  #ofObject(): RequestPlaces | null {
    return this.body[this.start(0)] === openObject ? this : null;
  }

  start(place: Place): number {
    return this.#starts[place] as number;
  }

  end(place: Place): number {
    return this.#ends[place] as number;
  }

  /** Where it begins with its key, if it has one. */
  from(place: Place): number {
    const key = this.#keys[place] as number;
    return key < 0 ? this.start(place) : key;
  }

  parent(place: Place): Place {
    return this.#parents[place] as number;
  }

  /** Members or elements, in their order. */
  children(place: Place): readonly Place[] {
    const all: Place[] = [];
    const behind = this.#nexts[place] as number;
    for (let at = place + 1; at < behind; at = this.#nexts[at] as number) all.push(at);
    return all;
  }

  isObject(place: Place): boolean {
    return this.body[this.start(place)] === openObject;
  }

  isList(place: Place): boolean {
    return this.body[this.start(place)] === openList;
  }

  isText(place: Place): boolean {
    return this.body[this.start(place)] === quote;
  }

  name(place: Place): string {
    const key = this.#keys[place] as number;
    return key < 0 ? '' : stringIn(this.body, key, this.#keyEnds[place] as number);
  }

  /** All members of this name: more than one is not intended, and the last one counts. */
  named(place: Place, name: string): readonly Place[] {
    return this.isObject(place) ? this.children(place).filter((one) => this.#isNamed(one, name)) : [];
  }

  member(place: Place, name: string): Place | undefined {
    if (!this.isObject(place)) return undefined;
    let found: Place | undefined;
    const behind = this.#nexts[place] as number;
    for (let at = place + 1; at < behind; at = this.#nexts[at] as number) if (this.#isNamed(at, name)) found = at;
    return found;
  }

  /** Elements; none where it is no list. */
  elements(place: Place | undefined): readonly Place[] {
    return place !== undefined && this.isList(place) ? this.children(place) : [];
  }

  bytes(place: Place): Buffer {
    return this.body.subarray(this.start(place), this.end(place));
  }

  /** A string's; null for anything else. */
  text(place: Place | undefined): string | null {
    if (place === undefined || !this.isText(place)) return null;
    return stringIn(this.body, this.start(place), this.end(place));
  }

  number(place: Place | undefined): number | null {
    if (place === undefined) return null;
    const text = this.body.toString('latin1', this.start(place), Math.min(this.end(place), this.start(place) + 32));
    return number.test(text) ? Number(text) : null;
  }

  #isNamed(place: Place, name: string): boolean {
    const from = (this.#keys[place] as number) + 1;
    const to = (this.#keyEnds[place] as number) - 1;
    // Most names are told by their length; an escape makes one longer.
    if (to - from < name.length) return false;
    if (to - from === name.length) return this.body.toString('latin1', from, to) === name;
    return this.body.indexOf(backslash, from) < to && this.name(place) === name;
  }

  // ------------------------------------------------------------------------------------------------ the pass

  /** Up to about this byte. Whether it is JSON; undefined: there is more of it. */
  #scan(until: number): boolean | undefined {
    const { body } = this;
    let at = this.#at;
    while (at >= 0) {
      const end = this.#step(at, until);
      if (end === paused) return undefined;
      if (this.#hasOpened) {
        at = end;
        continue;
      }
      const next = end < 0 ? -1 : this.#closes(end);
      if (this.#depth === 0) return next === body.length;
      at = next < 0 ? -1 : skipSpace(body, next + 1);
    }
    return false;
  }

  #step(at: number, until: number): number {
    if (this.#inString > 0) return this.#string(this.#inString, until);
    if (at < until || until === this.body.length) return this.#value(at, until);
    this.#at = at;
    return paused;
  }

  /** The index of what stands in it first, where it has opened; of what follows it, where not. */
  #value(at: number, until: number): number {
    const value = this.#keyed(at);
    const inside = value < 0 ? -1 : this.#opens(value);
    this.#hasOpened = inside > 0 && !this.#isClosing(this.body[inside]);
    return inside === 0 ? this.#bare(value, until) : inside;
  }

  /** Reads a member's key. The index of the value; -1: there is none. */
  #keyed(at: number): number {
    this.#key = -1;
    if (this.#depth === 0 || this.#levels[this.#depth - 1] !== openObject) return at;
    const { body } = this;
    const end = body[at] === quote ? endOfString(body, at + 1, body.length) : -1;
    if (end < 0) return -1;
    this.#key = at;
    this.#keyEnd = end;
    const colon = skipSpace(body, end);
    return body[colon] === 0x3a ? skipSpace(body, colon + 1) : -1;
  }

  /** A value begins. The index of what stands in it first; 0: nothing can stand in it; -1: that is too deep, or one too many. */
  #opens(at: number): number {
    const byte = this.body[at] as number;
    const depth = this.#depth;
    const place = depth <= depthKept ? this.#begin(at) : -1;
    if (place === nodesMax) return -1;
    this.#last = place;
    if (byte !== openObject && byte !== openList) return 0;
    if (depth === depthMax) return -1;
    this.#levels[depth] = byte;
    this.#open[depth] = place;
    this.#depth++;
    return skipSpace(this.body, at + 1);
  }

  /** A string, a number or a word. The index of what follows it. */
  #bare(at: number, until: number): number {
    return this.body[at] === quote ? this.#string(at + 1, until) : this.#ended(endOfBare(this.body, at));
  }

  /** The rest of a string. */
  #string(from: number, until: number): number {
    const end = endOfString(this.body, from, until);
    const isPaused = end < -1;
    this.#inString = isPaused ? -end : 0;
    if (isPaused) return paused;
    this.#hasOpened = false;
    return this.#ended(end);
  }

  #ended(end: number): number {
    if (end < 0) return -1;
    this.#over(this.#last, end);
    return skipSpace(this.body, end);
  }

  /** A value is over, and perhaps what it stands in, and what that stands in. The index of the comma, or of the end of all. */
  #closes(from: number): number {
    let at = from;
    while (this.#depth > 0 && this.body[at] !== comma) {
      if (!this.#isClosing(this.body[at])) return -1;
      this.#depth--;
      this.#over(this.#open[this.#depth] as number, at + 1);
      at = skipSpace(this.body, at + 1);
    }
    return at;
  }

  /** A closing bracket stands two behind its opening one among the letters. */
  #isClosing(byte: number | undefined): boolean {
    return byte === (this.#levels[this.#depth - 1] as number) + 2;
  }

  #begin(at: number): Place {
    const place = this.#starts.length;
    this.#keys.push(this.#key);
    this.#keyEnds.push(this.#keyEnd);
    this.#starts.push(at);
    this.#ends.push(at);
    this.#nexts.push(place + 1);
    this.#parents.push(this.#depth > 0 ? (this.#open[this.#depth - 1] as number) : -1);
    return place;
  }

  #over(place: Place, end: number): void {
    if (place < 0) return;
    this.#ends[place] = end;
    this.#nexts[place] = this.#starts.length;
  }
}

/** A byte order mark, which some put before a text. */
function hasMark(body: Buffer): boolean {
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
}

function skipSpace(body: Buffer, from: number): number {
  let at = from;
  for (;;) {
    const byte = body[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at;
    at++;
  }
}

/** The index behind the closing quote; -1: it is no string; below that: the negative of where it goes on, which is not before `until`. */
function endOfString(body: Buffer, from: number, until: number): number {
  let at = from;
  while (at > 0) {
    while (at < until && plain[body[at] as number] === 1) at++;
    if (at >= until && until < body.length) return -at;
    if (body[at] === quote) return at + 1;
    at = body[at] === backslash ? endOfEscape(body, at + 1) : -1;
  }
  return -1;
}

/** Of what stands behind a backslash; -1: it is no escape. */
function endOfEscape(body: Buffer, at: number): number {
  const byte = body[at] as number;
  if (byte !== 0x75) return escapes.has(byte) ? at + 1 : -1;
  return /^[\da-fA-F]{4}$/.test(body.toString('latin1', at + 1, at + 5)) ? at + 5 : -1;
}

function endOfBare(body: Buffer, from: number): number {
  let at = from;
  while (at < body.length && bare[body[at] as number] === 1) at++;
  const text = body.toString('latin1', from, at);
  return words.has(text) || number.test(text) ? at : -1;
}

/** What the JSON text of a string says. */
function stringIn(body: Buffer, from: number, to: number): string {
  const inside = body.subarray(from + 1, to - 1);
  return inside.includes(backslash) ? (JSON.parse(body.toString('utf8', from, to)) as string) : inside.toString('utf8');
}
