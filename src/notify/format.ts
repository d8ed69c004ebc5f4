/**
 * Each vendor's message format, and the meaning of its answers. Slack: incoming webhooks;
 * Feishu and Lark: custom bots; DingTalk: custom robots; WeCom: group robots; ntfy: https://docs.ntfy.sh/publish/.
 */

import { createHmac } from 'node:crypto';
import type { Millis } from '../../events/fact.ts';
import { secondMs } from '../../events/units.ts';
import { reasonsAsSentences } from '../messages/reasons.ts';
import { jsonIn } from '../platform/json.ts';
import { iso } from '../platform/time.ts';
import type { Message } from './message.ts';

export type Format = 'json' | 'slack' | 'feishu' | 'dingtalk' | 'wecom' | 'ntfy';

/** A request to send: POST, with a text body. */
export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Target {
  readonly url: string;
  /** Empty for none. */
  readonly secret: string;
}

export type Outcome =
  | { readonly ok: true }
  | {
      readonly ok: false;
      /** One sentence; never a part of the URL or the secret. */
      readonly error: string;
      /** A retry may succeed. */
      readonly retry: boolean;
      /** The wait that the answer asked for; 0 for none. */
      readonly waitMs: Millis;
    };

interface Vendor {
  readonly hosts: readonly string[];
  post(message: Message, target: Target): Post;
  /** The error in an answer with status 200; these vendors put it into the body. */
  readonly refusal?: (answer: string) => { readonly error: string; readonly retry: boolean } | undefined;
}

// WeCom takes 2,048 bytes of text, the others more.
const textBytesMax = 2_000;
const errorLengthMax = 200;
const json = { 'content-type': 'application/json; charset=utf-8' };

const vendors: Readonly<Record<Format, Vendor>> = {
  json: {
    hosts: [],
    post: (message, { url, secret }) => {
      const body = JSON.stringify(document(message), reasonsAsSentences);
      const signature = secret === '' ? {} : { 'x-qcc-signature-256': `sha256=${hmac(secret, body).toString('hex')}` };
      return { url, headers: { ...json, ...signature }, body };
    },
  },
  slack: {
    hosts: ['hooks.slack.com', 'hooks.slack-gov.com'],
    post: (message, { url }) => ({ url, headers: json, body: JSON.stringify({ text: escaped(plain(message)) }) }),
  },
  feishu: {
    hosts: ['open.feishu.cn', 'open.larksuite.com'],
    post: (message, { url, secret }) => {
      const timestamp = String(Math.floor(message.at / secondMs));
      const signed = secret === '' ? {} : { timestamp, sign: feishuSign(timestamp, secret) };
      return {
        url,
        headers: json,
        body: JSON.stringify({ ...signed, msg_type: 'text', content: { text: plain(message) } }),
      };
    },
    // 11232: too often; 9499: too many at once.
    refusal: (answer) => codeIn(answer, [11_232, 9_499]),
  },
  dingtalk: {
    hosts: ['oapi.dingtalk.com'],
    post: (message, { url, secret }) => {
      const signed = new URL(url);
      if (secret !== '') {
        signed.searchParams.set('timestamp', String(message.at));
        signed.searchParams.set('sign', dingtalkSign(message.at, secret));
      }
      return {
        url: signed.href,
        headers: json,
        body: JSON.stringify({ msgtype: 'text', text: { content: plain(message) } }),
      };
    },
    // -1: busy; 130101: more than 20 a minute.
    refusal: (answer) => codeIn(answer, [-1, 130_101]),
  },
  wecom: {
    hosts: ['qyapi.weixin.qq.com'],
    post: (message, { url }) => ({
      url,
      headers: json,
      body: JSON.stringify({ msgtype: 'text', text: { content: plain(message) } }),
    }),
    // -1: busy; 45009: more than 20 a minute.
    refusal: (answer) => codeIn(answer, [-1, 45_009]),
  },
  ntfy: {
    hosts: ['ntfy.sh'],
    post: (message, { url, secret }) => ({
      url,
      headers: {
        'content-type': 'text/plain; charset=utf-8',
        title: encodedWord(message.title),
        priority: message.urgent ? 'high' : 'default',
        tags: message.urgent ? 'warning' : 'information_source',
        ...(secret === '' ? {} : { authorization: `Bearer ${secret}` }),
      },
      body: truncate(message.text),
    }),
  },
};

/** By the exact host of the URL, unless the setting selects one. */
export function formatOf(setting: Format | 'auto', url: string): Format {
  if (setting !== 'auto') return setting;
  const { hostname } = new URL(url);
  const found = Object.entries(vendors).find(([, { hosts }]) => hosts.includes(hostname));
  return (found?.[0] as Format | undefined) ?? 'json';
}

/** A user and a password in the URL become an authorization header. */
export function postOf(format: Format, message: Message, target: Target): Post {
  const url = new URL(target.url);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  const post = vendors[format].post(message, { ...target, url: url.href });
  if (username === '' && password === '') return post;
  const pair = `${decoded(username)}:${decoded(password)}`;
  const authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
  return { ...post, headers: { authorization, ...post.headers } };
}

export function outcomeOf(
  format: Format,
  { status, text, waitMs }: { readonly status: number; readonly text: string; readonly waitMs: Millis },
  target: Target,
): Outcome {
  const isSuccess = status >= 200 && status < 300;
  const refusal = isSuccess ? vendors[format].refusal?.(text) : refusedBy(status, text);
  if (!refusal) return { ok: true };
  return { ok: false, error: withoutSecrets(refusal.error, target), retry: refusal.retry, waitMs };
}

function refusedBy(status: number, text: string): { readonly error: string; readonly retry: boolean } {
  // Slack gives the reason in one word; an HTML page gives none.
  const word = /^[a-z_]{1,64}$/.exec(text.trim())?.[0];
  const error = word === undefined ? `HTTP ${status}` : `HTTP ${status}: ${word}`;
  return { error, retry: status >= 500 || status === 408 || status === 425 || status === 429 };
}

/** `{code, msg}` of Feishu, `{errcode, errmsg}` of DingTalk and WeCom: 0 is success. */
function codeIn(answer: string, busy: readonly number[]) {
  const { code, msg } = read(answer);
  if (code === 0) return undefined;
  if (typeof code !== 'number') return { error: 'the answer is not that of a bot of this kind', retry: false };
  return { error: `${code}: ${String(msg).slice(0, errorLengthMax)}`, retry: busy.includes(code) };
}

function read(answer: string): { readonly code: unknown; readonly msg: unknown } {
  const said = jsonIn(answer) as Readonly<Record<string, unknown>> | null | undefined;
  return { code: said?.['code'] ?? said?.['errcode'], msg: said?.['msg'] ?? said?.['errmsg'] };
}

// A shorter part is a word of the vendor's paths, not a secret.
const secretLengthMin = 8;

/** An answer may echo the request. */
function withoutSecrets(text: string, { url, secret }: Target): string {
  const { pathname, searchParams, username, password } = new URL(url);
  const parts = [...pathname.split('/'), ...searchParams.values(), username, password, secret];
  return parts
    .filter((part) => part.length >= secretLengthMin)
    .reduce((clean, part) => clean.replaceAll(part, '…').replaceAll(decoded(part), '…'), text);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const hmac = (key: string, text: string) => createHmac('sha256', key).update(text).digest();

/** Feishu: the text to sign is the key, and the signed message is empty. @param timestamp whole seconds, as they are sent */
export function feishuSign(timestamp: string, secret: string): string {
  return hmac(`${timestamp}\n${secret}`, '').toString('base64');
}

/** DingTalk: `timestamp\nsecret` signed with the secret. @param timestamp milliseconds */
export function dingtalkSign(timestamp: Millis, secret: string): string {
  return hmac(secret, `${timestamp}\n${secret}`).toString('base64');
}

function document({ title, text, at, events }: Message): object {
  return {
    source: 'qcc',
    title,
    text,
    at: iso(at),
    events: events.map(({ notice, count }) => ({
      ...Object.fromEntries(Object.entries(notice).filter(([, value]) => value !== null)),
      at: iso(notice.at),
      count,
    })),
  };
}

const plain = ({ title, text }: Message) => truncate(`${title}\n${text}`);

/** Slack interprets `<…>` as a link or a mention of everyone. */
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Truncates to a number of bytes without splitting a character. */
function truncate(text: string): string {
  if (Buffer.byteLength(text) <= textBytesMax) return text;
  let kept = '';
  let bytes = Buffer.byteLength('…');
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > textBytesMax) break;
    kept += character;
  }
  return `${kept}…`;
}

/** RFC 2047: a header's value is ASCII. */
function encodedWord(text: string): string {
  return /^[ -~]*$/.test(text) ? text : `=?UTF-8?B?${Buffer.from(text).toString('base64')}?=`;
}
