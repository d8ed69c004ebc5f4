/** What a probe makes of an endpoint: each kind of answer, and of silence. */

import { describe, expect, it } from 'vitest';
import type { Failure, Verdict } from '../../events/endpoint.ts';
import { reasonText } from '../../src/messages/reasons.ts';
import type { Fault } from '../../src/simulated-endpoint/faults.ts';
import { answerEvents, errorBody, messageBody, readAsked } from '../../src/simulated-endpoint/replies.ts';
import { type ProbeJob, probe } from '../../workers/probe.ts';
import { jobFor, serving, simulated } from './simulated.ts';

// Long enough for an answer that comes at once, short enough to wait for.
const shortMs = 400;

async function verdictOn(fault: Fault, timeoutMs?: number) {
  const endpoint = await simulated();
  await endpoint.play(fault);
  return probe(jobFor(endpoint, timeoutMs === undefined ? {} : { timeoutMs }));
}

const status = (code: number): Fault => ({ kind: 'status', status: code });
const breaks = (when: 'beforeContent' | 'afterContent', how: 'cut' | 'reset' | 'end' | 'error') =>
  ({ kind: 'breaks', when, how }) as const;

describe('a probe of an endpoint that answers well', () => {
  it('succeeds, with the times, the tokens and a score', async () => {
    const result = await probe(jobFor(await simulated({ text: 'OK' })));
    expect(result).toMatchObject({
      verdict: 'success',
      failure: null,
      status: 200,
      valid: true,
      model: 'claude-given',
      error: null,
    });
    expect(result.ttftMs).toBeLessThanOrEqual(result.responseMs);
    // The question is some 30 tokens, the answer one.
    expect(result.tokens).toBeGreaterThan(10);
    expect(result.tokens).toBeLessThan(60);
    expect(result.score).toBeGreaterThanOrEqual(70);
    expect(result.score).toBeLessThanOrEqual(100);
  });

  it.each<[string, Fault]>([
    ['in one piece though a stream was asked for', { kind: 'jsonForStream' }],
    ['after a while', { kind: 'slowContent', delayMs: 60, pingEveryMs: 20 }],
    ['compressed though nobody asked for it', { kind: 'gzip' }],
  ])('succeeds when the answer comes %s', async (_, fault) => {
    expect(await verdictOn(fault)).toMatchObject({ verdict: 'success', valid: true, error: null });
  });

  it('measures when the first content came, and when the whole', async () => {
    const endpoint = await simulated();
    await endpoint.play({ kind: 'slowContent', delayMs: 80, pingEveryMs: 20 });
    const { ttftMs, responseMs } = await probe(jobFor(endpoint));
    expect(ttftMs).toBeGreaterThanOrEqual(75);
    expect(responseMs).toBeGreaterThanOrEqual(ttftMs ?? Number.POSITIVE_INFINITY);
  });

  it('does not wait for a connection that stays open after the last event', async () => {
    const place = await serving((request, response) => {
      request.resume().on('end', () => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        for (const event of answerEvents(readAsked('{"stream":true}', 'OK'))) response.write(event);
      });
    });
    // Longer than this test may take.
    expect((await probe(jobFor(place, { timeoutMs: 600_000 }))).verdict).toBe('success');
  });

  it('accepts any sensible text, in any script', async () => {
    const result = await probe(jobFor(await simulated({ text: '你好，我不太明白 "您" 的意思。\\' })));
    expect(result.verdict).toBe('success');
  });
});

describe('the verdict of a probe', () => {
  it.each<[string, Fault, Verdict, Failure]>([
    ['500', status(500), 'failure', 'serverError'],
    ['503', status(503), 'failure', 'serverError'],
    ['429', status(429), 'rate_limited', 'rateLimited'],
    ['529', status(529), 'rate_limited', 'overloaded'],
    ['401', status(401), 'invalid_key', 'credential'],
    ['403', status(403), 'invalid_key', 'credential'],
    ['402: the key is good, its account has no credit', status(402), 'failure', 'billing'],
    ['404 that names the model', { kind: 'noModel' }, 'model_error', 'noModel'],
    ['404 that does not', status(404), 'failure', 'misconfigured'],
    ['a reset connection', { kind: 'reset' }, 'failure', 'unreachable'],
    ['402', status(402), 'failure', 'billing'],
    ['a refused connection', { kind: 'refuse' }, 'failure', 'unreachable'],
    ['a redirect', { kind: 'redirect' }, 'failure', 'badAnswer'],
    ['a sign-in page', { kind: 'html' }, 'failure', 'badAnswer'],
    ['nothing with status 200', { kind: 'empty' }, 'failure', 'badAnswer'],
    ['half a JSON answer', { kind: 'truncated', cut: false }, 'failure', 'badAnswer'],
    ['bytes that are no HTTP', { kind: 'junk' }, 'failure', 'badAnswer'],
    ['half a JSON answer, and a cut', { kind: 'truncated', cut: true }, 'failure', 'brokenAnswer'],
    ['a stream that is cut in the middle', breaks('afterContent', 'cut'), 'failure', 'brokenAnswer'],
    ['a stream that ends in the middle', breaks('afterContent', 'end'), 'failure', 'badAnswer'],
    ['an error with status 200', { kind: 'envelope' }, 'rate_limited', 'overloaded'],
    ['a stream with an error as its first event', breaks('beforeContent', 'error'), 'rate_limited', 'overloaded'],
    ['a stream with an error in the middle', breaks('afterContent', 'error'), 'rate_limited', 'overloaded'],
  ])('of %s', async (_, fault, verdict, failure) => {
    const result = await verdictOn(fault);
    expect(result).toMatchObject({ verdict, failure, valid: false, score: 0 });
    expect(result.error).toBeTruthy();
  });

  it.each<[string, Fault]>([
    ['that is cut before it has begun', breaks('beforeContent', 'cut')],
    ['that is reset before it has begun', breaks('beforeContent', 'reset')],
    ['that ends before it has begun', breaks('beforeContent', 'end')],
    ['that is cut in the middle', breaks('afterContent', 'cut')],
    ['that ends in the middle, politely', breaks('afterContent', 'end')],
  ])('of a stream %s is a failure', async (_, fault) => {
    const result = await verdictOn(fault);
    expect(result).toMatchObject({ verdict: 'failure', valid: false, score: 0 });
    expect(result.error).toBeTruthy();
  });

  it.each<[string, Fault]>([
    ['never says a word', { kind: 'hang' }],
    ['only pings', { kind: 'pingsOnly', everyMs: 20 }],
    ['stops in the middle', { kind: 'breaks', when: 'afterContent', how: 'stall' }],
  ])('on an endpoint that %s is a timeout, in time', async (_, fault) => {
    const result = await verdictOn(fault, shortMs);
    expect(result).toMatchObject({ verdict: 'timeout', failure: 'timeout', status: null, score: 0 });
    expect(result.responseMs).toBeGreaterThanOrEqual(shortMs - 1);
    expect(result.responseMs).toBeLessThan(shortMs * 2);
    expect(result.error).toBeTruthy();
  });

  it('is a timeout too when the list of models came before the silence', async () => {
    const endpoint = await simulated({ perRequest: [{ kind: 'none' }, { kind: 'hang' }] });
    const result = await probe(jobFor(endpoint, { model: null, timeoutMs: shortMs }));
    expect(result).toMatchObject({ verdict: 'timeout', model: 'claude-haiku-simulated' });
    expect(result.responseMs).toBeGreaterThanOrEqual(shortMs - 1);
  });
});

describe('the request of a probe', () => {
  it.each(['x-api-key', 'bearer'] as const)('has the key once, as %s', async (auth) => {
    const endpoint = await simulated({ auth });
    expect((await probe(jobFor(endpoint))).verdict).toBe('success');
    const { headers, path, method } = endpoint.requests[0] ?? {};
    const given = [headers?.['x-api-key'], headers?.authorization].filter(Boolean);
    expect(given).toEqual([auth === 'bearer' ? `Bearer ${endpoint.key}` : endpoint.key]);
    expect([method, path, headers?.['anthropic-version']]).toEqual(['POST', '/v1/messages', '2023-06-01']);
  });

  it('is tiny, and streams', async () => {
    const endpoint = await simulated();
    await probe(jobFor(endpoint));
    const body = JSON.parse(endpoint.requests[0]?.body ?? '{}');
    expect(body).toMatchObject({ model: 'claude-given', stream: true });
    expect(body.max_tokens).toBeLessThanOrEqual(64);
    expect(endpoint.requests[0]?.body.length).toBeLessThan(300);
  });

  it('uses a connection of its own, not one that the list may have ended', async () => {
    const connections: unknown[] = [];
    const place = await serving((request, response) => {
      connections.push(request.socket);
      request.resume().on('end', () => response.end(messageBody(readAsked('{}', 'OK'))));
    });
    expect((await probe(jobFor(place, { model: null }))).verdict).toBe('success');
    expect(new Set(connections).size).toBe(2);
  });

  it.each([
    ['is not there', '', 'noKey'],
    ['no header can hold', 'sk-ant-\n-x', 'unusableKey'],
    ['no header can hold, in Chinese', '密钥', 'unusableKey'],
  ])('is not sent if the key %s', async (_, key, error) => {
    const endpoint = await simulated();
    const result = await probe(jobFor(endpoint, { key }));
    expect(result).toMatchObject({
      verdict: 'invalid_key',
      failure: 'credential',
      status: null,
      error: { code: error },
    });
    expect(endpoint.requests).toEqual([]);
  });

  it('changes with the dice, between Chinese and English', async () => {
    const endpoint = await simulated();
    for (let dice = 0; dice < 1; dice += 0.1) await probe(jobFor(endpoint, { dice }));
    const said = endpoint.requests.map(({ body }) => String(JSON.parse(body).messages[0].content));
    expect(new Set(said).size).toBeGreaterThanOrEqual(3);
    expect(said.some((text) => /\p{Script=Han}/u.test(text))).toBe(true);
    expect(said.some((text) => !/\p{Script=Han}/u.test(text))).toBe(true);
    expect(said.every((text) => text.trim() !== '')).toBe(true);
  });

  it('is sent below the path of the base URL', async () => {
    const paths: (string | undefined)[] = [];
    const place = await serving((request, response) => {
      paths.push(request.url);
      response.writeHead(500).end();
    });
    await probe(jobFor({ ...place, url: `${place.url}/relay` }, { model: null }));
    expect(paths.map((path) => path?.split('?')[0])).toEqual(['/relay/v1/models', '/relay/v1/messages']);
  });
});

describe('the model of a probe', () => {
  const asked = readAsked('{"model":"claude-test","stream":true}', 'OK');

  /** Answers messages well, and the list of models as told. */
  async function listing(list: string | null, code = 200) {
    const models: string[] = [];
    const place = await serving((request, response) => {
      if (request.method === 'GET') {
        if (list === null) request.socket.destroy();
        else response.writeHead(code, { 'content-type': 'application/json' }).end(list);
        return;
      }
      request.setEncoding('utf8');
      let body = '';
      request.on('data', (text: string) => {
        body += text;
      });
      request.on('end', () => {
        models.push(String(JSON.parse(body).model));
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end(answerEvents(asked).join(''));
      });
    });
    return { result: await probe(jobFor(place, { model: null })), models };
  }

  const listOf = (...ids: readonly string[]) => JSON.stringify({ data: ids.map((id) => ({ id })) });

  it('is the given one, without reading the list', async () => {
    const endpoint = await simulated();
    await probe(jobFor(endpoint));
    expect(endpoint.requests.map(({ method }) => method)).toEqual(['POST']);
  });

  it('is the haiku of the list', async () => {
    const { result, models } = await listing(listOf('claude-opus-9', 'claude-haiku-9', 'x'));
    expect([models, result.model]).toEqual([['claude-haiku-9'], 'claude-haiku-9']);
  });

  it('is the cheapest that the endpoint is known to have answered with, without reading the list', async () => {
    const endpoint = await simulated();
    const known = ['claude-opus-9', 'claude-haiku-9', 'claude-sonnet-9'];
    expect((await probe(jobFor(endpoint, { model: null, known }))).model).toBe('claude-haiku-9');
    expect(endpoint.requests.map(({ method }) => method)).toEqual(['POST']);
  });

  it.each<[string, Partial<ProbeJob>, readonly string[]]>([
    [
      'the cheapest of what is known',
      { model: 'claude-wanted', known: ['claude-opus-9'] },
      ['claude-wanted', 'claude-opus-9'],
    ],
    [
      'the next of what is known',
      { model: null, known: ['claude-opus-9', 'claude-haiku-9'] },
      ['claude-haiku-9', 'claude-opus-9'],
    ],
    ['the cheapest of the list', { model: 'claude-wanted' }, ['claude-wanted', 'claude-haiku-simulated']],
  ])('that is gone is followed by %s', async (_, given, asked) => {
    const list = given.known ? [] : [{ kind: 'none' } as const];
    const endpoint = await simulated({ perRequest: [{ kind: 'noModel' }, ...list, { kind: 'none' }] });
    const result = await probe(jobFor(endpoint, given));
    expect(result).toMatchObject({ verdict: 'success', model: asked[1] });
    const posts = endpoint.requests.filter(({ method }) => method === 'POST');
    expect(posts.map(({ body }) => JSON.parse(body).model)).toEqual(asked);
  });

  it('that is gone twice is a model_error, and no third is tried', async () => {
    const endpoint = await simulated();
    await endpoint.play({ kind: 'noModel' });
    const known = ['claude-haiku-9', 'claude-sonnet-9', 'claude-opus-9'];
    expect(await probe(jobFor(endpoint, { model: null, known }))).toMatchObject({
      verdict: 'model_error',
      failure: 'noModel',
      model: 'claude-sonnet-9',
    });
    expect(endpoint.requests).toHaveLength(2);
  });

  it('is requested within a part of the time: a hanging list leaves enough for the conversation', async () => {
    const endpoint = await simulated({ perRequest: [{ kind: 'hang' }, { kind: 'none' }] });
    const result = await probe(jobFor(endpoint, { model: null, timeoutMs: 2_000 }));
    expect(result).toMatchObject({ verdict: 'success', model: 'claude-haiku-4-5' });
    expect(result.responseMs).toBeLessThan(1_000);
  });

  it('is not read from a list without end', async () => {
    let sent = 0;
    const place = await serving((request, response) => {
      if (request.method === 'POST') {
        request.resume().on('end', () => response.end(messageBody(asked)));
        return;
      }
      const more = () => {
        while (!response.destroyed && response.write(' '.repeat(65_536))) sent += 65_536;
      };
      response.on('drain', more);
      more();
    });
    const result = await probe(jobFor(place, { model: null }));
    expect(result).toMatchObject({ verdict: 'success', model: 'claude-haiku-4-5' });
    // What the sockets between hold is sent, and not read.
    expect(sent).toBeLessThan(32 * 1_048_576);
  });

  it.each([
    ['is not there', 'Not Found', 404],
    ['is a page', '<html></html>', 200],
    ['is empty', '{"data":[]}', 200],
    ['has no entries', '{}', 200],
    ['is null', 'null', 200],
    ['has entries without a name', '{"data":[{}]}', 200],
    ['has entries that are nothing', '{"data":[null]}', 200],
    ['breaks the connection', null, 200],
  ] as const)('is a widely available one where the list %s', async (_, list, code) => {
    const { result, models } = await listing(list, code);
    expect(result).toMatchObject({ verdict: 'success', error: null });
    expect(models).toEqual([expect.stringMatching(/^claude-/)]);
  });
});

describe('the error of a probe', () => {
  const sentenceMax = 300;

  /** What the probe says of an endpoint that refuses in these words. */
  async function errorFor(words: (key: string) => string): Promise<{ error: string; key: string }> {
    const place = await serving((_, response) => {
      const body = errorBody('api_error', words(place.key));
      response.writeHead(500, { 'content-type': 'application/json' }).end(body);
    });
    const { error } = await probe(jobFor(place));
    return { error: reasonText(error ?? '', 'en'), key: place.key };
  }

  it('has the status and the endpoint’s words', async () => {
    expect((await errorFor(() => 'no capacity left')).error).toBe('500: no capacity left');
  });

  it('never contains the key, even if the endpoint repeats it', async () => {
    const { error, key } = await errorFor((said) => `the key ${said} is unknown here`);
    expect(error).not.toContain(key);
    expect(error).toContain('500');
  });

  it('is one sentence of bounded length, without control characters', async () => {
    const { error } = await errorFor(() => `one\ntwo\u001b[31m ${'so '.repeat(500)}`);
    expect(error.length).toBeLessThan(sentenceMax);
    // What JSON writes as \n or \u001b is neither to be shown as it is nor as an escape.
    expect(error).not.toMatch(/[\p{Cc}\\]/u);
  });
});

describe('the score of a probe', () => {
  const words = (count: number) => 'word '.repeat(count);

  it('takes points from a verbose endpoint', async () => {
    const { score } = await probe(jobFor(await simulated({ text: words(300) })));
    expect(score).toBeGreaterThanOrEqual(50);
    expect(score).toBeLessThanOrEqual(80);
  });

  it('of an answer without token counts is that of a brief one', async () => {
    const place = await serving((_, response) => {
      const { usage: _usage, ...silent } = JSON.parse(messageBody(readAsked('{}', 'OK')));
      response.end(JSON.stringify(silent));
    });
    const { score, tokens } = await probe(jobFor(place));
    expect([score, tokens]).toEqual([100, 0]);
  });
});

describe('a probe of an endpoint with excessive output', () => {
  const MiB = 1_048_576;
  // All together, of this thread; what is read is read within milliseconds.
  const cpuMsMax = 1_500;

  /** Writes until the reader has gone; `said` is how much was taken. */
  const floods = async (status: number, type: string, text: string) => {
    const said = { bytes: 0 };
    const piece = Buffer.from(text.repeat(Math.ceil(65_536 / text.length)));
    const place = await serving((request, response) => {
      request.resume();
      response.writeHead(status, { 'content-type': type });
      const more = () => {
        while (!response.destroyed && said.bytes < 64 * MiB) {
          said.bytes += piece.length;
          if (!response.write(piece)) return;
        }
      };
      response.on('drain', more);
      more();
    });
    return { place, said };
  };

  const rows: readonly (readonly [string, number, string, string])[] = [
    ['pages that begin a title again and again', 502, 'text/html', '<title'],
    ['newlines', 200, 'text/event-stream', '\n'],
    ['pings', 200, 'text/event-stream', 'event: ping\ndata: {"type":"ping"}\n\n'],
    ['lists in lists', 200, 'application/json', '['],
    ['objects', 200, 'application/json', '{},'],
    ['an error without an end', 529, 'application/json', '{"error":{"type":"'],
  ];
  for (const depth of ['api', 'conversation'] as const) {
    it.each(rows)(`in its ${depth} reads a piece of %s, and ends`, async (_, status, type, text) => {
      const { place, said } = await floods(status, type, text);
      const before = process.cpuUsage();
      const result = await probe(jobFor(place, { depth }));
      const { user, system } = process.cpuUsage(before);
      expect(result.valid).toBe(false);
      expect((user + system) / 1_000).toBeLessThan(cpuMsMax);
      // What buffers on the way have taken.
      expect(said.bytes).toBeLessThan(48 * MiB);
    });
  }

  it('judges a refusal without an end by its status', async () => {
    const { place } = await floods(401, 'application/json', 'x');
    expect(await probe(jobFor(place))).toMatchObject({ verdict: 'invalid_key', failure: 'credential', status: 401 });
  });

  it('recognises an error that is nested too deep to be recorded', async () => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    const place = await serving((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(`{"type":"error","error":{"type":"overloaded_error","more":${deep}}}`);
    });
    expect(await probe(jobFor(place))).toMatchObject({ failure: 'overloaded', connected: true, status: 200 });
  });

  it('uses the beginning of a list that is longer than it reads', async () => {
    const place = await serving((request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': 'application/json' });
      if (request.method === 'GET')
        response.end(
          JSON.stringify({
            data: Array.from({ length: 9_000 }, (_, n) => ({ id: `claude-haiku-${n}`, more: 'x'.repeat(99) })),
          }),
        );
      else response.end(messageBody(readAsked('{"model":"claude-haiku-0"}', 'OK')));
    });
    expect(await probe(jobFor(place, { depth: 'api' }))).toMatchObject({ verdict: 'success' });
    expect(await probe(jobFor(place, { model: null }))).toMatchObject({ verdict: 'success', model: 'claude-haiku-0' });
  });

  it('records no model with the name of its key', async () => {
    const place = await serving((request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': 'application/json' });
      if (request.method === 'GET') response.end(`{"data":[{"id":"haiku-${oddKey}"}]}`);
      else response.end(messageBody(readAsked('{"model":"m"}', 'OK')));
    });
    const oddKey = '0123456789abcdef';
    const result = await probe(jobFor({ ...place, key: oddKey }, { model: null }));
    expect(result.verdict).toBe('success');
    expect(JSON.stringify(result)).not.toContain(oddKey);
  });
});
