/** The phases of an answer, and which one its head begins. */
import { surelyNoStream } from '../request/body-sniffing.ts';
import type { Head } from '../upstream/headers.ts';
import type { Asked } from './outcome.ts';

/** What kind of body follows a head; before it an answer is waited for, and behind it relayed, or over. */
type Body = 'error' | 'json' | 'encoded' | 'judging';
export type Phase = 'waiting' | Body | 'relaying' | 'over';

export function phaseAfter({ status, isEncoded, isStream }: Head, asked: Asked): Body {
  if (status < 200 || status > 299) return 'error';
  if (isLookedAtWhole(asked)) return 'json';
  if (isStream) return 'judging';
  return isEncoded && !asked.isMessages ? 'encoded' : 'json';
}

const fields = ['event:', 'data:', 'id:', 'retry:'];
const blanks: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0d, 0x20]);
const brace = 0x7b;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);
/** So many bytes decide, behind blanks. */
const openingMax = 64;

/** What a body is whose label is none of a stream's: told by its first bytes. */
function opensAs(bytes: Buffer): 'stream' | 'other' | 'unclear' {
  // As nearly all of them do.
  if (bytes[0] === brace) return 'other';
  let at = bytes.subarray(0, byteOrderMark.length).equals(byteOrderMark) ? byteOrderMark.length : 0;
  while (blanks.has(bytes[at] ?? -1)) at++;
  if (at >= openingMax) return 'other';
  if (at >= bytes.length) return 'unclear';
  // A comment.
  if (bytes[at] === 0x3a) return 'stream';
  const text = bytes.toString('latin1', at, at + 'event:'.length);
  if (fields.some((field) => text.startsWith(field))) return 'stream';
  return fields.some((field) => field.startsWith(text)) ? 'unclear' : 'other';
}

/** The first bytes of a body, until they tell what it is. */
export class Opening {
  #bytes: Buffer | undefined;

  /** @returns what it is, with all bytes so far; undefined while that is not clear */
  see(text: Buffer): { readonly kind: 'stream' | 'other'; readonly bytes: Buffer } | undefined {
    const bytes = this.#bytes ? Buffer.concat([this.#bytes, text]) : text;
    const kind = opensAs(bytes);
    if (kind !== 'unclear') return { kind, bytes };
    // The bytes are lent.
    this.#bytes = Buffer.from(bytes);
    return undefined;
  }
}

/** A count is small; an answer to HEAD is nothing. */
export function isLookedAtWhole({ isCount, isHead }: Asked): boolean {
  return isCount || isHead;
}

/** A stream that its client cannot read. */
export function isUnasked({ isMessages, wantsStream, body }: Asked): boolean {
  return isMessages && !wantsStream && body != null && surelyNoStream(body);
}
