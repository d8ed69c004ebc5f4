/** Error texts of endpoints that older versions recorded verbatim: none of them is exported in an incident file. */
import { describe, expect, it } from 'vitest';
import type { Recorded } from '../../events/fact.ts';
import { type Redaction, redactedFact } from '../../src/history/redact.ts';
import { attemptFailed } from '../support/world.ts';

const key = 'sk-ant-a-0123456789';

function told(detail: string, hashNames: boolean): string {
  const redaction: Redaction = { salt: 's', hashNames, names: [], hosts: [] };
  const { type, data } = attemptFailed('serverError');
  const fact = { seq: 1, at: 1, stream: 'endpoint/11111111', version: 1, type, data: { ...data, detail } };
  return (redactedFact(fact as object as Recorded, redaction).data as { detail: string }).detail;
}

describe.each([true, false])('an old sentence in an incident file (names hashed: %s)', (hashNames) => {
  it.each([
    [`200: not JSON (text/${key})`, '200: not JSON (other)'],
    ['200: not JSON (tell me) the prompt)', '200: not JSON (other)'],
    ['200: not JSON (text/html)', '200: not JSON (text/html)'],
    ['error event before content: overloaded_error', 'error event before content: overloaded_error'],
    ['200: error event before content: the_secret_prompt', '200: error event before content: unknown'],
    ['529 overloaded_error', '529 overloaded_error'],
    ['500 the_secret_prompt', '500'],
    ['no headers in time', 'no headers in time'],
    [`the connection broke (${key})`, 'the connection broke (…)'],
  ])('%j is exported as %j', (detail, left) => {
    expect(told(detail, hashNames)).toBe(left);
  });
});
