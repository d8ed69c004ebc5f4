/** Facts of named tokens as sentences. */
import type { TokenBounds, TokenProof } from '../../../events/token.ts';
import { timeText } from '../../platform/time.ts';

const atOnce = (most: number) => (most === 1 ? 'one request at once' : `${most} requests at once`);

export const tokenFacts = {
  added: ({ profile, maxConcurrent, limit, expiresAt }: TokenBounds & Pick<TokenProof, 'expiresAt'>) =>
    [
      'token made',
      ...(profile === null ? [] : [`for profile ${profile} alone`]),
      ...(maxConcurrent === null ? [] : [atOnce(maxConcurrent)]),
      ...(limit === null ? [] : [`$${limit.usd} a ${limit.per}`]),
      ...(expiresAt === null ? [] : [`until ${timeText(expiresAt)}`]),
    ].join(', '),
  rotated: 'token replaced; the former one has ended',
  changed: (changes: Partial<TokenBounds>) =>
    `token changed: ${[
      ...(changes.profile === undefined
        ? []
        : [changes.profile === null ? 'for all profiles' : `for profile ${changes.profile} alone`]),
      ...(changes.maxConcurrent === undefined
        ? []
        : [changes.maxConcurrent === null ? 'any number of requests at once' : atOnce(changes.maxConcurrent)]),
      ...(changes.limit === undefined
        ? []
        : [changes.limit === null ? 'no budget' : `$${changes.limit.usd} a ${changes.limit.per}`]),
    ].join(', ')}`,
  revoked: 'token revoked',
};

export type TokenFactWords = typeof tokenFacts;
