/** How named tokens are made, and proven. */
import { createHmac, randomBytes } from 'node:crypto';
import type { TokenProof } from '../../events/token.ts';
import type { TokenSource } from '../proxy/client-tokens.ts';
import type { Installation } from './installation.ts';

const idBytes = 4;
const secretBytes = 32;

function hasher({ vault }: Pick<Installation, 'vault'>): (token: string) => Buffer {
  let key: Buffer | undefined;
  return (token) => {
    key ??= vault.derive('client-tokens');
    return createHmac('sha256', key).update(token).digest();
  };
}

/** What the data port asks at its door: no answer waits for a disk. */
export function tokenSource(
  { core, vault }: Pick<Installation, 'core' | 'vault'>,
  exhausted: TokenSource['exhausted'],
): TokenSource {
  return { entries: () => core.state.tokens.byId(), hash: hasher({ vault }), exhausted };
}

/** 256 random bits behind an id. The token is shown once, and is nowhere kept. */
export function newToken({
  core,
  vault,
}: Pick<Installation, 'core' | 'vault'>): Omit<TokenProof, 'expiresAt'> & { readonly token: string } {
  const known = core.state.tokens.byId();
  for (;;) {
    const tokenId = randomBytes(idBytes).toString('hex');
    if (known.has(tokenId)) continue;
    const token = `qcc_${tokenId}_${randomBytes(secretBytes).toString('base64url')}`;
    return { token, tokenId, keyedHash: hasher({ vault })(token).toString('hex') };
  }
}
