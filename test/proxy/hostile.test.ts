/**
 * Data of hostile endpoints: it costs the time of its bytes, and at most twice the memory of what is kept. The limits are far above what is
 * needed, and far below what these cases cost when each piece made all former data be read again.
 */

import { describe, expect, it } from 'vitest';
import { reasonText } from '../../src/messages/reasons.ts';
import { HeldBytes } from '../../src/proxy/admission/held-bytes.ts';
import { Answer } from '../../src/proxy/response/answer.ts';
import type { Outcome } from '../../src/proxy/response/outcome.ts';
import type { Receiver } from '../../src/proxy/response/receiver.ts';
import { AnswerParser } from '../../src/proxy/upstream/http1.ts';
import { answerEvents, sse } from './upstreams.ts';

const MiB = 1_048_576;
const KiB = 1_024;
const patienceMs = 600_000;
// A read of a socket.
const readBytes = 65_536;
// Each of them took from eleven seconds to minutes.
const cpuMsMax = 4_000;
const sliceMsMax = 250;

const chunked = (type: string) => `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ntransfer-encoding: chunked\r\n\r\n`;
const stream = chunked('text/event-stream');
const json = chunked('application/json');
const inOne = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
const byteByByte = (text: string) => [...text].map(inOne).join('');
const [start = '', begin = '', delta = ''] = answerEvents();
const block = begin + delta;
const begun = inOne(start + block);

/** Some 64 KiB of it, again and again, as many times as there is room for in `bytes`. */
function* flood(head: string, unit: string, bytes: number): Generator<Buffer> {
  yield Buffer.from(head, 'latin1');
  const piece = Buffer.from(unit.repeat(Math.ceil(readBytes / unit.length) + 1), 'latin1');
  // Of memory of its own, as a read is.
  for (let sent = 0; sent < bytes; sent += readBytes)
    yield Buffer.from(piece.subarray(sent % unit.length, (sent % unit.length) + readBytes));
}

interface Told {
  readonly outcome: Outcome | undefined;
  readonly cpuMs: number;
  readonly sliceMs: number;
  readonly writes: number;
}

async function told(wire: Iterable<Buffer>, wantsStream: boolean): Promise<Told> {
  let writes = 0;
  const receiver: Receiver = {
    isBegun: false,
    begin: () => undefined,
    bytes: () => ++writes > 0,
    onRoom: () => undefined,
    end: () => undefined,
    whole: () => undefined,
    commitEarly: () => undefined,
    keepAlive: () => undefined,
    abort: () => undefined,
  };
  const answer = new Answer(
    receiver,
    { wantsStream, isMessages: true, isCount: false, isHead: false, model: 'm', now: () => 0, added: () => [] },
    { headersMs: patienceMs, firstContentMs: patienceMs, idleMs: patienceMs, totalMs: patienceMs, commitMs: null },
  );
  let isOver = false;
  answer.started(() => {
    isOver = true;
  });
  const parser = new AnswerParser();
  parser.begin('POST', {
    head: (status, pairs) => answer.head(status, pairs, () => undefined),
    data: (bytes) => void answer.data(bytes),
    end: () => answer.end(),
  });
  let cpuMs = 0;
  let sliceMs = 0;
  for (const bytes of wire) {
    if (isOver || parser.isIdle) break;
    const before = process.cpuUsage();
    try {
      parser.feed(bytes);
    } catch (fault) {
      answer.failed({ code: (fault as { code: string }).code, reused: false, proxy: null });
    }
    const { user, system } = process.cpuUsage(before);
    const ms = (user + system) / 1_000;
    cpuMs += ms;
    sliceMs = Math.max(sliceMs, ms);
  }
  const none = Symbol('none');
  const outcome = await Promise.race([answer.outcome, Promise.resolve(none)]);
  if (outcome === none) answer.cancel();
  return { outcome: outcome === none ? undefined : (outcome as Outcome), cpuMs, sliceMs, writes };
}

const floods: Readonly<
  Record<string, { wire: () => Iterable<Buffer>; wantsStream?: boolean; end: string | undefined }>
> = {
  'a newline a chunk': { wire: () => flood(stream, byteByByte('\n'), 4 * MiB), end: 'no content' },
  'a carriage return a chunk': { wire: () => flood(stream, byteByByte('\r'), 4 * MiB), end: 'no content' },
  'a ping a chunk': { wire: () => flood(stream, inOne(sse('ping')), 4 * MiB), end: 'no content' },
  'data without an end': { wire: () => flood(stream + inOne('data: '), byteByByte('x'), 4 * MiB), end: 'no content' },
  'names without events': { wire: () => flood(stream, inOne('event: message_delta\n'), 4 * MiB), end: 'no content' },
  comments: { wire: () => flood(stream, byteByByte(':\n'), 4 * MiB), end: 'no content' },
  'beginnings of one name': {
    wire: () => flood(stream, inOne('event: content_block_start'), 4 * MiB),
    end: 'no content',
  },
  'blanks in JSON, one a chunk': {
    wire: () => flood(json, byteByByte(' '), 32 * MiB),
    wantsStream: false,
    end: undefined,
  },
  'more JSON than is taken': {
    wire: () => flood(json, inOne(' '.repeat(KiB)), 80 * MiB),
    wantsStream: false,
    end: '64 MiB',
  },
  'lists in lists': { wire: () => flood(json, inOne('['.repeat(KiB)), 32 * MiB), wantsStream: false, end: 'not JSON' },
  'objects in objects': { wire: () => flood(json, inOne('{"a":'), 32 * MiB), wantsStream: false, end: 'not JSON' },
  'a million objects': {
    wire: () => flood(json + inOne('['), inOne('{},[],'), 32 * MiB),
    wantsStream: false,
    end: undefined,
  },
  'a number without an end': {
    wire: () => flood(json + inOne('{"usage":{"input_tokens":'), inOne('9'.repeat(100)), 32 * MiB),
    wantsStream: false,
    end: undefined,
  },
  'a name without an end': {
    wire: () => flood(json + inOne('{"'), inOne('\\u0041'), 32 * MiB),
    wantsStream: false,
    end: undefined,
  },
  'a text without an end': {
    wire: () => flood(json + inOne('{"type":"'), inOne('\xff'), 16 * MiB),
    wantsStream: false,
    end: undefined,
  },
  'a mark of its byte order': {
    wire: () => flood(json, inOne('\xef\xbb\xbf'), MiB),
    wantsStream: false,
    end: 'not JSON',
  },
  'usage again and again': {
    wire: () => flood(stream + begun, inOne('event: message_delta\ndata: {"usage":{}}\n\n'), 16 * MiB),
    end: undefined,
  },
  'names again and again, in an answer': {
    wire: () => flood(stream + begun, inOne('event: message_delta\n'), 16 * MiB),
    end: undefined,
  },
  'a byte a chunk, in an answer': { wire: () => flood(stream + begun, byteByByte(':'), 16 * MiB), end: undefined },
  'an error, a byte a chunk': {
    wire: () => flood('HTTP/1.1 400 X\r\ntransfer-encoding: chunked\r\n\r\n', byteByByte(' '), 16 * MiB),
    end: 'larger than 1 MiB',
  },
  'early hints': { wire: () => flood('', 'HTTP/1.1 103 X\r\n\r\n', MiB), end: 'HPE_INVALID_STATUS' },
  'extensions of chunks': { wire: () => flood(stream, `1;${'x'.repeat(4_000)}\r\n\n\r\n`, MiB), end: 'HPE_CHUNK_EXT' },
  trailers: { wire: () => flood(`${stream + begun}0\r\n`, 'a: b\r\n', MiB), end: 'HPE_HEADER_OVERFLOW' },
};

describe('a flood of', () => {
  for (const [title, { wire, wantsStream = true, end }] of Object.entries(floods)) {
    it(`${title} costs no more than its bytes`, async () => {
      const { outcome, cpuMs, sliceMs } = await told(wire(), wantsStream);
      expect(cpuMs).toBeLessThan(cpuMsMax);
      expect(sliceMs).toBeLessThan(sliceMsMax);
      expect(outcome && 'detail' in outcome ? reasonText(outcome.detail, 'en') : outcome).toEqual(
        end === undefined ? undefined : expect.stringContaining(end),
      );
    });
  }

  it('small chunks is passed on in the pieces that it was read in', async () => {
    const { writes } = await told(flood(stream + begun, byteByByte(':'), MiB), true);
    expect(writes).toBeLessThan(40);
  });
});

describe('buffered bytes', () => {
  it('take at most twice their memory, however small they arrive, and come out unchanged', () => {
    const held = new HeldBytes();
    const all = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
    for (const byte of all.keys()) held.add(all.subarray(byte, byte + 1));
    held.add(Buffer.alloc(200_000, 7));
    expect(held.length).toBe(500_000);
    const pieces = held.take();
    const memory = pieces.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
    expect(memory).toBeLessThan(2 * 500_000 + 2 * 8_192);
    expect(Buffer.concat(pieces).equals(Buffer.concat([all, Buffer.alloc(200_000, 7)]))).toBe(true);
    expect(held.length).toBe(0);
  });
});
