/**
 * Everything that the user has set up, as one value: the differences between two of them, and the facts that lead from one to the other.
 * Pure, so that a rollback can be previewed.
 */
import type { SettingValue } from '../../events/config.ts';
import type { EndpointReport } from '../../events/endpoint.ts';
import type { Fact } from '../../events/fact.ts';
import { type EndpointId, type ProfileName, streams } from '../../events/ids.ts';
import {
  type Adaptation,
  adaptationOf,
  changedAdaptation,
  type EndpointSettings,
  ownAdaptation,
  type ProfileFact,
  type Tier,
} from '../../events/profile.ts';
import { rulesText } from '../../machines/model-map.ts';
import type { KnownEndpoint, Profiles } from './profiles.ts';

export interface ConfiguredEndpoint extends Omit<EndpointSettings, 'endpoint'> {
  readonly id: EndpointId;
  readonly enabled: boolean;
}

export interface ConfiguredProfile {
  readonly name: ProfileName;
  readonly description: string;
  readonly tier: Tier | null;
  /** Its position in its tier, from 0. */
  readonly position: number | null;
  readonly endpoints: readonly ConfiguredEndpoint[];
}

export interface Configuration {
  /** The settings that were set; secret ones in their masked form. */
  readonly settings: Readonly<Record<string, SettingValue>>;
  readonly default: ProfileName | null;
  /** By name, so that equal configurations compare as equal. */
  readonly profiles: readonly ConfiguredProfile[];
}

export interface Change {
  /** `settings/queue.hold`, `profiles/work/tier`, `profiles/work/endpoints/3f9a2c1b/weight`. */
  readonly path: string;
  /** Null: missing. */
  readonly from: unknown;
  readonly to: unknown;
}

/** A fact, and its stream. Facts of an endpoint's stream pass its machine. */
export interface Step {
  readonly stream: string;
  readonly fact: Fact;
}

interface Source {
  readonly settings: ReadonlyMap<string, SettingValue>;
  readonly profiles: Profiles;
  isEnabled(id: EndpointId): boolean;
}

const tiers: readonly Tier[] = ['primary', 'secondary', 'fallback'];
const byText = (a: string, b: string) => (a < b ? -1 : Number(a > b));

export function configurationOf({ settings, profiles, isEnabled }: Source): Configuration {
  const places = new Map(tiers.flatMap((tier) => profiles.tier(tier).map(({ name }, i) => [name, i] as const)));
  return {
    settings: Object.fromEntries([...settings].sort(([a], [b]) => byText(a, b))),
    default: profiles.default,
    profiles: profiles
      .all()
      .map(({ name, description, tier, endpoints }) => ({
        name,
        description,
        tier,
        position: places.get(name) ?? null,
        endpoints: endpoints.map((endpoint) => configured(endpoint, isEnabled(endpoint.id))),
      }))
      .sort((a, b) => byText(a.name, b.name)),
  };
}

function configured(known: KnownEndpoint, enabled: boolean): ConfiguredEndpoint {
  const { endpoint: _id, profile: _profile, addedAt: _at, effectiveWeight: _weight, id, ...settings } = known;
  return { id, ...withoutAdaptation(settings), ...ownAdaptation(known), enabled };
}

/** The secrets of the vault that it needs. */
export function secretsOf({ profiles }: Configuration): readonly string[] {
  return profiles.flatMap(({ endpoints }) => endpoints.map(({ secret }) => secret));
}

// --------------------------------------------------------------------------------------------- what has changed

/** A noun that is added or removed is one change as a whole; otherwise there is one for each field. */
export function differences(from: Configuration, to: Configuration): readonly Change[] {
  return [
    ...fieldChanges('settings', from.settings, to.settings),
    ...fieldChanges('', { default: from.default }, { default: to.default }),
    ...nounChanges('profiles', from.profiles, to.profiles, {
      name: ({ name }) => name,
      shown: shownProfile,
      changes: (path, before, after) => [
        ...fieldChanges(path, fieldsOfProfile(before), fieldsOfProfile(after)),
        ...nounChanges(`${path}/endpoints`, before.endpoints, after.endpoints, {
          name: ({ id }) => id,
          shown: shownEndpoint,
          changes: endpointChanges,
        }),
      ],
    }),
  ];
}

interface Noun<T> {
  name(one: T): string;
  shown(one: T): unknown;
  changes(path: string, before: T, after: T): readonly Change[];
}

function nounChanges<T>(path: string, from: readonly T[], to: readonly T[], noun: Noun<T>): readonly Change[] {
  const before = new Map(from.map((one) => [noun.name(one), one]));
  const after = new Map(to.map((one) => [noun.name(one), one]));
  return [...new Set([...before.keys(), ...after.keys()])].sort(byText).flatMap((name) => {
    const [old, now] = [before.get(name), after.get(name)];
    const here = `${path}/${name}`;
    if (old === undefined) return [{ path: here, from: null, to: now === undefined ? null : noun.shown(now) }];
    if (now === undefined) return [{ path: here, from: noun.shown(old), to: null }];
    return noun.changes(here, old, now);
  });
}

function fieldChanges(
  path: string,
  from: Readonly<Record<string, unknown>>,
  to: Readonly<Record<string, unknown>>,
): readonly Change[] {
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort(byText);
  return names
    .map((name) => ({
      path: path === '' ? name : `${path}/${name}`,
      from: own(from, name) ?? null,
      to: own(to, name) ?? null,
    }))
    .filter((change) => change.from !== change.to);
}

function own(fields: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function fieldsOfProfile({ description, tier, position }: ConfiguredProfile) {
  return { description, tier, position };
}

function shownProfile(profile: ConfiguredProfile) {
  const { name, description, tier } = profile;
  return { name, description, tier, endpoints: profile.endpoints.map(shownEndpoint) };
}

function shownEndpoint({ secret: _, maskedKey: key, ...settings }: ConfiguredEndpoint) {
  const { models, adapt, thinking } = adaptationOf(settings);
  return { ...settings, models: rulesText(models), adapt, thinking, key };
}

function withoutAdaptation<Settings extends Partial<Adaptation>>(given: Settings): Omit<Settings, keyof Adaptation> {
  const { models: _models, adapt: _adapt, thinking: _thinking, ...settings } = given;
  return settings;
}

function endpointChanges(path: string, before: ConfiguredEndpoint, after: ConfiguredEndpoint): readonly Change[] {
  const [from, to] = [shownEndpoint(before), shownEndpoint(after)];
  // Two keys may have the same mask.
  const isOtherKey = before.secret !== after.secret && from.key === to.key;
  return [
    ...fieldChanges(path, from, to),
    ...(isOtherKey ? [{ path: `${path}/key`, from: from.key, to: to.key }] : []),
  ];
}

// ------------------------------------------------------------------------------------- what leads from one to another

/**
 * The facts that turn one into the other. New endpoints of a profile come after the existing ones: no fact expresses an order among them.
 * @param valueNow the effective value of a setting: a change records the value before
 */
export function stepsTowards(
  from: Configuration,
  to: Configuration,
  valueNow: (key: string) => SettingValue,
): readonly Step[] {
  const before = new Map(from.profiles.map((profile) => [profile.name, profile]));
  const isKept = new Set(to.profiles.map(({ name }) => name));
  return [
    ...from.profiles
      .filter(({ name }) => !isKept.has(name))
      .map(({ name }) => told(name, { type: 'ProfileRemoved', data: { name } })),
    // Removals come first: an endpoint's machine ends with it.
    ...to.profiles.flatMap((profile) => removals(before.get(profile.name), profile)),
    ...to.profiles.flatMap((profile) => profileSteps(before.get(profile.name), profile)),
    ...tiers.flatMap((tier) => tierSteps(tier, from, to)),
    ...tierless(from, to),
    ...(to.default !== null && to.default !== from.default
      ? [told(to.default, { type: 'ProfileMadeDefault', data: { name: to.default } })]
      : []),
    ...settingSteps(from, to, valueNow),
  ];
}

const told = (profile: ProfileName, fact: ProfileFact): Step => ({ stream: streams.profile(profile), fact });
const reported = (id: EndpointId, type: 'EndpointEnabled' | 'EndpointDisabled' | 'KeyChanged'): Step => {
  const fact: EndpointReport = { type, data: {} };
  return { stream: streams.endpoint(id), fact };
};

function removals(before: ConfiguredProfile | undefined, { name, endpoints }: ConfiguredProfile): readonly Step[] {
  const isKept = new Set(endpoints.map(({ id }) => id));
  return (before?.endpoints ?? [])
    .filter(({ id }) => !isKept.has(id))
    .map(({ id }) => told(name, { type: 'EndpointRemoved', data: { endpoint: id } }));
}

function profileSteps(before: ConfiguredProfile | undefined, after: ConfiguredProfile): readonly Step[] {
  const { name, description } = after;
  const known = new Map((before?.endpoints ?? []).map((endpoint) => [endpoint.id, endpoint]));
  return [
    ...(before ? [] : [told(name, { type: 'ProfileAdded', data: { name, description } })]),
    ...(before && before.description !== description
      ? [told(name, { type: 'ProfileDescribed', data: { name, description } })]
      : []),
    ...after.endpoints.flatMap((endpoint) => endpointSteps(name, known.get(endpoint.id), endpoint)),
  ];
}

function endpointSteps(
  profile: ProfileName,
  before: ConfiguredEndpoint | undefined,
  { id, enabled, ...settings }: ConfiguredEndpoint,
): readonly Step[] {
  const plain = withoutAdaptation(settings);
  if (!before) {
    const data = { endpoint: id, ...plain, ...ownAdaptation(settings) };
    const added = told(profile, { type: 'EndpointAdded', data });
    return enabled ? [added] : [added, reported(id, 'EndpointDisabled')];
  }
  const changes = {
    ...Object.fromEntries(
      Object.entries(plain).filter(([field, value]) => before[field as keyof ConfiguredEndpoint] !== value),
    ),
    ...changedAdaptation(before, settings),
  };
  // A new key or address clears the failures of the old one.
  const isOther = 'secret' in changes || 'baseUrl' in changes || 'auth' in changes;
  return [
    ...(Object.keys(changes).length > 0
      ? [told(profile, { type: 'EndpointChanged', data: { endpoint: id, changes } })]
      : []),
    ...(isOther ? [reported(id, 'KeyChanged')] : []),
    ...(before.enabled === enabled ? [] : [reported(id, enabled ? 'EndpointEnabled' : 'EndpointDisabled')]),
  ];
}

/** A profile that is put into a tier comes last in it: those at the beginning that are already in the right order stay. */
function tierSteps(tier: Tier, from: Configuration, to: Configuration): readonly Step[] {
  const now = namesIn(tier, from);
  const wanted = namesIn(tier, to);
  let last = -1;
  let kept = 0;
  for (; kept < wanted.length; kept++) {
    const place = now.indexOf(wanted[kept] as ProfileName);
    if (place <= last) break;
    last = place;
  }
  return wanted.slice(kept).map((name) => told(name, { type: 'TierAssigned', data: { name, tier } }));
}

function namesIn(tier: Tier, { profiles }: Configuration): readonly ProfileName[] {
  return profiles
    .filter((profile) => profile.tier === tier)
    .sort((a, b) => (a.position ?? 0) - (b.position ?? 0))
    .map(({ name }) => name);
}

function tierless(from: Configuration, to: Configuration): readonly Step[] {
  const placed = new Set(from.profiles.filter(({ tier }) => tier !== null).map(({ name }) => name));
  return to.profiles
    .filter(({ name, tier }) => tier === null && placed.has(name))
    .map(({ name }) => told(name, { type: 'TierAssigned', data: { name, tier: null } }));
}

function settingSteps(
  from: Configuration,
  to: Configuration,
  valueNow: (key: string) => SettingValue,
): readonly Step[] {
  return fieldChanges('', from.settings, to.settings).map((change) => ({
    stream: streams.config,
    fact: { type: 'SettingChanged', data: { key: change.path, from: valueNow(change.path), to: change.to } },
  }));
}
