/** The named tokens, according to their facts: those that hold, and those that once did, so that their holders are told what has become of them. */
import type { Millis, Recorded } from '../../events/fact.ts';
import { kindOf, nameOf } from '../../events/ids.ts';
import type { TokenBounds, TokenFact, TokenProof } from '../../events/token.ts';

export interface KnownToken extends TokenProof, TokenBounds {
  readonly name: string;
  readonly addedAt: Millis;
  /** When the token was made that holds now; its lifetime is counted from there. */
  readonly madeAt: Millis;
  readonly revokedAt: Millis | null;
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
  #byId: ReadonlyMap<string, TokenEntry> | undefined;

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

  /** Facts of tokens, and of requests. */
  apply(fact: Recorded): void {
    if (kindOf(fact.stream) === 'request') this.#used(fact);
    else this.#told(fact as Recorded<TokenFact>);
  }

  #used({ at, data }: Recorded): void {
    const { token } = data as { readonly token?: string };
    if (token !== undefined && this.#byName.has(token)) this.#usedAt.set(token, at);
  }

  #told({ stream, at, type, data }: Recorded<TokenFact>): void {
    this.#byId = undefined;
    const name = nameOf(stream);
    const known = this.#byName.get(name);
    switch (type) {
      case 'TokenAdded': {
        const { tokenId, keyedHash, expiresAt, profile, maxConcurrent } = data;
        if (known) this.#forget(known, 'revoked');
        // At the end of the list, as a new one.
        this.#byName.delete(name);
        this.#makeRoom();
        const times = { addedAt: at, madeAt: at, revokedAt: null };
        this.#byName.set(name, { name, tokenId, keyedHash, expiresAt, profile, maxConcurrent, ...times });
        return;
      }
      case 'TokenRotated':
        if (!known) return;
        this.#forget(known, 'rotated');
        this.#byName.set(name, { ...known, ...data, madeAt: at });
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
    return { tokens: this.all(), former: this.#former, used: [...this.#usedAt] };
  }

  /** @param json undefined in what was saved before there were tokens */
  static from(json: unknown): Tokens {
    const { tokens, former, used } = (json ?? { tokens: [], former: [], used: [] }) as {
      readonly tokens: readonly KnownToken[];
      readonly former: Former;
      readonly used: readonly (readonly [string, Millis])[];
    };
    const made = new Tokens();
    for (const token of tokens) made.#byName.set(token.name, token);
    for (const [name, at] of used) made.#usedAt.set(name, at);
    made.#former = former;
    return made;
  }
}
