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

/** A count is small; an answer to HEAD is nothing. */
export function isLookedAtWhole({ isCount, isHead }: Asked): boolean {
  return isCount || isHead;
}

/** A stream that its client cannot read. */
export function isUnasked({ isMessages, wantsStream, body }: Asked): boolean {
  return isMessages && !wantsStream && body != null && surelyNoStream(body);
}
