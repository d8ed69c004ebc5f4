/** Answers as bytes: what is one, what is junk, and that it does not matter where the bytes are cut. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnswerParser } from '../../src/proxy/upstream/http1.ts';
import { ParseError } from '../../src/proxy/upstream/parse-error.ts';

interface Heard {
  status: number | null;
  pairs: readonly string[];
  body: string;
  ended: boolean;
}

function reading(pieces: readonly Buffer[], method = 'POST') {
  const parser = new AnswerParser();
  const heard: Heard = { status: null, pairs: [], body: '', ended: false };
  parser.begin(method, {
    head: (status, pairs) => Object.assign(heard, { status, pairs }),
    data: (bytes) => {
      heard.body += bytes.toString('latin1');
    },
    end: () => {
      heard.ended = true;
    },
  });
  for (const piece of pieces) parser.feed(piece);
  return { parser, heard };
}

const read = (text: string, method?: string) => reading([Buffer.from(text, 'latin1')], method);

function codeOf(text: string): string | undefined {
  try {
    read(text);
  } catch (fault) {
    return fault instanceof ParseError ? fault.code : String(fault);
  }
  return undefined;
}

const ok = 'HTTP/1.1 200 OK\r\n';
const chunked = `${ok}Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n`;
const stream = `${chunked}5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\n`;
const early = `HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${ok}Content-Length: 2\r\n\r\nhi`;

describe('an answer of HTTP/1.1', () => {
  it.each([
    ['of a known length', `${ok}Content-Length: 2\r\n\r\nhi`, 'hi'],
    ['in chunks, with an extension and a trailer', stream, 'hello world'],
    ['after early hints', early, 'hi'],
    ['without a body', 'HTTP/1.1 204 No Content\r\n\r\n', ''],
    ['of length 0', `${ok}Content-Length: 0\r\n\r\n`, ''],
    ['without a reason', 'HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi', 'hi'],
  ])('%s is read completely, and its connection is reused', (_, text, body) => {
    const { parser, heard } = read(text);
    expect(heard).toMatchObject({ body, ended: true });
    expect(parser.keepsAlive).toBe(true);
    expect(parser.isIdle).toBe(true);
  });

  it('to HEAD has no body, whatever its length header says', () => {
    expect(read(`${ok}Content-Length: 100\r\n\r\n`, 'HEAD').heard).toMatchObject({
      status: 200,
      body: '',
      ended: true,
    });
  });

  it('without a length continues until the other side closes', () => {
    const { parser, heard } = read(`${ok}\r\nall of it`);
    expect(heard).toMatchObject({ body: 'all of it', ended: false });
    expect(parser.close()).toBe(true);
    expect(heard.ended).toBe(true);
    expect(parser.keepsAlive).toBe(false);
  });

  it.each([`${ok}Content-Length: 3\r\n\r\nhi`, `${chunked}5\r\nhel`, 'HTTP/1.1 200'])(
    'that is truncated is incomplete: %j',
    (text) => {
      const { parser, heard } = read(text);
      expect(parser.close()).toBe(false);
      expect(heard.ended).toBe(false);
    },
  );

  it.each([
    ['close', `${ok}Connection: close\r\nContent-Length: 2\r\n\r\nhi`],
    ['close among others', `${ok}Connection: x, Close\r\nContent-Length: 2\r\n\r\nhi`],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi'],
    ['more bytes than its length', `${ok}Content-Length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\n`],
  ])('is complete, and its connection is not reused: %s', (_, text) => {
    const { parser, heard } = read(text);
    expect(heard).toMatchObject({ body: 'hi', ended: true });
    expect(parser.keepsAlive).toBe(false);
  });

  it('tells how long the other side keeps the connection', () => {
    expect(read(`${ok}Keep-Alive: timeout=5, max=9\r\nContent-Length: 0\r\n\r\n`).parser.keepsForMs).toBe(5_000);
  });

  it('is the same wherever its bytes are split', () => {
    for (const text of [stream, early]) {
      const bytes = Buffer.from(text, 'latin1');
      const expected = read(text).heard;
      fc.assert(
        fc.property(fc.uniqueArray(fc.integer({ min: 1, max: bytes.length - 1 }), { maxLength: 12 }), (cuts) => {
          const ends = [...cuts].sort((a, b) => a - b);
          const pieces = [0, ...ends].map((from, i) => bytes.subarray(from, ends[i] ?? bytes.length));
          expect(reading(pieces).heard).toEqual(expected);
        }),
      );
    }
  });

  it('is told together with its chunks as they came, where they came whole and hold nothing but their size', () => {
    const bodies = ['x'.repeat(60), 'y'.repeat(2_000), 'z', 'v'.repeat(70), 'w'.repeat(200)];
    const lines = ['3c', '7D0', '1', '046', 'c8;x=y'];
    const text = `${chunked}${bodies.map((body, i) => `${lines[i]}\r\n${body}\r\n`).join('')}0\r\n\r\n`;
    const bytes = Buffer.from(text, 'latin1');
    const chunksIn = (framed: string) => framed.replace(/(3c|7D0)\r\n(x{60}|y{2000})\r\n/g, '$2');
    let whole = 0;
    const feed = (pieces: readonly Buffer[]) => {
      const parser = new AnswerParser();
      let body = '';
      parser.begin('POST', {
        head: () => {},
        data: (told, framed) => {
          if (framed) expect(chunksIn(framed.toString('latin1'))).toBe(told.toString('latin1'));
          if (framed) whole++;
          body += told.toString('latin1');
        },
        end: () => expect(body).toBe(bodies.join('')),
      });
      for (const piece of pieces) parser.feed(piece);
      expect(parser.isIdle).toBe(true);
    };
    feed([bytes]);
    expect(whole).toBe(1);
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: bytes.length - 1 }), { maxLength: 12 }), (cuts) => {
        const ends = [...cuts].sort((a, b) => a - b);
        feed([0, ...ends].map((from, i) => bytes.subarray(from, ends[i] ?? bytes.length)));
      }),
    );
  });
});

describe('a parse error of HTTP/1.1', () => {
  it.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n', 'HPE_INVALID_CONSTANT'],
    ['a version that is none', 'HTTP/2.0 200 OK\r\n\r\n', 'HPE_INVALID_CONSTANT'],
    ['a status that is none', 'HTTP/1.1 2000 OK\r\n\r\n', 'HPE_INVALID_CONSTANT'],
    ['another protocol from here on', 'HTTP/1.1 101 Switching\r\n\r\n', 'HPE_INVALID_STATUS'],
    ['lines without a carriage return', 'HTTP/1.1 200 OK\nA: b\n\n', 'HPE_CR_EXPECTED'],
    ['a name with a space', `${ok}A b: c\r\n\r\n`, 'HPE_INVALID_HEADER_TOKEN'],
    ['a line that goes on', `${ok}A: b\r\n c\r\n\r\n`, 'HPE_INVALID_HEADER_TOKEN'],
    ['a value with a line end', `${ok}A: b\nC: d\r\n\r\n`, 'HPE_INVALID_HEADER_TOKEN'],
    ['two lengths', `${ok}Content-Length: 1\r\nContent-Length: 1\r\n\r\n`, 'HPE_UNEXPECTED_CONTENT_LENGTH'],
    ['a length that is none', `${ok}Content-Length: -1\r\n\r\n`, 'HPE_UNEXPECTED_CONTENT_LENGTH'],
    [
      'a length and chunks',
      `${ok}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
      'HPE_UNEXPECTED_CONTENT_LENGTH',
    ],
    ['another coding', `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n`, 'HPE_INVALID_TRANSFER_ENCODING'],
    ['a size that is none', `${chunked}xyz\r\n`, 'HPE_INVALID_CHUNK_SIZE'],
    ['a size beyond all bounds', `${chunked}fffffffffffff\r\n`, 'HPE_INVALID_CHUNK_SIZE'],
    ['a chunk that is longer than its size', `${chunked}1\r\nab\r\n`, 'HPE_STRICT'],
    ['a head without an end', `${ok}A: ${'b'.repeat(70_000)}`, 'HPE_HEADER_OVERFLOW'],
    ['an extension without an end', `${chunked}1;${'x'.repeat(17_000)}`, 'HPE_CHUNK_EXTENSIONS_OVERFLOW'],
    ['blanks without an end', `${chunked}1${' '.repeat(17_000)}`, 'HPE_CHUNK_EXTENSIONS_OVERFLOW'],
    [
      'extensions that are larger than what they extend, again and again',
      `${chunked}${`1;${'x'.repeat(1_000)}\r\na\r\n`.repeat(17)}`,
      'HPE_CHUNK_EXTENSIONS_OVERFLOW',
    ],
    ['early hints without an end', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(101), 'HPE_INVALID_STATUS'],
    ['a head that is larger than what clients take', `${ok}A: ${'b'.repeat(15_000)}\r\n\r\n`, 'HPE_HEADER_OVERFLOW'],
    ['trailers without an end', `${chunked}0\r\n${`A: ${'b'.repeat(4_000)}\r\n`.repeat(5)}`, 'HPE_HEADER_OVERFLOW'],
  ])('is raised for %s', (_, text, code) => {
    expect(codeOf(text)).toBe(code);
  });

  it('is raised for every byte that arrives without a request', () => {
    const { parser } = read(`${ok}Content-Length: 0\r\n\r\n`);
    expect(() => parser.feed(Buffer.from('HTTP/1.1 200 OK\r\n\r\n'))).toThrow(ParseError);
  });

  it('is the worst result, for any bytes', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.uint8Array({ maxLength: 40 }),
            fc.constantFrom(ok, '\r\n', '\r\n\r\n', chunked, '5\r\n').map((text) => Buffer.from(text)),
          ),
          { maxLength: 8 },
        ),
        (pieces) => {
          try {
            reading(pieces.map((piece) => Buffer.from(piece)));
          } catch (fault) {
            expect(fault).toBeInstanceOf(ParseError);
          }
        },
      ),
    );
  });
});
