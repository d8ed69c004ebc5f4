/** What an upstream's answer or silence means: one word for its health, and whether another endpoint is asked. */
import type { AttemptFailure, Verdict as CheckVerdict, Failure } from '../events/endpoint.ts';
import type { Millis } from '../events/fact.ts';
import { secondMs } from '../events/units.ts';
import { errorWordsIn } from './refusal-words.ts';
import {
  isForLooks as isForLooksOf,
  type Meaning,
  meaningOf,
  type Refusing,
  resetNamedIn,
  withoutModel,
} from './refusals.ts';

export interface Verdict {
  /** Null: the answer is the client's affair, and is passed on as it stands. */
  readonly failure: Failure | null;
  readonly retryAfterMs: Millis | null;
  readonly resetAt: Millis | null;
  /** The endpoint has no such thing, which says nothing of the endpoint: another one may have it. */
  readonly isMissing?: true;
  /** It has refused to count, and would again: it is not asked for it for a while. */
  readonly countsNot?: true;
  /** A client that counts understands its words. */
  readonly isPlain?: true;
  /** No row of the table knows these words: the status decided. */
  readonly isUnknown?: true;
  /** It would answer the request without something that it has named: it is asked once more, changed in this respect. */
  readonly repair?: string;
}

export interface Refusal {
  readonly status: number;
  readonly header: (name: string) => string | null;
  /** The body, as far as it was read. */
  readonly body: string;
  /** A Messages call: elsewhere a 404 says nothing about the endpoint. */
  readonly isMessages: boolean;
  readonly isCount: boolean;
  readonly model: string | null;
  /** The endpoint has answered messages before: its address and path are right. */
  readonly hasAnswered?: boolean | undefined;
}

/** The client knows what to do about it, or its user does. */
export const clientsAffair: Verdict = { failure: null, retryAfterMs: null, resetAt: null };
/** An endpoint that does not count tokens, at least not now. Many relays do not. */
export const classifyCount: Verdict = { ...clientsAffair, isMissing: true };
/** An endpoint that refuses to count tokens, in whichever way. */
export const classifyCountRefused: Verdict = { ...classifyCount, countsNot: true };
/** A count that is refused in one of these may come next time. */
const passing: ReadonlySet<number> = new Set([408, 425, 429]);
/** What is wrong with a count itself is the client's affair. */
const countsFault: ReadonlySet<number> = new Set([400, 409, 411, 413, 415, 422]);

/** It is passed on as it stands, and no other endpoint is asked. */
export function isClientsAffair({ failure, isMissing }: Verdict): boolean {
  return failure === null && !isMissing;
}

/** An answer that is not 2xx. */
export function classifyStatus(refusal: Refusal, now: Millis): Verdict {
  const said = wordsOf(refusal.body, refusal.status, refusal.model);
  const meaning = meaningOf(said);
  if (refusal.isCount) return verdictOfCount(said, meaning);
  const failure = meaning === null ? failureOf(refusal, said) : exactly(meaning, refusal, said);
  const verdict = verdictFor(failure, said, refusal.header, now);
  return meaning === null && isStrange(refusal, said) ? { ...verdict, isUnknown: true } : verdict;
}

/** A count says nothing about the messages of an endpoint, and so nothing of its health. */
function verdictOfCount({ status, type, isEnvelope }: Refusing, meaning: Meaning | null): Verdict {
  if (status === null || status < 400) return classifyCount;
  if (status === 404 && isEnvelope && type === 'not_found_error') return { ...classifyCountRefused, isPlain: true };
  if (meaning === 'noModel') return { ...clientsAffair, failure: 'noModel' };
  if (countsFault.has(status) && meaning === null) return clientsAffair;
  return passing.has(status) ? classifyCount : classifyCountRefused;
}

function verdictFor(failure: Failure | null, said: Refusing, header: Refusal['header'], now: Millis): Verdict {
  if (failure === null) return clientsAffair;
  const retryAfterMs = retryAfterOf(header('retry-after'), now);
  if (failure !== 'quota') return { failure, retryAfterMs, resetAt: null };
  const reset = Number(header('anthropic-ratelimit-unified-reset'));
  return { failure, retryAfterMs, resetAt: reset > 0 ? reset * secondMs : resetNamedIn(said, now) };
}

/** Whether a probe was refused for what it looks like: then it has found out nothing. */
export function isForLooks({ status, body, model }: Pick<Refusal, 'status' | 'body' | 'model'>): boolean {
  return isForLooksOf(wordsOf(body, status, model));
}

/** The words of a refusal, made ready for the table. */
function wordsOf(body: string, status: number | null, model: string | null): Refusing {
  const words = errorWordsIn(body);
  return { ...words, status, text: withoutModel(words.message, model) };
}

/** With `unified-status` a plan says that it is used up, whatever it says of extra usage. */
function exactly(meaning: Meaning, { header }: Refusal, { text }: Refusing): Failure {
  const isOutOfPlan = meaning === 'notForThis' && /\bout of extra usage\b/i.test(text) && isRejected(header);
  return isOutOfPlan ? 'quota' : meaning;
}

function failureOf(refusal: Refusal, said: Refusing): Failure | null {
  const { status } = refusal;
  if (status === 529) return 'overloaded';
  if (status >= 500) return status === 501 || status === 505 ? 'badAnswer' : 'serverError';
  if (status >= 400) return clientErrorOf(refusal, said);
  // 3xx is never followed; 1xx that ends an exchange is junk.
  return 'badAnswer';
}

/** A 4xx that blames the endpoint or its account; null: it blames the request. */
function clientErrorOf(
  { status, header, body, isMessages, model, hasAnswered }: Refusal,
  said: Refusing,
): Failure | null {
  switch (status) {
    case 401:
    case 403:
      return 'credential';
    case 402:
      return 'billing';
    case 404:
      if (!isMessages) return null;
      if (namesModel(body, said, model)) return 'noModel';
      return hasAnswered ? 'badAnswer' : 'misconfigured';
    case 408:
      return 'timeout';
    // It does not serve the host that it was asked for (RFC 9110, 15.5.20): another endpoint may.
    case 421:
      return 'misconfigured';
    case 429:
      return isRejected(header) ? 'quota' : 'rateLimited';
    default:
      return null;
  }
}

function isRejected(header: Refusal['header']): boolean {
  return header('anthropic-ratelimit-unified-status') === 'rejected';
}

function namesModel(body: string, { message }: Refusing, model: string | null): boolean {
  const text = message === '' ? body.slice(0, pageMax) : message;
  return /\bmodel\b/i.test(text) || (model !== null && model !== '' && text.includes(model));
}

// Behind that a page says nothing of a model but in its scripts.
const pageMax = 4_096;

/** Whether the words are worth a look by a person: those that Anthropic documents for a status say no more than the status. */
function isStrange({ status }: Refusal, { type, message, codes }: Refusing): boolean {
  if (status < 400 || (type === '' && message === '' && codes.length === 0)) return false;
  return statusOfType[type] !== status || status < 429;
}

/** Whole seconds or an HTTP date, RFC 9110 §10.2.3. */
function retryAfterOf(value: string | null, now: Millis): Millis | null {
  if (value === null) return null;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return seconds > 0 ? seconds * secondMs : null;
  const at = Date.parse(value);
  return Number.isFinite(at) && at > now ? at - now : null;
}

/** `error.type` of Anthropic's envelope, wherever it stands. */
export function errorTypeIn(text: string): string | null {
  return errorWordsIn(text).type || null;
}

const byErrorType: Readonly<Record<string, Failure>> = {
  overloaded_error: 'overloaded',
  rate_limit_error: 'rateLimited',
  authentication_error: 'credential',
  permission_error: 'credential',
  billing_error: 'billing',
  timeout_error: 'timeout',
  api_error: 'serverError',
};

/** The status that belongs to a type of Anthropic's. */
const statusOfType: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
};
/** Of an error that came with status 200: these blame the request. */
const blamesRequest: ReadonlySet<string> = new Set(['invalid_request_error', 'request_too_large', 'not_found_error']);

/** An error that came with status 200, in an envelope or as the first event of a stream. */
export interface Inside {
  readonly body: string;
  readonly model: string | null;
}

export interface InsideVerdict {
  readonly verdict: Verdict;
  /** The status that belongs to what it says; null where its type is none of Anthropic's. */
  readonly status: number | null;
}

const noHeader = () => null;

export function classifyInside({ body, model }: Inside, now: Millis): InsideVerdict {
  const words = errorWordsIn(body);
  const status = statusOfType[words.type] ?? codedStatus(words.codes);
  const said: Refusing = { ...words, status, text: withoutModel(words.message, model) };
  // As with a 404: what is not there is the model, which another endpoint may have.
  const lacksModel = words.type === 'not_found_error' && namesModel(body, said, model);
  const meaning = meaningOf(said) ?? (lacksModel ? 'noModel' : null);
  const isClients = meaning === null && words.isEnvelope && blamesRequest.has(words.type);
  const failure = isClients ? null : (meaning ?? byErrorType[words.type] ?? byStatus[status ?? 0] ?? 'badAnswer');
  return { verdict: verdictFor(failure, said, noHeader, now), status };
}

/** Some give HTTP's own number as a code. */
function codedStatus(codes: readonly string[]): number | null {
  const code = codes.find((one) => /^[45]\d\d$/.test(one));
  return code === undefined ? null : Number(code);
}

const byStatus: Readonly<Record<number, Failure>> = {
  401: 'credential',
  402: 'billing',
  408: 'timeout',
  429: 'rateLimited',
  529: 'overloaded',
};

/** What Anthropic, OpenAI and the common relays call their errors. */
const errorWords: ReadonlySet<string> = new Set([
  ...Object.keys(byErrorType),
  'invalid_request_error',
  'not_found_error',
  'request_too_large',
  'server_error',
  'insufficient_quota',
  'new_api_error',
  'one_api_error',
  'upstream_error',
]);

/** An endpoint may say anything, a key and a prompt too: of what it calls its error, only a known word is written down. */
export function errorWord(type: string | null): string | null {
  return type !== null && errorWords.has(type) ? type : null;
}

const typeWords: ReadonlySet<string> = new Set([
  'application/json',
  'application/octet-stream',
  'application/problem+json',
  'application/x-ndjson',
  'application/xml',
  'text/css',
  'text/event-stream',
  'text/html',
  'text/javascript',
  'text/plain',
  'text/xml',
]);

/** The same for its content type. */
export function typeWord(contentType: string): string {
  const word = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (word === '') return 'no type';
  return typeWords.has(word) ? word : 'other';
}

const certificateCodes = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT|HOSTNAME_MISMATCH)/;
const parseErrorCodes = /^(HPE_|QCC_ANSWER_)/;

/** A call that ended without an answer. */
export function classifyTransport(code: string): Failure {
  if (certificateCodes.test(code)) return 'certificate';
  if (code === 'QCC_TIMEOUT') return 'timeout';
  return parseErrorCodes.test(code) ? 'badAnswer' : 'unreachable';
}

/** It did not answer, and may have worked and billed all the same. */
export function maybeBilled(failure: Failure): boolean {
  return failure === 'timeout' || failure === 'badAnswer' || failure === 'brokenAnswer';
}

/** Of an answer that broke off after its first content. */
export const brokenVerdict: Verdict & { readonly failure: Failure } = {
  failure: 'brokenAnswer',
  retryAfterMs: null,
  resetAt: null,
};

/** What the endpoint's machine is told of an attempt that came to no answer. */
export function attemptFailure(
  { failure, retryAfterMs, resetAt }: Verdict & { readonly failure: Failure },
  about: Pick<AttemptFailure, 'status' | 'request' | 'detail'>,
): AttemptFailure {
  const { status, request, detail } = about;
  return { failure, status, request, retryAfterMs, resetAt, maybeBilled: maybeBilled(failure), detail };
}

const checkVerdicts: Readonly<Partial<Record<Failure, CheckVerdict>>> = {
  rateLimited: 'rate_limited',
  overloaded: 'rate_limited',
  quota: 'rate_limited',
  credential: 'invalid_key',
  noModel: 'model_error',
  timeout: 'timeout',
};

/** The word for a person. A key whose account has no credit left is a good key: that is a failure, and says why. */
export function checkVerdictOf(failure: Failure): CheckVerdict {
  return checkVerdicts[failure] ?? 'failure';
}
