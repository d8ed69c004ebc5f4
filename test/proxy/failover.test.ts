/** The failover table of the gateway's contract, row by row: the client sees the second endpoint's answer and nothing else. */
import { describe, expect, it } from 'vitest';
import type { Failure } from '../../events/endpoint.ts';
import type { SettingKey } from '../../src/config/settings/settings.ts';
import { as, ask, bodyOf, errorOf, gateway } from './gateway.ts';
import {
  answerEvents,
  answers,
  errorBody,
  hangsUp,
  junk,
  message,
  pings,
  refuses,
  resets,
  type Step,
  says,
  silence,
  sse,
  streamed,
  streams,
  upstream,
} from './upstreams.ts';

const [start = '', begin = '', delta = ''] = answerEvents();
const block = begin + delta;

interface Row {
  readonly fault: Step;
  readonly failure: Failure | null;
  readonly stream?: boolean;
  readonly settings?: Partial<Record<SettingKey, number>>;
}

const html = '<html><body>Please sign in to the Wi-Fi</body></html>';
const rejected = {
  'anthropic-ratelimit-unified-status': 'rejected',
  'anthropic-ratelimit-unified-reset': String(Math.floor(Date.now() / 1_000) + 3_600),
};
const creditBalance = 'Your credit balance is too low to access the Anthropic API.';
const shortOfContent = { 'proxy.first_content_timeout': 0.1 };

const rows: Readonly<Record<string, Row>> = {
  'a reset before any byte': { fault: resets, failure: 'unreachable' },
  'a hang-up before any byte': { fault: hangsUp, failure: 'unreachable' },
  'junk instead of HTTP': { fault: junk, failure: 'badAnswer' },
  'no headers in time': { fault: silence, failure: 'timeout', settings: { 'proxy.headers_timeout': 0.1 } },
  'no content in time': { fault: streams(start, silence), failure: 'timeout', settings: shortOfContent },
  'pings and never content': { fault: streams(start, pings), failure: 'timeout', settings: shortOfContent },
  'no whole answer in time': {
    fault: silence,
    failure: 'timeout',
    stream: false,
    settings: { 'proxy.total_timeout': 0.1 },
  },
  '500': { fault: refuses(500), failure: 'serverError' },
  '500 to a request without streaming': { fault: refuses(500), failure: 'serverError', stream: false },
  '502 in HTML': { fault: says(502, html, { 'content-type': 'text/html' }), failure: 'serverError' },
  '503': { fault: refuses(503), failure: 'serverError' },
  '504': { fault: refuses(504), failure: 'serverError' },
  '520': { fault: refuses(520), failure: 'serverError' },
  '529': { fault: refuses(529), failure: 'overloaded' },
  '429 with retry-after 30': { fault: refuses(429, { 'retry-after': '30' }), failure: 'rateLimited' },
  '429 whose quota is used up': { fault: refuses(429, rejected), failure: 'quota' },
  '401': { fault: refuses(401), failure: 'credential' },
  '403': { fault: refuses(403), failure: 'credential' },
  '402': { fault: refuses(402), failure: 'billing' },
  '400 for want of credit': { fault: refuses(400, {}, creditBalance), failure: 'billing' },
  '404 naming the model': { fault: refuses(404, {}, 'model: claude-test'), failure: null },
  'another 404': { fault: refuses(404), failure: 'misconfigured' },
  '408': { fault: refuses(408), failure: 'timeout' },
  '307': { fault: says(307, '', { location: '/elsewhere' }), failure: 'badAnswer' },
  '200 in HTML': { fault: says(200, html, { 'content-type': 'text/html' }), failure: 'badAnswer' },
  '200 with an empty stream': { fault: streams(''), failure: 'badAnswer' },
  '200 with an empty JSON answer': { fault: says(200, ''), failure: 'badAnswer', stream: false },
  '200 with half of a JSON answer': { fault: says(200, message.slice(0, 40)), failure: 'badAnswer', stream: false },
  '200 with an overload in an envelope': { fault: says(200, errorBody('overloaded_error')), failure: 'overloaded' },
  '200 with an error in an envelope, not streaming': {
    fault: says(200, errorBody('api_error')),
    failure: 'serverError',
    stream: false,
  },
  'JSON where a stream was asked for': { fault: says(200, message), failure: 'badAnswer' },
  'a JSON answer that the connection cuts off': {
    fault: ({ request, response }) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': message.length });
      response.write(message.slice(0, 40), () => request.socket.destroy());
    },
    failure: 'badAnswer',
    stream: false,
  },
  'an error event before content': {
    fault: streams(start + sse('error', { error: { type: 'overloaded_error', message: 'x' } })),
    failure: 'overloaded',
  },
  'a stream that ends before content': { fault: streams(start), failure: 'badAnswer' },
  'a stream that is cut before content': { fault: streams(start, resets), failure: 'badAnswer' },
  'half of the event that would prove it': { fault: streams(start + block.slice(0, -1)), failure: 'badAnswer' },
};

describe('inside one request, the next endpoint answers after', () => {
  for (const [title, { fault, failure, stream = true, settings = {} }] of Object.entries(rows)) {
    it(title, async () => {
      const bad = await upstream('bad', fault);
      const good = await upstream('good');
      const gw = await gateway({ main: [bad, good] }, { settings });
      const got = await ask(gw, { stream });
      expect(got).toMatchObject({ status: 200, whole: true, text: stream ? streamed : message });
      expect(got.headers).toMatchObject({ 'x-qcc-endpoint': 'good', 'x-qcc-attempts': '2' });
      expect([bad.heard.length, good.heard.length]).toEqual([1, 1]);
      expect(gw.failures).toEqual(failure === null ? [] : [{ endpoint: 'bad', failure }]);
      expect(gw.facts).toMatchObject([
        {
          type: 'RequestServed',
          data: {
            endpoint: 'good',
            attempts: [
              { endpoint: 'bad', outcome: failure ?? 'noModel' },
              { endpoint: 'good', outcome: 'answered' },
            ],
          },
        },
      ]);
    });
  }

  it('a refused connection', async () => {
    const bad = await upstream('bad');
    const good = await upstream('good');
    const gw = await gateway({ main: [bad, good] });
    await bad.close();
    expect(await ask(gw)).toMatchObject({ status: 200, text: streamed });
    expect(gw.failures).toEqual([{ endpoint: 'bad', failure: 'unreachable' }]);
  });

  it('a whole profile has failed, on the next rung of the ladder', async () => {
    const bad = await upstream('bad', refuses(503));
    const good = await upstream('good');
    const gw = await gateway({ main: [bad], spare: [good] });
    const { headers } = await ask(gw);
    expect(headers['x-qcc-profile']).toBe('spare');
  });
});

describe('the report to the endpoint’s machine', () => {
  it('notes that an unanswered attempt may have been billed', async () => {
    const bad = await upstream('bad', silence);
    const gw = await gateway({ main: [bad, await upstream('good')] }, { settings: { 'proxy.headers_timeout': 0.1 } });
    await ask(gw);
    expect(gw.reports).toMatchObject([{ failure: 'timeout', maybeBilled: true, status: null }]);
  });

  it('has the requested wait, and the instant of the reset', async () => {
    const [a, b] = [
      await upstream('a', refuses(429, { 'retry-after': '30' })),
      await upstream('b', refuses(429, rejected)),
    ];
    const gw = await gateway({ main: [a, b, await upstream('good')] });
    await ask(gw);
    expect(gw.reports).toMatchObject([
      { failure: 'rateLimited', retryAfterMs: 30_000, resetAt: null, status: 429 },
      { failure: 'quota', resetAt: Number(rejected['anthropic-ratelimit-unified-reset']) * 1_000 },
    ]);
  });

  it('contains no key, no prompt and no header value', async () => {
    const bad = await upstream('bad', refuses(401, {}, 'the key sk-ant-bad-0123456789 is wrong'));
    const gw = await gateway({ main: [bad, await upstream('good')] });
    await ask(gw);
    expect(JSON.stringify([gw.reports, gw.facts, gw.lines])).not.toContain('sk-ant');
    expect(JSON.stringify([gw.reports, gw.facts, gw.lines])).not.toContain('hello');
  });

  it('is one success, with the warning that its limits are near', async () => {
    const warns = answers({ 'anthropic-ratelimit-unified-status': 'allowed_warning' });
    const gw = await gateway({ main: [await upstream('a', warns)] });
    await ask(gw);
    expect([gw.successes, gw.warnings, gw.failures]).toEqual([['a'], ['a'], []]);
  });

  it('tells how much is used of the plan behind the key, where an answer has it', async () => {
    const name = 'anthropic-ratelimit-unified';
    const tells = answers({
      [`${name}-status`]: 'allowed',
      [`${name}-5h-utilization`]: '0.62',
      [`${name}-5h-reset`]: '1767269400',
      [`${name}-7d-utilization`]: 'much',
    });
    const gw = await gateway({ main: [await upstream('a', tells)] });
    await ask(gw);
    const plan = [{ name: '5h', used: 0.62, resetAt: 1_767_269_400_000 }];
    expect([gw.plans, gw.warnings]).toEqual([[{ endpoint: 'a', plan }], []]);
    const plain = await gateway({ main: [await upstream('b')] });
    await ask(plain);
    expect(plain.plans).toEqual([]);
  });
});

describe('the client’s own error', () => {
  const body = '{"type":"error", "error":{"type":"invalid_request_error","message":"prompt is too long"} }';

  it.each([400, 405, 409, 413, 422])('a %i is passed on verbatim, at once, without blame', async (status) => {
    const a = await upstream('a', says(status, body, { 'x-should-retry': 'false', 'request-id': 'req_a' }));
    const b = await upstream('b');
    const gw = await gateway({ main: [a, b] });
    const got = await ask(gw);
    expect(got).toMatchObject({ status, text: body, whole: true });
    expect(got.headers).toMatchObject({ 'x-should-retry': 'false', 'request-id': 'req_a', 'x-qcc-endpoint': 'a' });
    expect([b.heard.length, gw.failures]).toEqual([0, []]);
  });

  it('reports that there was one attempt', async () => {
    const gw = await gateway({ main: [await upstream('a', says(400, body))] });
    const { headers } = await ask(gw);
    expect(headers['x-qcc-attempts']).toBe('1');
  });

  it('a 404 on another path is passed on verbatim, and is no failure', async () => {
    const a = await upstream('a', says(404, 'no such thing'));
    const b = await upstream('b');
    const gw = await gateway({ main: [a, b] });
    const got = await ask(gw, { path: '/v1/models/none' });
    expect(got).toMatchObject({ status: 404, text: 'no such thing' });
    expect([b.heard.length, gw.failures]).toEqual([0, []]);
  });
});

describe('a reused connection', () => {
  const servesOnce: () => Step = () => {
    const used = new WeakSet<object>();
    return (turn) => {
      if (used.has(turn.request.socket)) return resets(turn);
      used.add(turn.request.socket);
      return answers()(turn);
    };
  };

  it('may be dead: the same endpoint is asked once more on a fresh one, without blame', async () => {
    const a = await upstream('a', servesOnce());
    const b = await upstream('b');
    const gw = await gateway({ main: [a, b] });
    for (let i = 0; i < 4; i++) expect((await ask(gw)).headers['x-qcc-endpoint']).toBe('a');
    expect(gw.failures).toEqual([]);
    expect(b.heard).toEqual([]);
    expect(gw.facts.map(({ data }) => data.attempts.length)).toEqual([1, 1, 1, 1]);
  });

  it('is no excuse twice: then it is the endpoint’s failure', async () => {
    const a = await upstream('a', answers(), resets);
    const b = await upstream('b');
    const gw = await gateway({ main: [a, b] });
    await ask(gw);
    expect((await ask(gw)).headers['x-qcc-endpoint']).toBe('b');
    expect(a.heard).toHaveLength(3);
    expect(gw.failures).toEqual([{ endpoint: 'a', failure: 'unreachable' }]);
  });
});

describe('failover inside a request', () => {
  it('asks each endpoint once, and at most max_attempts in all', async () => {
    const ups = await Promise.all(['a', 'b', 'c'].map((name) => upstream(name, refuses(503))));
    const gw = await gateway({ main: ups });
    expect((await ask(gw)).status).toBe(503);
    expect(ups.map(({ heard }) => heard.length)).toEqual([1, 1, 1]);
    gw.set({ 'proxy.max_attempts': 2 });
    await ask(gw);
    expect(ups.map(({ heard }) => heard.length)).toEqual([2, 2, 1]);
  });

  it('skips unhealthy endpoints when the retry budget is used up, and never a healthy one', async () => {
    const limping = { state: 'degraded' } as const;
    const a = await upstream('a', refuses(503));
    const [b, c] = [await upstream('b', refuses(503)), await upstream('c', refuses(503))];
    const gw = await gateway({ main: [a, as(b, limping), as(c, limping)] });
    const requests = 30;
    for (let i = 0; i < requests; i++) await ask(gw);
    const further = b.heard.length + c.heard.length;
    expect(a.heard).toHaveLength(requests);
    // A burst of ten, a fifth of the requests, and what the clock gave meanwhile.
    expect(further).toBeGreaterThanOrEqual(10);
    expect(further).toBeLessThanOrEqual(10 + requests / 5 + 2);
  });

  it('waits out a short pause where the session’s cache is warm', async () => {
    const a = await upstream('a', answers(), refuses(429, { 'retry-after': '0.05' }), answers());
    const b = await upstream('b');
    const gw = await gateway({ main: [a, b] });
    await ask(gw, { session: 's' });
    expect((await ask(gw, { session: 's' })).headers['x-qcc-endpoint']).toBe('a');
    expect([a.heard.length, b.heard.length]).toEqual([3, 0]);
  });

  it('does not wait out a pause for another session, nor a long one', async () => {
    const a = await upstream(
      'a',
      answers(),
      refuses(429, { 'retry-after': '0.05' }),
      refuses(429, { 'retry-after': '6' }),
    );
    const gw = await gateway({ main: [a, await upstream('b')] });
    await ask(gw, { session: 's' });
    expect((await ask(gw, { session: 'other' })).headers['x-qcc-endpoint']).toBe('b');
    expect((await ask(gw, { session: 's' })).headers['x-qcc-endpoint']).toBe('b');
  });

  it('asks other keys of an overloaded provider last', async () => {
    const shared = await upstream('shared', refuses(529));
    const other = await upstream('other');
    const gw = await gateway({
      main: [shared, as({ ...shared, name: 'sibling' }, { priority: 2 }), as(other, { priority: 3 })],
    });
    expect((await ask(gw)).headers).toMatchObject({ 'x-qcc-endpoint': 'other', 'x-qcc-attempts': '2' });
  });

  it('remembers which endpoint lacks a model', async () => {
    const a = await upstream('a', refuses(404, {}, 'model: claude-test'), answers());
    const gw = await gateway({ main: [a, await upstream('b')] });
    await ask(gw);
    expect((await ask(gw)).headers).toMatchObject({ 'x-qcc-endpoint': 'b', 'x-qcc-attempts': '1' });
    expect(a.heard).toHaveLength(1);
  });

  it('remembers it for that model alone, and for none when no model was named', async () => {
    const a = await upstream('a', refuses(404, {}, 'model: claude-test'), answers());
    const gw = await gateway({ main: [a, await upstream('b')] });
    await ask(gw);
    const other = bodyOf().replace('claude-test', 'claude-other');
    expect((await ask(gw, { body: other })).headers['x-qcc-endpoint']).toBe('a');
    const nameless = JSON.stringify({ messages: [], stream: true });
    expect((await ask(gw, { body: nameless })).headers['x-qcc-endpoint']).toBe('a');
  });

  it('asks such an endpoint before it gives up, and an answer clears the entry', async () => {
    const a = await upstream('a', refuses(404, {}, 'model: claude-test'), answers());
    const b = await upstream('b', answers());
    const gw = await gateway({ main: [a, b] });
    expect((await ask(gw)).headers['x-qcc-endpoint']).toBe('b');
    gw.show({ main: [a, as(b, { state: 'disabled' })], more: [as(b, { state: 'failed', held: true })] });
    expect((await ask(gw)).headers).toMatchObject({ 'x-qcc-endpoint': 'a', 'x-qcc-attempts': '1' });
    gw.show({ main: [a, b] });
    expect((await ask(gw)).headers['x-qcc-endpoint']).toBe('a');
  });

  it('reports the missing model when no endpoint can answer, instead of calling the endpoint healthy', async () => {
    const a = await upstream('a', refuses(404, {}, 'model: claude-test'));
    const b = await upstream('b', answers(), refuses(500), refuses(500));
    const gw = await gateway({ main: [a, b] });
    await ask(gw);
    // Asked once more in vain; within five seconds of that it is not.
    await ask(gw);
    const { status, text } = await ask(gw);
    expect(status).toBe(503);
    expect(text).toMatch(/main\/a: (404|healthy, has said that it lacks the model)/);
  });
});

describe('a stream without content', () => {
  it('that has a complete valid end is an answer', async () => {
    const text = start + sse('message_delta', { delta: { stop_reason: 'refusal' } }) + sse('message_stop');
    const gw = await gateway({ main: [await upstream('a', streams(text))] });
    expect(await ask(gw)).toMatchObject({ status: 200, whole: true, text });
    expect(gw.failures).toEqual([]);
  });

  it('that stops without a stop reason is no answer', async () => {
    const a = await upstream('a', streams(start + sse('message_stop')));
    const gw = await gateway({ main: [a, await upstream('b')] });
    expect((await ask(gw)).headers['x-qcc-endpoint']).toBe('b');
    expect(gw.failures).toEqual([{ endpoint: 'a', failure: 'badAnswer' }]);
  });
});

describe('the key of an endpoint', () => {
  it('is never sent over an unencrypted network', async () => {
    const a = await upstream('a');
    // An address of this machine that is none of its loopback names.
    const gw = await gateway({ main: [as(a, { baseUrl: `http://0.0.0.0:${a.port}` })] });
    const got = await ask(gw);
    expect([got.status, a.heard.length]).toEqual([503, 0]);
    expect(errorOf(got).type).toBe('api_error');
  });
});
