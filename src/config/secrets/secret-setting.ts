/** Settings that are secrets: their values are in the vault, never in a fact. */
import { envNameOf, parseSetting, type SettingKey } from '../settings/settings.ts';
import type { Vault } from './vault.ts';

const idOf = (key: SettingKey) => `setting/${key}`;

/** The effective value: the environment takes precedence. Empty when there is none. @throws {QccError} for an invalid value */
export function secretSetting(
  vault: Pick<Vault, 'get'>,
  key: SettingKey,
  env: Readonly<Record<string, string | undefined>>,
): string {
  const override = env[envNameOf(key)];
  return override === undefined ? (vault.get(idOf(key)) ?? '') : String(parseSetting(key, override).value);
}

/** An empty value removes it. */
export async function keepSecretSetting(vault: Vault, key: SettingKey, value: string): Promise<void> {
  if (value !== '') await vault.put(idOf(key), value);
  else if (vault.get(idOf(key)) !== undefined) await vault.remove(idOf(key));
}
