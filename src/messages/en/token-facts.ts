/** Facts of named tokens as sentences. */
import type { TokenBounds, TokenProof } from '../../../events/token.ts';
import { timeText } from '../../platform/time.ts';

export const tokenFacts = {
  added: ({ profile, maxConcurrent, limit, expiresAt }: TokenBounds & Pick<TokenProof, 'expiresAt'>) =>
    [
      'token made',
      ...(profile === null ? [] : [`for profile ${profile} alone`]),
      ...(maxConcurrent === null ? [] : [`${maxConcurrent} requests at once`]),
      ...(limit === null ? [] : [`$${limit.usd} a ${limit.per}`]),
      ...(expiresAt === null ? [] : [`until ${timeText(expiresAt)}`]),
    ].join(', '),
  rotated: 'token replaced; the former one has ended',
  changed: (changes: Partial<TokenBounds>) =>
    `token changed: ${[
      ...(changes.profile === undefined ? [] : [`profile ${changes.profile ?? '-'}`]),
      ...(changes.maxConcurrent === undefined ? [] : [`${changes.maxConcurrent ?? '-'} requests at once`]),
      ...(changes.limit === undefined
        ? []
        : [changes.limit === null ? 'no budget' : `$${changes.limit.usd} a ${changes.limit.per}`]),
    ].join(', ')}`,
  revoked: 'token revoked',
};

export type TokenFactWords = typeof tokenFacts;
