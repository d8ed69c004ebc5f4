/**
 * Refusals whose words no row of the table knows, counted by what they have in common: so the table grows by evidence. In memory alone, and
 * bounded: an endpoint may say anything, and what it says stands in no fact.
 */
import type { EndpointId } from '../../events/ids.ts';
import { errorWordsIn } from '../../machines/refusal-words.ts';
import { keyLike } from '../errors/key-shape.ts';
import { plainText } from './response/encoding.ts';

export interface UnknownRefusal {
  readonly endpoint: EndpointId;
  readonly status: number;
  readonly type: string;
  readonly code: string;
  /** The beginning of its message, without digits and names of things. */
  readonly text: string;
  readonly count: number;
}

/** What an endpoint said. */
export interface Unknown {
  readonly head: { readonly status: number; readonly encoding: string } | null;
  readonly body: Buffer;
}

// More kinds than a person reads.
const kindsMax = 100;
const textMax = 80;
const bodyMax = 65_536;
// A long name with digits in it is an id, of whatever kind.
const ids = /[\w.+-]+@[\w.-]+|https?:\/\/\S+|\b[a-z]{2,8}[_-](?=\w*\d)\w{6,}|\b(?=[\w-]*\d)[0-9a-f-]{8,}\b/gi;

export class UnknownRefusals {
  readonly #kinds = new Map<string, UnknownRefusal>();

  note(endpoint: EndpointId, { head, body }: Unknown): void {
    if (head === null) return;
    const { type, codes, message } = errorWordsIn(plainText(body, head.encoding, bodyMax));
    const kind = {
      endpoint,
      status: head.status,
      type: masked(type),
      code: masked(codes[0] ?? ''),
      text: masked(message),
    };
    const key = JSON.stringify(kind);
    const count = (this.#kinds.get(key)?.count ?? 0) + 1;
    // The one that was heard of longest ago makes room.
    this.#kinds.delete(key);
    this.#kinds.set(key, { ...kind, count });
    if (this.#kinds.size > kindsMax) this.#kinds.delete(this.#kinds.keys().next().value as string);
  }

  /** The most frequent ones first. */
  list(): readonly UnknownRefusal[] {
    return [...this.#kinds.values()].sort((a, b) => b.count - a.count);
  }
}

function masked(text: string): string {
  return text
    .replace(keyLike, '…')
    .replace(ids, '…')
    .replace(/\d+/g, '#')
    .replace(/[\s\p{C}]+/gu, ' ')
    .trim()
    .slice(0, textMax);
}
