/** Requests on the fast path are parsed as by node:http, or not at all. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KnownHead, SharedHeads } from '../../src/proxy/server/known-head.ts';
import { fastHead } from '../../src/proxy/upstream/fast-head.ts';

const lines = [
  'POST /v1/messages?beta=true HTTP/1.1',
  'Host: 127.0.0.1:7860',
  'X-Stainless-Lang:js',
  'anthropic-version: \t 2023-06-01 ',
  'Authorization: Bearer x',
  'accept: a',
  'Accept: b',
  'connection: Keep-Alive',
  'content-type: application/json',
  'Content-Length: 2',
];
const plain = lines.filter((line) => !line.includes('\t'));
const bytesOf = (head: readonly string[], body = '{}') => Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`, 'latin1');
const without = (name: string) => plain.filter((line) => !line.toLowerCase().startsWith(name));

describe('a request on the fast path', () => {
  it('keeps the spelling of names, and trims values', () => {
    const head = fastHead(bytesOf(['POST /v1/messages HTTP/1.1', 'X-A:  b c ', 'content-length: 12'], ''));
    expect(head).toEqual({
      url: '/v1/messages',
      rawHeaders: ['X-A', 'b c', 'content-length', '12'],
      length: 12,
      end: 62,
    });
  });

  it.each([
    ['another method', ['GET /v1/messages HTTP/1.1', ...plain.slice(1)]],
    ['another path', ['POST /v1/messages/batches HTTP/1.1', ...plain.slice(1)]],
    ['an absolute target', ['POST http://127.0.0.1/v1/messages HTTP/1.1', ...plain.slice(1)]],
    ['another version', ['POST /v1/messages HTTP/1.0', ...plain.slice(1)]],
    ['no length', without('content-length')],
    ['two lengths', [...plain, 'content-length: 2']],
    ['a length that is none', [...without('content-length'), 'content-length: +2']],
    ['no body', [...without('content-length'), 'content-length: 0']],
    ['a transfer coding', [...plain, 'transfer-encoding: chunked']],
    ['an expectation', [...plain, 'expect: 100-continue']],
    ['an upgrade', [...plain, 'upgrade: h2c']],
    ['a connection that ends', [...without('connection'), 'connection: close']],
    ['a folded line', [...plain, ' folded: x']],
    ['a blank before the colon', [...plain, 'x-a : b']],
    ['no name', [...plain, ': b']],
    ['no colon', [...plain, 'x']],
    ['a tab', lines],
    ['a letter of the upper half', [...plain, 'x-a: \xa0']],
    ['a bare CR', [...plain, 'x-a: b\rx-c: d']],
    ['a bare LF', [...plain, 'x-a: b\nx-c: d']],
    ['a NUL', [...plain, 'x-a: \0']],
    ['a head that is too long', [...plain, `x-a: ${'b'.repeat(16_384)}`]],
  ])('does not have %s', (_, head) => {
    expect(fastHead(bytesOf(head))).toBeUndefined();
  });

  it('has all of its head in one piece', () => {
    const bytes = bytesOf(plain);
    for (let length = 0; length < bytes.length - 2; length++)
      expect(fastHead(bytes.subarray(0, length))).toBeUndefined();
    expect(fastHead(bytes)).toBeDefined();
  });

  it('is understood as node:http would, however it was mutated', async () => {
    const piece = fc.constantFrom(
      '\r',
      '\n',
      '\r\n',
      '\t',
      ' ',
      ':',
      '\0',
      '\x7f',
      '\xa0',
      'a',
      '0',
      '2',
      ',',
      '\r\n ',
    );
    const bend = fc.record({ at: fc.nat(400), drop: fc.nat(2), piece });
    const shuffled = fc.shuffledSubarray(plain.slice(1, -1), { minLength: 3 });
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(shuffled, fc.array(bend, { maxLength: 2 }), async (some, bends) => {
        let text = `${[plain[0], 'host: a', ...some, plain.at(-1)].join('\r\n')}\r\n\r\n{}`;
        for (const { at, drop, piece } of bends) text = text.slice(0, at) + piece + text.slice(at + drop);
        const bytes = Buffer.from(text, 'latin1');
        const head = fastHead(bytes);
        // The guard's affair, and node:http's: a request without a host, or with two.
        if (head?.rawHeaders.filter((name, i) => i % 2 === 0 && /^host$/i.test(name)).length !== 1) return;
        accepted++;
        const { url, rawHeaders } = head;
        const body = 'x'.repeat(head.length);
        const theirs = await parsed(Buffer.concat([bytes.subarray(0, head.end), Buffer.from(body)]));
        expect(theirs).toEqual({ method: 'POST', url, rawHeaders, body });
      }),
      { numRuns: 1_500, seed: 11 },
    );
    expect(accepted).toBeGreaterThan(300);
  });
});

describe('a head that is known', () => {
  const known = (bytes: Buffer) => new KnownHead(bytes, fastHead(bytes) as NonNullable<ReturnType<typeof fastHead>>);
  const withLength = (length: string) => bytesOf([...without('content-length'), `Content-Length: ${length}`]);

  it('is read again with another length, as if it were new', () => {
    const head = known(withLength('17'));
    for (const length of ['17', '1', '204800', '999999999'])
      expect(head.again(withLength(length))).toEqual(fastHead(withLength(length)));
  });

  it.each(['0', '017', '1000000000', '', '-1', '1 1', '1x'])('is not known with %j for its length', (length) => {
    expect(known(withLength('17')).again(withLength(length))).toBeUndefined();
  });

  it('is not kept where it is large', () => {
    const bytes = bytesOf([...plain, `x-a: ${'b'.repeat(4_096)}`]);
    const shared = new SharedHeads();
    expect(known(bytes).again(bytes)).toBeUndefined();
    expect(shared.shared(known(bytes)).isKept).toBe(false);
  });

  it('is known only where all of it has come', () => {
    const bytes = withLength('17');
    const { end } = fastHead(bytes) as { end: number };
    for (let length = 0; length < end; length++) expect(known(bytes).again(bytes.subarray(0, length))).toBeUndefined();
  });

  it('means what a new reading means, however it was mutated', () => {
    const at = fc.nat(330);
    const bend = fc.record({ at, drop: fc.nat(2), piece: fc.constantFrom('', '\r\n', '\r', ' ', '0', '9', 'x', ':') });
    const place = fc.constantFrom(1, 4, lines.length - 2);
    let again = 0;
    fc.assert(
      fc.property(place, fc.integer({ min: 1, max: 99_999 }), fc.array(bend, { maxLength: 1 }), (at, length, bends) => {
        const others = without('content-length');
        const head = (size: number) =>
          bytesOf([...others.slice(0, at), `content-length:  ${size} `, ...others.slice(at)]);
        let text = head(length).toString('latin1');
        for (const { at, drop, piece } of bends) text = text.slice(0, at) + piece + text.slice(at + drop);
        const bytes = Buffer.from(text, 'latin1');
        const found = known(head(4_711)).again(bytes);
        if (found === undefined) return;
        again++;
        expect(found).toEqual(fastHead(bytes));
      }),
      { numRuns: 1_500, seed: 12 },
    );
    expect(again).toBeGreaterThan(500);
  });

  it('is shared by connections that were let in by the same rules, and by no others', () => {
    const shared = new SharedHeads();
    const [one, two, stranger] = [known(withLength('17')), known(withLength('4')), known(withLength('17'))];
    const target = {} as NonNullable<KnownHead['letIn']>['target'];
    const by = {} as NonNullable<KnownHead['letIn']>['by'];
    one.letIn = { by, target };
    two.letIn = { by, target };
    stranger.letIn = { by: { ...by }, target };
    expect(shared.shared(one)).toBe(one);
    expect(shared.shared(two)).toBe(one);
    expect(shared.shared(stranger)).toBe(stranger);
    shared.forget();
    expect(shared.shared(two)).toBe(two);
  });
});

/** What node:http makes of the bytes; what is wrong with them where it makes nothing. */
async function parsed(bytes: Buffer): Promise<unknown> {
  const server = createServer();
  const socket = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  const request = new Promise<unknown>((resolve) => {
    server.once('clientError', (error) => resolve((error as NodeJS.ErrnoException).code));
    server.once('request', async (message: IncomingMessage) => {
      let body = '';
      message.setEncoding('latin1').on('data', (text: string) => {
        body += text;
      });
      await once(message, 'end');
      const { method, url, rawHeaders } = message;
      resolve({ method, url, rawHeaders, body });
    });
  });
  server.emit('connection', socket);
  socket.push(bytes);
  const one = await request;
  socket.destroy();
  return one;
}
