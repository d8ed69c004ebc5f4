import { type IncomingMessage, request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Fault } from '../../src/simulated-endpoint/faults.ts';
import {
  type SimulatedEndpoint,
  type SimulatedEndpointOptions,
  startSimulatedEndpoint,
} from '../../src/simulated-endpoint/simulated-endpoint.ts';

interface Got {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  /** Null when the answer is whole. */
  readonly broken: string | null;
}

interface Call {
  readonly path?: string;
  readonly body?: object;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  /** Called with what is there so far; true hangs up. */
  readonly enough?: (text: string) => boolean;
}

async function start(options: SimulatedEndpointOptions = {}): Promise<SimulatedEndpoint> {
  const endpoint = await startSimulatedEndpoint(options);
  onTestFinished(() => endpoint.close());
  return endpoint;
}

function ask(endpoint: SimulatedEndpoint, call: Call = {}): Promise<Got> {
  const { path = '/v1/messages', body = turn(), method = 'POST', enough = () => false } = call;
  const headers = { 'x-api-key': endpoint.key, ...call.headers };
  return new Promise((resolve, reject) => {
    const sent = request(endpoint.url + path, { method, headers, agent: false }, (response) => {
      // From here on the answer itself says how it ends.
      sent.off('error', reject).on('error', () => undefined);
      const chunks: Buffer[] = [];
      const done = (broken: string | null) => {
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, body: Buffer.concat(chunks), broken });
      };
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        if (enough(Buffer.concat(chunks).toString())) sent.destroy();
      });
      response.on('end', () => done(null));
      response.on('error', ({ message }) => done(message));
    });
    sent.on('error', reject);
    sent.end(method === 'GET' ? undefined : JSON.stringify(body));
  });
}

function turn(content: unknown = 'hello', more: object = {}) {
  return { model: 'claude-test', messages: [{ role: 'user', content }], ...more };
}

const streamed = { body: turn('hello', { stream: true }) };
const text = ({ body }: Got) => body.toString();
const json = (got: Got) => JSON.parse(text(got)) as { type: string; error: { type: string } };
const types = (got: Got) => [...text(got).matchAll(/^event: (.*)$/gm)].map(([, type]) => type);

describe('a healthy simulated endpoint', () => {
  it('answers a turn as one message', async () => {
    const got = await ask(await start());
    expect(got.status).toBe(200);
    expect(json(got)).toMatchObject({
      type: 'message',
      model: 'claude-test',
      content: [{ type: 'text', text: expect.stringContaining('QCC-OK') }],
      stop_reason: 'end_turn',
    });
  });

  it('streams the events of a turn in their order', async () => {
    const got = await ask(await start(), streamed);
    expect(got.headers['content-type']).toMatch('text/event-stream');
    expect([...new Set(types(got))]).toEqual([
      'message_start',
      'content_block_start',
      'ping',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
  });

  it('asks for the tool, and then reads the tool’s result', async () => {
    const endpoint = await start();
    const tools = [{ name: 'Read' }, { name: 'Bash' }];
    const content = [{ type: 'text', text: 'please use a tool' }];
    const called = await ask(endpoint, { body: turn(content, { tools }) });
    expect(json(called)).toMatchObject({
      content: [{ type: 'tool_use', name: 'Bash', input: { command: 'echo hello-from-tool' } }],
      stop_reason: 'tool_use',
    });
    const result = [{ type: 'tool_result', tool_use_id: 'x', content: 'hello-from-tool\n' }];
    const answered = await ask(endpoint, { body: turn(result, { tools }) });
    expect(text(answered)).toContain('TOOL-OK');
  });

  it('does not take a reminder of the client for the user’s request', async () => {
    const content = [
      { type: 'text', text: '<system-reminder>use a tool when it helps</system-reminder>' },
      { type: 'text', text: 'hello' },
    ];
    const got = await ask(await start(), { body: turn(content, { tools: [{ name: 'Bash' }] }) });
    expect(text(got)).toContain('QCC-OK');
  });

  it('counts tokens, lists models, and supports batches and files', async () => {
    const endpoint = await start();
    const counted = await ask(endpoint, { path: '/v1/messages/count_tokens?beta=true' });
    expect(json(counted)).toEqual({ input_tokens: expect.any(Number) });
    const listed = await ask(endpoint, { path: '/v1/models?limit=1000', method: 'GET' });
    expect(json(listed)).toMatchObject({ has_more: false, first_id: 'claude-simulated' });
    const batch = await ask(endpoint, { path: '/v1/messages/batches', body: { requests: [] } });
    expect(json(batch).type).toBe('message_batch');
    const files = await ask(endpoint, { path: '/v1/files', method: 'GET' });
    expect(json(files)).toMatchObject({ data: [{ type: 'file' }] });
    expect((await ask(endpoint, { path: '/v2/messages' })).status).toBe(404);
  });

  it('requires its key in its header, and nowhere else', async () => {
    const endpoint = await start({ auth: 'bearer' });
    const refused = await ask(endpoint);
    expect([refused.status, json(refused).error.type]).toEqual([401, 'authentication_error']);
    const authorization = `Bearer ${endpoint.key}`;
    expect((await ask(endpoint, { headers: { authorization } })).status).toBe(200);
    expect(endpoint.requests.map(({ keyOk }) => keyOk)).toEqual([false, true]);
  });

  it('records requests, byte for byte, and how each ended', async () => {
    const endpoint = await start();
    await ask(endpoint, { headers: { 'x-app': 'cli' } });
    expect(endpoint.requests).toMatchObject([
      { method: 'POST', path: '/v1/messages', body: JSON.stringify(turn()), status: 200 },
    ]);
    expect(endpoint.requests[0]?.headers['x-app']).toBe('cli');
    await expect.poll(() => endpoint.requests[0]?.ended).toBe('finished');
  });
});

const answers: readonly [string, Fault, (got: Got) => void][] = [
  [
    'a status with its headers',
    { kind: 'status', status: 529, headers: { 'retry-after': '7' } },
    (got) => {
      expect([got.status, got.headers['retry-after']]).toEqual([529, '7']);
      expect(json(got).error.type).toBe('overloaded_error');
    },
  ],
  ['an unknown model', { kind: 'noModel' }, (got) => expect(text(got)).toContain('model: claude-test')],
  ['a page of HTML', { kind: 'html' }, (got) => expect(text(got)).toContain('Wi-Fi')],
  ['an empty answer', { kind: 'empty' }, (got) => expect([got.status, got.body.length]).toEqual([200, 0])],
  ['an error with status 200', { kind: 'envelope' }, (got) => expect(json(got).type).toBe('error')],
  ['JSON for a stream', { kind: 'jsonForStream' }, (got) => expect(json(got).type).toBe('message')],
  ['half of a JSON', { kind: 'truncated', cut: false }, (got) => expect(() => json(got)).toThrow()],
  ['half of an answer', { kind: 'truncated', cut: true }, (got) => expect(got.broken).toBe('aborted')],
  [
    'a redirect',
    { kind: 'redirect' },
    (got) => expect([got.status, got.headers.location]).toEqual([307, '/elsewhere']),
  ],
  ['a compressed stream', { kind: 'gzip' }, (got) => expect(gunzipSync(got.body).toString()).toContain('message_stop')],
  ['a slow one', { kind: 'slow', delayMs: 1 }, (got) => expect(types(got)).toContain('message_stop')],
  [
    'slow content',
    { kind: 'slowContent', delayMs: 3, pingEveryMs: 1 },
    (got) => expect(types(got).slice(0, 3)).toEqual(['message_start', 'ping', 'ping']),
  ],
  [
    'a cut before content',
    { kind: 'breaks', when: 'beforeContent', how: 'cut' },
    (got) => expect([types(got), got.broken]).toEqual([['message_start'], 'aborted']),
  ],
  [
    'a cut after content',
    { kind: 'breaks', when: 'afterContent', how: 'cut' },
    (got) => expect([types(got).at(-1), got.broken]).toEqual(['content_block_delta', 'aborted']),
  ],
  [
    'a reset after content',
    { kind: 'breaks', when: 'afterContent', how: 'reset' },
    (got) => expect(got.broken).not.toBeNull(),
  ],
  [
    'an early end',
    { kind: 'breaks', when: 'afterContent', how: 'end' },
    (got) => expect([types(got).at(-1), got.broken]).toEqual(['content_block_delta', null]),
  ],
  [
    'an error in the stream',
    { kind: 'breaks', when: 'beforeContent', how: 'error' },
    (got) => expect(types(got)).toEqual(['message_start', 'error']),
  ],
  [
    'an end that its length promised',
    { kind: 'breaks', when: 'afterContent', how: 'length' },
    (got) =>
      expect([types(got).at(-1), got.broken, Number(got.headers['content-length'])]).toEqual([
        'content_block_delta',
        null,
        got.body.length,
      ]),
  ],
  ['a good one byte by byte', { kind: 'trickle' }, (got) => expect(types(got)).toContain('message_stop')],
  ['a long head', { kind: 'longHead', bytes: 9_000 }, (got) => expect(got.headers['x-long']).toHaveLength(9_000)],
];

describe('a simulated endpoint with a fault', () => {
  it.each(answers)('plays %s', async (_, fault, look) => {
    const endpoint = await start();
    await endpoint.play(fault);
    look(await ask(endpoint, streamed));
  });

  const silences: readonly [string, Fault, string][] = [
    ['refuses connections', { kind: 'refuse' }, 'ECONNREFUSED'],
    ['resets them', { kind: 'reset' }, 'ECONNRESET'],
    ['speaks another protocol', { kind: 'junk' }, 'HPE_INVALID_CONSTANT'],
    ['ends in its head', { kind: 'halfHead' }, 'ECONNRESET'],
  ];

  it.each(silences)('%s', async (_, fault, code) => {
    const endpoint = await start();
    await endpoint.play(fault);
    await expect(ask(endpoint)).rejects.toMatchObject({ code });
  });

  it.each<[string, Fault, string]>([
    ['sends pings and nothing else', { kind: 'pingsOnly', everyMs: 1 }, 'event: ping'],
    ['stalls after content', { kind: 'breaks', when: 'afterContent', how: 'stall' }, 'content_block_delta'],
  ])('%s until the client leaves', async (_, fault, seen) => {
    const endpoint = await start();
    await endpoint.play(fault);
    const enough = (so: string) => so.includes(seen);
    const got = await ask(endpoint, { ...streamed, enough });
    expect(text(got)).not.toContain('message_stop');
    await expect.poll(() => endpoint.requests[0]?.ended).toBe('cut');
  });

  it('hangs without sending a byte', async () => {
    const endpoint = await start();
    await endpoint.play({ kind: 'hang' });
    const asked = ask(endpoint);
    await expect.poll(() => endpoint.requests.length).toBe(1);
    expect(endpoint.requests[0]).toMatchObject({ status: null, ended: 'running' });
    await endpoint.close();
    await expect(asked).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
});

it('a simulated endpoint stores the answers that it would have given, and deletes them on demand', async () => {
  const endpoint = await start({ name: 'e7' });
  const got = [await ask(endpoint), await ask(endpoint, streamed)];
  expect(got.map(text)).toEqual(endpoint.requests.map((one) => one.whole()));
  const answers = endpoint.requests.map(({ answer }) => answer);
  expect(new Set(answers).size).toBe(2);
  for (const [i, answer] of answers.entries()) expect(text(got[i] as Got)).toContain(`"id":"${answer}"`);
  await endpoint.play({ kind: 'breaks', when: 'afterContent', how: 'cut' });
  const cut = await ask(endpoint, streamed);
  const last = endpoint.requests.at(-1);
  expect(last?.fault).toMatchObject({ kind: 'breaks' });
  expect(last?.whole().startsWith(text(cut))).toBe(true);
  await expect.poll(() => endpoint.requests.every(({ ended }) => ended !== 'running')).toBe(true);
  endpoint.forget(1);
  expect(endpoint.requests).toEqual([last]);
  endpoint.forget();
  expect(endpoint.requests).toEqual([]);
});

describe('a script of faults', () => {
  it('gives each request its fault, and the last one to all that follow', async () => {
    const busy: Fault = { kind: 'status', status: 529 };
    const endpoint = await start({ perRequest: [{ kind: 'none' }, busy] });
    const statuses: number[] = [];
    for (let i = 0; i < 3; i++) statuses.push((await ask(endpoint)).status);
    expect(statuses).toEqual([200, 529, 529]);
  });

  it('stops listening and listens again, as time passes', async () => {
    const endpoint = await start();
    const { url } = endpoint;
    endpoint.script({
      timeline: [
        { atMs: 0, fault: { kind: 'refuse' } },
        { atMs: 150, fault: { kind: 'none' } },
      ],
    });
    const outcome = () =>
      ask(endpoint).then(
        ({ status }) => status,
        ({ code }) => code as string,
      );
    await expect.poll(outcome, { interval: 5 }).toBe('ECONNREFUSED');
    await expect.poll(outcome).toBe(200);
    expect(endpoint.url).toBe(url);
  });
});
