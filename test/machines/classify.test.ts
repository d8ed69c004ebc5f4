import { describe, expect, it } from 'vitest';
import type { Failure } from '../../events/endpoint.ts';
import {
  classifyInside,
  classifyStatus,
  classifyTransport,
  errorTypeIn,
  maybeBilled,
} from '../../machines/classify.ts';

const now = Date.UTC(2026, 0, 1, 12);
const model = 'claude-test';

interface Said {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly isMessages?: boolean;
  readonly isCount?: boolean;
}

function verdictOf(status: number, { headers = {}, body = '', isMessages = true, isCount = false }: Said = {}) {
  const header = (name: string) => headers[name] ?? null;
  return classifyStatus({ status, header, body, isMessages, isCount, model }, now);
}

const inside = (body: string) => classifyInside({ body, model }, now);

const envelope = (type: string, message = 'told by a test') =>
  JSON.stringify({ type: 'error', error: { type, message }, request_id: 'req_1' });

const spaced = '{ "type" : "error",\n "error" : { "message" : "x" , "type" : "overloaded_error" } }';

describe('an answer that is not 2xx', () => {
  const rows: readonly (readonly [number, Failure | null, Said?])[] = [
    [500, 'serverError'],
    [502, 'serverError', { body: '<html>Bad gateway</html>' }],
    [503, 'serverError'],
    [504, 'serverError'],
    [520, 'serverError'],
    [527, 'serverError'],
    [529, 'overloaded'],
    [500, 'overloaded', { body: envelope('overloaded_error') }],
    [503, 'overloaded', { body: spaced }],
    [429, 'rateLimited'],
    [429, 'rateLimited', { headers: { 'anthropic-ratelimit-unified-status': 'allowed' } }],
    [429, 'quota', { headers: { 'anthropic-ratelimit-unified-status': 'rejected' } }],
    [429, 'billing', { body: envelope('rate_limit_error', 'enforced_spend_limit_reached') }],
    [401, 'credential'],
    [403, 'credential'],
    [402, 'billing'],
    [400, 'billing', { body: envelope('invalid_request_error', 'Your credit balance is too low to access') }],
    [400, 'billing', { body: envelope('enforced_spend_limit_reached') }],
    [404, 'noModel', { body: envelope('not_found_error', 'model: claude-test') }],
    [404, 'noModel', { body: 'claude-test is not available here' }],
    [404, 'misconfigured', { body: envelope('not_found_error', 'Not found') }],
    [404, null, { isMessages: false, body: envelope('not_found_error', 'model: claude-test') }],
    [404, null, { isMessages: false }],
    [408, 'timeout'],
    [421, 'misconfigured'],
    [400, null, { body: envelope('invalid_request_error', 'prompt is too long: 200001 tokens > 200000 maximum') }],
    [405, null],
    [409, null],
    [413, null, { body: envelope('request_too_large', 'Request exceeds the maximum size') }],
    [413, 'tooLargeHere'],
    [422, null],
    [301, 'badAnswer'],
    [307, 'badAnswer'],
    [101, 'badAnswer'],
  ];

  for (const [status, failure, said] of rows) {
    it(`${status}${said ? ` ${JSON.stringify(said)}` : ''} is ${failure ?? 'the client’s affair'}`, () => {
      expect(verdictOf(status, said).failure).toBe(failure);
    });
  }

  it('implies nothing about the endpoint when it is the client’s affair', () => {
    const headers = { 'retry-after': '30', 'anthropic-ratelimit-unified-reset': '1767272400' };
    expect(verdictOf(422, { headers })).toEqual({ failure: null, retryAfterMs: null, resetAt: null });
  });
});

describe('the pause that an answer asks for', () => {
  const pauseTold = (value: string) => verdictOf(429, { headers: { 'retry-after': value } }).retryAfterMs;

  it('is given in seconds', () => {
    expect(pauseTold('30')).toBe(30_000);
  });

  it('is given as a date', () => {
    expect(pauseTold(new Date(now + 90_000).toUTCString())).toBe(90_000);
  });

  it.each(['0', '-1', 'soon', '', 'Thu, 01 Jan 1970 00:00:00 GMT'])('is not given by %j', (value) => {
    expect(pauseTold(value)).toBeNull();
  });

  it('may accompany an overload too', () => {
    expect(verdictOf(529, { headers: { 'retry-after': '4' } })).toMatchObject({
      failure: 'overloaded',
      retryAfterMs: 4_000,
    });
  });

  it('is the reset’s instant for a quota', () => {
    const headers = {
      'anthropic-ratelimit-unified-status': 'rejected',
      'anthropic-ratelimit-unified-reset': String(now / 1_000 + 3_600),
    };
    expect(verdictOf(429, { headers })).toMatchObject({ failure: 'quota', resetAt: now + 3_600_000 });
  });

  it('has no reset when the limit is only a rate', () => {
    const headers = { 'anthropic-ratelimit-unified-reset': String(now / 1_000 + 3_600) };
    expect(verdictOf(429, { headers })).toMatchObject({ failure: 'rateLimited', resetAt: null });
  });
});

describe('an error with status 200', () => {
  const rows: readonly (readonly [string, Failure])[] = [
    ['overloaded_error', 'overloaded'],
    ['rate_limit_error', 'rateLimited'],
    ['authentication_error', 'credential'],
    ['permission_error', 'credential'],
    ['billing_error', 'billing'],
    ['timeout_error', 'timeout'],
    ['api_error', 'serverError'],
    ['invented_error', 'badAnswer'],
  ];

  it.each(rows)('%s is %s', (type, failure) => {
    expect(inside(envelope(type)).verdict.failure).toBe(failure);
    expect(inside(`event: error\ndata: ${envelope(type)}`).verdict.failure).toBe(failure);
  });

  it('is a bad answer when it has no type', () => {
    expect(inside('{"type":"error"}').verdict.failure).toBe('badAnswer');
    expect(inside('event: error\ndata: {}').verdict.failure).toBe('badAnswer');
  });

  it('is found with any whitespace, and other text is not mistaken for it', () => {
    expect(errorTypeIn(spaced)).toBe('overloaded_error');
    expect(errorTypeIn('{"type":"message","content":[{"type":"text","text":"error"}]}')).toBeNull();
  });
});

describe('a call that ended without an answer', () => {
  const rows: readonly (readonly [string, Failure])[] = [
    ['ECONNREFUSED', 'unreachable'],
    ['ECONNRESET', 'unreachable'],
    ['ENOTFOUND', 'unreachable'],
    ['EAI_AGAIN', 'unreachable'],
    ['EPROTO', 'unreachable'],
    ['CERT_HAS_EXPIRED', 'certificate'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'certificate'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'certificate'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificate'],
    ['HPE_INVALID_CONSTANT', 'badAnswer'],
    ['QCC_ANSWER_TOO_LARGE', 'badAnswer'],
    ['QCC_TIMEOUT', 'timeout'],
  ];

  it.each(rows)('%s is %s', (code, failure) => {
    expect(classifyTransport(code)).toBe(failure);
  });

  it('may have been billed only if the endpoint may have processed it', () => {
    expect(['timeout', 'badAnswer', 'brokenAnswer'].filter((one) => maybeBilled(one as Failure))).toHaveLength(3);
    expect(['unreachable', 'credential', 'overloaded', 'serverError'].some((one) => maybeBilled(one as Failure))).toBe(
      false,
    );
  });
});
