/** Facts of named tokens as sentences. */
import type { TokenBounds, TokenProof } from '../../../events/token.ts';
import { timeText } from '../../platform/time.ts';

export const tokenFacts = {
  added: ({ profile, maxConcurrent, expiresAt }: TokenBounds & Pick<TokenProof, 'expiresAt'>) =>
    [
      'token made',
      ...(profile === null ? [] : [`for profile ${profile} alone`]),
      ...(maxConcurrent === null ? [] : [`${maxConcurrent} requests at once`]),
      ...(expiresAt === null ? [] : [`until ${timeText(expiresAt)}`]),
    ].join(', '),
  rotated: 'token replaced; the former one has ended',
  revoked: 'token revoked',
};

export type TokenFactWords = typeof tokenFacts;
