/**
 * What the gateway itself looks at in a request's headers, in one pass over the raw ones: Node's `headers` object is never
 * made, which is the largest thing a request would allocate.
 */
import { memoize } from '../../platform/memoize.ts';
import type { KnownToken } from '../../projections/tokens.ts';

/** What an endpoint was sent of a head, and what that depends on. */
export interface SentLines {
  readonly auth: string;
  readonly key: string;
  readonly isPrivate: ReadonlySet<string>;
  readonly lines: string;
}

/** Undefined where the request has none. */
export class RequestHead {
  readonly count: number;
  hosts = 0;
  lengths = 0;
  host: string | undefined;
  authorization: string | undefined;
  apiKey: string | undefined;
  origin: string | undefined;
  referer: string | undefined;
  fetchSite: string | undefined;
  coding: string | undefined;
  type: string | undefined;
  length: string | undefined;
  connection: string | undefined;
  session: string | undefined;
  upgrade: string | undefined;
  betas: string | undefined;
  /** No header: the named token that the guard has found in one. */
  token: KnownToken | undefined;
  /** What went up of it last: the next request with this head nearly always gets the same. */
  sent: SentLines | undefined;

  constructor(raw: readonly string[]) {
    this.count = raw.length / 2;
    for (let i = 0; i < raw.length; i += 2) {
      const field = fieldOf(raw[i] as string);
      if (field === null) continue;
      if (field === 'host') this.hosts++;
      else if (field === 'length') this.lengths++;
      const before = this[field];
      const value = raw[i + 1] as string;
      if (before === undefined) this[field] = value;
      else if (!single.has(field)) this[field] = `${before}, ${value}`;
    }
  }

  /** A body is announced; one of no bytes is none. */
  get hasBody(): boolean {
    return this.coding !== undefined || (this.length !== undefined && this.length !== '0');
  }
}

type Field = Exclude<keyof RequestHead, 'count' | 'hosts' | 'lengths' | 'hasBody' | 'token' | 'sent'>;

const fields: ReadonlyMap<string, Field> = new Map([
  ['host', 'host'],
  ['authorization', 'authorization'],
  ['x-api-key', 'apiKey'],
  ['origin', 'origin'],
  ['referer', 'referer'],
  ['sec-fetch-site', 'fetchSite'],
  ['transfer-encoding', 'coding'],
  ['content-type', 'type'],
  ['content-length', 'length'],
  ['connection', 'connection'],
  ['x-claude-code-session-id', 'session'],
  ['upgrade', 'upgrade'],
  ['anthropic-beta', 'betas'],
]);

const fieldOf = memoize((name) => fields.get(name) ?? null);

// As Node does: of these the first one counts, of the others all, joined.
const single: ReadonlySet<Field> = new Set(['host', 'authorization', 'type', 'length', 'referer']);
