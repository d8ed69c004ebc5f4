/** What a client needs in order to connect: the address, and a credential that is worthless anywhere else. */

import type { Answer } from '../contract/operations.ts';
import type { Installation } from './installation.ts';

const wellKnownToken = 'proxy-managed';

export function clientToken({ settings, vault }: Installation, url: string | undefined): Answer<'client.settings'> {
  const current = settings();
  const scheme = current['proxy.tls_cert'] === '' ? 'http' : 'https';
  const token = current['proxy.require_token'] ? vault.token() : wellKnownToken;
  return {
    url: url ?? `${scheme}://${current['proxy.host']}:${current['proxy.port']}`,
    token,
    running: url !== undefined,
  };
}
