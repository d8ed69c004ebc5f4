/**
 * Whether bytes are JSON, and what stands in a few places of it: read as they come, in one pass, without a tree. What a stranger
 * sends may be large, deep or in a million pieces; it costs the time of its bytes, and the memory of one level.
 */

import { type Kind, memberAt, type Node, type Places } from './json-places.ts';

// A client's parser recurses: it could not read what is deeper than this.
const depthMax = 1_000;
// What figures look for is short: names, counts.
const textMaxMost = 256;

const nothing: Kind | undefined = undefined;

// States as numbers: the loop over the bytes is a table.
const value = 0;
const firstElement = 1;
const firstKey = 2;
const key = 3;
const colon = 4;
const next = 5;
const string = 6;
const escaped = 7;
const unicode = 8;
const literal = 9;
const minus = 10;
const zero = 11;
const integer = 12;
const point = 13;
const fraction = 14;
const exponent = 15;
const exponentSign = 16;
const exponentDigits = 17;
const junk = 18;

const quote = 0x22;
const backslash = 0x5c;
const words: Readonly<Record<'true' | 'false' | 'null', Buffer>> = {
  true: Buffer.from('true'),
  false: Buffer.from('false'),
  null: Buffer.from('null'),
};

/** 1 for what stands for itself in a string. Bytes above ASCII do, as in what Node makes of them. */
const plain = new Uint8Array(256).map((_, byte) => (byte >= 0x20 && byte !== quote && byte !== backslash ? 1 : 0));
const ascii = /^[\x20-\x7e]*$/;
const escapes = new Set(Buffer.from('"\\/bfnrt'));

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

export class JsonScanner {
  readonly #places: Places;
  readonly #textMax: number;
  readonly #kinds: (Kind | undefined)[] = [];
  readonly #values: (string | number | null)[] = [];
  #state = value;
  #depth = 0;
  /** By depth: 1 for an object, 0 for a list. */
  readonly #levels: number[] = [];
  /** By depth, as far as places go: the place that an object is. */
  readonly #nodes: (Node | undefined)[] = [];
  /** The place of the value that comes next. */
  #node: Node | undefined;
  #isKey = false;
  /** What is read of a name, or of the value of a place; null: it does not matter. */
  #text: string | null = null;
  #hasEscape = false;
  #word: Buffer = words.null;
  #count = 0;

  /** @param textMax longer names and texts are not kept */
  constructor(places: Places, textMax = textMaxMost) {
    this.#places = places;
    this.#textMax = textMax;
    this.#node = places.root;
  }

  /** Begins anew. */
  reset(): void {
    this.#kinds.length = 0;
    this.#values.length = 0;
    this.#state = value;
    this.#depth = 0;
    this.#node = this.#places.root;
  }

  /** False: it is no JSON, whatever follows. */
  feed(bytes: Buffer, from = 0, to = bytes.length): boolean {
    let at = from;
    while (at < to) {
      const byte = bytes[at] as number;
      switch (this.#state) {
        case string:
          at = this.#string(bytes, at, to);
          continue;
        case escaped:
        case unicode:
          this.#note(bytes, at, at + 1);
          if (!this.#escape(byte)) return this.#fail();
          break;
        case literal:
          if (!this.#letter(byte)) return this.#fail();
          break;
        case junk:
          return false;
        default:
          if (this.#state >= minus) {
            at = this.#number(bytes, at, to);
            continue;
          }
          if (!this.#structure(byte)) return this.#fail();
      }
      at++;
    }
    return this.#state !== junk;
  }

  /** Whether that was all of exactly one value. */
  end(): boolean {
    if (this.#isNumberWhole()) this.#numberOver();
    return this.#state === next && this.#depth === 0;
  }

  /** What stands in a place: undefined while nothing does. */
  kindOf(path: string): Kind | undefined {
    return this.#kinds[this.#places.slots.get(path) ?? -1];
  }

  /** A string that is not long. */
  textOf(path: string): string | null {
    const found = this.#values[this.#places.slots.get(path) ?? -1];
    return typeof found === 'string' ? found : null;
  }

  numberOf(path: string): number | null {
    const found = this.#values[this.#places.slots.get(path) ?? -1];
    return typeof found === 'number' ? found : null;
  }

  #fail(): false {
    this.#state = junk;
    return false;
  }

  /** One byte behind a backslash. */
  #escape(byte: number): boolean {
    if (this.#state === unicode) {
      if (++this.#count === 4) this.#state = string;
      return isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);
    }
    this.#count = 0;
    this.#state = byte === 0x75 ? unicode : string;
    return byte === 0x75 || escapes.has(byte);
  }

  /** One byte of `true`, `false` or `null`. */
  #letter(byte: number): boolean {
    if (byte !== this.#word[this.#count]) return false;
    if (++this.#count === this.#word.length) this.#state = next;
    return true;
  }

  /** One byte outside of strings, numbers and words. */
  #structure(byte: number): boolean {
    if (isSpace(byte)) return true;
    switch (this.#state) {
      case value:
        return this.#value(byte);
      case firstElement:
        return byte === 0x5d ? this.#close(0) : this.#value(byte);
      case firstKey:
        return byte === 0x7d ? this.#close(1) : this.#key(byte);
      case key:
        return this.#key(byte);
      case colon:
        this.#state = value;
        return byte === 0x3a;
      default:
        return this.#next(byte);
    }
  }

  #next(byte: number): boolean {
    if (this.#depth === 0) return false;
    const isObject = this.#levels[this.#depth - 1] === 1;
    if (byte !== 0x2c) return isObject ? byte === 0x7d && this.#close(1) : byte === 0x5d && this.#close(0);
    this.#state = isObject ? key : value;
    this.#node = undefined;
    return true;
  }

  #key(byte: number): boolean {
    if (byte !== quote) return false;
    const inside = this.#depth <= this.#places.depth ? this.#nodes[this.#depth] : undefined;
    this.#text = inside && inside.children.size > 0 ? '' : null;
    this.#isKey = true;
    this.#hasEscape = false;
    this.#state = string;
    return true;
  }

  #value(byte: number): boolean {
    switch (byte) {
      case quote:
        this.#isKey = false;
        this.#hasEscape = false;
        this.#text = this.#found('string') ? '' : null;
        this.#state = string;
        return true;
      case 0x7b:
        this.#found('object');
        return this.#open(1, firstKey);
      case 0x5b:
        this.#found('array');
        this.#node = undefined;
        return this.#open(0, firstElement);
      case 0x74:
        return this.#literal('true');
      case 0x66:
        return this.#literal('false');
      case 0x6e:
        return this.#literal('null');
      default:
        if (byte !== 0x2d && !isDigit(byte)) return false;
        this.#text = this.#found('number') ? String.fromCharCode(byte) : null;
        if (byte === 0x2d) this.#state = minus;
        else this.#state = byte === 0x30 ? zero : integer;
        return true;
    }
  }

  #literal(word: 'true' | 'false' | 'null'): boolean {
    this.#found(word);
    this.#word = words[word];
    this.#count = 1;
    this.#state = literal;
    return true;
  }

  #open(isObject: 0 | 1, state: number): boolean {
    if (this.#depth === depthMax) return false;
    this.#levels[this.#depth++] = isObject;
    if (this.#depth <= this.#places.depth) this.#nodes[this.#depth] = this.#node;
    this.#state = state;
    this.#node = undefined;
    return true;
  }

  #close(isObject: 0 | 1): boolean {
    this.#depth--;
    this.#state = next;
    return this.#levels[this.#depth] === isObject;
  }

  /** Writes down what stands in this place, if it is one. */
  #found(kind: Kind): boolean {
    const node = this.#node;
    if (node === undefined || node.slot < 0) return false;
    for (let slot = node.slot; slot < node.end; slot++) {
      this.#kinds[slot] = nothing;
      this.#values[slot] = null;
    }
    this.#kinds[node.slot] = kind;
    return true;
  }

  #string(bytes: Buffer, from: number, to: number): number {
    let at = from;
    while (at < to && plain[bytes[at] as number] === 1) at++;
    // A name that is all there, as nearly all are: no text is made of it.
    if (this.#isKey && this.#text === '' && bytes[at] === quote && at < to) {
      this.#text = null;
      this.#node = memberAt(this.#nodes[this.#depth] as Node, bytes, from, at);
      this.#state = colon;
      return at + 1;
    }
    if (this.#text !== null && at > from) this.#note(bytes, from, at);
    if (at === to) return at;
    const stop = bytes[at];
    if (stop === quote) this.#stringOver();
    else if (stop === backslash) {
      this.#hasEscape = true;
      this.#state = escaped;
      this.#note(bytes, at, at + 1);
    } else this.#state = junk;
    return at + 1;
  }

  /** One byte a letter, until it is over: a letter may be cut in two by the pieces. */
  #note(bytes: Buffer, from: number, to: number): void {
    if (this.#text === null) return;
    this.#text = this.#text.length + to - from > this.#textMax ? null : this.#text + bytes.toString('latin1', from, to);
  }

  #stringOver(): void {
    const text = this.#text === null ? null : this.#spelledOut(this.#text);
    this.#text = null;
    if (!this.#isKey) {
      if (text !== null && this.#node) this.#values[this.#node.slot] = text;
      this.#state = next;
      return;
    }
    this.#node = text === null ? undefined : this.#nodes[this.#depth]?.children.get(text);
    this.#state = colon;
  }

  #spelledOut(raw: string): string {
    // Nearly all: to make bytes of it again costs more than all the rest.
    const text = ascii.test(raw) ? raw : Buffer.from(raw, 'latin1').toString('utf8');
    return this.#hasEscape ? (JSON.parse(`"${text}"`) as string) : text;
  }

  #number(bytes: Buffer, from: number, to: number): number {
    let at = from;
    while (at < to) {
      const state = afterInNumber(this.#state, bytes[at] as number);
      if (state < 0) break;
      this.#state = state;
      at++;
    }
    if (at > from) this.#note(bytes, from, at);
    if (at === to) return at;
    // What follows it is looked at again, as what follows a value.
    if (this.#isNumberWhole()) this.#numberOver();
    else this.#state = junk;
    return at;
  }

  #isNumberWhole(): boolean {
    const state = this.#state;
    return state === zero || state === integer || state === fraction || state === exponentDigits;
  }

  #numberOver(): void {
    if (this.#text !== null && this.#node) this.#values[this.#node.slot] = Number(this.#text);
    this.#text = null;
    this.#state = next;
  }
}

/** -1: the number does not go on with this byte. */
function afterInNumber(state: number, byte: number): number {
  if (isDigit(byte)) return afterDigit(state, byte);
  if (byte === 0x2e) return state === zero || state === integer ? point : -1;
  if (byte === 0x65 || byte === 0x45) return state === zero || state === integer || state === fraction ? exponent : -1;
  if (byte === 0x2b || byte === 0x2d) return state === exponent ? exponentSign : -1;
  return -1;
}

function afterDigit(state: number, byte: number): number {
  switch (state) {
    case minus:
      return byte === 0x30 ? zero : integer;
    case zero:
      return -1;
    case integer:
    case fraction:
    case exponentDigits:
      return state;
    case point:
      return fraction;
    default:
      return exponentDigits;
  }
}
