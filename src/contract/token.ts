/** The contract of named tokens. */
import * as v from 'valibot';
import { among, name, newName, nothing, optional } from './fields.ts';
import { asks, changes, changesWhatIs } from './operation.ts';

// A token that is to hold longer holds for ever.
const lifetimeMax = 3_155_760_000_000;
// As the largest `proxy.max_concurrent`.
const concurrentMax = 100_000;

export interface TokenRow {
  readonly name: string;
  /** The beginning of the token, which is no secret. */
  readonly id: string;
  readonly state: 'valid' | 'expired' | 'revoked';
  readonly profile: string | null;
  readonly maxConcurrent: number | null;
  readonly expiresAt: string | null;
  readonly addedAt: string;
  readonly revokedAt: string | null;
  /** When the last request with it ended. */
  readonly usedAt: string | null;
  /** Requests with it that run; null while no gateway runs. */
  readonly running: number | null;
}

/** The only time that the token itself is in an answer. */
export type MadeToken = TokenRow & { readonly token: string };

const expiresInMs = optional(among(1, lifetimeMax));

export const tokenContract = {
  'token.add': changes(
    'never',
    v.strictObject({
      name: newName,
      profile: optional(name),
      maxConcurrent: optional(v.pipe(among(1, concurrentMax), v.integer('a whole number'))),
      expiresInMs,
    }),
  ).answers<MadeToken>(),
  'token.list': asks('read', nothing).answers<{ readonly tokens: readonly TokenRow[] }>(),
  'token.rotate': changesWhatIs('never', v.strictObject({ name, expiresInMs })).answers<MadeToken>(),
  'token.revoke': changesWhatIs('never', v.strictObject({ name })).answers<TokenRow>(),
};
