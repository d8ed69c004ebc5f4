/** Steps over the bytes of a JSON text: strings, most of a prompt, are jumped over by searching for their quotes. Nothing is checked. */

const quote = 0x22;
const backslash = 0x5c;

/** Where the text begins: some write the mark of UTF-8 before it. */
export function startOfText(body: Buffer): number {
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0;
}

export function skipSpace(body: Buffer, from: number): number {
  let at = from;
  while (at < body.length && (body[at] as number) <= 0x20) at++;
  return at;
}

/** The index after the closing quote; -1 when there is none. */
export function endOfString(body: Buffer, open: number): number {
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

/** The index after a value; -1 when it has no end. */
export function endOfValue(body: Buffer, at: number): number {
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
    if (isOpening(byte)) depth++;
    else if (isClosing(byte)) {
      depth--;
      if (depth === 0) return at + 1;
    }
    at++;
  }
  return -1;
}

/** Of an object or a list. */
export function isOpening(byte: number): boolean {
  return byte === 0x7b || byte === 0x5b;
}

export function isClosing(byte: number): boolean {
  return byte === 0x7d || byte === 0x5d;
}
