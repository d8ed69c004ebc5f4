/** Which part of a past configuration can be restored: a destroyed key cannot, and no key goes to a host that it was not given for. */
import { parseBaseUrl } from '../../config/network/base-url.ts';
import type { Vault } from '../../config/secrets/vault.ts';
import { isSecretSetting, isSettingKey, settingFits } from '../../config/settings/settings.ts';
import type { LostBecause } from '../../contract/config.ts';
import { shellWord } from '../../platform/shell-word.ts';
import type { Configuration, ConfiguredEndpoint, ConfiguredProfile } from '../../projections/configuration.ts';

export interface Lost {
  readonly path: string;
  readonly because: LostBecause;
  /** Without it the past configuration is incomplete. A key that was replaced since is kept and does not block. */
  readonly blocks: boolean;
  /** What gives it a key anew. */
  readonly command?: string;
}

type Keys = Pick<Vault, 'has'>;

export function restorable(
  past: Configuration,
  present: Configuration,
  vault: Keys,
): { readonly wanted: Configuration; readonly lost: readonly Lost[] } {
  const settings = pastSettings(past, present);
  const profiles = past.profiles.map((profile) => {
    const now = present.profiles.find(({ name }) => name === profile.name);
    return pastProfile(profile, now, vault);
  });
  return {
    wanted: { ...past, settings: settings.wanted, profiles: profiles.map(({ wanted }) => wanted) },
    lost: [...settings.lost, ...profiles.flatMap(({ lost }) => lost)],
  };
}

function pastSettings({ settings: past }: Configuration, { settings: present }: Configuration) {
  const wanted: Record<string, Configuration['settings'][string]> = {};
  const lost: Lost[] = [];
  for (const [key, value] of Object.entries(past)) {
    const path = `settings/${key}`;
    if (!isSettingKey(key)) lost.push({ path, because: 'settingGone', blocks: true });
    else if (isSecretSetting(key) && value !== '' && present[key] !== value)
      lost.push({ path, because: 'valueGone', blocks: true, command: `qcc config set ${key} -` });
    else if (!(isSecretSetting(key) || settingFits(key, value)))
      lost.push({ path, because: 'outOfRange', blocks: true });
    else wanted[key] = value;
  }
  // An endpoint that cannot be restored stays as it is.
  for (const { path } of lost) {
    const key = path.slice('settings/'.length);
    if (Object.hasOwn(present, key) && present[key] !== undefined) wanted[key] = present[key];
  }
  return { wanted: Object.fromEntries(Object.entries(wanted).sort(([a], [b]) => (a < b ? -1 : 1))), lost };
}

function pastProfile(past: ConfiguredProfile, present: ConfiguredProfile | undefined, vault: Keys) {
  const lost: Lost[] = [];
  const endpoints = past.endpoints.flatMap((endpoint) => {
    const now = present?.endpoints.find(({ id }) => id === endpoint.id);
    const path = `profiles/${past.name}/endpoints/${endpoint.id}`;
    const { wanted, because, blocks } = pastEndpoint(endpoint, now, vault);
    if (because !== undefined) lost.push({ path, because, blocks, ...commandFor(because, past, endpoint) });
    return wanted ? [wanted] : [];
  });
  return { wanted: { ...past, endpoints }, lost };
}

function commandFor(because: LostBecause, { name }: ConfiguredProfile, { id, baseUrl }: ConfiguredEndpoint) {
  const address = `--base-url ${shellWord(baseUrl)} --api-key-stdin`;
  if (because === 'keyGone') return { command: `qcc endpoint add ${name} ${address}` };
  return because === 'otherHost' ? { command: `qcc endpoint update ${name} ${id} ${address}` } : {};
}

interface Fate {
  readonly wanted?: ConfiguredEndpoint;
  readonly because?: LostBecause;
  readonly blocks: boolean;
}

function pastEndpoint(past: ConfiguredEndpoint, now: ConfiguredEndpoint | undefined, vault: Keys): Fate {
  if (!isAddress(past)) return { ...(now ? { wanted: now } : {}), because: 'addressRefused', blocks: true };
  if (vault.has(past.secret)) return { wanted: past, blocks: false };
  if (!now) return { because: 'keyGone', blocks: true };
  const { secret, maskedKey } = now;
  if (new URL(past.baseUrl).origin === new URL(now.baseUrl).origin) {
    return { wanted: { ...past, secret, maskedKey }, because: 'keyReplaced', blocks: false };
  }
  const { baseUrl, auth, allowPlaintext } = now;
  return {
    wanted: { ...past, secret, maskedKey, baseUrl, auth, allowPlaintext },
    because: 'otherHost',
    blocks: true,
  };
}

function isAddress({ baseUrl, allowPlaintext }: ConfiguredEndpoint): boolean {
  try {
    return parseBaseUrl(baseUrl, { allowPlaintext }) === baseUrl;
  } catch {
    return false;
  }
}
