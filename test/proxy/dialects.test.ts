/** Answers as vendors and relays give them, over real sockets: what is served, what is asked of another endpoint, and what is the client's. */
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
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
const errorEvent = (data: string) => `event: error\ndata: ${data}\n\n`;

describe('a stream that is an error and nothing else', () => {
  it.each([
    ['invalid_request_error', 400, ''],
    ['request_too_large', 413, start],
    ['not_found_error', 404, `: busy\n\n${start}`],
  ])('goes out once, as the status of %s, with its own bytes', async (type, status, before) => {
    const body = `{"type":"error", "error":{"type":"${type}","message":"no: 你好"} }`;
    const a = await upstream('a', streams(before + errorEvent(body)));
    const b = await upstream('b');
    const gw = await gateway({ main: [a, b] });
    const got = await ask(gw);
    expect([got.status, got.text, got.headers['content-type']]).toEqual([status, body, 'application/json']);
    expect([a.heard.length, b.heard.length, gw.failures]).toEqual([1, 0, []]);
    expect(await gw.fact()).toMatchObject({
      type: 'RequestServed',
      data: { status, attempts: [{ outcome: 'answered' }] },
    });
  });

  it.each([
    ['named by no event', (data: string) => `data: ${data}\n\n`],
    ['not closed', (data: string) => `event: error\ndata: ${data}`],
    ['behind a byte order mark', (data: string) => `\ufeffevent: error\ndata: ${data}\n\n`],
    ['in lines that end with a CR', (data: string) => `${start}event: error\rdata: ${data}\r\r`],
  ])('is told where it is %s', async (_, event) => {
    const body = errorBody('invalid_request_error', 'prompt is too long');
    const a = await upstream('a', streams(event(body)));
    const gw = await gateway({ main: [a, await upstream('b')] });
    const got = await ask(gw);
    expect([got.status, got.text, got.headers['x-qcc-endpoint'], gw.failures]).toEqual([400, body, 'a', []]);
  });

  it.each([
    ['billing', '{"error":{"code":"1113","message":"no"}}'],
    ['billing', '{"error":{"message":"no","type":"insufficient_quota"}}'],
    ['billing', '{"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}'],
    ['quota', '{"type":"error","error":{"type":"1308","message":"no"}}'],
    ['badAnswer', '{"id":"x","object":"chat.completion.chunk","choices":[{"delta":{"content":"error"}}]}'],
  ])('is %s in a vendor’s own shape, whatever event it names: %s', async (failure, data) => {
    for (const event of [`data: ${data}\n\n`, errorEvent(data)]) {
      const gw = await gateway({ main: [await upstream('a', streams(event)), await upstream('b')] });
      const got = await ask(gw);
      expect([got.status, gw.failures]).toEqual([200, [{ endpoint: 'a', failure }]]);
    }
  });

  it('is compressed, and is unpacked for its client', async () => {
    const body = errorBody('invalid_request_error', 'no');
    const packed: Step = ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' });
      response.end(gzipSync(errorEvent(body)));
    };
    const got = await ask(await gateway({ main: [await upstream('a', packed)] }));
    expect([got.status, got.text, got.headers['content-encoding']]).toEqual([400, body, undefined]);
  });

  it('is asked of another endpoint where it blames the account or the model', async () => {
    for (const text of ['Your credit balance is too low', 'unknown model: claude-test']) {
      const a = await upstream('a', streams(errorEvent(errorBody('invalid_request_error', text))));
      const got = await ask(await gateway({ main: [a, await upstream('b')] }));
      expect(got).toMatchObject({ status: 200, text: streamed });
    }
  });

  it('is the client’s too where it came as JSON', async () => {
    const body = errorBody('invalid_request_error', 'messages: required');
    const gw = await gateway({ main: [await upstream('a', says(200, body)), await upstream('b')] });
    for (const stream of [true, false])
      expect(await ask(gw, { stream })).toMatchObject({ status: 400, text: body, headers: { 'x-qcc-endpoint': 'a' } });
  });
});

describe('a stream without its last event', () => {
  const unstopped = answerEvents().slice(0, -1).join('');

  it('that has said why it stops, and ends in good order, is served; that is noted', async () => {
    const gw = await gateway({ main: [await upstream('a', streams(unstopped))] });
    expect(await ask(gw)).toMatchObject({ status: 200, text: unstopped, whole: true });
    expect(await gw.fact()).toMatchObject({ type: 'RequestServed', data: { attempts: [{ noted: 'noMessageStop' }] } });
    expect(gw.failures).toEqual([]);
  });

  it('that has said so without content is served as well', async () => {
    const empty = start + sse('message_delta', { delta: { stop_reason: 'end_turn' } });
    const gw = await gateway({ main: [await upstream('a', streams(empty)), await upstream('b')] });
    expect(await ask(gw)).toMatchObject({ text: empty, whole: true, headers: { 'x-qcc-endpoint': 'a' } });
  });

  it('is broken where it has not said so, or does not end in good order', async () => {
    const early = answerEvents().slice(0, -2).join('');
    const cut: Step = streams(unstopped, ({ request }) => void request.socket.destroy());
    for (const step of [streams(early), cut]) {
      const gw = await gateway({ main: [await upstream('a', step)] });
      expect((await ask(gw)).whole).toBe(false);
      expect((await gw.fact()).type).toBe('AnswerBroken');
    }
  });
});

describe('a stream that is labelled as something else', () => {
  const labelled =
    (type: string | null, text: string, headers: object = {}): Step =>
    ({ response }) => {
      response.writeHead(200, { ...(type === null ? {} : { 'content-type': type }), ...headers });
      response.end(text);
    };

  it.each<[string, string | null, string]>([
    ['plain text', 'text/plain; charset=utf-8', streamed],
    ['bytes', 'application/octet-stream', streamed],
    ['JSON', 'application/json', streamed],
    ['nothing', null, `: hello\n\n${streamed}`],
    ['nothing, behind blank lines', null, `\n\n${streamed}`],
  ])('goes on as what it is: %s', async (_, type, text) => {
    const gw = await gateway({ main: [await upstream('a', labelled(type, text))] });
    const got = await ask(gw);
    expect([got.status, got.text, got.whole]).toEqual([200, text, true]);
    expect(got.headers['content-type']).toMatch(/^text\/event-stream/);
    expect(gw.failures).toEqual([]);
  });

  it('is told byte by byte', async () => {
    const slowly: Step = async ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      for (const byte of Buffer.from(streamed).subarray(0, 12)) {
        response.write(Buffer.from([byte]));
        await new Promise(setImmediate);
      }
      response.end(Buffer.from(streamed).subarray(12));
    };
    const got = await ask(await gateway({ main: [await upstream('a', slowly)] }));
    expect([got.text, got.whole]).toEqual([streamed, true]);
  });

  it('is none where JSON was asked for, or where it is only a sentence', async () => {
    for (const [text, stream] of [
      [streamed, false],
      ['error: no upstream', true],
      ['eve', true],
      ['', true],
    ] as const) {
      const gw = await gateway({ main: [await upstream('a', labelled('text/plain', text)), await upstream('b')] });
      expect((await ask(gw, { stream })).headers['x-qcc-endpoint']).toBe('b');
      expect(gw.failures).toEqual([{ endpoint: 'a', failure: 'badAnswer' }]);
    }
  });

  it('is compressed, and goes on as it came', async () => {
    const a = await upstream('a', ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' });
      response.end(gzipSync(streamed));
    });
    const got = await ask(await gateway({ main: [a] }));
    expect([got.whole, got.headers['content-encoding'], got.body.equals(gzipSync(streamed))]).toEqual([
      true,
      'gzip',
      true,
    ]);
  });
});

describe('a body that is too large for what stands before an endpoint', () => {
  const large = bodyOf().replace('"messages"', `"x":"${'x'.repeat(10_000)}","messages"`);
  const page = says(413, '<html><title>413 Request Entity Too Large</title></html>', { 'content-type': 'text/html' });

  it('is answered by another one, and larger ones skip it; smaller ones do not', async () => {
    const a = await upstream('a', page, answers());
    const gw = await gateway({ main: [a, await upstream('b')] });
    expect((await ask(gw, { body: large })).headers).toMatchObject({ 'x-qcc-endpoint': 'b', 'x-qcc-attempts': '2' });
    expect((await ask(gw, { body: large })).headers).toMatchObject({ 'x-qcc-endpoint': 'b', 'x-qcc-attempts': '1' });
    expect((await ask(gw)).headers['x-qcc-endpoint']).toBe('a');
    expect(gw.failures).toEqual([]);
  });

  it('is asked all the same where it is too large for everybody, and the client hears that', async () => {
    const gw = await gateway({ main: [await upstream('a', page)] });
    for (let count = 0; count < 2; count++)
      expect(await ask(gw, { body: large })).toMatchObject({ status: 413, text: expect.stringContaining('Too Large') });
  });
});

describe('a refusal of this request alone', () => {
  const long = 'Extra usage is required for long context requests.';

  it('is answered by another endpoint, and harms none', async () => {
    const gw = await gateway({ main: [await upstream('a', refuses(429, {}, long)), await upstream('b')] });
    expect((await ask(gw)).headers['x-qcc-endpoint']).toBe('b');
    expect(gw.failures).toEqual([]);
  });

  it('goes out verbatim and at once where nobody else can', async () => {
    const gw = await gateway({ main: [await upstream('a', refuses(429, {}, long))] });
    const got = await ask(gw);
    expect([got.status, errorOf(got).message]).toEqual([429, long]);
  });
});

describe('a 404 that names no model', () => {
  it('is a strike where messages were answered before, and a wrong address where none ever was', async () => {
    const a = await upstream('a', answers(), says(404, '<html>gone</html>'));
    const gw = await gateway({ main: [a, await upstream('b', answers())] });
    await ask(gw);
    await ask(gw);
    const fresh = await gateway({ main: [await upstream('c', says(404, '<html>gone</html>'))] });
    await ask(fresh);
    expect([gw.failures, fresh.failures]).toEqual([
      [{ endpoint: 'a', failure: 'badAnswer' }],
      [{ endpoint: 'c', failure: 'misconfigured' }],
    ]);
  });
});

describe('a refusal that is compressed', () => {
  const broke = errorBody('invalid_request_error', 'Your credit balance is too low to access the API.');
  it.each<[string, string, (text: string) => Buffer]>([
    ['gzip', 'gzip', gzipSync],
    ['br', 'br', brotliCompressSync],
    ['deflate', 'deflate', deflateSync],
    ['deflate, bare', 'deflate', deflateRawSync],
  ])('is read for what it says: %s', async (_, coding, pack) => {
    const a = await upstream('a', ({ response }) => {
      response.writeHead(400, { 'content-type': 'application/json', 'content-encoding': coding });
      response.end(pack(broke));
    });
    const gw = await gateway({ main: [a, await upstream('b')] });
    expect((await ask(gw)).text).toBe(streamed);
    expect(gw.failures).toEqual([{ endpoint: 'a', failure: 'billing' }]);
  });

  it('is read though it unpacks to hundreds of thousands of bytes', async () => {
    const long = errorBody('invalid_request_error', `Your credit balance is too low. ${'x'.repeat(300_000)}`);
    const a = await upstream('a', ({ response }) => {
      response.writeHead(400, { 'content-encoding': 'gzip' });
      response.end(gzipSync(long));
    });
    const gw = await gateway({ main: [a, await upstream('b')] });
    await ask(gw);
    expect(gw.failures).toEqual([{ endpoint: 'a', failure: 'billing' }]);
  });
});

describe('patience', () => {
  const short = { settings: { 'proxy.headers_timeout': 0.1, 'proxy.first_content_timeout': 0.1 } };

  it('is the settings’ while another endpoint is left, and the client’s when none is', async () => {
    const late =
      (ms: number): Step =>
      (turn) =>
        void setTimeout(() => answers()(turn), ms);
    const [a, b] = [await upstream('a', late(400)), await upstream('b', late(400))];
    const gw = await gateway({ main: [a, b] }, short);
    expect((await ask(gw)).headers).toMatchObject({ 'x-qcc-endpoint': 'b', 'x-qcc-attempts': '2' });
    expect(gw.failures).toEqual([{ endpoint: 'a', failure: 'timeout' }]);
    expect((await ask(await gateway({ main: [a] }, short))).status).toBe(200);
    const thinks: Step = (turn) =>
      void streams(start, ({ response }) => void setTimeout(() => response.end(streamed), 400))(turn);
    expect((await ask(await gateway({ main: [await upstream('c', thinks)] }, short))).whole).toBe(true);
  });

  it('lasts for an open thought that pings, whoever else is left', async () => {
    const thought = sse('content_block_start', { index: 0, content_block: { type: 'thinking', thinking: '' } });
    const rest = streamed.slice(start.length);
    const thinks = streams(start + thought, ({ response }) => {
      const every = setInterval(() => response.write(': thinking\n\n'), 20);
      setTimeout(() => {
        clearInterval(every);
        response.end(rest);
      }, 500);
    });
    const gw = await gateway({ main: [await upstream('a', thinks), await upstream('b')] }, short);
    expect((await ask(gw)).headers['x-qcc-endpoint']).toBe('a');
    expect(gw.failures).toEqual([]);
  });

  it('lasts for a thought after content as well, where an idle stream is cut', async () => {
    const begun = answerEvents().slice(0, -2).join('');
    const thought = sse('content_block_start', { index: 1, content_block: { type: 'thinking', thinking: '' } });
    const end = answerEvents().slice(-2).join('');
    const pinging = (text: string) =>
      streams(text, ({ response }) => {
        const every = setInterval(() => response.write(sse('ping')), 20);
        setTimeout(() => {
          clearInterval(every);
          response.end(sse('content_block_stop', { index: 1 }) + end);
        }, 1_500);
      });
    const idle = { settings: { 'proxy.idle_timeout': 0.4 } };
    expect((await ask(await gateway({ main: [await upstream('a', pinging(begun + thought))] }, idle))).whole).toBe(
      true,
    );
    expect((await ask(await gateway({ main: [await upstream('b', pinging(begun))] }, idle))).whole).toBe(false);
  });
});

it('an endpoint that takes nothing from this network is passed over, and its words are the client’s where it is alone', async () => {
  const a = await upstream('a', says(403, '{"error":{"type":"forbidden","message":"Request not allowed"}}'));
  const gw = await gateway({ main: [a, await upstream('b')] });
  expect((await ask(gw)).headers['x-qcc-endpoint']).toBe('b');
  expect(gw.failures).toEqual([{ endpoint: 'a', failure: 'blocked' }]);
  const alone = await gateway({ main: [as(a, {})] });
  expect(await ask(alone)).toMatchObject({ status: 403, text: expect.stringContaining('Request not allowed') });
});

it('a good message that is all thought, all tool, or empty is served', async () => {
  for (const content of [
    [{ type: 'thinking', thinking: 'hm' }],
    [{ type: 'tool_use', id: 't', name: 'x', input: {} }],
    [],
  ]) {
    const body = JSON.stringify({ ...JSON.parse(message), content });
    const gw = await gateway({ main: [await upstream('a', says(200, body)), await upstream('b')] });
    expect(await ask(gw, { stream: false })).toMatchObject({ text: body, headers: { 'x-qcc-endpoint': 'a' } });
  }
});

it('a session stays where its cache is, when another endpoint has answered for a model that is not there', async () => {
  const small = bodyOf().replace('claude-test', 'claude-small');
  const [a, b] = [
    await upstream('a', answers(), refuses(404, {}, 'model: claude-small'), answers()),
    await upstream('b'),
  ];
  const gw = await gateway({ main: [a, b] }, { settings: { 'loadbalancer.strategy': 'round-robin' } });
  expect((await ask(gw, { session: 's' })).headers['x-qcc-endpoint']).toBe('a');
  for (let count = 0; count < 2; count++)
    expect((await ask(gw, { session: 's', body: small })).headers['x-qcc-endpoint']).toBe('b');
  for (let count = 0; count < 2; count++) expect((await ask(gw, { session: 's' })).headers['x-qcc-endpoint']).toBe('a');
});

it('words that no row of the table knows are counted, without digits, ids and keys; known ones are not', async () => {
  const text = 'quantum flux 42 in req_0123456789abcdef for sk-ant-secret-0123456789 at me@home.test';
  const strange = JSON.stringify({ error: { type: 'flux_error', code: 'F42', message: text } });
  const gw = await gateway({ main: [await upstream('a', says(418, strange), says(418, strange), refuses(529))] });
  for (let count = 0; count < 3; count++) await ask(gw);
  expect(gw.unknownRefusals()).toEqual([
    { endpoint: 'a', status: 418, type: 'flux_error', code: 'F#', text: 'quantum flux # in … for … at …', count: 2 },
  ]);
});
