/**
 * Which requests reach the page's listener at all, decided by their heads, before any body is read. A page of another origin, a name that
 * was rebound to this machine, a form, a proxy in front: each is refused by a rule of its own, and each rule alone would do.
 */

export interface GuardedHead {
  readonly method: string;
  readonly path: string;
  /** As node:http gives them: names and values alternate. A name may come twice. */
  readonly rawHeaders: readonly string[];
}

export interface PageRefusal {
  readonly status: number;
  /** A word for programs, and for the page, which has sentences for them. */
  readonly code:
    | 'host'
    | 'origin'
    | 'site'
    | 'forwarded'
    | 'method'
    | 'type'
    | 'upgrade'
    | 'length'
    | 'target'
    | 'expect';
}

/** Of a body. Settings and questions are short. */
export const bodyBytesMax = 1_048_576;

const refuse = (status: number, code: PageRefusal['code']): PageRefusal => ({ status, code });
const jsonType = /^application\/json\s*(;\s*charset=utf-8\s*)?$/i;
const wholeNumber = /^(?:0|[1-9]\d{0,9})$/;

/** @param port of the listener: a name without it, or with another one, is another server's */
export function refusalOf(head: GuardedHead, port: number): PageRefusal | null {
  const headers = new Headed(head.rawHeaders);
  // A path alone: the absolute form and the authority form are for proxies, and two slashes begin a host's name elsewhere.
  if (!/^\/(?!\/)[\x21-\x7e]*$/.test(head.path)) return refuse(400, 'target');
  const host = headers.only('host');
  if (host === undefined || !hostsOf(port).has(host.toLowerCase())) return refuse(421, 'host');
  if (headers.hasForwarded) return refuse(403, 'forwarded');
  if (headers.has('upgrade')) return refuse(403, 'upgrade');
  return strangerOf(head, headers, port) ?? bodyRefusalOf(head, headers);
}

function hostsOf(port: number): ReadonlySet<string> {
  return new Set(['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`));
}

/** A page that is not ours. After a name was rebound, its Origin is its own and ours: the Host has been looked at before. */
function strangerOf({ method, path }: GuardedHead, headers: Headed, port: number): PageRefusal | null {
  if (headers.has('origin')) {
    const origin = headers.only('origin')?.toLowerCase();
    const isOwn = origin?.startsWith('http://') && hostsOf(port).has(origin.slice('http://'.length));
    if (!isOwn) return refuse(403, 'origin');
  }
  if (!headers.has('sec-fetch-site')) return null;
  const site = headers.only('sec-fetch-site');
  // Typed into the address bar, or opened by a program. Only documents are opened so.
  const isOpened = site === 'none' && method === 'GET' && (path === '/' || path === '/plain');
  return site === 'same-origin' || isOpened ? null : refuse(403, 'site');
}

function bodyRefusalOf({ method }: GuardedHead, headers: Headed): PageRefusal | null {
  if (method !== 'GET' && method !== 'HEAD' && method !== 'POST') return refuse(405, 'method');
  if (headers.has('expect')) return refuse(417, 'expect');
  if (headers.has('transfer-encoding')) return refuse(411, 'length');
  const length = headers.has('content-length') ? headers.only('content-length') : '0';
  if (length === undefined || !wholeNumber.test(length)) return refuse(400, 'length');
  if (Number(length) > bodyBytesMax || (method !== 'POST' && length !== '0')) return refuse(413, 'length');
  // A form, and plain text, can be sent to any origin without asking it. JSON cannot.
  if (method === 'POST' && !jsonType.test(headers.only('content-type') ?? '')) return refuse(415, 'type');
  return null;
}

/** The bearer of a request; null for none, and for more than one. */
export function bearerOf(rawHeaders: readonly string[]): string | null {
  const value = new Headed(rawHeaders).only('authorization');
  return value?.startsWith('Bearer ') ? value.slice('Bearer '.length) : null;
}

/** The password of a browser that asks its user for one; the user's name says nothing. */
export function basicOf(rawHeaders: readonly string[]): string | null {
  const value = new Headed(rawHeaders).only('authorization');
  if (!value?.startsWith('Basic ')) return null;
  const [, password] = Buffer.from(value.slice('Basic '.length), 'base64').toString('utf8').split(':', 2);
  return password ?? null;
}

class Headed {
  readonly #values = new Map<string, readonly string[]>();

  constructor(rawHeaders: readonly string[]) {
    for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
      const name = (rawHeaders[i] as string).toLowerCase();
      this.#values.set(name, [...(this.#values.get(name) ?? []), rawHeaders[i + 1] as string]);
    }
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** Undefined when it is missing, and when it is there twice: which one counts differs between programs. */
  only(name: string): string | undefined {
    const values = this.#values.get(name) ?? [];
    return values.length === 1 ? values[0] : undefined;
  }

  get hasForwarded(): boolean {
    return [...this.#values.keys()].some((name) => name === 'forwarded' || name.startsWith('x-forwarded-'));
  }
}
