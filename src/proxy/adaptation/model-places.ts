/** Where the model's name stands in a body, for a splice. */
import { jsonIn } from '../../platform/json.ts';
import type { RequestSummary } from '../request/body-sniffing.ts';
import { endOfString, isClosing, isOpening, skipSpace, startOfText } from '../request/json-bytes.ts';
import { atOnce, inTurns, type Sliced } from './slices.ts';

const quote = 0x22;
const comma = 0x2c;
const key = Buffer.from('"model"');
// A letter of "model" that is written in another way begins so, all of them.
const escaped = Buffer.from('\\u006');
const keyMin = '"model"'.length;
const keyMax = '"\\u006d\\u006f\\u0064\\u0065\\u006c"'.length;
// Walked over at once; of a larger body, so much before others have their turn.
const atOnceMax = 524_288;

/**
 * From and to of each string that is the value of a top-level member `model`: a parser takes the last one. At once for nearly every body,
 * because sniffing has seen the place.
 */
export function modelPlaces(body: Buffer, { modelAt }: RequestSummary): readonly number[] | Promise<readonly number[]> {
  if (modelAt.length > 0 && !mayHaveMore(body, modelAt.length / 2)) return modelAt;
  const walk = topLevelModels(body);
  return body.length > atOnceMax ? inTurns(walk) : atOnce(walk);
}

/** Sniffing does not look between the lists, where no client writes it. */
function mayHaveMore(body: Buffer, known: number): boolean {
  let seen = 0;
  for (let at = body.indexOf(key); at >= 0; at = body.indexOf(key, at + keyMin)) if (++seen > known) return true;
  return body.includes(escaped);
}

function* topLevelModels(body: Buffer): Sliced<readonly number[]> {
  const members = new TopLevel(body);
  let at = skipSpace(body, startOfText(body));
  if (body[at] !== 0x7b) return members.found;
  at++;
  let pause = at + atOnceMax;
  while (at >= 0 && at < body.length && members.depth > 0) {
    at = body[at] === quote ? members.string(at) : members.structure(at);
    if (at < pause) continue;
    pause = at + atOnceMax;
    yield;
  }
  return members.found;
}

/** The members of the outermost object, as they are walked over. */
class TopLevel {
  readonly found: number[] = [];
  depth = 1;
  readonly #body: Buffer;
  #isKey = true;
  #isModel = false;

  constructor(body: Buffer) {
    this.#body = body;
  }

  /** The index after it; -1 when it has no end. */
  string(open: number): number {
    const end = endOfString(this.#body, open);
    if (this.depth > 1 || end < 0) return end;
    if (this.#isKey) this.#isModel = isModelKey(this.#body, open, end);
    else if (this.#isModel) this.found.push(open, end);
    this.#isKey = false;
    return end;
  }

  /** One byte outside of strings. */
  structure(at: number): number {
    const byte = this.#body[at] as number;
    if (isOpening(byte)) this.depth++;
    else if (isClosing(byte)) this.depth--;
    else if (byte === comma && this.depth === 1) {
      this.#isKey = true;
      this.#isModel = false;
    }
    return at + 1;
  }
}

function isModelKey(body: Buffer, open: number, end: number): boolean {
  const length = end - open;
  if (length < keyMin || length > keyMax) return false;
  const text = body.toString('latin1', open, end);
  return text === '"model"' || (text.includes('\\') && jsonIn(text) === 'model');
}
