/**
 * What routing needs of a body, read from its bytes without parsing it: the top-level `model`, `stream` and the session in
 * `metadata.user_id`. A walk over the top level that jumps over strings and nested values by searching for their quotes: from
 * the front up to the first list, then from the back. What lies between (messages, system, tools) is most of a body, and is
 * walked only when something is still missing; of a large body that is done in slices, because a stranger may fill it with what
 * takes long to walk over.
 */

import { jsonIn } from '../../platform/json.ts';
import { endOfString, endOfValue, isClosing, isOpening, skipSpace, startOfText } from './json-bytes.ts';
import { Places } from './json-places.ts';
import { JsonScanner } from './json-scanner.ts';
import { shortName } from './short-name.ts';

export interface RequestSummary {
  readonly model: string | null;
  readonly stream: boolean;
  readonly session: string | null;
  /**
   * Where the model's name stands, with its quotes: from and to, and again for a second member of that name. Empty where the walk did
   * not come by it.
   */
  readonly modelAt: readonly number[];
}

const nowhere: readonly number[] = [];
/** Of a request without a body. */
export const nothingSeen: RequestSummary = { model: null, stream: false, session: null, modelAt: nowhere };
const quote = 0x22;
const backslash = 0x5c;
// A model's name, and metadata with room for a long user_id. What is longer is not what routing looks for.
const valueMax = 4_096;
// What stands before the first list and behind the last one are a few short members.
const frontMax = 65_536;
const membersMax = 64;
// Walked over at once, whatever is in it: a few milliseconds.
const atOnceMax = 524_288;
// Of a larger one: a millisecond or two, then others have their turn.
const sliceBytes = 524_288;
const places = new Places('model', 'stream', 'metadata.user_id');

/** At once for nearly every body; later for a large one of which something is missing where it usually stands. */
export function sniffBody(body: Buffer): RequestSummary | Promise<RequestSummary> {
  const isLarge = body.length > atOnceMax;
  const front = isLarge ? body.subarray(0, frontMax) : body;
  const open = skipSpace(front, startOfText(body));
  if (front[open] !== 0x7b && !(isLarge && open === front.length)) return nothingSeen;
  const found = new Found(body);
  const list = walk(found, front, open + 1, true);
  if (list >= 0) walkBack(found);
  if (!found.isComplete) {
    if (isLarge) return list >= 0 ? beyondEnds(found) : scanned(body);
    if (list >= 0) walk(found, body, list, false);
  }
  return summaryOf(found);
}

/**
 * Of a large body whose ends were walked over: what is missing there is nearly always missing altogether, and is named nowhere. To look for
 * a name costs a tenth of reading what it might be the name of.
 */
async function beyondEnds(found: Found): Promise<RequestSummary> {
  const { body } = found;
  const wanted = [...found.missing, ...letters];
  for (let at = 0; at < body.length; at += sliceBytes) {
    if (at > 0) await new Promise(setImmediate);
    const slice = body.subarray(at, at + sliceBytes + needleMax);
    if (wanted.some((name) => slice.includes(name))) return scanned(body);
  }
  return summaryOf(found);
}

function summaryOf(found: Found): RequestSummary {
  const { model, stream, session, modelAt } = found;
  return seen(model, stream ?? false, session ?? null, model === null ? nowhere : modelAt);
}

const streamKey = Buffer.from('"stream"');
const isOther = /^\s*(?:[^\s:]|:\s*[^\st])/;
// A letter of the key may be written in this way.
const escapes = Buffer.from('\\u00');
// Behind the name: blanks, a colon, and the first letter of its value. No client means more of either.
const blanksMax = 64;
const namesMax = 1_000;

/** Whether a request surely asks for no stream: nowhere in it is one asked for, however it is read. */
export function surelyNoStream(body: Buffer): boolean {
  if (body[skipSpace(body.subarray(0, blanksMax), startOfText(body))] !== 0x7b || body.includes(escapes)) return false;
  let at = body.indexOf(streamKey);
  for (let seen = 0; at >= 0; seen++) {
    const value = at + streamKey.length;
    if (seen >= namesMax || !isOther.test(body.toString('latin1', value, value + blanksMax))) return false;
    at = body.indexOf(streamKey, value);
  }
  return true;
}

function seen(
  model: string | null,
  stream: boolean,
  session: string | null,
  modelAt: readonly number[],
): RequestSummary {
  return { model: model === null ? null : shortName(model), stream, session, modelAt };
}

/** All of it, in slices. */
async function scanned(body: Buffer): Promise<RequestSummary> {
  const scanner = new JsonScanner(places, valueMax);
  for (let at = startOfText(body); at < body.length; at += sliceBytes) {
    // What stands before a fault stands.
    if (!scanner.feed(body, at, Math.min(body.length, at + sliceBytes))) break;
    await new Promise(setImmediate);
  }
  const session = sessionIn(scanner.textOf('metadata.user_id'));
  return seen(scanner.textOf('model'), scanner.kindOf('stream') === 'true', session, nowhere);
}

/** What the walks have come by so far; undefined is not seen yet. What was seen from the back stays. */
class Found {
  readonly body: Buffer;
  model: string | null = null;
  readonly modelAt: number[] = [];
  stream: boolean | undefined;
  session: string | null | undefined;
  #fromBack = 0;

  constructor(body: Buffer) {
    this.body = body;
  }

  get isComplete(): boolean {
    return this.model !== null && this.stream !== undefined && this.session !== undefined;
  }

  /** How the keys of what was not seen begin in a body. */
  get missing(): readonly Buffer[] {
    const { model, stream, session } = this;
    return keys.filter((_, which) => [model ?? undefined, stream, session][which] === undefined);
  }

  /** One member: its key without quotes, and its value. */
  see(keyStart: number, keyEnd: number, at: number, end: number, isBack: boolean): void {
    const { body } = this;
    const which = nameOf(body, keyStart, keyEnd);
    if (which === 0 && body[at] === quote && !this.modelAt.includes(at)) this.modelAt.push(at, end);
    if (which < 0 || (isBack && this.#fromBack & (1 << which))) return;
    if (isBack) this.#fromBack |= 1 << which;
    if (which === 0) this.model = textOf(body, at, end);
    else if (which === 1) this.stream = body[at] === 0x74;
    else this.session = sessionOf(body, at, end);
  }
}

const plain = /^"[\x20\x21\x23-\x5b\x5d-\x7e]*"$/;
const names = ['model', 'stream', 'metadata'];
// Needles of up to seven bytes are searched for by their first one, which takes a fortieth of what Node's search for longer ones takes.
const needleMax = 7;
const keys = names.map((name) => Buffer.from(`"${name}"`.slice(0, needleMax)));
// Any of their letters, written as an escape.
const letters = ['\\u006', '\\u007'].map((spelling) => Buffer.from(spelling));
// All letters of the longest name written as `\u0061`.
const keyMax = 48;

/** The index of the name in `names`; -1 for another one. A letter of it may be written in another way. */
function nameOf(body: Buffer, from: number, to: number): number {
  const length = to - from;
  if (length === 5 || length === 6 || length === 8) {
    const which = names.indexOf(body.toString('latin1', from, to));
    if (which >= 0) return which;
  }
  if (length <= 8 || length > keyMax) return -1;
  const key = body.toString('latin1', from, to);
  return key.includes('\\') ? names.indexOf(jsonIn(`"${key}"`) as string) : -1;
}

/** Member by member; -1 at the end, or the index of the first member whose value is a list, when it is to stop there. */
function walk(found: Found, body: Buffer, from: number, stopsAtList: boolean): number {
  let at = from;
  for (;;) {
    const member = skipSpace(body, at);
    if (body[member] !== quote) return -1;
    const keyEnd = endOfString(body, member);
    if (keyEnd < 0) return -1;
    at = skipSpace(body, keyEnd);
    if (body[at] !== 0x3a) return -1;
    at = skipSpace(body, at + 1);
    if (stopsAtList && body[at] === 0x5b) return member;
    const end = endOfValue(body, at);
    if (end < 0) return -1;
    found.see(member + 1, keyEnd - 1, at, end, false);
    at = skipSpace(body, end);
    if (body[at] !== 0x2c) return -1;
    at++;
  }
}

/** The same from the last member on, up to the last list. A quote that stands outside of a string, read backwards, closes one. */
function walkBack(found: Found): void {
  const { body } = found;
  let at = skipSpaceBack(body, body.length - 1);
  if (body[at] !== 0x7d) return;
  let members = 0;
  do {
    if (++members > membersMax) return;
    const last = skipSpaceBack(body, at - 1);
    const start = startOfValue(body, last);
    if (start < 0) return;
    const colon = skipSpaceBack(body, start - 1);
    if (body[colon] !== 0x3a) return;
    const keyEnd = skipSpaceBack(body, colon - 1);
    if (body[keyEnd] !== quote) return;
    const key = startOfString(body, keyEnd);
    if (key < 0) return;
    found.see(key + 1, keyEnd, start, last + 1, true);
    at = skipSpaceBack(body, key - 1);
  } while (body[at] === 0x2c);
}

function startOfValue(body: Buffer, last: number): number {
  const byte = body[last];
  if (byte === quote) return startOfString(body, last);
  if (byte === 0x7d) return startOfObject(body, last);
  if (byte === 0x5d) return -1;
  let start = last;
  while (start > 0 && last - start < valueMax && isPlain(body[start - 1] as number)) start--;
  return start;
}

/** A byte of a number or a word. */
function isPlain(byte: number): boolean {
  return byte > 0x20 && byte !== 0x3a && byte !== 0x2c;
}

/** The index of the opening quote; -1 when there is none near. */
function startOfString(body: Buffer, close: number): number {
  let from = close - 1;
  for (;;) {
    const open = from < 0 ? -1 : body.lastIndexOf(quote, from);
    if (open < 0 || close - open > valueMax) return -1;
    let slashes = 0;
    while (slashes < valueMax && body[open - 1 - slashes] === backslash) slashes++;
    if (slashes % 2 === 0) return open;
    from = open - 1;
  }
}

/** Small objects only: metadata and the settings beside it. */
function startOfObject(body: Buffer, close: number): number {
  let depth = 0;
  for (let at = close; at >= 0 && close - at <= valueMax; at--) {
    const byte = body[at] as number;
    if (byte === quote) {
      at = startOfString(body, at);
      if (at < 0) return -1;
    } else if (isClosing(byte)) depth++;
    else if (isOpening(byte)) {
      depth--;
      if (depth === 0) return at;
    }
  }
  return -1;
}

function skipSpaceBack(body: Buffer, from: number): number {
  let at = from;
  while (at >= 0 && from - at < valueMax && (body[at] as number) <= 0x20) at--;
  return at;
}

function textOf(body: Buffer, at: number, end: number): string | null {
  if (body[at] !== quote || end - at > valueMax) return null;
  const text = body.toString('utf8', at, end);
  // Without an escape and without what JSON forbids, it is what stands between its quotes.
  return plain.test(text) ? text.slice(1, -1) : ((jsonIn(text) ?? null) as string | null);
}

/** Claude Code puts a JSON text into `user_id`, with `session_id` in it; older ones, and what stands before some relays, a name that ends with it. */
function sessionOf(body: Buffer, at: number, end: number): string | null {
  if (end - at > valueMax) return null;
  const text = body.toString('utf8', at, end);
  if (text !== lastMetadata.text) {
    const session = sessionIn((jsonIn(text) as { user_id?: unknown } | null | undefined)?.user_id);
    lastMetadata = { text, session };
  }
  return lastMetadata.session;
}

// A session sends the same ones with each request.
let lastMetadata: { readonly text: string; readonly session: string | null } = { text: '', session: null };

const olderForm = /_session_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

function sessionIn(user: unknown): string | null {
  // Other clients put a name there: to find that out by a throw costs more than all the rest.
  if (typeof user !== 'string') return null;
  if (user.startsWith('user_')) return olderForm.exec(user)?.[1] ?? null;
  if (!user.startsWith('{')) return null;
  const session = (jsonIn(user) as { session_id?: unknown } | null | undefined)?.session_id;
  return typeof session === 'string' ? session : null;
}
