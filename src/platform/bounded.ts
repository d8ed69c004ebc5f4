/** Reads untrusted files within limits: so many bytes, and JSON of limited depth and size, before anything is built from it. */

import { closeSync, openSync, readSync } from 'node:fs';
import type { Fault } from '../messages/errors/faults.ts';

const chunkBytes = 65_536;

/** Content beyond a limit, which `limit` names. */
export class BeyondBounds extends Error {
  readonly limit: Fault<'bound'>;

  constructor(limit: Fault<'bound'>) {
    super(`${limit.fault}: ${limit.most}`);
    this.limit = limit;
  }
}

/** The beginning of a file, or all of it. A device or a pipe reports no size, and may have no end: no more than this is read. */
export function readAtMost(path: string, bytesMax: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const chunks: Buffer[] = [];
    for (let left = bytesMax; left > 0; ) {
      const chunk = Buffer.allocUnsafe(Math.min(left, chunkBytes));
      const read = readSync(file, chunk);
      if (read === 0) break;
      chunks.push(chunk.subarray(0, read));
      left -= read;
    }
    return Buffer.concat(chunks);
  } finally {
    closeSync(file);
  }
}

/** @throws {BeyondBounds} when there is more; the system's error when it cannot be read */
export function readBounded(path: string, bytesMax: number): string {
  const bytes = readAtMost(path, bytesMax + 1);
  if (bytes.length > bytesMax) throw new BeyondBounds({ fault: 'tooManyBytes', most: bytesMax });
  return bytes.toString('utf8');
}

export interface JsonBounds {
  readonly depthMax: number;
  /** Objects, lists, and their values. */
  readonly valuesMax: number;
}

/**
 * `JSON.parse` makes a hundred bytes out of one, and a recursive walk goes as deep as the result: so depth and values are counted first, in
 * one pass that allocates nothing.
 * @throws {BeyondBounds}, and a `SyntaxError` for text that is not JSON
 */
export function parseBounded(text: string, { depthMax, valuesMax }: JsonBounds): unknown {
  let [depth, values] = [0, 1];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) at = endOfString(text, at);
    else if (code === comma) values++;
    else if (code === openBrace || code === openBracket) {
      values++;
      depth++;
    } else if (code === closeBrace || code === closeBracket) depth--;
    if (depth > depthMax) throw new BeyondBounds({ fault: 'tooDeep', most: depthMax });
    if (values > valuesMax) throw new BeyondBounds({ fault: 'tooManyValues', most: valuesMax });
  }
  return JSON.parse(text);
}

/** The index of the closing quote; the end of the text if there is none. */
function endOfString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === backslash) at++;
    else if (code === quote) return at;
  }
  return text.length;
}

const [quote, backslash, comma] = [0x22, 0x5c, 0x2c];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];
