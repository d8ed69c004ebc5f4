/** What an answer that was none is called, and who hears of it. */
import type { Failure } from '../../../events/endpoint.ts';
import { type CallReason, reason } from '../../../events/reason.ts';
import { classifyCount, classifyStatus, errorTypeIn, errorWord, type Verdict } from '../../../machines/classify.ts';
import type { Head } from '../upstream/headers.ts';
import { plainText } from './encoding.ts';
import type { Asked, Outcome } from './outcome.ts';

/** What an error is, it says at its beginning. */
export const errorWordsMax = 65_536;

/** Why there was silence: the system's word, and whether the connection had been idle. */
export interface Silence {
  readonly code: string | null;
  readonly stale: boolean;
}

/** Something came, or nothing came in time: no code of the system's says why. */
const answered: Silence = { code: null, stale: false };
const nothing = Buffer.alloc(0);

/** Of a status that is none of success. */
export function verdictOf({ status, get, encoding }: Head, body: Buffer, asked: Asked): Verdict {
  const { isMessages, isCount, model, now } = asked;
  const text = plainText(body, encoding, errorWordsMax);
  return classifyStatus({ status, header: get, body: text, isMessages, isCount, model }, now());
}

export function refused(head: Head, body: Buffer, asked: Asked): Outcome {
  const type = errorWord(errorTypeIn(plainText(body, head.encoding, errorWordsMax)));
  const detail = reason('status', { status: head.status, type });
  return { kind: 'failed', verdict: verdictOf(head, body, asked), head, body, detail, ...answered };
}

export function failed(failure: Failure, detail: CallReason, head: Head | null, silence = answered): Outcome {
  const verdict: Verdict = { failure, retryAfterMs: null, resetAt: null };
  return { kind: 'failed', verdict, head: null, body: nothing, detail: told(head, detail), ...silence };
}

/** What was asked for is not there, which says nothing of the endpoint. */
export function noCount(detail: CallReason, head: Head): Outcome {
  return { kind: 'failed', verdict: classifyCount, head: null, body: nothing, detail: told(head, detail), ...answered };
}

function told(head: Head | null, detail: CallReason): CallReason {
  return head ? ({ ...detail, params: { ...detail.params, head: head.status } } as CallReason) : detail;
}
