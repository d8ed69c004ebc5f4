/** The named tokens, according to their facts: those that hold, and those that once did, so that their holders are told what has become of them. */
import type { Millis, Recorded } from '../../events/fact.ts';
import { kindOf, nameOf } from '../../events/ids.ts';
import type { QueuedAnswer } from '../../events/queue.ts';
import type { Served } from '../../events/request.ts';
import type { TokenBounds, TokenFact, TokenInstance, TokenProof } from '../../events/token.ts';
import { type SpentRow, TokenSpending } from './token-spending.ts';

export interface KnownToken extends TokenProof, TokenBounds, TokenInstance {
  /** When the token was made that holds now; its lifetime is counted from there. */
  readonly madeAt: Millis;
  readonly revokedAt: Millis | null;
}

/** What it is good for at a moment. */
export function tokenState(
  { expiresAt, revokedAt }: Pick<KnownToken, 'expiresAt' | 'revokedAt'>,
  now: Millis,
): 'valid' | 'expired' | 'revoked' {
  if (revokedAt !== null) return 'revoked';
  return expiresAt !== null && expiresAt <= now ? 'expired' : 'valid';
}

/** What a token that is presented leads to. */
export interface TokenEntry {
  readonly token: KnownToken;
  readonly keyedHash: string;
  /** Null: it holds. */
  readonly ended: 'revoked' | 'rotated' | null;
}

// Of tokens that hold no longer. They are known only for the sentence that their holders get.
const formerMax = 200;
// Revoked ones among them: the oldest of these makes room.
const namesMax = 512;

type Former = readonly (TokenProof & { readonly name: string; readonly ended: 'revoked' | 'rotated' })[];

export class Tokens {
  readonly #byName = new Map<string, KnownToken>();
  /** Oldest first. */
  #former: Former = [];
  readonly #usedAt = new Map<string, Millis>();
  /** What those with a limit have used lately. */
  readonly spending: TokenSpending;
  #byId: ReadonlyMap<string, TokenEntry> | undefined;

  constructor(spending = new TokenSpending()) {
    this.spending = spending;
  }

  /** There has never been one. */
  get isEmpty(): boolean {
    return this.#byName.size === 0;
  }

  /** In the order in which they were added; revoked ones too. */
  all(): readonly KnownToken[] {
    return [...this.#byName.values()];
  }

  get(name: string): KnownToken | undefined {
    return this.#byName.get(name);
  }

  /** When the last request with it ended. */
  usedAt(name: string): Millis | null {
    return this.#usedAt.get(name) ?? null;
  }

  /** By the part of a token that is no secret. The same map until a fact changes it. */
  byId(): ReadonlyMap<string, TokenEntry> {
    this.#byId ??= new Map([...this.#formerEntries(), ...this.#presentEntries()]);
    return this.#byId;
  }

  *#formerEntries(): Iterable<readonly [string, TokenEntry]> {
    for (const { tokenId, keyedHash, name, ended } of this.#former) {
      const token = this.#byName.get(name);
      if (token) yield [tokenId, { token, keyedHash, ended }];
    }
  }

  *#presentEntries(): Iterable<readonly [string, TokenEntry]> {
    for (const token of this.#byName.values()) {
      const { tokenId, keyedHash, revokedAt } = token;
      yield [tokenId, { token, keyedHash, ended: revokedAt === null ? null : 'revoked' }];
    }
  }

  /** Facts of tokens, of requests, and of the queue. */
  apply(fact: Recorded): void {
    const kind = kindOf(fact.stream);
    if (kind === 'request') this.#used(fact);
    else if (kind === 'token') this.#told(fact as Recorded<TokenFact>);
    else if (fact.type === 'RetrySucceeded') {
      const { own } = fact.data as QueuedAnswer;
      if (own && this.holder(own)?.limit) this.spending.add(own);
    }
  }

  #used({ at, data, type }: Recorded): void {
    const ended = data as Served;
    const known = this.holder(ended);
    if (!known) return;
    this.#usedAt.set(known.name, at);
    const last = ended.attempts.at(-1);
    const isAnswered = type === 'RequestServed' || type === 'AnswerBroken';
    // An answer out of the queue's store has cost nothing more.
    if (known.limit && isAnswered && last) this.spending.add({ ...ended, model: last.sent ?? ended.model });
  }

  /** A request that outlives its token does not count for a later one of its name. Old facts have the name alone. */
  holder({ token = '', tokenAt }: { readonly token?: string; readonly tokenAt?: Millis }): KnownToken | undefined {
    const known = this.#byName.get(token);
    return tokenAt === undefined || tokenAt === known?.addedAt ? known : undefined;
  }

  #told({ stream, at, type, data }: Recorded<TokenFact>): void {
    this.#byId = undefined;
    const name = nameOf(stream);
    const known = this.#byName.get(name);
    switch (type) {
      case 'TokenAdded': {
        const { tokenId, keyedHash, expiresAt, profile, maxConcurrent, limit } = data;
        if (known) this.#forget(known, 'revoked');
        // At the end of the list, as a new one: what another client spent under that name is not its own.
        this.#byName.delete(name);
        this.#usedAt.delete(name);
        this.spending.forget(name);
        this.#makeRoom();
        const times = { addedAt: at, madeAt: at, revokedAt: null };
        this.#byName.set(name, { name, tokenId, keyedHash, expiresAt, profile, maxConcurrent, limit, ...times });
        return;
      }
      case 'TokenRotated':
        if (!known) return;
        this.#forget(known, 'rotated');
        this.#byName.set(name, { ...known, ...data, madeAt: at });
        return;
      case 'TokenChanged':
        if (known) this.#byName.set(name, { ...known, ...data.changes });
        return;
      case 'TokenRevoked':
        if (known) this.#byName.set(name, { ...known, revokedAt: at });
        return;
    }
  }

  #makeRoom(): void {
    const oldest = this.all().find(({ revokedAt }) => revokedAt !== null);
    if (this.#byName.size >= namesMax && oldest) this.#byName.delete(oldest.name);
  }

  #forget({ name, tokenId, keyedHash, expiresAt }: KnownToken, ended: 'revoked' | 'rotated'): void {
    this.#former = [...this.#former, { name, tokenId, keyedHash, expiresAt, ended }].slice(-formerMax);
  }

  toJSON(): object {
    const spending = this.spending.toJSON();
    return { tokens: this.all(), former: this.#former, used: [...this.#usedAt], spending };
  }

  /** @param json undefined in what was saved before there were tokens */
  static from(json: unknown): Tokens {
    const { tokens, former, used, spending } = (json ?? { tokens: [], former: [], used: [], spending: [] }) as {
      readonly tokens: readonly KnownToken[];
      readonly former: Former;
      readonly used: readonly (readonly [string, Millis])[];
      readonly spending: readonly SpentRow[];
    };
    const made = new Tokens(TokenSpending.from(spending));
    for (const token of tokens) made.#byName.set(token.name, token);
    for (const [name, at] of used) made.#usedAt.set(name, at);
    made.#former = former;
    return made;
  }
}
