/**
 * Named tokens at the door: whose token a request came with, whether it holds, and how many of its requests run. All of it is in memory:
 * a check costs one keyed hash, and a gateway without named tokens does not get here.
 */
import { timingSafeEqual } from 'node:crypto';
import type { Millis } from '../../events/fact.ts';
import type { TokenInstance } from '../../events/token.ts';
import { secondMs } from '../../events/units.ts';
import { dayOf, timeText } from '../platform/time.ts';
import type { KnownToken, TokenEntry } from '../projections/tokens.ts';
import type { RequestHead } from './request/request-head.ts';
import type { OwnError } from './response/refusal.ts';
import type { Target } from './upstream/target.ts';

/** What the door knows of tokens. */
export interface TokenSource {
  /** By the part of a token that is no secret; empty when there are none. */
  entries(): ReadonlyMap<string, TokenEntry>;
  /** Keyed with a key of this installation: 32 bytes. */
  hash(token: string): Buffer;
  /** Null: it may spend. */
  exhausted(token: KnownToken): Exhausted | null;
}

/** A token that has spent what it may. */
export interface Exhausted {
  readonly spentUsd: number;
  /** There is more of it, at other gateways of the fleet: they spend from the same budget. */
  readonly isElsewhere: boolean;
  readonly resetsAt: Millis;
}

/** Why a token is not let in; as `Refused` of the guard. */
interface Refusal {
  readonly status: number;
  readonly type: string;
  readonly message: string;
  readonly stop: boolean;
  readonly headers?: readonly string[];
}

const form = /^qcc_([0-9a-f]{8})_[\w-]{43}$/;
// Claude Code asks again by itself after that.
const busyRetryS = '2';
// To rotate once more would shut out the client that has the new one already.
const lost = "if that is lost, on the gateway's machine: qcc token rotate";
// As Claude Code: 61 makes it give up.
const retryAfterMax = 60;

export class ClientTokens {
  readonly #source: TokenSource;
  readonly #now: () => Millis;
  /** By `instanceKey`. */
  readonly #running = new Map<string, number>();

  constructor(source: TokenSource, now: () => Millis) {
    this.#source = source;
    this.#now = now;
  }

  get isEmpty(): boolean {
    return this.#source.entries().size === 0;
  }

  /** Whose token it is, also of one that holds no longer. Its id finds it, and its keyed hash proves it, in constant time. */
  find(given: string | undefined): TokenEntry | undefined {
    const id = form.exec(given ?? '')?.[1];
    const entry = id === undefined ? undefined : this.#source.entries().get(id);
    if (given === undefined || !entry) return undefined;
    const [hash, kept] = [this.#source.hash(given), Buffer.from(entry.keyedHash, 'hex')];
    return hash.length === kept.length && timingSafeEqual(hash, kept) ? entry : undefined;
  }

  /** Why its holder is not served with it; undefined when it is, and then the request has its name. */
  refusal({ token, ended }: TokenEntry, head: RequestHead, within: string | null): Refusal | undefined {
    const { name, profile, expiresAt } = token;
    const called = JSON.stringify(name);
    if (ended !== null) {
      const next =
        ended === 'revoked' ? "ask for a new one, on the gateway's machine: qcc token add" : `use the new one; ${lost}`;
      return unauthorized(`token ${called} was ${ended} - ${next} ${name}`);
    }
    if (expiresAt !== null && expiresAt <= this.#now())
      return unauthorized(
        `token ${called} expired on ${dayOf(expiresAt)} - on the gateway's machine: qcc token rotate ${name}`,
      );
    if (profile !== null && within !== null && within !== profile)
      return {
        status: 403,
        type: 'permission_error',
        message: `qcc: token ${called} is for profile ${JSON.stringify(profile)} alone - leave /p/… out of the address`,
        stop: true,
      };
    const exhausted = token.limit === null ? null : this.#source.exhausted(token);
    if (exhausted) return overBudget(token, exhausted, this.#now());
    head.token = token;
    return undefined;
  }

  /** @param work what one more request of it does; it gets a refusal instead of a turn when as many run as may */
  async during(token: KnownToken, work: (busy?: OwnError) => Promise<void> | void): Promise<void> {
    const { name, maxConcurrent } = token;
    const key = instanceKey(token);
    const running = this.#running.get(key) ?? 0;
    if (maxConcurrent !== null && running >= maxConcurrent) return work(tooManyOf(name, maxConcurrent));
    this.#running.set(key, running + 1);
    try {
      await work();
    } finally {
      const left = (this.#running.get(key) ?? 1) - 1;
      if (left > 0) this.#running.set(key, left);
      else this.#running.delete(key);
    }
  }

  /** How many of its requests run. */
  running(token: TokenInstance): number {
    return this.#running.get(instanceKey(token)) ?? 0;
  }
}

/** Requests of a token that was revoked are not those of the next one of its name. */
const instanceKey = ({ name, addedAt }: TokenInstance) => `${name} ${addedAt}`;

function unauthorized(message: string): Refusal {
  return { status: 401, type: 'authentication_error', message: `qcc: ${message}`, stop: true };
}

// A gateway takes its next slice within two seconds.
const nextSliceS = 5;

/** Asking again helps when the next day is near; an hour before it, it would only be refused again. */
function overBudget({ name, limit }: KnownToken, { spentUsd, resetsAt, isElsewhere }: Exhausted, now: Millis): Refusal {
  // Of a budget that is shared, the next slice may come at once.
  const waitS = isElsewhere ? nextSliceS : Math.max(1, Math.ceil((resetsAt - now) / secondMs));
  const isSoon = waitS <= retryAfterMax;
  const spent = `$${spentUsd.toFixed(spentUsd < 0.01 ? 6 : 2)} of $${limit?.usd} a ${limit?.per}`;
  return {
    status: 429,
    type: 'rate_limit_error',
    message:
      `qcc: token ${JSON.stringify(name)} has spent ${isElsewhere ? 'what this gateway has of its budget' : 'its budget'}, ${spent}${isElsewhere ? '; other gateways of the fleet have the rest' : ''} - ` +
      `the next ${limit?.per} begins at ${timeText(resetsAt)}; on the gateway's machine: qcc token change ${name} --limit-usd …`,
    stop: !isSoon,
    headers: isSoon ? ['retry-after', String(waitS)] : [],
  };
}

function tooManyOf(name: string, most: number): OwnError {
  const requests = most === 1 ? 'one request' : `${most} requests`;
  return {
    status: 429,
    type: 'rate_limit_error',
    message: `qcc: token ${JSON.stringify(name)} may have ${requests} at once, and has as many - it may ask again when one has ended`,
    headers: ['retry-after', busyRetryS],
  };
}

/** A token that is bound to a profile leads there, whatever the address. */
export function boundTarget<One extends Target>(target: One, token: KnownToken | undefined): One {
  const profile = token?.profile ?? null;
  return profile === null || target.kind !== 'forward' ? target : { ...target, within: profile };
}
