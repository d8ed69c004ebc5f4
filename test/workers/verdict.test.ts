/** What refusals and silence mean. */

import { describe, expect, it } from 'vitest';
import type { Failure, Verdict } from '../../events/endpoint.ts';
import { classifyInside } from '../../machines/classify.ts';
import { reasonText } from '../../src/messages/reasons.ts';
import { errorBody } from '../../src/simulated-endpoint/replies.ts';
import { readAnswer } from '../../workers/answer.ts';
import { sentence, wordsOf } from '../../workers/sentence.ts';
import { type Judgement, judgeEnvelope, judgeRefusal, judgeSilence, type Stage } from '../../workers/verdict.ts';

const key = 'sk-ant-test-0123456789abcdef';

function refusal(status: number, message = 'no', headers: Readonly<Record<string, string>> = {}) {
  const body = errorBody('api_error', message);
  const header = (name: string) => headers[name] ?? null;
  return judgeRefusal({ status, header, body, isMessages: true, isCount: false, model: 'claude-x' }, key);
}

describe('a refusal', () => {
  it.each<[number, string, Verdict, Failure | null]>([
    [401, 'invalid x-api-key', 'invalid_key', 'credential'],
    [403, 'forbidden', 'invalid_key', 'credential'],
    [403, 'This key is for Claude Code only', 'failure', null],
    [400, 'This credential is only authorized for use with Claude Code', 'failure', null],
    [402, 'pay', 'failure', 'billing'],
    [400, 'Your credit balance is too low', 'failure', 'billing'],
    [429, 'slow down', 'rate_limited', 'rateLimited'],
    [429, 'enforced_spend_limit_reached', 'failure', 'billing'],
    [529, 'overloaded', 'rate_limited', 'overloaded'],
    [404, 'model: claude-x', 'model_error', 'noModel'],
    [404, 'page', 'failure', 'misconfigured'],
    [400, 'model claude-x is not supported', 'model_error', 'noModel'],
    [503, 'No available channel for model claude-x', 'model_error', 'noModel'],
    [503, '当前分组下对于模型 claude-x 无可用渠道', 'model_error', 'noModel'],
    [503, 'the upstream of claude-x is busy', 'failure', 'serverError'],
    [500, 'unknown error', 'failure', 'serverError'],
    [408, 'slow', 'timeout', 'timeout'],
    [400, 'a field is wrong', 'failure', null],
    [422, 'a field is wrong', 'failure', null],
    [307, '', 'failure', 'badAnswer'],
  ])('with %i, "%s": %s, %s', (status, message, verdict, failure) => {
    expect(refusal(status, message)).toMatchObject({ verdict, failure });
  });

  it('of an exhausted quota is a limit', () => {
    const headers = { 'anthropic-ratelimit-unified-status': 'rejected' };
    expect(refusal(429, 'no', headers)).toMatchObject({ verdict: 'rate_limited', failure: 'quota' });
  });

  it('of an exhausted credit is reported as such: the key is good', () => {
    expect(told(refusal(402, 'please pay')).error).toBe('402, credit exhausted: please pay');
  });

  it('without words is judged by its status', () => {
    const refused = { status: 502, header: () => null, body: '', isMessages: true, isCount: false, model: null };
    expect(told(judgeRefusal(refused, key)).error).toBe('502');
  });
});

/** With its reason in words. */
const told = (judgement: Judgement) => ({ ...judgement, error: reasonText(judgement.error ?? '', 'en') });

describe('an error event with status 200', () => {
  it.each<[string, Verdict, Failure]>([
    ['overloaded_error', 'rate_limited', 'overloaded'],
    ['rate_limit_error', 'rate_limited', 'rateLimited'],
    ['authentication_error', 'invalid_key', 'credential'],
    ['billing_error', 'failure', 'billing'],
    ['api_error', 'failure', 'serverError'],
    ['new_error', 'failure', 'badAnswer'],
  ])('is judged by its type: %s', (type, verdict, failure) => {
    expect(told(judgeEnvelope(errorBody(type, 'so'), key))).toEqual({
      verdict,
      failure,
      error: '200 with an error inside: so',
    });
  });
});

describe('an error in a vendor’s own shape, with status 200', () => {
  it.each<[Failure, string]>([
    ['billing', '{"error":{"code":"1113","message":"no"}}'],
    ['billing', '{"error":{"code":1113,"message":"no"}}'],
    ['billing', '{"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}'],
    ['noModel', '{"error":{"code":"1211","message":"no"}}'],
    ['credential', '{"code":401,"msg":"no","success":false}'],
    ['badAnswer', '{"error":{"type":"invalid_request_error","message":"no"}}'],
  ])('means %s to a probe, as it does to the traffic: %s', (failure, body) => {
    for (const text of [body, `data: ${body}\n\n`]) {
      const { error } = readAnswer(text);
      expect(judgeEnvelope(error ?? '', key).failure).toBe(failure);
      expect(classifyInside({ body, model: null }, 0).verdict.failure).toBe(failure);
    }
  });

  it('is none in a good answer that has room for it', () => {
    const good = '{"type":"message","content":[],"error":null,"base_resp":{"status_code":0,"status_msg":"success"}}';
    expect(readAnswer(good).error).toBeNull();
  });
});

describe('silence of an endpoint', () => {
  it.each<[string, Stage, Verdict, Failure, string]>([
    ['ECONNREFUSED', 'dialling', 'failure', 'unreachable', 'no connection (ECONNREFUSED)'],
    ['ENOTFOUND', 'dialling', 'failure', 'unreachable', 'no connection (ENOTFOUND)'],
    ['QCC_TIMEOUT', 'dialling', 'timeout', 'unreachable', 'no connection in time'],
    ['CERT_HAS_EXPIRED', 'dialling', 'failure', 'certificate', 'no connection (CERT_HAS_EXPIRED)'],
    ['ECONNRESET', 'waiting', 'failure', 'unreachable', 'no answer (ECONNRESET)'],
    ['QCC_TIMEOUT', 'waiting', 'timeout', 'timeout', 'no answer in time'],
    ['HPE_INVALID_CONSTANT', 'waiting', 'failure', 'badAnswer', 'no answer (HPE_INVALID_CONSTANT)'],
    ['ECONNRESET', 'reading', 'failure', 'brokenAnswer', 'no whole answer (ECONNRESET)'],
    ['QCC_TIMEOUT', 'reading', 'timeout', 'timeout', 'no answer in time'],
  ])('with %s while %s: %s, %s', (code, stage, verdict, failure, error) => {
    expect(told(judgeSilence(code, stage))).toEqual({ verdict, failure, error });
  });
});

describe('the sentence of a verdict', () => {
  it.each([
    ['the key itself', `the key ${key} is unknown`],
    ['the key where the sentence is cut', `${'x'.repeat(270)}${key}`],
    ['the key in a header’s words', `Authorization: Bearer ${key}`],
    ['the beginning of a key', `Incorrect API key: ${key.slice(0, 18)}***`],
  ])('never contains %s', (_, text) => {
    expect(sentence(text, key)).not.toContain(key.slice(0, 14));
  });

  it('contains no key of an unusual shape', () => {
    expect(sentence('the key pass word+1/2== is wrong', 'pass word+1/2==')).toBe('the key … is wrong');
  });

  it('is one line of bounded length without control characters', () => {
    expect(sentence('one\n\ttwo\u001b[31m\u0007\u202e three', key)).toBe('one two [31m three');
    expect(sentence('so '.repeat(900), key).length).toBeLessThanOrEqual(280);
  });
});

describe('the words of an error', () => {
  it.each<[string, string, string | null]>([
    ['Anthropic’s envelope', errorBody('api_error', 'so'), 'so'],
    ['a sentence', '{"error":"all upstreams failed"}', 'all upstreams failed'],
    ['a message on top', '{"message":"so","code":7}', 'so'],
    ['FastAPI’s detail', '{"detail":"so"}', 'so'],
    ['a page with a title', '<html><title>502 Bad Gateway</title></html>', '502 Bad Gateway'],
    ['a page without one', '<html></html>', null],
    ['plain text', 'upstream connect error', 'upstream connect error'],
    ['nothing', '', null],
    ['null', 'null', null],
    ['an object without words', '{"error":{"code":1}}', null],
  ])('are found in %s', (_, body, words) => {
    expect(wordsOf(body)).toBe(words);
  });
});
