/** What an answer that was none is called, and who hears of it. */
import type { Failure } from '../../../events/endpoint.ts';
import { type CallReason, reason } from '../../../events/reason.ts';
import { MiB } from '../../../events/units.ts';
import {
  classifyCountRefused,
  classifyInside,
  classifyStatus,
  classifyTransport,
  errorTypeIn,
  errorWord,
  type Verdict,
} from '../../../machines/classify.ts';
import { isProxyDown } from '../../../machines/network.ts';
import { isErrorIn } from '../../../machines/refusal-words.ts';
import { jsonIn } from '../../platform/json.ts';
import type { Head } from '../upstream/headers.ts';
import type { TransportError } from '../upstream/upstream.ts';
import { plainText } from './encoding.ts';
import { errorWordsMax } from './error-words.ts';
import type { Fault } from './json-body.ts';
import type { Asked, Outcome } from './outcome.ts';
import type { Phase } from './phases.ts';

// To be judged an answer is decoded as far as this.
const decodedMax = MiB;

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
  const { isMessages, isCount, model, hasAnswered, now } = asked;
  const text = wordsIn(body, encoding);
  return classifyStatus({ status, header: get, body: text, isMessages, isCount, model, hasAnswered }, now());
}

function wordsIn(body: Buffer, encoding: string): string {
  return plainText(body, encoding, decodedMax).slice(0, errorWordsMax);
}

export function refused(head: Head, body: Buffer, asked: Asked): Outcome {
  const type = errorWord(errorTypeIn(wordsIn(body, head.encoding)));
  const detail = reason('status', { status: head.status, type });
  return { kind: 'failed', verdict: verdictOf(head, body, asked), head, body, detail, ...answered };
}

export function failed(failure: Failure, detail: CallReason, head: Head | null, silence = answered): Outcome {
  const verdict: Verdict = { failure, retryAfterMs: null, resetAt: null };
  return { kind: 'failed', verdict, head: null, body: nothing, detail: told(head, detail), ...silence };
}

/** What a connection that broke before the first content says: within an answer it was cut off, otherwise the endpoint was not reached. */
export function brokenOff(phase: Phase, { code, reused, proxy }: TransportError) {
  if (phase === 'judging' || phase === 'json' || phase === 'encoded')
    return { failure: 'badAnswer', detail: reason('cutOff', { code }), silence: answered } as const;
  const detail = isProxyDown(code)
    ? reason('httpProxyDown', { proxy: String(proxy), code })
    : reason('system', { code });
  return { failure: classifyTransport(code), detail, silence: { code, stale: phase === 'waiting' && reused } };
}

/**
 * An error that came with status 200: what it says it is. Where that is for the client, it gets the error's own bytes with the status that
 * belongs to them.
 * @param error of a stream, the data of its event
 */
export function inside(error: Buffer, head: Head, asked: Asked, detail: CallReason): Refused {
  const text = wordsIn(error, head.isStream ? '' : head.encoding);
  const { verdict, status } = classifyInside({ body: text, model: asked.model }, asked.now());
  const known = status ?? statusFor[verdict.failure ?? ''] ?? null;
  const own = known === null ? null : errorHead(head, known);
  return { kind: 'failed', verdict, head: own, body: own ? error : nothing, detail: told(head, detail), ...answered };
}

/** What begins a line of data, whatever ends the line before it. A byte order mark may stand before all. */
const dataLine = /(?:^\ufeff?|[\r\n])data:[ \t]?([^\r\n]{2,65536})/g;

/**
 * What is wrong with a stream that has ended without content. It may be an error in data that named no event, or in an event that was not
 * closed; a message, and a piece of another protocol's, is none.
 */
export function noContentIn(held: Buffer, encoding: string): Fault {
  for (const [, data = ''] of wordsIn(held, encoding).matchAll(dataLine)) {
    if (!isErrorIn(jsonIn(data))) continue;
    const detail = reason('errorBeforeContent', { type: errorWord(errorTypeIn(data)) ?? 'unknown' });
    return { failure: 'badAnswer', detail, isInside: true, error: Buffer.from(data) };
  }
  return { failure: 'badAnswer', detail: reason(held.length === 0 ? 'streamEmpty' : 'streamWithoutContent') };
}

export type Refused = Extract<Outcome, { kind: 'failed' }>;

/** The status of words for the client that name none. */
const statusFor: Readonly<Record<string, number>> = {
  billing: 402,
  credential: 401,
  notForThis: 429,
  noModel: 404,
  quota: 429,
  tooLargeHere: 413,
};

/** The head of an error in the place of that of the answer in which it came. What an event says was unpacked already. */
function errorHead(head: Head, status: number): Head {
  const encoding = head.isStream ? '' : head.encoding;
  const pairs: string[] = ['content-type', 'application/json'];
  for (let i = 0; i < head.pairs.length; i += 2) {
    const name = head.pairs[i] as string;
    const isOther = !/^content-(?:type|encoding)$/i.test(name);
    if (isOther || (encoding !== '' && /encoding$/i.test(name))) pairs.push(name, head.pairs[i + 1] as string);
  }
  const isEncoded = head.isEncoded && encoding !== '';
  return {
    ...head,
    status,
    pairs,
    encoding,
    isEncoded,
    contentType: 'application/json',
    isStream: false,
    length: null,
  };
}

/** What was asked for is not there, which says nothing of the endpoint. */
export function noCount(detail: CallReason, head: Head): Outcome {
  return {
    kind: 'failed',
    verdict: classifyCountRefused,
    head: null,
    body: nothing,
    detail: told(head, detail),
    ...answered,
  };
}

function told(head: Head | null, detail: CallReason): CallReason {
  return head ? ({ ...detail, params: { ...detail.params, head: head.status } } as CallReason) : detail;
}
