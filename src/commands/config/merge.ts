/**
 * Merges a file into the present configuration. Profiles and endpoints that only this home has stay, because their keys could not be
 * brought back. A stored key stays with its host; a file that names another host needs a key of its own.
 */
import type { SettingValue } from '../../../events/config.ts';
import { type EndpointId, type ProfileName, parseProfileName } from '../../../events/ids.ts';
import { adaptationOf, ownAdaptation, type Tier } from '../../../events/profile.ts';
import {
  type Incoming,
  type IncomingEndpoint,
  type IncomingProfile,
  type LeftOut,
  unreadableImport,
} from '../../config/importers/incoming.ts';
import { parseBaseUrl } from '../../config/network/base-url.ts';
import { checkModelRules } from '../../config/network/model-rules.ts';
import { isSecretSetting, type SettingKey, shownSetting } from '../../config/settings/settings.ts';
import { maskKey } from '../../errors/key-shape.ts';
import { QccError } from '../../errors/qcc-error.ts';
import { badName, type Installation } from '../../installation/installation.ts';
import { shellWord } from '../../platform/shell-word.ts';
import type { Configuration, ConfiguredEndpoint, ConfiguredProfile } from '../../projections/configuration.ts';
import { checkedKey, checkRanges, defaultAuth, endpointDefaults, freshId, freshSecret } from '../endpoint/operation.ts';

export interface Merged {
  readonly wanted: Configuration;
  /** Keys that must be put into the vault first, by the names under which `wanted` refers to them. */
  readonly keys: ReadonlyMap<string, string>;
  readonly secretSettings: ReadonlyMap<SettingKey, string>;
  readonly leftOut: readonly LeftOut[];
  /** What was left out makes the result less than the file describes. */
  readonly blocking: readonly LeftOut[];
}

const byText = (a: string, b: string) => (a < b ? -1 : Number(a > b));
const tiers: readonly Tier[] = ['primary', 'secondary', 'fallback'];

export function merge(installation: Installation, present: Configuration, incoming: Incoming): Merged {
  const merger = new Merger(installation, present, incoming);
  const profiles = merger.profiles();
  const settings = Object.entries(incoming.settings);
  const secretSettings = new Map(
    settings.flatMap(([key, value]) =>
      isSecretSetting(key as SettingKey) ? [[key as SettingKey, String(value)] as const] : [],
    ),
  );
  return {
    wanted: { settings: mergedSettings(present, incoming), default: defaultIn(present, incoming, profiles), profiles },
    keys: merger.keys,
    secretSettings,
    leftOut: [...incoming.leftOut, ...merger.leftOut],
    blocking: merger.blocking,
  };
}

function mergedSettings(present: Configuration, { settings, isWhole }: Incoming): Configuration['settings'] {
  const kept = Object.entries(present.settings).filter(([key]) => !isWhole || isSecretSetting(key as SettingKey));
  const given = Object.entries(settings).map(([key, value]): [string, SettingValue] => [
    key,
    shownSetting(key as SettingKey, value),
  ]);
  return Object.fromEntries([...new Map([...kept, ...given])].sort(([a], [b]) => byText(a, b)));
}

function defaultIn(
  present: Configuration,
  incoming: Incoming,
  profiles: readonly ConfiguredProfile[],
): ProfileName | null {
  const isThere = (name: string | null | undefined) => profiles.find((profile) => profile.name === name)?.name;
  const given = isThere(incoming.default) ?? isThere(incoming.profiles[0]?.name) ?? profiles[0]?.name ?? null;
  if (incoming.isWhole && incoming.default !== null) return isThere(incoming.default) ?? present.default;
  return present.default ?? given;
}

class Merger {
  readonly keys = new Map<string, string>();
  readonly leftOut: LeftOut[] = [];
  readonly blocking: LeftOut[] = [];
  readonly #it: Installation;
  readonly #present: Configuration;
  readonly #incoming: Incoming;
  readonly #here: readonly ConfiguredEndpoint[];
  readonly #ids: Set<string>;

  constructor(installation: Installation, present: Configuration, incoming: Incoming) {
    this.#it = installation;
    this.#present = present;
    this.#incoming = incoming;
    this.#here = present.profiles.flatMap(({ endpoints }) => endpoints);
    this.#ids = new Set(this.#here.map(({ id }) => id));
  }

  profiles(): readonly ConfiguredProfile[] {
    const merged = new Map<string, ConfiguredProfile>(this.#present.profiles.map((profile) => [profile.name, profile]));
    for (const profile of this.#incoming.profiles) {
      const name = parseProfileName(profile.name);
      if (name === undefined) throw badName(profile.name);
      const made = this.#profile(name, profile, merged.get(name));
      if (made) merged.set(name, made);
    }
    return this.#placed([...merged.values()]).sort((a, b) => byText(a.name, b.name));
  }

  #profile(name: ProfileName, incoming: IncomingProfile, now: ConfiguredProfile | undefined) {
    const endpoints = [...(now?.endpoints ?? [])];
    const free = new Set(endpoints.map(({ id }) => id));
    for (const endpoint of incoming.endpoints) {
      const made = this.#endpoint(`profiles/${name}`, endpoint, endpoints, free);
      if (!made) continue;
      const at = endpoints.findIndex(({ id }) => id === made.id);
      if (at < 0) endpoints.push(made);
      else endpoints[at] = made;
    }
    // From another program, a profile without any remaining endpoint is skipped.
    if (!(now || this.#incoming.isWhole) && endpoints.length === 0) return undefined;
    const tier = incoming.tier === undefined ? (now?.tier ?? null) : incoming.tier;
    return { name, description: incoming.description ?? now?.description ?? '', tier, position: null, endpoints };
  }

  #endpoint(
    path: string,
    given: IncomingEndpoint,
    beside: readonly ConfiguredEndpoint[],
    free: Set<EndpointId>,
  ): ConfiguredEndpoint | undefined {
    const here = `${path}/endpoints/${given.id ?? given.name ?? given.baseUrl}`;
    const checked = this.#checked(here, given);
    if (!checked) return undefined;
    const { baseUrl, key } = checked;
    const now = beside.find(({ id }) => id === given.id && free.has(id)) ?? this.#sameUrl(baseUrl, key, beside, free);
    if (now) free.delete(now.id);
    const id = now?.id ?? this.#idFor(given.id);
    const secret = this.#secretFor(id, baseUrl, key, now, given.id);
    if (!secret) {
      const command = keyCommand(path.slice('profiles/'.length), given, baseUrl, now);
      const left: LeftOut = { path: here, because: 'noKey', command };
      (this.#incoming.isWhole ? this.blocking : this.leftOut).push(left);
      return undefined;
    }
    const plain = this.#plain(secret.name);
    const isTwin = beside.some(
      (other) => other.id !== id && other.baseUrl === baseUrl && this.#plain(other.secret) === plain,
    );
    if (isTwin) {
      this.leftOut.push({ path: here, because: 'twin' });
      return undefined;
    }
    this.#ids.add(id);
    // An import from another program does not rename an endpoint.
    const { isWhole } = this.#incoming;
    // In a whole file, what is not said has its default.
    const adaptation = isWhole || !now ? given : { ...adaptationOf(now), ...ownAdaptation(given) };
    const own = { ...(isWhole || !now ? given : { ...given, name: now.name }), ...adaptationOf(adaptation) };
    return settled(id, own, now, { baseUrl, secret: secret.name, maskedKey: secret.masked });
  }

  /** Checks address, key and numbers. An invalid one stops the import, unless the endpoint may be left out. */
  #checked(path: string, given: IncomingEndpoint) {
    const { timeoutMs, weight, priority, maxFailures, maxConcurrent } = given;
    const numbers = { weight, priority, maxFailures, maxConcurrent, timeoutMs: timeoutMs ?? undefined };
    try {
      refuseLong(given);
      checkModelRules(given.models ?? []);
      checkRanges(Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== undefined)));
      const baseUrl = parseBaseUrl(given.baseUrl, { allowPlaintext: given.allowPlaintext ?? false });
      return { baseUrl, key: given.key === undefined ? undefined : checkedKey(given.key) };
    } catch (error) {
      if (!(error instanceof QccError)) throw error;
      this.blocking.push({ path, because: 'refused' });
      return undefined;
    }
  }

  #sameUrl(
    baseUrl: string,
    key: string | undefined,
    beside: readonly ConfiguredEndpoint[],
    free: ReadonlySet<EndpointId>,
  ): ConfiguredEndpoint | undefined {
    const same = beside.filter((endpoint) => free.has(endpoint.id) && endpoint.baseUrl === baseUrl);
    const exact = same.find((endpoint) => key !== undefined && this.#plain(endpoint.secret) === key);
    // With another key it is another account, not the same endpoint with a new key, unless the file identifies it by id.
    return exact ?? (key === undefined || !this.#incoming.isWhole ? same[0] : undefined);
  }

  #idFor(given: string | undefined): EndpointId {
    const id = given !== undefined && !this.#ids.has(given) ? (given as EndpointId) : freshId(this.#it, this.#ids);
    this.#ids.add(id);
    return id;
  }

  /** The file's key, or a stored key that belongs to this host. */
  #secretFor(
    id: EndpointId,
    baseUrl: string,
    key: string | undefined,
    now: ConfiguredEndpoint | undefined,
    givenId: string | undefined,
  ): { readonly name: string; readonly masked: string } | undefined {
    if (now && (key === undefined ? originOf(now.baseUrl) === originOf(baseUrl) : this.#plain(now.secret) === key))
      return { name: now.secret, masked: now.maskedKey };
    const other = this.#here.find(
      (one) => one.baseUrl === baseUrl || (one.id === givenId && originOf(one.baseUrl) === originOf(baseUrl)),
    );
    const plain = key ?? (other ? this.#plain(other.secret) : undefined);
    if (plain === undefined) return undefined;
    const name = freshSecret(id);
    this.keys.set(name, plain);
    return { name, masked: maskKey(plain) };
  }

  #plain(secret: string): string | undefined {
    return this.keys.get(secret) ?? this.#it.vault.get(secret);
  }

  /** The order in each tier: the file's profiles first, then the others. From another program: the existing ones first. */
  #placed(profiles: readonly ConfiguredProfile[]): ConfiguredProfile[] {
    const given = new Map(this.#incoming.profiles.map((profile, i) => [profile.name, profile.position ?? i]));
    const before = new Map(this.#present.profiles.map((profile) => [profile.name, profile]));
    const rank = ({ name, tier }: ConfiguredProfile): readonly [number, number] => {
      const old = before.get(name);
      const isNew = this.#incoming.isWhole ? given.has(name) : !(old && old.tier === tier);
      const first = isNew === this.#incoming.isWhole ? 0 : 1;
      return [first, isNew ? (given.get(name) ?? 0) : (old?.position ?? 0)];
    };
    const placed = new Map(
      tiers.flatMap((tier) =>
        profiles
          .filter((profile) => profile.tier === tier)
          .sort((a, b) => rank(a)[0] - rank(b)[0] || rank(a)[1] - rank(b)[1])
          .map(({ name }, i) => [name, i] as const),
      ),
    );
    return profiles.map((profile) => ({ ...profile, position: placed.get(profile.name) ?? null }));
  }
}

// Names are shown in tables, and every fact of a change holds them.
const lengthsMax = { name: 256, source: 256, baseUrl: 2_048, key: 8_192 } as const;

function refuseLong(given: IncomingEndpoint): void {
  for (const [field, most] of Object.entries(lengthsMax))
    if ((given[field as keyof typeof lengthsMax]?.length ?? 0) > most)
      throw unreadableImport({ fault: 'longField', field, most });
}

/** Adds what only a key is missing for. One that is here and would move to another host gets its address with the key. */
function keyCommand(
  profile: string,
  { name, weight, priority }: IncomingEndpoint,
  baseUrl: string,
  now: ConfiguredEndpoint | undefined,
): string {
  const address = `--base-url ${shellWord(baseUrl)} --api-key-stdin`;
  if (now) return `qcc endpoint update ${profile} ${now.id} ${address}`;
  const more = [
    name === undefined || name === new URL(baseUrl).host ? '' : ` --name ${shellWord(name)}`,
    weight === undefined || weight === endpointDefaults.weight ? '' : ` --weight ${weight}`,
    priority === undefined || priority === endpointDefaults.priority ? '' : ` --priority ${priority}`,
  ];
  return `qcc endpoint add ${profile} ${address}${more.join('')}`;
}

function settled(
  id: EndpointId,
  given: IncomingEndpoint,
  now: ConfiguredEndpoint | undefined,
  { baseUrl, secret, maskedKey }: Pick<ConfiguredEndpoint, 'baseUrl' | 'secret' | 'maskedKey'>,
): ConfiguredEndpoint {
  return {
    id,
    name: given.name ?? now?.name ?? new URL(baseUrl).host,
    baseUrl,
    auth: given.auth ?? now?.auth ?? defaultAuth(baseUrl),
    secret,
    maskedKey,
    weight: given.weight ?? now?.weight ?? endpointDefaults.weight,
    priority: given.priority ?? now?.priority ?? endpointDefaults.priority,
    timeoutMs: given.timeoutMs === undefined ? (now?.timeoutMs ?? null) : given.timeoutMs,
    maxFailures: given.maxFailures ?? now?.maxFailures ?? endpointDefaults.maxFailures,
    maxConcurrent: given.maxConcurrent ?? now?.maxConcurrent ?? endpointDefaults.maxConcurrent,
    allowPlaintext: given.allowPlaintext ?? now?.allowPlaintext ?? false,
    source: given.source === undefined ? (now?.source ?? null) : given.source,
    enabled: given.enabled ?? now?.enabled ?? true,
    ...ownAdaptation(given),
  };
}

function originOf(url: string): string {
  return new URL(url).origin;
}
