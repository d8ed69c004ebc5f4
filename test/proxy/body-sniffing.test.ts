/** What routing reads of a body is what a parser would read, and costs little. */
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type RequestSummary, sniffBody, surelyNoStream } from '../../src/proxy/request/body-sniffing.ts';

/** Of a body that is not large: at once. */
const peeked = (text: string) => without(sniffBody(Buffer.from(text)) as RequestSummary);
const without = ({ modelAt: _, ...seen }: RequestSummary) => seen;
const nothing = { model: null, stream: false, session: null };

describe('body sniffing', () => {
  it('finds model, stream and session', () => {
    const user = JSON.stringify({ device_id: 'd', account_uuid: '', session_id: 's-1' });
    const body = { model: 'claude-test', messages: [], metadata: { user_id: user }, stream: true };
    expect(peeked(JSON.stringify(body))).toEqual({ model: 'claude-test', stream: true, session: 's-1' });
    expect(peeked(JSON.stringify(body, null, 4))).toEqual({ model: 'claude-test', stream: true, session: 's-1' });
  });

  it('is not fooled by keys inside of strings and messages', () => {
    const bait = '"model":"wrong","stream":true,"metadata":{"user_id":"{\\"session_id\\":\\"wrong\\"}"}';
    const body = {
      messages: [
        { role: 'user', content: bait, model: 'wrong', stream: true, metadata: { user_id: '{"session_id":"w"}' } },
      ],
      system: `}],${bait}`,
      tools: [{ input_schema: { properties: { stream: true, model: 'wrong' } } }],
    };
    expect(peeked(JSON.stringify(body))).toEqual(nothing);
    expect(peeked(JSON.stringify({ ...body, model: 'right' })).model).toBe('right');
  });

  it.each([
    ['quotes and backslashes before the end of a string', '{"a":"\\\\","b":"\\\\\\"","model":"m"}', 'm'],
    ['odd spacing', ' \r\n{ "x" : [ 1 , { } ] ,\t"model"\n:\r"m" } ', 'm'],
    ['a key twice: the last one counts', '{"model":"first","model":"m"}', 'm'],
    ['escapes in the name', '{"model":"claude-\\u0074est"}', 'claude-test'],
    ['other letters', '{"model":"模型"}', '模型'],
    ['escapes in the key', '{"mod\\u0065l":"m","messages":[]}', 'm'],
    ['the mark of UTF-8 before it', '\ufeff{"model":"m"}', 'm'],
  ])('reads through %s', (_, text, model) => {
    expect(peeked(text).model).toBe(model);
  });

  it.each([
    '',
    ' ',
    '[]',
    'null',
    '"model"',
    '{',
    '{"model"',
    '{"model":',
    '{"model":"m',
    '{"a":[',
    '{"a":"\\"}',
    '{1:2}',
  ])('finds nothing in %j', (text) => {
    expect(peeked(text)).toEqual(nothing);
  });

  it.each([
    ['a model that is no text', '{"model":7}'],
    ['a model of 5000 letters', JSON.stringify({ model: 'x'.repeat(5_000) })],
    ['a user_id of another form', '{"metadata":{"user_id":"user_me_session_one"}}'],
    ['a user_id that is no JSON', '{"metadata":{"user_id":"me"}}'],
    ['a user_id without a session', '{"metadata":{"user_id":"{}"}}'],
    ['a session that is no text', '{"metadata":{"user_id":"{\\"session_id\\":7}"}}'],
    ['metadata that is null', '{"metadata":null}'],
  ])('rejects %s', (_, text) => {
    expect(peeked(text)).toEqual(nothing);
  });

  it('reads what a parser reads, of any object in any layout', () => {
    const key = fc.oneof(fc.constantFrom('model', 'stream', 'metadata', 'messages'), fc.string());
    const spot = fc.constantFrom<unknown>('claude-test', true, false, null, { user_id: '{"session_id":"s"}' });
    const space = fc.constantFrom(undefined, 1, '\t', '\n\r ');
    fc.assert(
      fc.property(fc.dictionary(key, fc.oneof(spot, fc.jsonValue())), space, (body, indent) => {
        const { model, stream, session } = peeked(JSON.stringify(body, null, indent));
        const held = Object.hasOwn(body, 'model') ? body['model'] : null;
        expect(model).toBe(typeof held === 'string' ? held : null);
        expect(stream).toBe(Object.hasOwn(body, 'stream') && body['stream'] === true);
        const user = (body['metadata'] as { user_id?: unknown } | null | undefined)?.user_id;
        expect(session).toBe(user === '{"session_id":"s"}' ? 's' : null);
      }),
      { numRuns: 500 },
    );
  });

  it('never throws, for any bytes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.string({ unit: fc.constantFrom(...'{}[]",:\\ atf1') })), (given) => {
        expect(() => sniffBody(Buffer.from(given as string))).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });

  it('makes no text of a long prompt, and parses none of it', async () => {
    const content = 'some words of a long prompt, '.repeat(40_000);
    const body = Buffer.from(JSON.stringify({ model: 'm', messages: [{ role: 'user', content }], stream: true }));
    const parse = vi.spyOn(JSON, 'parse');
    const toText = vi.spyOn(body, 'toString');
    onTestFinished(() => {
      vi.restoreAllMocks();
    });
    expect(without(await sniffBody(body))).toEqual({ model: 'm', stream: true, session: null });
    const lengths = [...parse.mock.calls, ...toText.mock.results.map(({ value }) => [value])].map(
      ([text]) => (text as string).length,
    );
    expect(lengths.length).toBeGreaterThan(0);
    expect(Math.max(...lengths)).toBeLessThan(100);
  });

  it('costs as much for a large body as for a small one, when all fields are in their usual places', () => {
    const messages = Array.from({ length: 40_000 }, () => ({
      role: 'user',
      content: [{ type: 'text', text: 'word' }],
    }));
    const user = JSON.stringify({ session_id: 's' });
    const body = { model: 'm', messages, metadata: { user_id: user }, stream: true };
    expect(peeked(JSON.stringify(body))).toEqual({ model: 'm', stream: true, session: 's' });
  });
});

describe('a large body', () => {
  const KiB = 1_024;
  const large = ' '.repeat(600 * KiB);
  const user = JSON.stringify(JSON.stringify({ session_id: 's' }));

  it.each([
    ['before it', `{"stream":true,"model":"m","metadata":{"user_id":${user}},"messages":[${large}]}`],
    ['behind it', `{"messages":[${large}],"stream":true,"model":"m","metadata":{"user_id":${user}}}`],
    ['between lists', `{"messages":[${large}],"stream":true,"model":"m","metadata":{"user_id":${user}},"tools":[]}`],
    [
      'between lists, one of them spelled in another way',
      `{"model":"m","metadata":{"user_id":${user}},"messages":[${large}],"s\\u0074ream":true,"tools":[]}`,
    ],
    ['behind a long text', `{"system":"${large}","stream":true,"model":"m","metadata":{"user_id":${user}},"tools":[]}`],
    ['behind blanks', `${large}{"stream":true,"model":"m","metadata":{"user_id":${user}}}${large}`],
    ['before a fault', `{"stream":true,"model":"m","metadata":{"user_id":${user}},"messages":[${large}}`],
  ])('is read for the fields %s', async (_, text) => {
    expect(without(await sniffBody(Buffer.from(text)))).toEqual({ model: 'm', stream: true, session: 's' });
  });

  it('is read for a field whose name stands across the end of a slice', async () => {
    const front = `{"model":"m","metadata":{"user_id":${user}},"messages":[`;
    for (let before = 0; before <= 10; before++) {
      const blanks = ' '.repeat(512 * KiB - front.length - 2 - before);
      const text = `${front}${blanks}],"stream":true,"tools":[${large}]}`;
      expect((await sniffBody(Buffer.from(text))).stream).toBe(true);
    }
  });

  it.each([
    ['has none', `{"model":"m","messages":[${large}]}`, 'm'],
    ['is no object', `[${large}]`, null],
    ['is nothing', large, null],
    ['has an odd one', `{"metadata":{"user_id":"me"},"model":"m","messages":[${large}]}`, 'm'],
  ])('%s', async (_, text, model) => {
    expect(without(await sniffBody(Buffer.from(text)))).toEqual({ model, stream: false, session: null });
  });

  // Each of them was one slice of its own: up to a second and more for 32 MiB.
  it.each([
    ['brackets', '['],
    ['short texts', '"",'],
    ['quotes in a text', '\\"'],
    ['backslashes', '\\\\'],
    ['blanks', ' '],
    ['digits', '9'],
    ['members', '"a":1,'],
    ['objects', '{"a":{},'],
  ])('of %s yields to other work', async (_, unit) => {
    for (const text of [
      `{"x":[${unit.repeat(2_000_000)}`,
      `{"x":${unit.repeat(2_000_000)}`,
      `{"x":[],"y":"${unit.repeat(2_000_000)}`,
    ]) {
      const body = Buffer.from(text);
      const before = process.cpuUsage();
      const seen = sniffBody(body);
      const { user: cpu } = process.cpuUsage(before);
      // All at once, it would take some hundred milliseconds.
      expect(cpu / 1_000).toBeLessThan(150);
      expect((await seen).model).toBeNull();
    }
  });
});

describe('the certainty that no stream was requested', () => {
  it.each([
    ['{"model":"m","stream":false}', true],
    ['{"model":"m","stream" :\n false}', true],
    ['{"model":"m"}', true],
    [' {"messages":["stream"]}', true],
    [JSON.stringify({ text: '"stream":true' }), true],
    ['{"stream":null}', true],
    ['{"stream":true}', false],
    ['{"stream" :\n true}', false],
    ['{"stream":false,"stream":true}', false],
    ['{"metadata":{"stream":true}}', false],
    [`{"stream":${' '.repeat(100)}true}`, false],
    ['{"str\\u0065am":true}', false],
    ['{"stream":', false],
    ['', false],
    ['stream', false],
    [`{${'"stream":0,'.repeat(2_000)}"a":1}`, false],
  ])('is judged for %s', (text, isSure) => {
    expect(surelyNoStream(Buffer.from(text))).toBe(isSure);
  });

  it('never exists if a parser finds one', () => {
    const blank = fc.stringMatching(/^[ \t\n]{0,80}$/);
    const value = fc.constantFrom('true', 'false', 'null', '1', '"true"');
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('stream', 'a'), blank, blank, value)), (members) => {
        const text = `{${members.map(([name, before, after, it]) => `"${name}"${before}:${after}${it}`).join()}}`;
        if (JSON.parse(text).stream === true) expect(surelyNoStream(Buffer.from(text))).toBe(false);
      }),
    );
  });
});

it('the session is in the older form of user_id too', () => {
  const session = '0b5c1a1e-5d5f-4f0e-9f43-1f2c8a5d7e90';
  const user = `user_${'a'.repeat(64)}_account__session_${session}`;
  expect(sniffBody(Buffer.from(JSON.stringify({ metadata: { user_id: user } })))).toMatchObject({ session });
});
