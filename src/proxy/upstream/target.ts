/** The route table of the data port. A target is matched, never resolved: no request can name another host or climb out. */
export type Target =
  | {
      readonly kind: 'forward';
      /** For the endpoint, from `/v1/` on. */
      readonly path: string;
      /** With its question mark; empty without. */
      readonly query: string;
      readonly within: string | null;
      /** A Messages call, whose failures are told apart. */
      readonly isMessages: boolean;
      /** Asks how many tokens something has: not all endpoints know. */
      readonly isCount: boolean;
      /** Belongs to one account: batches and files. */
      readonly isPassthrough: boolean;
    }
  /** The address of a profile itself: asks whether requests could go there. */
  | { readonly kind: 'profile'; readonly within: string }
  | { readonly kind: 'hello' | 'healthz' | 'readyz' | 'metrics' | 'unknown' | 'invalid' };

// The longest that is used is some hundred, with the cursor of a list. It is kept with each request that waits in the queue.
const urlMax = 4_096;
const invalid: Target = { kind: 'invalid' };
const unknown: Target = { kind: 'unknown' };
const fixed: Readonly<Record<string, Target>> = {
  '/': { kind: 'hello' },
  '/api/hello': { kind: 'hello' },
  '/healthz': { kind: 'healthz' },
  '/readyz': { kind: 'readyz' },
  '/metrics': { kind: 'metrics' },
};
const plainMessages: Target = {
  kind: 'forward',
  path: '/v1/messages',
  query: '',
  within: null,
  isMessages: true,
  isCount: false,
  isPassthrough: false,
};
const betaMessages: Target = {
  ...plainMessages,
  query: '?beta=true',
};

export function targetOf(method: string, url: string): Target {
  // What Claude Code sends all day.
  if (url === '/v1/messages?beta=true') return betaMessages;
  if (url === '/v1/messages') return plainMessages;
  if (url.length > urlMax) return invalid;
  const question = url.indexOf('?');
  const path = folded(question < 0 ? url : url.slice(0, question));
  const query = question < 0 ? '' : url.slice(question);
  if (!isClean(path)) return invalid;
  const known = Object.hasOwn(fixed, path) ? fixed[path] : undefined;
  if (known) return known.kind !== 'hello' || method === 'HEAD' ? known : unknown;
  const profile = /^\/p\/([^/]+)(\/v1\/.*)$/.exec(path);
  if (profile) return forward(profile[2] ?? '', query, decoded(profile[1] ?? ''));
  return path.startsWith('/v1/') ? forward(path, query, null) : unknown;
}

/** A base URL that ends in a slash makes clients double it. */
function folded(path: string): string {
  return path.startsWith('//v1/') || path.startsWith('//p/') ? path.slice(1) : path;
}

/** Origin form, printable, no dot segments (encoded ones too), no empty ones, no backslash. */
function isClean(path: string): boolean {
  if (!/^\/[\x21\x22\x24-\x5b\x5d-\x7e]*$/.test(path) || path.includes('//')) return false;
  return !/\/(\.|%2e){1,2}(\/|$)/i.test(path) && !/%5c|%2f|%00/i.test(path);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function forward(path: string, query: string, within: string | null): Target {
  // A base URL that ends in /v1 makes clients double it.
  const once = path.startsWith('/v1/v1/') ? path.slice('/v1'.length) : path;
  if (once.length <= '/v1/'.length) return within === null ? unknown : { kind: 'profile', within };
  const isPassthrough = /^\/v1\/(messages\/batches|files)(\/|$)/.test(once);
  const isMessages = once === '/v1/messages';
  const isCount = once === '/v1/messages/count_tokens';
  return { kind: 'forward', path: once, query, within, isMessages, isCount, isPassthrough };
}
