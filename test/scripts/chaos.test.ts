/** The run of chaos must see what it is there to see: each test shows it one thing that a client must never get. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

const { hourly, judge, wrongEnds } = await import(new URL('../../scripts/chaos/judge.mjs', import.meta.url).href);

const good = 'event: message_start {"id":"msg_e1_7"} event: content_block_start and the rest of it';
const asked = { answer: 'msg_e1_7', fault: { kind: 'none' }, whole: () => good };
const [well, other] = [
  { name: 'e0', requests: [{ ...asked, answer: 'msg_e0_7', whole: () => good.replace('e1', 'e0') }] },
  { name: 'e1', requests: [asked] },
];
// Its pings come as the time allows.
const slow = {
  name: 'e2',
  requests: [
    {
      answer: 'msg_e2_7',
      fault: { kind: 'slowContent' },
      whole: () => good.replace('e1', 'e2').replace(' event: content', '\n event: content'),
    },
  ],
};
const stage = { endpoints: [well, other, slow], well };
const got = (text: string, more: object = {}) => ({
  status: 200,
  isWhole: true,
  hasLeft: false,
  bytes: Buffer.from(text),
  error: null,
  ...more,
});
const cut = { isWhole: false, error: 'ECONNRESET' };

describe('an answer in the chaos test', () => {
  it.each([
    ['whole', got(good)],
    ['whole', got('', { bytes: gzipSync(good), encoding: 'gzip' })],
    [
      'whole',
      got(
        good.replace(' event: content', '\nevent: ping\ndata: {"type":"ping"}\n\n event: content').replace('e1', 'e2'),
      ),
    ],
    ['cut', got(good.slice(0, 70), cut)],
    ['left', got(good.slice(0, 5), { ...cut, hasLeft: true })],
    ['left', got('', { ...cut, status: 0, hasLeft: true })],
  ])('is %s', (kind, one) => {
    expect(judge(one, stage)).toEqual({ kind });
  });

  it.each([
    ['an error', got('{"type":"error"}', { status: 503 }), /^503/],
    ['no answer', got('', { status: 0, error: 'ECONNREFUSED' }), /^0 ECONNREFUSED/],
    ['of nobody', got('hello'), /of nobody/],
    ['of an endpoint that was not asked', got(good.replace('e1_7', 'e1_8')), /of nobody/],
    ['too short, and whole on the wire', got(good.slice(0, -5)), /not what was sent/],
    ['with one byte changed', got(good.replace('rest', 'test')), /not what was sent/],
    ['of two endpoints', got(good + good), /not what was sent/],
    ['cut, with a byte changed', got(good.replace('_start', '_stare').slice(0, 70), cut), /cut, and not what was sent/],
    ['cut before its content', got(good.slice(0, 40), cut), /before its content/],
    ['cut though its endpoint was well', got(good.replace('e1', 'e0').slice(0, 70), cut), /was well/],
  ])('is wrong: %s', (_, one, why) => {
    expect(judge(one, stage)).toEqual({ kind: 'wrong', why: expect.stringMatching(why) });
  });
});

it('a request ends once, and is recorded when it was answered', () => {
  const end = (id: string) => ({ stream: `request/${id}`, type: 'RequestServed' });
  expect(wrongEnds([end('a'), { stream: 'gateway', type: 'Online' }], ['a'])).toEqual({ count: 1, faults: [] });
  expect(wrongEnds([end('a'), end('a')], ['a']).faults).toEqual([
    'request/a ended 2 times: RequestServed,RequestServed',
  ]);
  expect(wrongEnds([end('a')], ['a', 'b']).faults).toEqual(['request/b was answered, and no fact tells of it']);
});

it('the growth per minute is scaled to an hour, and noise counts as none', () => {
  expect(hourly([1, 2, 3, 4])).toBeCloseTo(60);
  expect(hourly([5, 7, 5, 5, 7, 5])).toBeCloseTo(0);
  expect(hourly([3])).toBe(0);
});
