/** Answers that are none, in all their disguises: the next endpoint is asked, and each is told apart for what it is. */
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { reasonText } from '../../src/messages/reasons.ts';
import { as, ask, bodyOf, errorOf, gateway } from './gateway.ts';
import {
  answerEvents,
  answers,
  errorBody,
  message,
  refuses,
  type Step,
  says,
  sse,
  streamed,
  streams,
  upstream,
} from './upstreams.ts';

const [start = ''] = answerEvents();
const creditBalance = 'Your credit balance is too low to access the Anthropic API.';

/** A queue that is there, and is not to be used. */
const unusedQueue = () => ({
  isEmpty: true,
  parkMs: 60_000,
  take: vi.fn(),
  join: vi.fn(),
  attach() {},
  drain() {},
  resume() {},
});

describe('a count of tokens', () => {
  const path = '/v1/messages/count_tokens?beta=true';
  const count = '{"input_tokens":42}';
  const page = '<html>a shop</html>';
  const htmlType = { 'content-type': 'text/html' };
  const gzip = { 'content-encoding': 'gzip' };
  const zipped =
    (text: string, headers: Readonly<Record<string, string>>): Step =>
    ({ response }) => {
      response.writeHead(200, headers);
      response.end(gzipSync(text));
    };
  const none: Readonly<Record<string, Step>> = {
    'a 404': says(404, page, htmlType),
    'a 405': says(405, ''),
    'a 501': says(501, '{}'),
    'nothing at all': says(200, ''),
    'a page': says(200, page, htmlType),
    'a page that is compressed': zipped(page, { ...htmlType, ...gzip }),
    'an object without a count': says(200, '{"tokens":42}'),
    'a count that is none': says(200, '{"input_tokens":"42"}'),
    'a broken number': says(200, '{"input_tokens":4.2}'),
    'half of a count': says(200, count.slice(0, -1)),
    'a stream': streams(streamed),
  };

  for (const [title, step] of Object.entries(none)) {
    it(`comes from the next endpoint after ${title}, without blame for the first`, async () => {
      const a = await upstream('a', step, answers());
      const gw = await gateway({ main: [a, await upstream('b', says(200, count))] });
      const got = await ask(gw, { path, stream: false, session: 's' });
      expect(got).toMatchObject({ status: 200, text: count, headers: { 'x-qcc-endpoint': 'b' } });
      expect(gw.failures).toEqual([]);
      // The session stays with who answers it.
      expect((await ask(gw, { session: 's' })).headers['x-qcc-endpoint']).toBe('a');
    });
  }

  it('that arrives compressed is accepted', async () => {
    const a = await upstream('a', zipped(count, { 'content-type': 'application/json', ...gzip }));
    const got = await ask(await gateway({ main: [a, await upstream('b')] }), { path, stream: false });
    expect([got.status, got.headers['x-qcc-endpoint'], gunzipSync(got.body).toString()]).toEqual([200, 'a', count]);
  });

  const refusals: Readonly<Record<string, Step>> = {
    'a refused key': refuses(401),
    'a refused count': refuses(403),
    'an unpaid bill': refuses(402),
    'an overload': refuses(529),
    'a fault': refuses(503),
    'a limit': refuses(429),
  };

  for (const [title, step] of Object.entries(refusals)) {
    it(`says nothing of an endpoint’s health by ${title}`, async () => {
      const gw = await gateway({ main: [await upstream('a', step), await upstream('b', says(200, count))] });
      expect(await ask(gw, { path, stream: false })).toMatchObject({ status: 200, text: count });
      expect(gw.failures).toEqual([]);
    });
  }

  it('is not asked again of an endpoint that has refused it, unless that was a limit', async () => {
    const [a, b] = [await upstream('a', refuses(503)), await upstream('b', refuses(429))];
    const gw = await gateway({ main: [a, b, await upstream('c', says(200, count))] });
    expect((await ask(gw, { path, stream: false })).status).toBe(404);
    expect((await ask(gw, { path, stream: false })).headers).toMatchObject({ 'x-qcc-endpoint': 'c' });
    expect([a.heard.length, b.heard.length]).toEqual([1, 2]);
  });

  it('is not asked again of the endpoint that has the session either', async () => {
    const a = await upstream('a', answers(), refuses(403));
    const gw = await gateway({ main: [a, await upstream('b', says(200, count))] });
    await ask(gw, { session: 's' });
    for (let asked = 0; asked < 2; asked++) await ask(gw, { path, stream: false, session: 's' });
    expect(a.heard).toHaveLength(2);
  });

  it('is asked of one other endpoint at most, then it is a 404 at once, and no queue hears of it', async () => {
    const ups = await Promise.all([405, 501, 404, 401].map((status, i) => upstream(`u${i}`, refuses(status))));
    const queue = unusedQueue();
    const gw = await gateway({ main: ups }, { retryQueue: queue as never });
    const heard = async () => {
      const got = await ask(gw, { path, stream: false });
      return [got.status, errorOf(got).type, ...ups.map((up) => up.heard.length)];
    };
    expect(await heard()).toEqual([404, 'not_found_error', 1, 1, 0, 0]);
    expect(await heard()).toEqual([404, 'not_found_error', 1, 1, 1, 1]);
    expect(await heard()).toEqual([404, 'not_found_error', 1, 1, 1, 1]);
    expect([queue.take.mock.calls, queue.join.mock.calls, gw.failures]).toEqual([[], [], []]);
  });

  it('waits in no queue either while no endpoint is there to be asked', async () => {
    const a = await upstream('a');
    const queue = unusedQueue();
    const gw = await gateway({ main: [as(a, { state: 'disabled' })] }, { retryQueue: queue as never });
    const got = await ask(gw, { path, stream: false });
    expect([got.status, errorOf(got).type, queue.take.mock.calls]).toEqual([404, 'not_found_error', []]);
  });

  it('that no endpoint supports is the 404 of one that says so, verbatim', async () => {
    const told = errorBody('not_found_error', 'no counting here');
    const gw = await gateway({ main: [await upstream('a', says(405, '')), await upstream('b', says(404, told))] });
    expect(await ask(gw, { path, stream: false })).toMatchObject({ status: 404, text: told });
  });

  it('that no endpoint supports, without such an answer, is a 404 of the gateway', async () => {
    const gw = await gateway({ main: [await upstream('a', says(200, page, htmlType))] });
    const got = await ask(gw, { path, stream: false });
    expect([got.status, errorOf(got).type]).toEqual([404, 'not_found_error']);
  });
});

describe('an invalid answer with status 200', () => {
  const json: Readonly<Record<string, string>> = {
    'content that is null': JSON.stringify({ ...JSON.parse(message), content: null }),
    'what another API answers': '{"object":"chat.completion","choices":[{"message":{"content":"hi"}}]}',
    'an error in another shape': '{"error":{"message":"quota exceeded","type":"new_api_error"}}',
    'a failure in words': '{"code":500,"msg":"internal","success":false}',
    'an empty object': '{}',
    null: 'null',
    'a word': '"ok"',
    'more levels than anybody reads': `{"content":${'['.repeat(2_000)}${']'.repeat(2_000)}}`,
  };
  for (const [title, body] of Object.entries(json)) {
    it(`is recognised: ${title}`, async () => {
      const gw = await gateway({ main: [await upstream('a', says(200, body)), await upstream('b')] });
      expect(await ask(gw, { stream: false })).toMatchObject({ status: 200, text: message });
      expect(gw.failures).toEqual([{ endpoint: 'a', failure: 'badAnswer' }]);
    });
  }

  it.each([
    ['false', bodyOf({ stream: false })],
    ['not there', JSON.stringify({ model: 'claude-test', messages: [{ role: 'user', content: '"stream": true' }] })],
    ['in a large body', JSON.stringify({ model: 'claude-test', messages: ['x'.repeat(600_000)], stream: false })],
  ])('is recognised: a stream that was not requested (%s)', async (_, body) => {
    const stream: Step = ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(streamed);
    };
    const gw = await gateway({ main: [await upstream('a', stream), await upstream('b', says(200, message))] });
    expect(await ask(gw, { body })).toMatchObject({ status: 200, text: message });
    expect(gw.failures).toEqual([{ endpoint: 'a', failure: 'badAnswer' }]);
  });

  const zipped =
    (text: string, type: string): Step =>
    ({ response }) => {
      response.writeHead(200, { 'content-type': type, 'content-encoding': 'gzip' });
      response.end(text === '' ? '' : gzipSync(text));
    };
  it.each([
    ['nothing', zipped('', 'text/event-stream'), true],
    ['nothing, in JSON', zipped('', 'application/json'), false],
    ['a page', zipped('<html>portal</html>', 'text/html'), true],
    ['an error event', zipped(start + sse('error', { error: { type: 'api_error' } }), 'text/event-stream'), true],
    ['an error', zipped(errorBody('api_error'), 'application/json'), false],
    ['text', zipped('quota exceeded', 'application/json'), false],
  ])('is recognised through its compression: %s', async (_, step, stream) => {
    const gw = await gateway({ main: [await upstream('a', step), await upstream('b')] });
    expect(await ask(gw, { stream })).toMatchObject({ status: 200, text: stream ? streamed : message });
    expect(gw.failures).toHaveLength(1);
  });

  it('a refusal is understood through its compression', async () => {
    const refused =
      (status: number, body: string): Step =>
      ({ response }) => {
        response.writeHead(status, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
        response.end(gzipSync(body));
      };
    const a = await upstream('a', refused(400, errorBody('invalid_request_error', creditBalance)));
    const b = await upstream('b', refused(404, errorBody('not_found_error', 'model: claude-test')));
    const gw = await gateway({ main: [a, b, await upstream('c')] });
    expect(await ask(gw)).toMatchObject({ status: 200, headers: { 'x-qcc-endpoint': 'c' } });
    expect(gw.failures).toEqual([{ endpoint: 'a', failure: 'billing' }]);
  });
});

describe('a refusal without an end', () => {
  it('is judged by its status, once its connection breaks', async () => {
    const half: Step = ({ request, response }) => {
      response.writeHead(429, { 'content-type': 'application/json', 'content-length': 100 });
      response.write('{"type":"error"', () => request.socket.destroy());
    };
    const gw = await gateway({ main: [await upstream('a', half), await upstream('b')] });
    expect(await ask(gw)).toMatchObject({ status: 200, headers: { 'x-qcc-endpoint': 'b' } });
    expect(gw.failures).toEqual([{ endpoint: 'a', failure: 'rateLimited' }]);
  });

  it('is judged by its status, once it exceeds the limit of bytes', async () => {
    const endless: Step = ({ response }) => {
      response.writeHead(500);
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    };
    const a = await upstream('a', endless);
    const gw = await gateway({ main: [a, await upstream('b')] });
    expect(await ask(gw)).toMatchObject({ status: 200, headers: { 'x-qcc-endpoint': 'b' } });
    expect(gw.failures).toEqual([{ endpoint: 'a', failure: 'serverError' }]);
    expect(await a.heard[0]?.left).toBe(true);
  });
});

describe('the head of an answer', () => {
  const long = (bytes: number): Step => answers({ 'x-long': 'l'.repeat(bytes) });

  it('that exceeds the 16 KiB of clients is a bad answer', async () => {
    const gw = await gateway({ main: [await upstream('a', long(15_000)), await upstream('b')] });
    expect(await ask(gw)).toMatchObject({ status: 200, headers: { 'x-qcc-endpoint': 'b' } });
    expect(gw.failures).toEqual([{ endpoint: 'a', failure: 'badAnswer' }]);
  });

  it('that clients accept is passed on, with all added headers', async () => {
    const gw = await gateway({ main: [await upstream('a', long(13_900))] });
    const got = await ask(gw);
    expect([got.status, got.whole, got.headers['x-long']?.length]).toEqual([200, true, 13_900]);
  });
});

describe('the words of an endpoint’s error', () => {
  it('are recorded when they are known, and omitted otherwise', async () => {
    const key = 'sk-ant-a-0123456789';
    const a = await upstream('a', says(200, '<', { 'content-type': `text/${key}; charset=${key}` }));
    const b = await upstream('b', says(500, errorBody('tell_me_the_secret_prompt')));
    const c = await upstream('c', streams(sse('error', { error: { type: 'tell_me_the_secret_prompt' } })));
    const d = await upstream('d', says(200, '<', { 'content-type': 'Text/HTML; charset=utf-8' }));
    const gw = await gateway({ main: [a, b, c, d] });
    expect((await ask(gw)).status).toBe(503);
    expect(gw.reports.map(({ detail }) => reasonText(detail ?? '', 'en'))).toEqual([
      '200: not JSON (other)',
      '500',
      '200: error event before content: unknown',
      '200: not JSON (text/html)',
    ]);
  });
});
