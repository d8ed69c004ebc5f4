/** What a probe's answer or silence means: the verdict for a person, and the failure for the machines. */
import type { Failure, Verdict } from '../events/endpoint.ts';
import { type CallReason, reason } from '../events/reason.ts';
import { checkVerdictOf, classifyInside, classifyStatus, classifyTransport, isForLooks } from '../machines/classify.ts';
import { quoted, wordsOf } from './sentence.ts';

export interface Judgement {
  readonly verdict: Verdict;
  /** Null: nothing that speaks against the endpoint. */
  readonly failure: Failure | null;
  /** Never the key. */
  readonly error: CallReason | null;
  /** It was refused for what a probe looks like. */
  readonly isForLooks?: true;
}

/** How far a call had come when it ended without an answer. */
export type Stage = 'dialling' | 'waiting' | 'reading';

export interface Refused {
  readonly status: number;
  readonly header: (name: string) => string | null;
  readonly body: string;
  /** A Messages call: elsewhere a 404 says nothing about the endpoint. */
  readonly isMessages: boolean;
  /** A path that not all endpoints have. */
  readonly isCount: boolean;
  readonly model: string | null;
}

const mayBeForLooks: ReadonlySet<Failure | null> = new Set([null, 'credential', 'serverError']);

/** An answer that is not 200. */
export function judgeRefusal(refused: Refused, key: string): Judgement {
  const { status, body } = refused;
  const said = quoted(wordsOf(body), key);
  const { failure } = classifyStatus(refused, noMatterWhen);
  // "This credential is only authorized for use with Claude Code": a refusal of the probe, not of the key.
  if (mayBeForLooks.has(failure) && isForLooks(refused))
    return { ...judged(null, reason('status', { status, type: null, ...said })), isForLooks: true };
  const isSpent = failure === 'billing';
  return judged(
    failure,
    isSpent ? reason('creditExhausted', { status, ...said }) : reason('status', { status, type: null, ...said }),
  );
}

// Of the classification only the word counts here, and that depends on no clock.
const noMatterWhen = 0;

/** Status 200 with an error inside, in an envelope or in a stream. */
export function judgeEnvelope(text: string, key: string, model: string | null = null): Judgement {
  const { verdict } = classifyInside({ body: text, model }, noMatterWhen);
  return judged(verdict.failure, reason('errorInAnswer', quoted(wordsOf(text), key)));
}

/** A key that need not be sent to be refused; null when it may. */
export function judgeKey(key: string): Judgement | null {
  // RFC 9110 §5.5: visible characters, spaces and tabs, and what is beyond ASCII byte for byte.
  if (key !== '' && /^[\t\x20-\x7e\x80-\xff]+$/.test(key)) return null;
  const error = reason(key === '' ? 'noKey' : 'unusableKey');
  return { verdict: 'invalid_key', failure: 'credential', error };
}

/** Status 200, and nothing in it that a client could use. */
export const nonsense: Judgement = { verdict: 'failure', failure: 'badAnswer', error: reason('nonsense') };

const lacking = { dialling: 'noConnection', waiting: 'noAnswer', reading: 'notWhole' } as const;

/** A call that ended without a whole answer. */
export function judgeSilence(code: string, stage: Stage): Judgement {
  const failure = classifyTransport(code);
  if (failure === 'timeout' && stage === 'dialling')
    return { verdict: 'timeout', failure: 'unreachable', error: reason('noConnectionInTime') };
  if (failure === 'timeout') return { verdict: 'timeout', failure, error: reason('noAnswerInTime') };
  if (stage === 'reading' && failure === 'unreachable')
    return { verdict: 'failure', failure: 'brokenAnswer', error: reason('notWhole', { code }) };
  return { verdict: 'failure', failure, error: reason(lacking[stage], { code }) };
}

/** No way through the proxy of the environment: it is named, and its credentials are not. Nothing speaks against the endpoint. */
export function judgeProxy(proxy: string | null): Judgement {
  const host = proxy !== null && URL.canParse(proxy) ? new URL(proxy).host : null;
  return { verdict: 'failure', failure: null, error: reason('proxyDown', { proxy: host }) };
}

/** This machine had nothing left to dial with. Nothing speaks against the endpoint. */
export function judgeShortage(code: string): Judgement {
  return { verdict: 'failure', failure: null, error: reason('cannotDial', { code }) };
}

function judged(failure: Failure | null, error: CallReason): Judgement {
  const verdict = failure === null ? 'failure' : checkVerdictOf(failure);
  return { verdict, failure, error };
}
