/** A compressed answer that was not requested: passed on unchanged, and judged by its content. */
import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import {
  brotliCompressSync,
  constants,
  createBrotliCompress,
  createDeflate,
  createDeflateRaw,
  createGzip,
} from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { as, ask, type Got, gateway, type Live, open } from './gateway.ts';
import { answerEvents, errorBody, message, type Step, says, sse, streamed, streams, upstream } from './upstreams.ts';

const MiB = 1_048_576;
type Packer = Transform & { flush(kind: number, done: () => void): void };
const packers: Readonly<Record<string, { readonly make: () => Packer; readonly flush: number; readonly as?: string }>> =
  {
    gzip: { make: createGzip, flush: constants.Z_SYNC_FLUSH },
    'x-gzip': { make: createGzip, flush: constants.Z_SYNC_FLUSH },
    br: { make: createBrotliCompress, flush: constants.BROTLI_OPERATION_FLUSH },
    deflate: { make: createDeflate, flush: constants.Z_SYNC_FLUSH },
    'deflate, bare': { make: createDeflateRaw, flush: constants.Z_SYNC_FLUSH, as: 'deflate' },
  };

/** Each part can be read as soon as it is there; the last piece is only the end. */
async function packed(encoding: string, parts: readonly string[]): Promise<readonly Buffer[]> {
  const { make, flush } = packers[encoding] as (typeof packers)[string];
  const packer = make();
  const pieces: Buffer[][] = [[]];
  packer.on('data', (bytes: Buffer) => pieces.at(-1)?.push(bytes));
  for (const part of parts) {
    packer.write(part);
    await new Promise<void>((resolve) => packer.flush(flush, resolve));
    pieces.push([]);
  }
  await new Promise((resolve) => packer.once('end', resolve).end());
  return pieces.map((piece) => Buffer.concat(piece));
}

const headOf = (encoding: string, type = 'text/event-stream') => ({
  'content-type': type,
  'content-encoding': packers[encoding]?.as ?? encoding,
});

type Ending = 'end' | 'reset';
/**
 * These pieces, each by itself.
 * @param content what the client has before the next piece comes; the threads that unpack it may be busy for long
 */
function sends(
  head: Record<string, string>,
  pieces: readonly Buffer[],
  ending: Ending = 'end',
  content?: { readonly piece: Buffer | undefined; readonly client: () => Live | undefined },
): Step {
  return async ({ request, response }) => {
    response.writeHead(200, head);
    response.flushHeaders();
    for (const piece of pieces) {
      await new Promise((resolve) => response.write(piece, resolve));
      // All are in this process: in so many turns of its loop each piece is read on its own.
      for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
      if (content && piece === content.piece) await content.client()?.seen(piece);
    }
    if (ending === 'end') response.end();
    else request.socket.resetAndDestroy();
  };
}

const events = answerEvents();
const [start = '', begin = '', delta = ''] = events;
const error = sse('error', { error: { type: 'overloaded_error', message: 'no' } });
const blank = '\n'.repeat(16 * MiB);

/** @returns what the client got, and what the first of two endpoints is said to have done */
async function through(step: Step, stream = true, isAsked: (live: Live) => void = () => undefined) {
  const gw = await gateway({ main: [await upstream('a', step), await upstream('b')] });
  const live = open(gw, { stream });
  isAsked(live);
  const got = await live.done;
  return { got, by: got.headers['x-qcc-endpoint'], failures: gw.failures, fact: await gw.fact() };
}

const isOf = (got: Got, pieces: readonly Buffer[]) =>
  Buffer.concat(pieces).subarray(0, got.body.length).equals(got.body);

describe.each(Object.keys(packers))('an event stream in %s', (encoding) => {
  const head = headOf(encoding);

  it('is passed on unchanged, and its metrics are read', async () => {
    const pieces = await packed(encoding, events);
    const { got, by, failures, fact } = await through(sends(head, pieces));
    expect([got.whole, by, failures]).toEqual([true, 'a', []]);
    expect(got.body.equals(Buffer.concat(pieces))).toBe(true);
    expect(got.headers['content-encoding']).toBe(head['content-encoding']);
    expect(fact).toMatchObject({ type: 'RequestServed', data: { usage: { input: 12, output: 14 } } });
  });

  it('is passed on byte by byte, and in one piece', async () => {
    const all = Buffer.concat(await packed(encoding, [streamed]));
    for (const pieces of [[all], [...all].map((byte) => Buffer.from([byte]))]) {
      const { got, by } = await through(sends(head, pieces));
      expect([got.whole, by, got.body.equals(all)]).toEqual([true, 'a', true]);
    }
  });

  it.each<[string, readonly string[], Ending]>([
    ['that breaks before content', [start], 'reset'],
    ['that ends before content', [start], 'end'],
    ['that is an error event', [start, error], 'end'],
    ['that has none in all that it unpacks to', [start, blank], 'end'],
  ])('%s is answered by another endpoint', async (_, parts, ending) => {
    const { got, by, failures } = await through(sends(head, await packed(encoding, parts), ending));
    expect([got.text, by]).toEqual([streamed, 'b']);
    expect(failures).toHaveLength(1);
  });

  it.each<[string, readonly string[], Ending]>([
    ['that breaks after content', events.slice(0, 4), 'reset'],
    ['that ends without its last event', events.slice(0, 4), 'end'],
    ['that has an error after content', [...events.slice(0, 4), error], 'end'],
    ['that unpacks to far more than it is', [start, begin + delta, blank], 'end'],
  ])('%s is aborted', async (_, parts, ending) => {
    const pieces = await packed(encoding, parts);
    let client: Live | undefined;
    const piece = pieces[parts.findIndex((part) => part.includes(delta))];
    const step = sends(head, pieces, ending, { piece, client: () => client });
    const { got, by, failures, fact } = await through(step, true, (live) => {
      client = live;
    });
    expect([got.whole, by, failures]).toEqual([false, 'a', [{ endpoint: 'a', failure: 'brokenAnswer' }]]);
    expect([isOf(got, pieces), fact.type]).toEqual([true, 'AnswerBroken']);
  });
});

/** A frame of zstd that holds its content as it is (RFC 8878, 3.1.1): whichever Node runs this, the bytes are the same. */
function zstd(text: string): Buffer {
  const content = Buffer.from(text);
  const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32LE(content.length, 5);
  head.writeUIntLE(content.length * 8 + 1, 9, 3);
  return Buffer.concat([head, content]);
}
const readsZstd = 'createZstdDecompress' in zlib;

describe('zstd', () => {
  const sent = zstd(streamed);

  it('in an answer passes as it came where it can be read; otherwise another endpoint answers, and alone it is refused', async () => {
    const { got, by } = await through(sends(headOf('zstd'), [sent]));
    expect([got.body.equals(readsZstd ? sent : Buffer.from(streamed)), by]).toEqual([true, readsZstd ? 'a' : 'b']);
    const alone = await gateway({ main: [await upstream('alone', sends(headOf('zstd'), [sent]))] });
    const told = await ask(alone);
    if (readsZstd) expect(told.body.equals(sent)).toBe(true);
    else expect([told.status, told.text]).toEqual([503, expect.stringContaining('qcc: no endpoint can answer')]);
  });

  it('in a refusal goes to the client as it came, with its encoding', async () => {
    const said = zstd(errorBody('invalid_request_error', 'messages: at least one message is required'));
    const a = await upstream('a', says(400, said as never, { 'content-encoding': 'zstd' }));
    const gw = await gateway({ main: [a], spare: [await upstream('b')] });
    const got = await ask(gw);
    expect([got.status, got.body.equals(said), got.headers['content-encoding']]).toEqual([400, true, 'zstd']);
  });

  it('in a request goes up as it came, also to an endpoint with a table of models, and a stream is no surprise', async () => {
    const body = zstd('{"model":"claude-test","stream":true,"messages":[]}');
    const a = await upstream('a', streams(streamed));
    const gw = await gateway({ main: [as(a, { models: [{ from: '*', to: 'other' }] })] });
    const got = await ask(gw, { body, headers: { 'content-encoding': 'zstd' } });
    expect([got.status, got.text, a.heard[0]?.body.equals(body)]).toEqual([200, streamed, true]);
    expect([a.heard[0]?.headers['content-encoding'], gw.failures]).toEqual(['zstd', []]);
  });
});

describe('a compressed answer', () => {
  it.each([
    ['in a way that nobody reads', headOf('zstd'), [Buffer.from('(zstd)')]],
    ['twice', headOf('gzip, br'), [brotliCompressSync(streamed)]],
    ['and is not', headOf('gzip'), [Buffer.from(streamed)]],
    ['in another way than it says', headOf('br'), [Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3])]],
  ])('%s is answered by another endpoint', async (_, head, pieces) => {
    const { got, by, failures } = await through(sends(head, pieces));
    expect([got.text, by, failures]).toEqual([streamed, 'b', [{ endpoint: 'a', failure: 'badAnswer' }]]);
  });

  it('is aborted at the first invalid byte', async () => {
    const pieces = await packed('gzip', events.slice(0, 4));
    const all = [...pieces.slice(0, -1), Buffer.from('not packed')];
    let client: Live | undefined;
    const content = { piece: all.at(-2), client: () => client };
    const { got, fact } = await through(sends(headOf('gzip'), all, 'end', content), true, (live) => {
      client = live;
    });
    expect([got.whole, fact.type]).toEqual([false, 'AnswerBroken']);
  });

  it.each([
    ['gzip', 'in the same piece', [0, 0, 0]],
    ['deflate', 'in the same piece', [1, 2, 3]],
    ['gzip', 'later', [0, 0, 0]],
    ['br', 'in the same piece', [1, 2, 3]],
    ['br', 'later', [1, 2, 3]],
  ])('in %s is complete when, %s, extra bytes follow its end', async (encoding, when, behind) => {
    const pieces = [...(await packed(encoding, events)), Buffer.from(behind)];
    const { got, by } = await through(sends(headOf(encoding), when === 'later' ? pieces : [Buffer.concat(pieces)]));
    expect([got.whole, by]).toEqual([true, 'a']);
  });

  const json = headOf('gzip', 'application/json');
  it('in JSON is passed on unchanged', async () => {
    const pieces = await packed('gzip', [message.slice(0, 30), message.slice(30)]);
    const { got, by, fact } = await through(sends(json, pieces), false);
    expect([got.status, by, got.body.equals(Buffer.concat(pieces))]).toEqual([200, 'a', true]);
    expect(fact).toMatchObject({ data: { usage: { input: 12 } } });
  });

  it.each<[string, string, Ending]>([
    ['ends in the middle', message.slice(0, 50), 'end'],
    ['breaks off', message, 'reset'],
    ['is a bomb', `{"content":[${' '.repeat(100 * MiB)}]}`, 'end'],
  ])('in JSON that %s is answered by another endpoint', async (_, text, ending) => {
    const { got, by, failures } = await through(sends(json, await packed('gzip', [text]), ending), false);
    expect([got.text, by, failures]).toEqual([message, 'b', [{ endpoint: 'a', failure: 'badAnswer' }]]);
  });
});
