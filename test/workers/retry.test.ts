/** Retries: on a real worker, over real sockets, judged by the rules by which a client's answer is judged. */
import { createServer } from 'node:net';
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { reason } from '../../events/reason.ts';
import type { LostRetry, RetrySink } from '../../src/pool/hearing.ts';
import { openRetryPool } from '../../src/pool/pool.ts';
import { programAt } from '../../src/pool/program.ts';
import { creditBytes, type RetryJob, type RetryResult } from '../../workers/retry.ts';
import {
  answerEvents,
  answers,
  errorBody,
  hangsUp,
  inPieces,
  junk,
  message,
  ping,
  pings,
  refuses,
  resets,
  type Step,
  says,
  signal,
  silence,
  sse,
  streamed,
  streams,
  upstream,
  waitsFor,
} from '../proxy/upstreams.ts';

const dying = programAt('test/workers/programs/dying-retry');
const hasty = programAt('test/workers/programs/hasty-retry');
const patientMs = 15_000;
const limits = {
  connectMs: patientMs,
  headersMs: patientMs,
  firstContentMs: patientMs,
  idleMs: patientMs,
  totalMs: patientMs,
};

type Job = Partial<Omit<RetryJob, 'limits'>> & { readonly limits?: Partial<RetryJob['limits']> };

function jobFor(at: { readonly url: string; readonly key: string }, more: Job = {}): RetryJob {
  const wantsStream = more.wantsStream ?? true;
  return {
    origin: at.url,
    path: '/relay/v1/messages?beta=true',
    method: 'POST',
    headers: ['content-type', 'application/json', 'anthropic-beta', 'one', 'anthropic-beta', 'two'],
    auth: 'x-api-key',
    key: at.key,
    allowPlaintext: false,
    body: Buffer.from(JSON.stringify({ model: 'claude-test', stream: wantsStream, text: '你好 😀' })),
    isMessages: true,
    isCount: false,
    hasAnswered: false,
    model: 'claude-test',
    ...more,
    wantsStream,
    limits: { ...limits, ...more.limits },
  };
}

/** What a sink has heard, and in which order. */
class Recorder implements RetrySink {
  readonly said: string[] = [];
  headers: readonly string[] = [];
  body = Buffer.alloc(0);

  answering(status: number): void {
    this.said.push(`answering ${status}`);
  }

  committable(status: number, headers: readonly string[]): void {
    this.said.push(`proven ${status}`);
    this.headers = headers;
  }

  bytes(chunk: Buffer): void | Promise<void> {
    if (this.body.length === 0) this.said.push('bytes');
    this.body = Buffer.concat([this.body, chunk]);
  }
}

// One for all: a thread takes longer to start than most attempts.
const retries = openRetryPool();
afterAll(() => retries.close());

function poolOfItsOwn(worker?: URL) {
  const opened = openRetryPool(worker);
  onTestFinished(() => opened.close());
  return opened;
}

async function attempt(
  at: { readonly url: string; readonly key: string },
  more: Job = {},
): Promise<{ readonly result: RetryResult | LostRetry; readonly heard: Recorder }> {
  const heard = new Recorder();
  const result = await retries.attempt(jobFor(at, more), heard);
  return { result, heard };
}

const failureOf = (result: RetryResult | LostRetry) =>
  result.kind === 'failed' ? result.verdict.failure : result.kind;

describe('a successful retry', () => {
  it('returns a stream byte for byte, with its metrics', async () => {
    const good = await upstream('good', answers({ 'request-id': 'req_1', 'set-cookie': 'a=b' }));
    const { result, heard } = await attempt(good);
    expect(heard.said).toEqual(['answering 200', 'proven 200', 'bytes']);
    expect(heard.body.toString()).toBe(streamed);
    expect(heard.headers.join()).toMatch(/content-type,text\/event-stream.*request-id,req_1/);
    expect(heard.headers).not.toContain('set-cookie');
    const usage = { input: 12, output: 14, cacheRead: 3, cacheWrite: 4 };
    expect(result).toMatchObject({ kind: 'answered', status: 200, usage, bytes: Buffer.byteLength(streamed) });
  });

  it('returns one piece if no stream was requested', async () => {
    const good = await upstream('good', answers());
    const { result, heard } = await attempt(good, { wantsStream: false });
    expect(heard.said).toEqual(['answering 200', 'proven 200', 'bytes']);
    expect(heard.body.toString()).toBe(message);
    expect(result).toMatchObject({ kind: 'answered', status: 200, ttftMs: null });
  });

  it('sends the bytes and headers of the client and the key of the endpoint', async () => {
    const good = await upstream('good', answers());
    const { body } = jobFor(good);
    const expected = Buffer.from(body);
    await attempt(good, {
      auth: 'bearer',
      headers: ['anthropic-beta', 'one', 'x-api-key', 'the-clients', 'Cookie', 'c'],
    });
    const [asked] = good.heard;
    expect([asked?.method, asked?.url]).toEqual(['POST', '/relay/v1/messages?beta=true']);
    expect(asked?.body.equals(expected)).toBe(true);
    expect(asked?.headers).toMatchObject({
      authorization: `Bearer ${good.key}`,
      'anthropic-beta': 'one',
      'accept-encoding': 'identity',
    });
    expect(asked?.headers).not.toHaveProperty('x-api-key');
    expect(asked?.headers).not.toHaveProperty('cookie');
  });

  it('is complete however it was split on its way', async () => {
    const bytes = Buffer.from(streamed);
    const pieces = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, i) => bytes.subarray(i * 7, i * 7 + 7));
    const { result, heard } = await attempt(await upstream('slow', inPieces(pieces)));
    expect(result.kind).toBe('answered');
    expect(heard.body.toString()).toBe(streamed);
  });

  it('uses a connection of its own, which is closed', async () => {
    const good = await upstream('good', answers());
    const sockets: unknown[] = [];
    good.does(({ request, response }) => {
      request.socket.once('close', () => sockets.push(request.socket));
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(streamed);
    });
    for (let i = 0; i < 3; i++) await retries.attempt(jobFor(good), new Recorder());
    await vi.waitFor(() => expect(new Set(sockets).size).toBe(3));
  });

  it('transfers its body, and leaves the rest of a larger buffer in place', async () => {
    const good = await upstream('good', answers());
    const around = new Uint8Array(100).fill(0x20);
    around[50] = 0x7b;
    around[51] = 0x7d;
    await retries.attempt(jobFor(good, { body: around.subarray(50, 52) }), new Recorder());
    expect(good.heard[0]?.body.toString()).toBe('{}');
    expect(around.length).toBe(100);
  });
});

const events = answerEvents();
const started = events[0] as string;
const begun = events.slice(0, 3).join('');

describe('a retry that fails returns no answer, and the reason:', () => {
  it.each([
    ['401', refuses(401), 'credential'],
    ['402', refuses(402), 'billing'],
    ['404 without the model', refuses(404, {}, 'no such path'), 'misconfigured'],
    ['404 naming the model', refuses(404, {}, 'model: claude-test'), 'noModel'],
    ['429', refuses(429), 'rateLimited'],
    ['429 of a quota', refuses(429, { 'anthropic-ratelimit-unified-status': 'rejected' }), 'quota'],
    ['500', refuses(500), 'serverError'],
    ['529', refuses(529), 'overloaded'],
    ['408', refuses(408), 'timeout'],
    ['a redirect', says(307, '', { location: 'http://127.0.0.1:1/' }), 'badAnswer'],
    ['200 with HTML', says(200, '<html>', { 'content-type': 'text/html' }), 'badAnswer'],
    ['200 and nothing', says(200, ''), 'badAnswer'],
    ['200 with an error inside', says(200, errorBody('overloaded_error')), 'overloaded'],
    ['JSON where a stream was asked for', says(200, message), 'badAnswer'],
    ['no HTTP', junk, 'badAnswer'],
    ['a reset', resets, 'unreachable'],
    ['a hang-up', hangsUp, 'unreachable'],
    ['an empty stream', streams(''), 'badAnswer'],
    ['a stream that ends before content', streams(started + ping), 'badAnswer'],
    ['a stream that is cut before content', streams(started, resets), 'badAnswer'],
    ['a stream with an error first', streams(started + sse('error', { error: { type: 'api_error' } })), 'serverError'],
  ])('%s', async (_, step, failure) => {
    const { result, heard } = await attempt(await upstream('bad', step));
    expect(failureOf(result)).toBe(failure);
    expect(heard.said.filter((word) => !word.startsWith('answering'))).toEqual([]);
  });

  it('a cut JSON answer', async () => {
    const cut = await upstream('cut', ({ request, response }) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': String(message.length) });
      response.write(message.slice(0, 20), () => request.socket.destroy());
    });
    const { result, heard } = await attempt(cut, { wantsStream: false });
    expect(failureOf(result)).toBe('badAnswer');
    expect(heard.body.length).toBe(0);
  });

  it('a refused connection', async () => {
    const gone = await upstream('gone', answers());
    await gone.close();
    const { result, heard } = await attempt(gone);
    expect(result).toMatchObject({ kind: 'failed', status: null, detail: reason('system', { code: 'ECONNREFUSED' }) });
    expect(failureOf(result)).toBe('unreachable');
    expect(heard.said).toEqual([]);
  });

  it('an unknown host name', async () => {
    expect(failureOf((await attempt({ url: 'https://qcc.invalid', key: 'k' })).result)).toBe('unreachable');
  });

  it('an untrusted certificate, and TLS where there is none', async () => {
    const plain = await upstream('plain', answers());
    const url = plain.url.replace('http:', 'https:');
    expect((await attempt({ ...plain, url })).result).toMatchObject({ kind: 'failed', status: null });
    expect(plain.heard).toEqual([]);
  });

  it('a key that would be sent unencrypted', async () => {
    const { result } = await attempt({ url: 'http://relay.invalid', key: 'k' });
    expect(failureOf(result)).toBe('certificate');
  });

  it.each([
    ['no headers', silence, { headersMs: 50 }, {}],
    ['no content', streams(started, silence), { firstContentMs: 50 }, {}],
    ['pings and no content', streams(started, pings), { firstContentMs: 60 }, {}],
    ['no JSON', silence, { totalMs: 50 }, { wantsStream: false }],
  ])('in time: %s', async (_, step, short, more) => {
    const late = await upstream('late', step);
    const { result } = await attempt(late, { limits: short, ...more });
    expect(failureOf(result)).toBe('timeout');
    expect(await late.heard[0]?.left).toBe(true);
  });

  it('no connection in time', async () => {
    // It accepts, and never says hello: TLS hangs.
    const mute = createServer(() => undefined);
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void mute.close());
    const { port } = mute.address() as { port: number };
    const { result } = await attempt({ url: `https://127.0.0.1:${port}`, key: 'k' }, { limits: { connectMs: 50 } });
    expect(result).toMatchObject({ kind: 'failed', detail: reason('system', { code: 'ETIMEDOUT' }) });
  });

  it('the wait that was asked for, and the error’s text', async () => {
    const { result } = await attempt(await upstream('busy', refuses(429, { 'retry-after': '7' }, 'slow down')));
    expect(result).toMatchObject({ kind: 'failed', status: 429, verdict: { retryAfterMs: 7_000 } });
    expect(Buffer.from(result.kind === 'failed' ? result.body : []).toString()).toContain('slow down');
  });

  it('none, if the request itself is rejected', async () => {
    const { result } = await attempt(await upstream('strict', refuses(400, { 'request-id': 'req_9' }, 'too long')));
    expect(result).toMatchObject({ kind: 'failed', status: 400, verdict: { failure: null } });
    if (result.kind !== 'failed') return;
    expect(result.headers).toContain('req_9');
    expect(Buffer.from(result.body).toString()).toContain('too long');
  });
});

describe('an answer that breaks after its content has begun', () => {
  it.each([
    ['is cut', streams(begun, resets)],
    ['ends too early', streams(begun)],
    ['tells of an error', streams(begun + sse('error', { error: { type: 'overloaded_error' } }))],
  ])('%s', async (_, step) => {
    const { result, heard } = await attempt(await upstream('breaks', step));
    expect(result).toMatchObject({ kind: 'broken', status: 200 });
    expect(heard.body.toString()).toBe(begun);
  });

  it('stalls', async () => {
    const stalls = await upstream('stalls', streams(begun, pings));
    const { result } = await attempt(stalls, { limits: { idleMs: 60 } });
    expect(result.kind).toBe('broken');
    expect(await stalls.heard[0]?.left).toBe(true);
  });
});

describe('back-pressure of a retry', () => {
  // 60 MB: much more than there is credit for, and than sockets hold (up to 33 MB on Linux).
  const chunk = sse('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'x'.repeat(60_000) } });
  const chunks = 1_000;

  function endless(): { readonly step: Step; sent: () => number } {
    let sent = 0;
    return {
      sent: () => sent,
      async step({ response }) {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(begun);
        for (let i = 0; i < chunks; i++) {
          if (!response.write(chunk)) await new Promise((resolve) => response.once('drain', resolve));
          sent++;
        }
        response.end(events.slice(-3).join(''));
      },
    };
  }

  it('reaches the endpoint: a slow sink slows the answer down, and gets all of it in the end', async () => {
    const { step, sent } = endless();
    const held = signal();
    class Slow extends Recorder {
      taken = 0;
      override async bytes(bytes: Buffer): Promise<void> {
        this.taken += bytes.length;
        await held.given;
      }
    }
    const slow = new Slow();
    const over = retries.attempt(jobFor(await upstream('large', step)), slow);
    // It stands still: all that was sent is in buffers on the way.
    let before = -1;
    await vi.waitFor(
      () => {
        const now = sent();
        const isStill = now > 0 && now === before;
        before = now;
        expect(isStill).toBe(true);
      },
      { interval: 200, timeout: patientMs },
    );
    expect(sent()).toBeLessThan(chunks);
    held.give();
    expect((await over).kind).toBe('answered');
    expect(slow.taken).toBe(Buffer.byteLength(begun + chunk.repeat(chunks) + events.slice(-3).join('')));
  });

  it('allows an answer in one piece to be consumed in slices', async () => {
    const large = JSON.stringify({ type: 'message', content: [{ type: 'text', text: 'y'.repeat(3 * creditBytes) }] });
    const held = signal();
    class Slow extends Recorder {
      override async bytes(bytes: Buffer): Promise<void> {
        super.bytes(bytes);
        await held.given;
      }
    }
    const slow = new Slow();
    const over = retries.attempt(jobFor(await upstream('large', says(200, large)), { wantsStream: false }), slow);
    await vi.waitFor(() => expect(slow.said).toContain('bytes'), patientMs);
    held.give();
    expect((await over).kind).toBe('answered');
    expect(slow.body.toString()).toBe(large);
  });

  it('ends the attempt when the sink fails, with the sink’s error', async () => {
    const endpoint = await upstream('good', streams(begun, silence));
    const full = Object.assign(new Recorder(), {
      bytes: () => Promise.reject(new Error('the disk is full')),
    });
    await expect(retries.attempt(jobFor(endpoint), full)).rejects.toThrow('the disk is full');
    expect(await endpoint.heard[0]?.left).toBe(true);
  });
});

describe('a retry that is cancelled', () => {
  it.each([
    ['before headers', silence, 0],
    ['before content', streams(started, silence), 1],
    ['after content', streams(begun, silence), 3],
  ])('%s: the endpoint is released at once, and others go on', async (_, step, words) => {
    const hangs = await upstream('hangs', step);
    const letGo = signal();
    const good = await upstream('good', waitsFor(letGo.given, answers()));
    const stop = new AbortController();
    const heard = new Recorder();
    const ended = retries.attempt(jobFor(hangs), heard, stop.signal);
    const other = retries.attempt(jobFor(good), new Recorder(), new AbortController().signal);
    await vi.waitFor(() => expect([hangs.heard.length, good.heard.length, heard.said.length]).toEqual([1, 1, words]), {
      timeout: patientMs,
    });
    stop.abort();
    expect((await ended).kind).toBe('cancelled');
    expect(await hangs.heard[0]?.left).toBe(true);
    letGo.give();
    expect((await other).kind).toBe('answered');
  });

  it('before it has begun calls no endpoint', async () => {
    const good = await upstream('good', answers());
    expect((await retries.attempt(jobFor(good), new Recorder(), AbortSignal.abort())).kind).toBe('cancelled');
    expect(good.heard).toEqual([]);
  });
});

describe('a sleep of the machine during a retry', () => {
  it('ends a stream that has stopped, before content and after it', async () => {
    const woken = poolOfItsOwn(hasty);
    const mute = await upstream('mute', silence);
    const stuck = await upstream('stuck', streams(begun, silence));
    const heard = new Recorder();
    const [first, second] = [woken.attempt(jobFor(mute), new Recorder()), woken.attempt(jobFor(stuck), heard)];
    await vi.waitFor(() => expect([mute.heard.length, heard.said.at(-1)]).toEqual([1, 'bytes']), patientMs);
    woken.resume();
    const detail = reason('silentAfterSleep');
    expect(await first).toMatchObject({ kind: 'failed', detail });
    expect(await second).toMatchObject({ kind: 'broken', detail });
  });

  it('ends no answer that comes in one piece', async () => {
    const woken = poolOfItsOwn(hasty);
    const letGo = signal();
    const thinking = await upstream('thinking', waitsFor(letGo.given, answers()));
    const whole = woken.attempt(jobFor(thinking, { wantsStream: false }), new Recorder());
    await vi.waitFor(() => expect(thinking.heard.length).toBe(1), patientMs);
    const mute = await upstream('mute', silence);
    const stream = woken.attempt(jobFor(mute), new Recorder());
    await vi.waitFor(() => expect(mute.heard.length).toBe(1), patientMs);
    woken.resume();
    // By then its own ten seconds are over too.
    expect((await stream).kind).toBe('failed');
    letGo.give();
    expect((await whole).kind).toBe('answered');
  });
});

describe('a retry worker that dies', () => {
  it('is reported as lost, for everything that ran on it, and the next attempt uses another one', async () => {
    const letGo = signal();
    const good = await upstream('good', waitsFor(letGo.given, answers()));
    const dyingRetries = poolOfItsOwn(dying);
    const other = dyingRetries.attempt(jobFor(good), new Recorder());
    await vi.waitFor(() => expect(good.heard.length).toBe(1), { timeout: patientMs });
    const deadly = await upstream('deadly', answers());
    const heard = new Recorder();
    const lost = await dyingRetries.attempt(jobFor(deadly, { path: '/v1/dies' }), heard);
    expect(lost.kind).toBe('lost');
    expect(heard.said).toEqual(['answering 200']);
    expect((await other).kind).toBe('lost');
    letGo.give();
    expect((await dyingRetries.attempt(jobFor(good), new Recorder())).kind).toBe('answered');
  });

  it('looks the same to running retries as a pool that is closed', async () => {
    const hangs = await upstream('hangs', silence);
    const closing = poolOfItsOwn();
    const ended = closing.attempt(jobFor(hangs), new Recorder());
    await vi.waitFor(() => expect(hangs.heard.length).toBe(1), { timeout: patientMs });
    await closing.close();
    expect((await ended).kind).toBe('lost');
    expect(await hangs.heard[0]?.left).toBe(true);
  });
});
