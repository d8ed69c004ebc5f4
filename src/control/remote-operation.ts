/** The gateway of another machine that this one's clients use. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setSettings } from '../commands/config/operation.ts';
import { secretSetting } from '../config/secrets/secret-setting.ts';
import type { Answer, Params } from '../contract/operations.ts';
import type { Installation } from '../installation/installation.ts';
import { writeFileAtomic } from '../platform/atomic-file.ts';

/** The certificates are copied: what they were read from may go. */
export async function useRemote(
  it: Installation,
  { url, token = '', ca }: Params<'client.useGateway'>,
): Promise<Answer<'client.useGateway'>> {
  const file = ca === undefined ? '' : join(it.paths.tls, 'gateway-ca.pem');
  if (ca !== undefined) {
    mkdirSync(it.paths.tls, { recursive: true, mode: 0o700 });
    writeFileAtomic(file, ca);
  }
  await setSettings(it, [
    ['client.gateway', url ?? ''],
    ['client.ca', file],
    ['client.token', url === null ? '' : token],
  ]);
  return { url: url ?? '', ca: file };
}

export function remoteSettings({ settings, vault }: Installation): Answer<'client.remote'> {
  const { 'client.gateway': url, 'client.ca': ca } = settings();
  return { url, ca, token: url === '' ? '' : secretSetting(vault, 'client.token', process.env) };
}
