/** What an upstream's answer or silence means: one word for its health, and whether another endpoint is asked. */
import type { AttemptFailure, Verdict as CheckVerdict, Failure } from '../events/endpoint.ts';
import type { Millis } from '../events/fact.ts';
import { secondMs } from '../events/units.ts';

export interface Verdict {
  /** Null: the answer is the client's affair, and is passed on as it stands. */
  readonly failure: Failure | null;
  readonly retryAfterMs: Millis | null;
  readonly resetAt: Millis | null;
  /** The endpoint has no such thing, which says nothing of the endpoint: another one may have it. */
  readonly isMissing?: true;
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
}

const clientsAffair: Verdict = { failure: null, retryAfterMs: null, resetAt: null };
/** An endpoint that does not count tokens. Many relays do not. */
export const classifyCount: Verdict = { ...clientsAffair, isMissing: true };
const noSuchPath: ReadonlySet<number> = new Set([404, 405, 501]);

/** It is passed on as it stands, and no other endpoint is asked. */
export function isClientsAffair({ failure, isMissing }: Verdict): boolean {
  return failure === null && !isMissing;
}

/** An answer that is not 2xx. */
export function classifyStatus(refusal: Refusal, now: Millis): Verdict {
  if (refusal.isCount && noSuchPath.has(refusal.status)) return classifyCount;
  const failure = failureOf(refusal);
  if (failure === null) return clientsAffair;
  const retryAfter = retryAfterOf(refusal.header('retry-after'), now);
  const reset = Number(refusal.header('anthropic-ratelimit-unified-reset'));
  const resetAt = failure === 'quota' && reset > 0 ? reset * secondMs : null;
  return { failure, retryAfterMs: retryAfter, resetAt };
}

function failureOf(refusal: Refusal): Failure | null {
  const { status, body } = refusal;
  if (status === 529 || errorTypeIn(body) === 'overloaded_error') return 'overloaded';
  if (status >= 500) return status === 501 || status === 505 ? 'badAnswer' : 'serverError';
  if (status >= 400) return clientErrorOf(refusal);
  // 3xx is never followed; 1xx that ends an exchange is junk.
  return 'badAnswer';
}

/** A 4xx that blames the endpoint or its account; null: it blames the request. */
function clientErrorOf({ status, header, body, isMessages, model }: Refusal): Failure | null {
  switch (status) {
    case 400:
      return isBilling(body) ? 'billing' : null;
    case 401:
    case 403:
      return 'credential';
    case 402:
      return 'billing';
    case 404:
      if (!isMessages) return null;
      return namesModel(body, model) ? 'noModel' : 'misconfigured';
    case 408:
      return 'timeout';
    // It does not serve the host that it was asked for (RFC 9110, 15.5.20): another endpoint may.
    case 421:
      return 'misconfigured';
    case 429:
      return tooMany(header, body);
    default:
      return null;
  }
}

function tooMany(header: Refusal['header'], body: string): Failure {
  if (body.includes('enforced_spend_limit_reached')) return 'billing';
  return header('anthropic-ratelimit-unified-status') === 'rejected' ? 'quota' : 'rateLimited';
}

function isBilling(body: string): boolean {
  return /credit balance is too low|enforced_spend_limit_reached/i.test(body);
}

function namesModel(body: string, model: string | null): boolean {
  return /\bmodel\b/i.test(body) || (model !== null && model !== '' && body.includes(model));
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
  return /"error"\s*:\s*\{[^{}]*?"type"\s*:\s*"([a-z_]+)"/.exec(text)?.[1] ?? null;
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

/** An error that came with status 200, in an envelope or as the first event of a stream. */
export function classifyEnvelope(text: string): Failure {
  return classifyErrorType(errorTypeIn(text));
}

export function classifyErrorType(type: string | null): Failure {
  return byErrorType[type ?? ''] ?? 'badAnswer';
}

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
