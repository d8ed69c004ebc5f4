/**
 * What routing needs of a body, read from its bytes without parsing it: the top-level `model`, `stream` and the session in
 * `metadata.user_id`. A walk over the top level that jumps over strings and nested values by searching for their quotes.
 */

export interface Peek {
  readonly model: string | null;
  readonly stream: boolean;
  readonly session: string | null;
}

const nothing: Peek = { model: null, stream: false, session: null };
const quote = 0x22;
const backslash = 0x5c;
// A model's name, and metadata with room for a long user_id. What is longer is not what routing looks for.
const valueMax = 4_096;

export function peek(body: Buffer): Peek {
  let at = skipSpace(body, 0);
  if (body[at] !== 0x7b) return nothing;
  let model: string | null = null;
  let stream = false;
  let session: string | null = null;
  at++;
  for (;;) {
    at = skipSpace(body, at);
    if (body[at] !== quote) break;
    const keyEnd = endOfString(body, at);
    if (keyEnd < 0) break;
    const key = body.toString('latin1', at + 1, keyEnd - 1);
    at = skipSpace(body, keyEnd);
    if (body[at] !== 0x3a) break;
    at = skipSpace(body, at + 1);
    const end = endOfValue(body, at);
    if (end < 0) break;
    if (key === 'model') model = textOf(body, at, end);
    else if (key === 'stream') stream = body[at] === 0x74;
    else if (key === 'metadata') session = sessionOf(body, at, end);
    at = skipSpace(body, end);
    if (body[at] !== 0x2c) break;
    at++;
  }
  return { model, stream, session };
}

function skipSpace(body: Buffer, from: number): number {
  let at = from;
  while (at < body.length && (body[at] as number) <= 0x20) at++;
  return at;
}

/** The index after the closing quote; -1 when there is none. */
function endOfString(body: Buffer, open: number): number {
  let from = open + 1;
  for (;;) {
    const close = body.indexOf(quote, from);
    if (close < 0) return -1;
    let slashes = 0;
    while (body[close - 1 - slashes] === backslash) slashes++;
    if (slashes % 2 === 0) return close + 1;
    from = close + 1;
  }
}

function endOfValue(body: Buffer, at: number): number {
  const first = body[at];
  if (first === quote) return endOfString(body, at);
  if (first === 0x7b || first === 0x5b) return endOfNested(body, at);
  let end = at;
  while (end < body.length && !isEnd(body[end] as number)) end++;
  return end;
}

function isEnd(byte: number): boolean {
  return byte === 0x2c || byte === 0x7d || byte === 0x5d || byte <= 0x20;
}

/** Brackets are counted outside of strings only; strings, most of a prompt, are jumped over. */
function endOfNested(body: Buffer, open: number): number {
  let depth = 0;
  let at = open;
  while (at < body.length) {
    const byte = body[at] as number;
    if (byte === quote) {
      at = endOfString(body, at);
      if (at < 0) return -1;
      continue;
    }
    if (byte === 0x7b || byte === 0x5b) depth++;
    else if (byte === 0x7d || byte === 0x5d) {
      depth--;
      if (depth === 0) return at + 1;
    }
    at++;
  }
  return -1;
}

function textOf(body: Buffer, at: number, end: number): string | null {
  if (body[at] !== quote || end - at > valueMax) return null;
  try {
    return JSON.parse(body.toString('utf8', at, end)) as string;
  } catch {
    return null;
  }
}

/** Claude Code puts a JSON text into `user_id`, with `session_id` in it. */
function sessionOf(body: Buffer, at: number, end: number): string | null {
  if (end - at > valueMax) return null;
  try {
    const { user_id: user } = JSON.parse(body.toString('utf8', at, end)) as { user_id?: unknown };
    if (typeof user !== 'string') return null;
    const inside = JSON.parse(user) as { session_id?: unknown };
    return typeof inside.session_id === 'string' ? inside.session_id : null;
  } catch {
    return null;
  }
}
