/** The operations of endpoints. */

import { randomBytes } from 'node:crypto';
import type { EndpointReport } from '../../../events/endpoint.ts';
import { type EndpointId, type ProfileName, streams } from '../../../events/ids.ts';
import {
  type Adaptation,
  type Auth,
  adaptationOf,
  changedAdaptation,
  type EndpointSettings,
  type ModelRule,
  ownAdaptation,
  type ProfileFact,
} from '../../../events/profile.ts';
import { changedRules, rulesText } from '../../../machines/model-map.ts';
import { parseBaseUrl } from '../../config/network/base-url.ts';
import { checkModelRules } from '../../config/network/model-rules.ts';
import { type Preset, presetOf } from '../../config/network/presets.ts';
import {
  type EndpointOptions,
  type EndpointRow,
  type endpointContract,
  endpointRanges,
} from '../../contract/endpoint.ts';
import type { Answer, Params } from '../../contract/operations.ts';
import { maskKey } from '../../errors/key-shape.ts';
import { exitCodes, QccError } from '../../errors/qcc-error.ts';
import { endpointNamed, type Installation, profileNamed } from '../../installation/installation.ts';
import { keysOf, withKeys } from '../../installation/keys.ts';
import type { Step } from '../../projections/configuration.ts';
import type { KnownEndpoint } from '../../projections/profiles.ts';
import { endpointRow } from '../../runtime/rows.ts';
import type { Handlers } from '../handler.ts';
import { forgetMissing } from './forget-operation.ts';
import { endpointModels, testEndpoints } from './test-operation.ts';

export const endpointDefaults = { weight: 100, priority: 1, maxFailures: 3, maxConcurrent: 64 };
// A real key is far longer; this only catches an empty line or a stray word.
const keyLengthMin = 4;

export interface PreparedEndpoint {
  readonly id: EndpointId;
  readonly key: string;
  readonly fact: Extract<ProfileFact, { type: 'EndpointAdded' }>;
}

type Named = readonly { readonly profile: string; readonly baseUrl: string; readonly secret: string }[];

/** Checks everything before anything is written. @throws {QccError} */
export function newEndpoint(installation: Installation, options: EndpointOptions, beside: Named): PreparedEndpoint {
  const preset = options.preset === undefined ? undefined : presetOf(options.preset);
  const url = options.baseUrl ?? preset?.baseUrl;
  if (url === undefined) throw missing('url', '--base-url URL, or --preset ID');
  const allowPlaintext = options.allowPlaintext ?? false;
  const baseUrl = parseBaseUrl(url, { allowPlaintext });
  const key = checkedKey(options.key);
  checkRanges(options);
  refuseTwin(installation, baseUrl, key, beside);
  const id = freshId(installation);
  const settings: EndpointSettings = {
    endpoint: id,
    name: options.name ?? new URL(baseUrl).host,
    baseUrl,
    auth: options.auth ?? preset?.auth ?? defaultAuth(baseUrl),
    secret: id,
    maskedKey: maskKey(key),
    weight: options.weight ?? endpointDefaults.weight,
    priority: options.priority ?? endpointDefaults.priority,
    timeoutMs: options.timeoutMs ?? null,
    maxFailures: options.maxFailures ?? endpointDefaults.maxFailures,
    maxConcurrent: options.maxConcurrent ?? endpointDefaults.maxConcurrent,
    allowPlaintext,
    source: options.preset ?? null,
    ...ownAdaptation({
      ...options,
      models: wantedRules(preset?.table?.models ?? [], options, 'qcc endpoint add --help'),
    }),
  };
  return { id, key, fact: { type: 'EndpointAdded', data: settings } };
}

/** The rules with the changes that were asked for. @throws {QccError} for a rule that is none, and one to drop that is not there */
function wantedRules(
  rules: readonly ModelRule[],
  { models: added = [], noModels: dropped = [] }: EndpointOptions,
  hint: string,
): readonly ModelRule[] {
  checkModelRules(added);
  const missing = dropped.find((name) => rules.every(({ from }) => from !== name));
  if (missing !== undefined)
    throw new QccError('QCC_MODEL_UNKNOWN', { from: missing, rules: rulesText(rules), hint }, exitCodes.notFound);
  const wanted = changedRules(rules, added, dropped);
  checkModelRules(wanted);
  return wanted;
}

/** Anthropic's own API requires its header; relays follow what `ANTHROPIC_AUTH_TOKEN` sends. */
export function defaultAuth(baseUrl: string): Auth {
  return new URL(baseUrl).hostname === 'api.anthropic.com' ? 'x-api-key' : 'bearer';
}

function missing(lacks: 'url' | 'key', flags: string): QccError {
  return new QccError('QCC_ENDPOINT_INCOMPLETE', { lacks, hint: flags }, exitCodes.usage);
}

export function checkedKey(key: string | undefined): string {
  const trimmed = key?.trim() ?? '';
  if (trimmed === '') throw missing('key', '--api-key-stdin, or --api-key-env NAME');
  if (!keyFits(trimmed)) {
    throw new QccError('QCC_KEY_INVALID', {}, exitCodes.usage);
  }
  return trimmed;
}

/** A credential must be valid as a header's value, and long enough not to be a stray word. */
export function keyFits(key: string): boolean {
  return key.length >= keyLengthMin && !/[^\x21-\x7e]/.test(key);
}

export function checkRanges(options: Partial<Record<keyof typeof endpointRanges, number>>): void {
  for (const [name, [min, max]] of Object.entries(endpointRanges)) {
    const value = options[name as keyof typeof endpointRanges];
    if (value === undefined) continue;
    if (Number.isInteger(value) && value >= min && value <= max) continue;
    throw new QccError('QCC_ENDPOINT_INVALID', { name, min, max, value }, exitCodes.usage);
  }
}

function refuseTwin({ vault }: Installation, baseUrl: string, key: string, beside: Named): void {
  const twin = beside.find((other) => other.baseUrl === baseUrl && vault.get(other.secret) === key);
  if (!twin) return;
  throw new QccError('QCC_ENDPOINT_EXISTS', { baseUrl, profile: twin.profile }, exitCodes.conflict);
}

/** A name in the vault that no key of this endpoint has had before. */
export function freshSecret(id: EndpointId): string {
  return `${id}-${randomBytes(4).toString('hex')}`;
}

export function freshId({ core }: Installation, taken: ReadonlySet<string> = new Set()): EndpointId {
  for (;;) {
    const id = randomBytes(4).toString('hex') as EndpointId;
    if (!(core.state.profiles.endpoint(id) || taken.has(id))) return id;
  }
}

export async function addEndpoint(
  installation: Installation,
  params: Params<'endpoint.add'>,
): Promise<Answer<'endpoint.add'>> {
  const profile = profileNamed(installation, params.profile);
  const prepared = newEndpoint(installation, params, profile.endpoints);
  const put = [[prepared.id, prepared.key]] as const;
  await withKeys(installation, { put }, () => tellProfile(installation, profile.name, [prepared.fact]));
  return rowOf(installation, prepared.id);
}

export async function copyEndpoints(
  installation: Installation,
  params: Params<'endpoint.copy'>,
): Promise<Answer<'endpoint.copy'>> {
  const { vault } = installation;
  const to = profileNamed(installation, params.profile);
  const from = profileNamed(installation, params.from);
  if (from.endpoints.length === 0) {
    throw new QccError('QCC_PROFILE_EMPTY', { name: from.name }, exitCodes.notFound);
  }
  const { ids } = params;
  const chosen = ids ? ids.map((id) => endpointNamed(installation, id, from.name)) : from.endpoints;
  const prepared = chosen.map((endpoint) => {
    const key = vault.get(endpoint.secret);
    if (key === undefined) throw new QccError('QCC_KEY_LOST', { id: endpoint.id, profile: from.name });
    const made = newEndpoint(
      installation,
      {
        ...asOptions(endpoint),
        ...params,
        key,
        baseUrl: endpoint.baseUrl,
        models: wantedRules(adaptationOf(endpoint).models, params, `qcc endpoint list ${from.name} --verbose`),
        noModels: [],
      },
      to.endpoints,
    );
    return { ...made, fact: { ...made.fact, data: { ...made.fact.data, source: from.name } } };
  });
  const facts = prepared.map(({ fact }) => fact);
  const put = prepared.map(({ id, key }) => [id, key] as const);
  await withKeys(installation, { put }, () => tellProfile(installation, to.name, facts));
  return { added: prepared.map(({ id }) => rowOf(installation, id)) };
}

function asOptions(endpoint: KnownEndpoint): EndpointOptions {
  const { name, auth, weight, priority, maxFailures, maxConcurrent, allowPlaintext, timeoutMs } = endpoint;
  return {
    ...ownAdaptation(endpoint),
    name,
    auth,
    weight,
    priority,
    maxFailures,
    maxConcurrent,
    allowPlaintext,
    ...(timeoutMs === null ? {} : { timeoutMs }),
  };
}

export async function updateEndpoint(
  installation: Installation,
  params: Params<'endpoint.update'>,
): Promise<Answer<'endpoint.update'>> {
  const { core, vault } = installation;
  const endpoint = endpointNamed(installation, params.id, params.profile);
  checkRanges(params);
  const key = params.key === undefined ? undefined : checkedKey(params.key);
  const preset = params.preset === undefined ? undefined : presetOf(params.preset);
  const url = params.baseUrl ?? preset?.baseUrl;
  const allowPlaintext = params.allowPlaintext ?? endpoint.allowPlaintext;
  const baseUrl = url === undefined ? endpoint.baseUrl : parseBaseUrl(url, { allowPlaintext });
  const auth = params.auth ?? preset?.auth;
  // The new key gets a name of its own: until the fact is written, the old key holds.
  const secret = key === undefined ? undefined : freshSecret(endpoint.id);
  const { name, weight, priority, timeoutMs, maxFailures, maxConcurrent } = params;
  const wanted = {
    name,
    auth,
    weight,
    priority,
    timeoutMs,
    maxFailures,
    maxConcurrent,
    allowPlaintext,
    baseUrl,
    secret,
    ...(key === undefined ? {} : { maskedKey: maskKey(key) }),
    ...(params.preset === undefined ? {} : { source: params.preset }),
  };
  const changes = {
    ...Object.fromEntries(
      Object.entries(wanted).filter(
        ([field, value]) => value !== undefined && value !== endpoint[field as keyof KnownEndpoint],
      ),
    ),
    ...changedAdaptation(endpoint, wantedAdaptation(endpoint, params, preset)),
  };
  const others = profileNamed(installation, endpoint.profile).endpoints.filter(({ id }) => id !== endpoint.id);
  refuseTwin(installation, baseUrl, key ?? vault.get(endpoint.secret) ?? '', others);
  const steps = stepsOf(endpoint, changes);
  const tell = async () => {
    if (steps.length > 0) await core.command({ do: 'change', steps });
  };
  if (key === undefined || secret === undefined) await tell();
  else await withKeys(installation, { put: [[secret, key]], remove: keysOf(installation, [endpoint]) }, tell);
  return rowOf(installation, endpoint.id);
}

/** A preset brings its vendor's table in the place of the old one. */
function wantedAdaptation(endpoint: KnownEndpoint, params: EndpointOptions, preset: Preset | undefined): Adaptation {
  const { models, adapt, thinking } = adaptationOf(endpoint);
  const hint = `qcc endpoint list ${endpoint.profile} --verbose`;
  return {
    models: wantedRules(preset ? (preset.table?.models ?? []) : models, params, hint),
    adapt: params.adapt ?? adapt,
    thinking: params.thinking ?? thinking,
  };
}

function stepsOf({ id, profile }: KnownEndpoint, changes: Readonly<Record<string, unknown>>): readonly Step[] {
  const steps: Step[] = [];
  if (Object.keys(changes).length > 0)
    steps.push({
      stream: streams.profile(profile),
      fact: { type: 'EndpointChanged', data: { endpoint: id, changes } },
    });
  // A new key or address clears the failures of the old one.
  if ('secret' in changes || 'baseUrl' in changes || 'auth' in changes)
    steps.push({ stream: streams.endpoint(id), fact: { type: 'KeyChanged', data: {} } });
  return steps;
}

export function listEndpoints(
  installation: Installation,
  { profile }: Params<'endpoint.list'>,
): Answer<'endpoint.list'> {
  const { name, endpoints } = profileNamed(installation, profile);
  return { profile: name, endpoints: endpoints.map((endpoint) => endpointRow(installation.core.state, endpoint)) };
}

export async function removeEndpoint(
  installation: Installation,
  { profile, id }: Params<'endpoint.remove'>,
): Promise<Answer<'endpoint.remove'>> {
  const endpoint = endpointNamed(installation, id, profile);
  const row = rowOf(installation, endpoint.id);
  const facts: readonly ProfileFact[] = [{ type: 'EndpointRemoved', data: { endpoint: endpoint.id } }];
  const remove = keysOf(installation, [endpoint]);
  await withKeys(installation, { remove }, () => tellProfile(installation, endpoint.profile, facts));
  return row;
}

export async function switchEndpoint(
  installation: Installation,
  { profile, id }: Params<'endpoint.enable'>,
  type: 'EndpointEnabled' | 'EndpointDisabled',
): Promise<EndpointRow> {
  const endpoint = endpointNamed(installation, id, profile);
  const report: EndpointReport = { type, data: {} };
  await installation.core.command({ do: 'tellEndpoint', id: endpoint.id, report });
  return rowOf(installation, endpoint.id);
}

export async function resetHealth(
  installation: Installation,
  { id }: Params<'health.reset'>,
): Promise<Answer<'health.reset'>> {
  const endpoint = endpointNamed(installation, id);
  await installation.core.command({ do: 'tellEndpoint', id: endpoint.id, report: { type: 'EndpointReset', data: {} } });
  return { id: endpoint.id, state: rowOf(installation, endpoint.id).state };
}

function rowOf(installation: Installation, id: EndpointId): EndpointRow {
  return endpointRow(installation.core.state, endpointNamed(installation, id));
}

async function tellProfile({ core }: Installation, profile: ProfileName, facts: readonly ProfileFact[]): Promise<void> {
  await core.command({ do: 'report', stream: streams.profile(profile), facts });
}

export const endpointHandlers: Handlers<typeof endpointContract> = {
  'endpoint.add': addEndpoint,
  'endpoint.copy': copyEndpoints,
  'endpoint.update': updateEndpoint,
  'endpoint.list': listEndpoints,
  'endpoint.show': (it, { profile, id }) => endpointRow(it.core.state, endpointNamed(it, id, profile)),
  'endpoint.remove': removeEndpoint,
  'endpoint.enable': (it, params) => switchEndpoint(it, params, 'EndpointEnabled'),
  'endpoint.disable': (it, params) => switchEndpoint(it, params, 'EndpointDisabled'),
  'endpoint.forget': (it, params) => forgetMissing(it, params),
  'endpoint.models': (it, params) => endpointModels(it, params),
  'endpoint.test': (it, params) => testEndpoints(it, params),
};
