/**
 * The files of the original Python tool: `~/.fastcc/cache.json` with one endpoint a profile, later several; and the single file of its
 * version 0.4. What has no counterpart here is listed, never dropped silently.
 */
import * as v from 'valibot';
import type { SettingValue } from '../../../events/config.ts';
import type { Tier } from '../../../events/profile.ts';
import { secondMs } from '../../../events/units.ts';
import { isSettingKey, settingFits } from '../settings/settings.ts';
import {
  type Incoming,
  type IncomingEndpoint,
  type IncomingProfile,
  type LeftOut,
  profileNameFrom,
  refuseTooMany,
  unreadableImport,
} from './incoming.ts';

const text = v.nullish(v.string());
const number = v.nullish(v.number());
const flag = v.nullish(v.boolean());
const endpointForm = v.looseObject({
  base_url: v.string(),
  api_key: text,
  weight: number,
  priority: number,
  enabled: flag,
  max_failures: number,
  timeout: number,
  source_profile: text,
});
const profileForm = v.looseObject({
  name: text,
  description: text,
  base_url: text,
  api_key: text,
  enabled: flag,
  priority: text,
  endpoints: v.nullish(v.array(endpointForm)),
});
const sectionForm = v.nullish(v.record(v.string(), v.unknown()));
const form = v.looseObject({
  version: v.nullish(v.union([v.string(), v.number()])),
  profiles: v.union([v.array(profileForm), v.record(v.string(), profileForm)]),
  settings: sectionForm,
  proxy: sectionForm,
  health: sectionForm,
  queue: sectionForm,
  switching_policy: sectionForm,
});
const priorityForm = v.looseObject({
  priority_groups: v.record(v.string(), v.looseObject({ config_names: v.nullish(v.array(v.string())) })),
});

type Profile = v.InferOutput<typeof profileForm>;
type Section = v.InferOutput<typeof sectionForm>;

const tiers: ReadonlySet<string> = new Set<Tier>(['primary', 'secondary', 'fallback']);

export function isFastcc(json: unknown): boolean {
  return v.is(form, json) && !('format' in (json as object));
}

/** @param priorities the neighbouring file `priority_config.json`: the profiles of each tier. */
export function readFastcc(json: unknown, priorities: unknown): Incoming {
  const parsed = v.safeParse(form, json);
  if (!parsed.success) throw unreadableImport({ fault: 'notFastcc' });
  const { profiles: given, settings, ...sections } = parsed.output;
  const named = (Array.isArray(given) ? given.map((profile) => ['', profile] as const) : Object.entries(given)).map(
    ([name, profile]) => ({ called: profile.name || name, profile }),
  );
  refuseTooMany('profiles', named.length);
  refuseTooMany(
    'endpoints',
    named.reduce((count, { profile }) => count + (profile.endpoints?.length ?? 1), 0),
  );
  const leftOut: LeftOut[] = [];
  const names = new Map<string, string>();
  const taken = new Set<string>();
  const places = placesIn(priorities);
  const profiles = named.map(({ called, profile }) => {
    const name = profileNameFrom(called, taken);
    taken.add(name);
    if (name !== called) leftOut.push({ path: `profiles/${called} → ${name}`, because: 'renamed' });
    // If two have the same name, references mean the first one.
    if (!names.has(called)) names.set(called, name);
    return incomingProfile(name, profile, places.get(called), leftOut);
  });
  const mapped = settingsFrom(sections, leftOut);
  const balancing = named.flatMap(({ profile }) => {
    const section = profile['load_balancing'];
    return typeof section === 'object' && section !== null ? [section as Record<string, unknown>] : [];
  })[0];
  const strategy = balancing ? mappedSection('load_balancing', balancing, leftOut) : {};
  const first = settings?.['default_profile'];
  return {
    source: 'fastcc',
    settings: { ...strategy, ...mapped },
    isWhole: false,
    default: typeof first === 'string' ? (names.get(first) ?? null) : null,
    profiles,
    leftOut,
  };
}

function incomingProfile(
  name: string,
  profile: Profile,
  place: { tier: Tier; position: number } | undefined,
  leftOut: LeftOut[],
): IncomingProfile {
  const path = `profiles/${name}`;
  const isOff = profile.enabled === false;
  const several = profile.endpoints ?? [];
  const endpoints: IncomingEndpoint[] =
    several.length > 0
      ? several.map((endpoint) => ({
          baseUrl: endpoint.base_url,
          auth: 'x-api-key',
          ...given('key', endpoint.api_key),
          ...given('weight', endpoint.weight),
          ...given('priority', endpoint.priority),
          ...given('maxFailures', endpoint.max_failures),
          ...given('source', endpoint.source_profile),
          ...(typeof endpoint.timeout === 'number' ? { timeoutMs: endpoint.timeout * secondMs } : {}),
          enabled: !isOff && endpoint.enabled !== false,
        }))
      : single(profile, !isOff);
  if (endpoints.length === 0) leftOut.push({ path: `${path}/base_url`, because: 'noAddress' });
  const tier = profile.priority && tiers.has(profile.priority) ? (profile.priority as Tier) : place?.tier;
  return {
    name,
    ...given('description', profile.description),
    ...(tier === undefined ? {} : { tier, position: place?.position ?? null }),
    endpoints,
  };
}

/** The tool kept `base_url` and `api_key` beside the list as well, as a copy of its first entry. */
function single({ base_url: baseUrl, api_key: key }: Profile, enabled: boolean): IncomingEndpoint[] {
  return baseUrl ? [{ baseUrl, auth: 'x-api-key', ...given('key', key), enabled }] : [];
}

function given<Name extends string, Value>(name: Name, value: Value | null | undefined) {
  return (value === null || value === undefined ? {} : { [name]: value }) as { [Key in Name]?: Value };
}

function placesIn(priorities: unknown): ReadonlyMap<string, { tier: Tier; position: number }> {
  const parsed = v.safeParse(priorityForm, priorities);
  if (!parsed.success) return new Map();
  return new Map(
    Object.entries(parsed.output.priority_groups)
      .filter(([tier]) => tiers.has(tier))
      .flatMap(([tier, group]) =>
        (group.config_names ?? []).map((name, position) => [name, { tier: tier as Tier, position }] as const),
      ),
  );
}

// ------------------------------------------------------------------------------------------------------ settings

/** `section.name` to its counterpart here; null for a setting that qcc covers automatically, which is not listed. */
const counterparts: Readonly<Record<string, string | null>> = {
  'proxy.host': 'proxy.host',
  'proxy.port': 'proxy.port',
  'proxy.log_level': 'proxy.log_level',
  'proxy.max_connections': 'proxy.max_concurrent',
  'proxy.access_log': null,
  'health.enabled': 'health.enabled',
  'health.check_interval': 'health.check_interval',
  'health.timeout': 'health.timeout',
  'queue.enabled': 'queue.enabled',
  'queue.max_size': 'queue.max_size',
  'queue.retry_strategy': 'queue.strategy',
  'queue.max_retries': 'queue.max_retries',
  'queue.persistence_enabled': null,
  'load_balancing.strategy': 'loadbalancer.strategy',
  'load_balancing.health_aware': 'loadbalancer.health_aware',
  'load_balancing.sticky_session': 'loadbalancer.sticky_session',
  'switching_policy.auto_switch': 'failover.auto',
  'switching_policy.auto_failover': 'failover.auto',
  'switching_policy.auto_recovery': 'failover.auto_recovery',
  'switching_policy.switch_threshold': 'failover.failure_threshold',
  'switching_policy.failure_threshold': 'failover.failure_threshold',
  'switching_policy.cooldown_period': 'failover.cooldown',
  'switching_policy.recovery_delay': 'failover.recovery_delay',
};

const values: Readonly<Record<string, SettingValue>> = {
  exponential_backoff: 'exponential',
  fixed_interval: 'fixed',
  warning: 'warn',
};

function settingsFrom(
  sections: { readonly [name: string]: unknown },
  leftOut: LeftOut[],
): Readonly<Record<string, SettingValue>> {
  const merged: Record<string, SettingValue> = {};
  for (const name of ['proxy', 'health', 'queue', 'switching_policy']) {
    Object.assign(merged, mappedSection(name, sections[name] as Section, leftOut));
  }
  return merged;
}

function mappedSection(name: string, section: Section, leftOut: LeftOut[]): Record<string, SettingValue> {
  const merged: Record<string, SettingValue> = {};
  for (const [field, raw] of Object.entries(section ?? {})) {
    const path = `${name}.${field}`;
    const mapped = mappedSetting(path, raw);
    if (typeof mapped === 'string') leftOut.push({ path, because: mapped });
    else if (mapped) merged[mapped.key] = mapped.value;
  }
  return merged;
}

/** Its counterpart here, or why there is none; undefined for a setting that is not listed. */
function mappedSetting(
  path: string,
  raw: unknown,
): { readonly key: string; readonly value: SettingValue } | LeftOut['because'] | undefined {
  if (path === 'proxy.ssl_enabled') return raw === true ? 'needsCertificate' : undefined;
  const key = Object.hasOwn(counterparts, path) ? counterparts[path] : undefined;
  if (key === null) return undefined;
  if (key === undefined || !isSettingKey(key)) return 'noCounterpart';
  const lower = typeof raw === 'string' ? raw.toLowerCase() : raw;
  const value = typeof lower === 'string' && Object.hasOwn(values, lower) ? values[lower] : lower;
  return settingFits(key, value) ? { key, value } : 'outOfRange';
}
