/**
 * Who may use the page. A ticket opens it once: it comes over the control socket, which only the owner can open. It is exchanged for a
 * bearer, which lives in this process alone. The bearer, and not the request, says whether it may change anything.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Millis } from '../../events/fact.ts';
import { hourMs, minuteMs, secondMs } from '../../events/units.ts';

export type BearerScope = 'read' | 'write';

// 256 bits: no one guesses it, however often they may try.
const secretBytes = 32;
const ticketMs = 60 * secondMs;
const bearerMs = 12 * hourMs;
// A person opens a few pages; more than this is a fault, and the oldest goes.
const most = 64;
/** Wrong tickets within a minute. A person with a ticket does not mistype it, because it is in an address. */
const wrongMax = 10;

export interface Grant {
  readonly scope: BearerScope;
  readonly until: Millis;
}

interface Entry extends Grant {
  /** Compared in constant time: its hash, so that all are of one length. */
  readonly hash: Buffer;
}

export class Access {
  #tickets: readonly Entry[] = [];
  #bearers: readonly Entry[] = [];
  /** Passwords of browsers without scripts: each was a ticket, and opens the plain page alone. */
  #passwords: readonly Entry[] = [];
  #wrongAt: readonly Millis[] = [];

  /** A new ticket, in base64url: for one exchange within a minute. */
  ticket(scope: BearerScope, now: Millis): { readonly ticket: string; readonly until: Millis } {
    const ticket = secret();
    const until = now + ticketMs;
    this.#tickets = added(this.#tickets, { hash: hashOf(ticket), scope, until }, now);
    return { ticket, until };
  }

  /** A bearer for a ticket, which is used up; null for one that is unknown, used, or too old. */
  exchange(ticket: string, now: Millis): { readonly bearer: string; readonly scope: BearerScope } | null {
    const found = this.#take(ticket, now);
    if (!found) return null;
    const bearer = secret();
    const { scope } = found;
    this.#bearers = added(this.#bearers, { hash: hashOf(bearer), scope, until: now + bearerMs }, now);
    return { bearer, scope };
  }

  /** Whether a browser without scripts may read the plain page: it sends the same password, which was a ticket, each time. */
  opensPlain(password: string, now: Millis): boolean {
    if (entryOf(this.#passwords, password, now)) return true;
    const found = this.#take(password, now);
    if (found) this.#passwords = added(this.#passwords, { ...found, scope: 'read', until: now + bearerMs }, now);
    return found !== undefined;
  }

  #take(ticket: string, now: Millis): Entry | undefined {
    const found = entryOf(this.#tickets, ticket, now);
    if (found) this.#tickets = this.#tickets.filter((one) => one !== found);
    else this.#wrongAt = [...this.#wrongAt.filter((at) => now - at < minuteMs), now];
    return found;
  }

  /** What a bearer may do, and for how long; null for one that is unknown or too old. */
  grantOf(bearer: string | null, now: Millis): Grant | null {
    return (bearer !== null && entryOf(this.#bearers, bearer, now)) || null;
  }

  /** Tickets are guessed: the listener closes, and all that it has given out is void. */
  isUnderAttack(now: Millis): boolean {
    return this.#wrongAt.filter((at) => now - at < minuteMs).length >= wrongMax;
  }

  forgetAll(): void {
    this.#tickets = [];
    this.#bearers = [];
    this.#passwords = [];
    this.#wrongAt = [];
  }
}

function secret(): string {
  return randomBytes(secretBytes).toString('base64url');
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function added(entries: readonly Entry[], entry: Entry, now: Millis): readonly Entry[] {
  return [...entries.filter(({ until }) => until > now).slice(1 - most), entry];
}

/** All are looked at, so that the time tells nothing of which one it is. */
function entryOf(entries: readonly Entry[], text: string, now: Millis): Entry | undefined {
  const hash = hashOf(text);
  let found: Entry | undefined;
  for (const entry of entries) if (timingSafeEqual(entry.hash, hash) && entry.until > now) found = entry;
  return found;
}
