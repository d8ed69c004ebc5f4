/** The contract of named tokens. */
import * as v from 'valibot';
import type { TokenLimit } from '../../events/token.ts';
import { among, name, newName, nothing, one, optional } from './fields.ts';
import { asks, changes, changesWhatIs } from './operation.ts';

// A token that is to hold longer holds for ever.
const lifetimeMax = 3_155_760_000_000;
// As the largest `proxy.max_concurrent`.
const concurrentMax = 100_000;
const limitMin = 0.000_001;
const limitMax = 1_000_000;

export type TokenState = 'valid' | 'expired' | 'revoked';

export interface TokenRow {
  readonly name: string;
  /** The beginning of the token, which is no secret. */
  readonly id: string;
  readonly state: TokenState;
  readonly profile: string | null;
  readonly maxConcurrent: number | null;
  readonly limit: TokenLimit | null;
  /** What of its limit is spent; null without one. */
  readonly spent: SpentRow | null;
  readonly expiresAt: string | null;
  readonly addedAt: string;
  readonly revokedAt: string | null;
  /** When the last request with it ended. */
  readonly usedAt: string | null;
  /** Requests with it that run; null while no gateway runs. */
  readonly running: number | null;
}

export interface SpentRow {
  readonly usd: number;
  /** When the next day or month begins. */
  readonly resetsAt: string;
  /** Models that it has used since then and that no price list knows: they cost nothing here. */
  readonly unpriced: readonly string[];
}

/** The only time that the token itself is in an answer. */
export type MadeToken = TokenRow & { readonly token: string };

const limit = v.strictObject({ usd: among(limitMin, limitMax), per: one(['day', 'month']) });
const maxConcurrent = v.pipe(among(1, concurrentMax), v.integer('a whole number'));
const lifetime = among(1, lifetimeMax);

export const tokenContract = {
  'token.add': changes(
    'never',
    v.strictObject({
      name: newName,
      profile: optional(name),
      maxConcurrent: optional(maxConcurrent),
      limit: optional(limit),
      expiresInMs: optional(lifetime),
    }),
  ).answers<MadeToken>(),
  'token.list': asks('read', nothing).answers<{ readonly tokens: readonly TokenRow[] }>(),
  'token.rotate': changesWhatIs(
    'never',
    v.strictObject({ name, expiresInMs: optional(v.nullable(lifetime)) }),
  ).answers<MadeToken>(),
  /** Null takes a bound away. */
  'token.change': changesWhatIs(
    'never',
    v.strictObject({
      name,
      profile: optional(v.nullable(name)),
      maxConcurrent: optional(v.nullable(maxConcurrent)),
      limit: optional(v.nullable(limit)),
    }),
  ).answers<TokenRow>(),
  'token.revoke': changesWhatIs('never', v.strictObject({ name })).answers<TokenRow>(),
};
