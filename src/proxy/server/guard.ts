/** Who may come in, decided before any work is done: one pass over the raw headers. */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isLoopback } from '../../config/network/base-url.ts';
import type { ClientTokens } from '../client-tokens.ts';
import type { ProxyPorts } from '../ports.ts';
import type { RequestHead } from '../request/request-head.ts';
import type { Target } from '../upstream/target.ts';

export interface Refused {
  readonly status: number;
  readonly type: string;
  readonly message: string;
  readonly stop?: boolean;
  readonly headers?: readonly string[];
}

export interface GuardRules {
  readonly hosts: ReadonlySet<string>;
  readonly origins: ReadonlySet<string>;
  /** The credentials that are let in. */
  readonly tokens: readonly Buffer[];
  /** Undefined while there is none. */
  readonly named?: ClientTokens | undefined;
}

const wellKnownToken = 'proxy-managed';
const headersMax = 100;
const plainLength = /^(?:0|[1-9]\d{0,14})$/;
// A client that asks for it can do nothing with an answer.
const webSocket = /(?:^|,)\s*websocket\s*(?:[,/]|$)/i;

export function guardRules(options: {
  readonly port: number;
  readonly allowedHosts: string;
  readonly allowedOrigins: string;
  readonly token: string;
  readonly acceptWellKnown: boolean;
  readonly named?: ClientTokens | undefined;
}): GuardRules {
  const { port, allowedHosts, allowedOrigins, token, acceptWellKnown, named } = options;
  const names = ['127.0.0.1', 'localhost', '[::1]', ...listed(allowedHosts)];
  return {
    hosts: new Set(names.flatMap((name) => [name, `${name}:${port}`])),
    origins: new Set(listed(allowedOrigins)),
    tokens: [token, ...(acceptWellKnown ? [wellKnownToken] : [])].map((text) => Buffer.from(text)),
    named,
  };
}

/** By the settings, for a port of this host. */
export function guardRulesOf(
  { settings, token, tokens }: Pick<ProxyPorts, 'settings' | 'token' | 'tokens'>,
  host: string,
  port: number,
): GuardRules {
  const now = settings();
  return guardRules({
    port,
    allowedHosts: now['proxy.allowed_hosts'],
    allowedOrigins: now['proxy.allowed_origins'],
    token: token(),
    acceptWellKnown: isLoopback(host) && !now['proxy.require_token'],
    named: tokens?.isEmpty ? undefined : tokens,
  });
}

function listed(text: string): readonly string[] {
  return text
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
}

const refuse = (status: number, type: string, message: string, stop = false): Refused => ({
  status,
  type,
  message,
  stop,
});

/** Rules that hold for every route: the host, no browser, no WebSocket, no odd framing. */
function refuseStranger(head: RequestHead, httpVersion: string, rules: GuardRules): Refused | undefined {
  if (head.count > headersMax) return refuse(431, 'invalid_request_error', `more than ${headersMax} headers`);
  if (head.hosts !== 1 || !rules.hosts.has((head.host ?? '').toLowerCase())) {
    return refuse(
      421,
      'invalid_request_error',
      'this host name is not served here - use http://127.0.0.1:PORT, or: qcc config set proxy.allowed_hosts NAME',
    );
  }
  if (isBrowser(head, rules)) {
    return refuse(
      403,
      'permission_error',
      'browsers are not served here - an app may be named: qcc config set proxy.allowed_origins ORIGIN',
    );
  }
  if (head.upgrade !== undefined && webSocket.test(head.upgrade))
    return refuse(403, 'permission_error', 'a WebSocket is not served here');
  return refuseFraming(head, httpVersion);
}

/** A page of an origin that was not named. */
function isBrowser({ origin, referer, fetchSite }: RequestHead, { origins }: GuardRules): boolean {
  if (origin !== undefined) return !origins.has(origin.toLowerCase());
  return referer !== undefined || (fetchSite !== undefined && fetchSite !== 'none');
}

function refuseFraming({ coding, length, lengths }: RequestHead, httpVersion: string): Refused | undefined {
  if (coding !== undefined && (coding.toLowerCase() !== 'chunked' || httpVersion === '1.0')) {
    return refuse(400, 'invalid_request_error', 'this transfer coding is not accepted');
  }
  // A server that reads it in another way sees another request behind this one: one spelling, once, and nothing beside it.
  if (length !== undefined && (lengths > 1 || coding !== undefined || !plainLength.test(length))) {
    return refuse(400, 'invalid_request_error', 'this content-length is not accepted');
  }
  return undefined;
}

/**
 * A credential in either header; when both come, one that matches is enough.
 * @param within the profile that the request's path names
 */
function refuseUnknown(head: RequestHead, rules: GuardRules, within: string | null): Refused | undefined {
  const { authorization, apiKey } = head;
  const bearer = bearerOf(authorization);
  if (isKnown(bearer, rules) || isKnown(apiKey, rules)) return undefined;
  const named = rules.named ? [rules.named.find(bearer), rules.named.find(apiKey)] : [];
  // One that has ended does not shut out the one beside it.
  const found = named.find((entry) => entry?.ended === null) ?? named.find((entry) => entry !== undefined);
  if (found) return rules.named?.refusal(found, head, within);
  const sentence = [bearer, apiKey].some((given) => given?.startsWith('qcc_')) ? wrongNamed : wrongToken;
  return refuse(401, 'authentication_error', sentence, true);
}

const wrongToken = 'qcc: missing or wrong local token - run: eval "$(qcc env)"';
// Of another gateway, mistyped, or forgotten long ago: the client's own machine cannot mend it.
const wrongNamed =
  "qcc: this gateway does not know this token - look for it on the gateway's machine: qcc token list; a new one: qcc token add NAME";

/** RFC 9110, 11.1 and 11.4: the scheme in any case, and one space or more. */
function bearerOf(authorization: string | undefined): string | undefined {
  if (authorization?.startsWith('Bearer ')) return authorization.slice('Bearer '.length).trimStart();
  return authorization === undefined ? undefined : /^bearer +(.+)$/i.exec(authorization)?.[1];
}

function isKnown(given: string | undefined, { tokens }: GuardRules): boolean {
  if (given === undefined || given === '') return false;
  const bytes = Buffer.from(given);
  let known = false;
  // In constant time each: how long it takes tells nothing but the length, which is no secret.
  for (const token of tokens) known = (bytes.length === token.length && timingSafeEqual(bytes, token)) || known;
  return known;
}

const jsonType = /^application\/json\s*(;|$)/i;
const multipartType = /^multipart\/form-data\s*(;|$)/i;

/** A page can send a form or plain text without asking; it cannot send JSON. */
function refuseBody(method: string, head: RequestHead, path: string): Refused | undefined {
  if (method !== 'POST') return undefined;
  const { type } = head;
  if (type === 'application/json' || jsonType.test(type ?? '')) return undefined;
  // Cancelling a batch is a POST without a body.
  if (type === undefined && !head.hasBody && path.includes('/batches/')) return undefined;
  if (path.startsWith('/v1/files') && multipartType.test(type ?? '')) return undefined;
  return refuse(415, 'invalid_request_error', 'content-type must be application/json');
}

/** What the fast path takes. */
export const fastRequest = { method: 'POST', httpVersion: '1.1' };

/** All rules in their order: a credential is asked for what belongs to an account, and JSON for what is sent on. */
export function refusalOf(
  { method = '', httpVersion }: Pick<IncomingMessage, 'method' | 'httpVersion'>,
  head: RequestHead,
  target: Target,
  rules: GuardRules,
): Refused | undefined {
  const stranger = refuseStranger(head, httpVersion, rules);
  if (stranger) return stranger;
  switch (target.kind) {
    case 'invalid':
      return refuse(400, 'invalid_request_error', 'this request target is not accepted');
    case 'unknown':
      return refuseUnknown(head, rules, null);
    case 'profile':
      return refuseUnknown(head, rules, target.within);
    case 'forward':
      return refuseUnknown(head, rules, target.within) ?? refuseBody(method, head, target.path);
    default:
      return undefined;
  }
}
