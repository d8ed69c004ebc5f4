/** Which headers pass: end-to-end ones, without credentials, cookies and what tells of the way here. */
import type { Auth } from '../../../events/profile.ts';
import { memoize } from '../../platform/memoize.ts';

// RFC 9110 §7.6.1, RFC 7540 §3.2.1, and what older proxies add.
const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'http2-settings',
  'proxy-authenticate',
  'proxy-authorization',
];
const notUp = new Set([
  ...hopByHop,
  'host',
  'content-length',
  'expect',
  'accept-encoding',
  'authorization',
  'x-api-key',
  // Credentials for other doors, which some clients send everywhere.
  'api-key',
  'x-goog-api-key',
  'x-litellm-api-key',
  'cf-aig-authorization',
  'cookie',
  'forwarded',
  'via',
  'origin',
  'referer',
  'x-qcc-priority',
  'proxy-authentication-info',
]);
const notDown = new Set([
  ...hopByHop,
  'set-cookie',
  'set-cookie2',
  'alt-svc',
  'strict-transport-security',
  'access-control-allow-origin',
  'access-control-allow-credentials',
  // Where else the answer is: no client is to be led past the gateway.
  'location',
  'content-location',
  'refresh',
]);

const goesUp = memoize(
  (name) =>
    !notUp.has(name) && !name.startsWith('x-forwarded-') && !name.startsWith('proxy-') && !name.startsWith('sec-'),
);
const comesDown = memoize(
  (name) => !notDown.has(name) && !name.startsWith('access-control-') && !name.startsWith('x-qcc-'),
);

/** The request's headers for an endpoint, a fresh list each time: no key ever reaches another endpoint. */
export function headersUp(
  raw: readonly string[],
  connection: string | undefined,
  auth: Auth,
  key: string,
  isPrivate?: ReadonlySet<string>,
): string[] {
  const up = endToEnd(raw, connection, isPrivate);
  up.push('accept-encoding', 'identity', ...keyHeader(auth, key));
  return up;
}

/** As they stand in a head. The values are those of a request that was read strictly, and a key that was checked when it came. */
export function fieldLines(headers: readonly string[]): string {
  let lines = '';
  for (let i = 0; i < headers.length; i += 2) lines += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return lines;
}

/** How a key is put on a request: the one place that does it. */
export function keyHeader(auth: Auth, key: string): readonly [name: string, value: string] {
  return auth === 'x-api-key' ? ['x-api-key', key] : ['authorization', `Bearer ${key}`];
}

const noNames: ReadonlySet<string> = new Set();

/** The names in the setting of further headers that hold a credential. */
export const privateNames = memoize((list): ReadonlySet<string> => {
  const names = list.split(',').map((name) => name.trim().toLowerCase());
  return new Set(names.filter((name) => name !== ''));
});

/** What of a request's headers may be sent on, and kept: no credential is among them. */
export function endToEnd(
  raw: readonly string[],
  connection: string | undefined,
  isPrivate: ReadonlySet<string> = noNames,
): string[] {
  const named = namedIn(connection);
  const up: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const mayGo = goesUp(name) && !named?.has(name.toLowerCase());
    if (mayGo && (isPrivate.size === 0 || !isPrivate.has(name.toLowerCase()))) up.push(name, raw[i + 1] as string);
  }
  return up;
}

/** The first of this name, in lower case. */
export function headerIn(raw: readonly string[], wanted: string): string | null {
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    // Its length spares most names the comparison.
    if (name.length === wanted.length && name.toLowerCase() === wanted) return raw[i + 1] ?? null;
  }
  return null;
}

/** The head of an event stream that was labelled as something else. */
export function streamHead(head: Head): Head {
  const pairs = ['content-type', 'text/event-stream; charset=utf-8'];
  for (let i = 0; i < head.pairs.length; i += 2)
    if (head.pairs[i]?.toLowerCase() !== 'content-type')
      pairs.push(head.pairs[i] as string, head.pairs[i + 1] as string);
  return { ...head, pairs, contentType: 'text/event-stream', isStream: true };
}

function namedIn(connection: string | undefined): ReadonlySet<string> | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return undefined;
  return new Set(
    connection
      .toLowerCase()
      .split(',')
      .map((name) => name.trim()),
  );
}

/** All that an answer says there. */
function connectionIn(raw: readonly string[]): string | undefined {
  let all: string | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    // Its length spares most names the comparison.
    if (name.length !== 'connection'.length || name.toLowerCase() !== 'connection') continue;
    all = all === undefined ? raw[i + 1] : `${all},${raw[i + 1]}`;
  }
  return all;
}

/** An answer's headers for the client, and what they say of its framing. */
export interface Head {
  readonly status: number;
  readonly pairs: string[];
  readonly contentType: string;
  readonly isStream: boolean;
  /** In lower case; empty where none was told. */
  readonly encoding: string;
  readonly isEncoded: boolean;
  readonly length: number | null;
  get(name: string): string | null;
}

export function headOf(status: number, raw: readonly string[]): Head {
  const pairs: string[] = [];
  let contentType = '';
  let encoding = '';
  let length: number | null = null;
  const named = namedIn(connectionIn(raw));
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    if (!comesDown(name) || named?.has(name.toLowerCase())) continue;
    const value = raw[i + 1] as string;
    // The first letter spares most names the comparison.
    if ((name.charCodeAt(0) | 0x20) === 0x63) {
      switch (name.toLowerCase()) {
        case 'content-type':
          contentType = value.toLowerCase();
          break;
        case 'content-encoding':
          encoding = value.toLowerCase();
          break;
        case 'content-length':
          length = Number(value);
          continue;
      }
    }
    pairs.push(name, value);
  }
  const get = (wanted: string) => headerIn(pairs, wanted);
  const isStream = contentType.startsWith('text/event-stream');
  const isEncoded = encoding !== '' && encoding !== 'identity';
  return { status, pairs, contentType, isStream, encoding, isEncoded, length, get };
}
