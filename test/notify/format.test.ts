import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { notifyWordsOf } from '../../src/messages/notify.ts';
import {
  dingtalkSign,
  type Format,
  feishuSign,
  formatOf,
  outcomeOf,
  postOf,
  type Target,
} from '../../src/notify/format.ts';
import { type Message, messageOf } from '../../src/notify/message.ts';
import { noon } from '../support/world.ts';
import { allDown, failover } from './given.ts';

const secret = 'SEC-of-the-bot';
const message: Message = {
  title: 'qcc: switched to spare',
  text: '12:00:00 main → spare: out',
  urgent: false,
  at: noon,
  events: [{ notice: failover(), count: 2 }],
};
const plain = `${message.title}\n${message.text}`;

const urls = {
  json: 'https://hooks.example.com/in',
  slack: 'https://hooks.slack.com/services/T0/B0/abcdefghijkl',
  feishu: 'https://open.feishu.cn/open-apis/bot/v2/hook/0123-4567-89ab',
  dingtalk: 'https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef',
  wecom: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=0123-4567-89ab',
  ntfy: 'https://ntfy.sh/my-secret-topic',
} as const satisfies Record<Format, string>;
const formats = Object.keys(urls) as readonly Format[];

const sent = (format: Format, target: Partial<Target> = {}, what = message) =>
  postOf(format, what, { url: urls[format], secret: '', ...target });
const body = (format: Format, target: Partial<Target> = {}, what = message) =>
  JSON.parse(sent(format, target, what).body) as Record<string, unknown>;

describe('the format of a message', () => {
  it.each([
    ...Object.entries(urls),
    ['feishu', 'https://open.larksuite.com/open-apis/bot/v2/hook/x'],
    ['slack', 'https://hooks.slack-gov.com/services/x'],
    ['json', 'https://hooks.slack.com.example.com/x'],
    ['json', 'http://127.0.0.1:9/ntfy.sh'],
  ])('is %s for %s', (format, url) => {
    expect(formatOf('auto', url)).toBe(format);
  });

  it('follows the setting, whatever the host is', () => {
    expect(formatOf('ntfy', 'https://push.example.com/topic')).toBe('ntfy');
  });
});

describe('a post of a message', () => {
  it.each([
    ['slack', { text: plain }],
    ['feishu', { msg_type: 'text', content: { text: plain } }],
    ['dingtalk', { msgtype: 'text', text: { content: plain } }],
    ['wecom', { msgtype: 'text', text: { content: plain } }],
  ] as const)('to %s is in its vendor’s format', (format, wanted) => {
    expect(sent(format)).toEqual({
      url: urls[format],
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify(wanted),
    });
  });

  it('as JSON has all fields, with times in ISO 8601', () => {
    const at = '2026-01-01T12:00:00.000Z';
    expect(body('json')).toEqual({
      source: 'qcc',
      title: message.title,
      text: message.text,
      at,
      events: [
        {
          kind: 'failover',
          at,
          count: 2,
          from: 'main',
          to: 'spare',
          because: 'all endpoints of main are out for certain',
        },
      ],
    });
  });

  it('as JSON omits missing fields', () => {
    const back = { kind: 'recovery', at: noon, from: null, to: 'main' } as const;
    const { events } = body('json', {}, { ...message, events: [{ notice: back, count: 1 }] });
    expect(events).toEqual([{ kind: 'recovery', at: '2026-01-01T12:00:00.000Z', count: 1, to: 'main' }]);
  });

  it('to ntfy has its title, priority and tag in headers, in ASCII', () => {
    expect(sent('ntfy')).toEqual({
      url: urls.ntfy,
      headers: {
        'content-type': 'text/plain; charset=utf-8',
        title: message.title,
        priority: 'default',
        tags: 'information_source',
      },
      body: message.text,
    });
    const chinese = messageOf([{ notice: allDown(), count: 1 }], notifyWordsOf('zh-CN'), noon);
    const { headers } = sent('ntfy', {}, chinese);
    expect(headers).toMatchObject({ priority: 'high', tags: 'warning' });
    const [, word = ''] = /^=\?UTF-8\?B\?([A-Za-z0-9+/=]+)\?=$/.exec(headers['title'] ?? '') ?? [];
    expect(Buffer.from(word, 'base64').toString()).toBe('qcc: 没有端点可用');
  });

  it('to Slack mentions no user', () => {
    const { text } = body('slack', {}, { ...message, text: '<!channel> & <@U0>' });
    expect(text).toBe(`${message.title}\n&lt;!channel&gt; &amp; &lt;@U0&gt;`);
  });

  it.each(formats)('to %s stays within 2,000 bytes of text, and splits no character', (format) => {
    const text = '端点'.repeat(2_000);
    const post = sent(format, {}, { ...message, text, events: [] });
    const said = JSON.stringify(format === 'ntfy' ? post.body : JSON.parse(post.body));
    if (format === 'json') return expect(said).toContain(text);
    expect(Buffer.byteLength(said)).toBeLessThan(2_100);
    expect(said).toMatch(/[端点]…/);
  });

  it('turns a user and a password of the URL into an authorization header', () => {
    const post = sent('json', { url: 'https://me:p%40ss@hooks.example.com/in' });
    expect(post).toMatchObject({
      url: 'https://hooks.example.com/in',
      headers: { authorization: `Basic ${Buffer.from('me:p@ss').toString('base64')}` },
    });
  });
});

// Worked out with another implementation of HMAC.
describe('the signature of a message', () => {
  it('of Feishu has the text as its key', () => {
    expect(feishuSign('1767268800', secret)).toBe('tWsfCvR5V1m3qTSXe6cl/ZU4FkiU/E1rZpSLq3JOB5I=');
    expect(body('feishu', { secret })).toMatchObject({
      timestamp: '1767268800',
      sign: feishuSign('1767268800', secret),
    });
  });

  it('of DingTalk is in the URL, percent-encoded, beside the token', () => {
    expect(dingtalkSign(1_767_268_800_000, secret)).toBe('umJJWkxjmTVXix5mp5kNnJQBxMA51Xb/LGfr67/ZBAo=');
    expect(sent('dingtalk', { secret }).url).toBe(
      `${urls.dingtalk}&timestamp=1767268800000&sign=umJJWkxjmTVXix5mp5kNnJQBxMA51Xb%2FLGfr67%2FZBAo%3D`,
    );
  });

  it('of the JSON format covers the body as it is sent', () => {
    const { headers, body: text } = sent('json', { secret });
    const digest = createHmac('sha256', secret).update(text).digest('hex');
    expect(headers['x-qcc-signature-256']).toBe(`sha256=${digest}`);
  });

  it('is omitted for ntfy, which takes a token', () => {
    expect(sent('ntfy', { secret: 'tk_1' }).headers).toMatchObject({ authorization: 'Bearer tk_1' });
  });

  it.each(formats)('never carries the secret itself: %s', (format) => {
    if (format !== 'ntfy') expect(JSON.stringify(sent(format, { secret }))).not.toContain(secret);
  });
});

describe('the answer of a webhook', () => {
  const judged = (format: Format, status: number, text = '', target: Partial<Target> = {}) =>
    outcomeOf(format, { status, text, waitMs: 0 }, { url: urls[format], secret: '', ...target });

  it.each([
    ['json', 204, ''],
    ['slack', 200, 'ok'],
    ['feishu', 200, '{"code":0,"msg":"success","data":{}}'],
    ['dingtalk', 200, '{"errcode":0,"errmsg":"ok"}'],
    ['wecom', 200, '{"errcode":0,"errmsg":"ok"}'],
    ['ntfy', 200, '{"id":"x","event":"message"}'],
  ] as const)('of %s with success is %i', (format, status, text) => {
    expect(judged(format, status, text)).toEqual({ ok: true });
  });

  it.each([
    ['slack', 404, 'no_service', 'HTTP 404: no_service', false],
    ['slack', 429, '', 'HTTP 429', true],
    ['json', 302, '', 'HTTP 302', false],
    ['json', 503, '<html>', 'HTTP 503', true],
    ['json', 408, '', 'HTTP 408', true],
    ['ntfy', 403, '{"code":40301,"error":"forbidden"}', 'HTTP 403', false],
    ['feishu', 200, '{"code":19021,"msg":"sign match fail"}', '19021: sign match fail', false],
    ['feishu', 200, '{"code":11232,"msg":"frequency limited"}', '11232: frequency limited', true],
    ['dingtalk', 200, '{"errcode":310000,"errmsg":"sign not match"}', '310000: sign not match', false],
    ['dingtalk', 200, '{"errcode":130101,"errmsg":"send too fast"}', '130101: send too fast', true],
    ['wecom', 200, '{"errcode":93000,"errmsg":"invalid webhook url"}', '93000: invalid webhook url', false],
    ['wecom', 200, '{"errcode":45009,"errmsg":"freq limit"}', '45009: freq limit', true],
    ['wecom', 200, '<html>login</html>', 'the answer is not that of a bot of this kind', false],
    ['feishu', 200, 'null', 'the answer is not that of a bot of this kind', false],
  ] as const)('of %s with an error is %i %s', (format, status, text, error, retry) => {
    expect(judged(format, status, text)).toEqual({ ok: false, error, retry, waitMs: 0 });
  });

  it('is shown without the URL and the secret', () => {
    const said = '{"errcode":1,"errmsg":"0123456789abcdef and SEC-of-the-bot are wrong"}';
    expect(judged('dingtalk', 200, said, { secret })).toMatchObject({ error: '1: … and … are wrong' });
    const odd = { url: 'https://oapi.dingtalk.com/%zz/p%20a%20t%20h%20s' };
    expect(judged('dingtalk', 200, '{"errcode":1,"errmsg":"p a t h s"}', odd)).toMatchObject({ error: '1: …' });
  });
});
