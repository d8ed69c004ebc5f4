/**
 * The head of the one request that Claude Code makes all day, read strictly: `POST /v1/messages`, its length known, no
 * framing but that. Anything else is nothing, and left to node:http. What is read here is a subset of what it reads, and means
 * the same to both.
 */

import { memoize } from '../../platform/memoize.ts';
import { eachField } from './head-lines.ts';

export interface FastHead {
  readonly url: string;
  /** As node:http gives them: names as they were written, values without the blanks around them. */
  readonly rawHeaders: string[];
  readonly length: number;
  /** Where the body begins. */
  readonly end: number;
}

const blankLine = Buffer.from('\r\n\r\n');
// As node:http: a longer one gets its 431.
export const headBytesMax = 16_384;
const urls: ReadonlyMap<string, string> = new Map(
  ['/v1/messages?beta=true', '/v1/messages'].map((url) => [`POST ${url} HTTP/1.1`, url]),
);
const token = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
// Without the tab and without the upper half: they may stand in a value, and no client sends them. A CR and an LF only together.
const plain = /^(?:[\x20-\x7e]|\r\n)*$/;
const digits = /^[1-9]\d{0,8}$/;
// What frames a body in another way, or asks for more than an answer.
const special = ['transfer-encoding', 'expect', 'upgrade', 'te', 'trailer', 'proxy-connection', 'http2-settings'];

type Meaning = 'length' | 'connection' | 'plain' | 'notHere';

const meaningOf = memoize((name): Meaning => {
  if (name === 'content-length') return 'length';
  if (name === 'connection') return 'connection';
  return token.test(name) && !special.includes(name) ? 'plain' : 'notHere';
});

/** Undefined: not this one request, or not all of its head yet. */
export function fastHead(bytes: Buffer): FastHead | undefined {
  const end = bytes.subarray(0, headBytesMax).indexOf(blankLine);
  if (end < 0) return undefined;
  const text = bytes.toString('latin1', 0, end);
  const lineEnd = text.indexOf('\r\n');
  const url = urls.get(lineEnd < 0 ? text : text.slice(0, lineEnd));
  if (url === undefined || lineEnd < 0 || !plain.test(text)) return undefined;
  const rawHeaders: string[] = [];
  let length = 0;
  const isOurs = eachField(text, lineEnd + 2, (name, value) => {
    const meaning = meaningOf(name);
    if (meaning === 'notHere') return false;
    if (meaning === 'length') {
      if (length > 0 || !digits.test(value)) return false;
      length = Number(value);
    } else if (meaning === 'connection' && value.toLowerCase() !== 'keep-alive') return false;
    rawHeaders.push(name, value);
    return true;
  });
  return isOurs && length > 0 ? { url, rawHeaders, length, end: end + blankLine.length } : undefined;
}
