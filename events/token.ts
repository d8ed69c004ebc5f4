/** All that can happen to a named token: the credential by which one client of the gateway is told from the others. */
import type { Fact, Millis } from './fact.ts';
import { deed, type TraitsOf } from './trait.ts';

/** What tells a token from others, and what proves it: never the token itself. */
export interface TokenProof {
  /** A part of the token that is no secret: by it the gateway finds the proof. */
  readonly tokenId: string;
  /** Keyed with a key of the vault: worth nothing outside of this installation. */
  readonly keyedHash: string;
  readonly expiresAt: Millis | null;
}

/** One token, which may have been rotated since: a name may be given again after its token was revoked. */
export interface TokenInstance {
  readonly name: string;
  readonly addedAt: Millis;
}

/** What it may spend in a day, or a month, of the gateway's calendar. */
export interface TokenLimit {
  readonly usd: number;
  readonly per: 'day' | 'month';
}

/** What it may do. Null is no bound. */
export interface TokenBounds {
  /** Its requests never leave this profile. */
  readonly profile: string | null;
  /** Requests at once. */
  readonly maxConcurrent: number | null;
  readonly limit: TokenLimit | null;
}

export type TokenFact =
  | Fact<'TokenAdded', TokenProof & TokenBounds & { name: string }>
  /** The former token of that name is worth nothing from here on. */
  | Fact<'TokenRotated', TokenProof>
  | Fact<'TokenChanged', { changes: Partial<TokenBounds> }>
  | Fact<'TokenRevoked', { name: string }>;

export const tokenTraits: TraitsOf<TokenFact> = {
  TokenAdded: deed('token.add'),
  TokenRotated: deed('token.rotate'),
  TokenChanged: deed('token.change'),
  TokenRevoked: deed('token.revoke'),
};
