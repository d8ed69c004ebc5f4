/** The user's actions, out of the log: time, source, target, and the value before. */
import { upcast } from '../../events/catalogue.ts';
import type { Recorded } from '../../events/fact.ts';
import { kindOf, nameOf } from '../../events/ids.ts';
import { adaptationOf } from '../../events/profile.ts';
import type { TokenBounds } from '../../events/token.ts';
import type { AuditAction } from '../../events/trait.ts';
import { traitsOf } from '../../events/traits.ts';
import { isSettingKey, settingKeys } from '../config/settings/settings.ts';
import type { AuditRow } from '../contract/config.ts';
import type { Answer, Params } from '../contract/operations.ts';
import { exitCodes, QccError } from '../errors/qcc-error.ts';
import type { ReadableLog } from '../log/log.ts';
import { iso } from '../platform/time.ts';
import { type KnownEndpoint, Profiles } from '../projections/profiles.ts';
import { Tokens } from '../projections/tokens.ts';
import type { State } from '../runtime/state.ts';
import { namesNothing } from './known.ts';
import { stateAt } from './moment.ts';
import { rareFacts } from './parts.ts';

const limitDefault = 100;

export async function readAudit(log: ReadableLog, params: Params<'config.audit'>): Promise<Answer<'config.audit'>> {
  const { limit = limitDefault, from, to, toSeq = Number.POSITIVE_INFINITY } = params;
  let kept: AuditRow[] = [];
  const first = Math.max(params.fromSeq ?? log.tail, from === undefined ? log.tail : await log.seqAt(from));
  const last = Math.min(log.head, toSeq - 1, to === undefined ? log.head : (await log.seqAt(to)) - 1);
  const before = await nounsBefore(log, first);
  for await (const facts of rareFacts(log, [first, last], isAudited)) {
    const rows = facts.flatMap((fact) => entryOf(fact, before) ?? []);
    kept.push(...rows.filter((row) => isWanted(row, params)));
    if (kept.length > 2 * limit) kept = kept.slice(-limit);
  }
  if (kept.length === 0 && params.target !== undefined) await checkTarget(log, params.target);
  return { entries: limit === 0 ? [] : kept.slice(-limit).reverse() };
}

/** What may be changed, as it was before a fact. */
type Nouns = Pick<State, 'profiles' | 'tokens'>;

/** Facts of profiles tell what later ones change. */
const isAudited = (kind: string, type: string) => kind === 'profile' || traitsOf(type).audited !== undefined;

/** A setting that was never changed is no mistake. @throws {QccError} for a target that the whole log does not name */
async function checkTarget(log: ReadableLog, target: string): Promise<void> {
  if (isSettingKey(target)) return;
  const known = new Set<string>(settingKeys);
  const before = await nounsBefore(log, log.tail);
  for (const { name } of before.profiles.all()) known.add(name);
  for await (const facts of rareFacts(log, [log.tail, log.head], isAudited))
    for (const fact of facts) {
      const row = entryOf(fact, before);
      if (row) for (const name of [row.target, row.target.split('/')[0] ?? '']) known.add(name);
    }
  if (!known.has(target)) throw namesNothing('target', target, [...known].reverse(), exitCodes.notFound);
}

/** What profiles, endpoints and tokens were before the first fact: facts only say what they became. */
async function nounsBefore(log: ReadableLog, first: number): Promise<Nouns> {
  try {
    return await stateAt(log, Math.max(0, first - 1));
  } catch (error) {
    // In a trimmed log without a snapshot of that time, the former value is lost, but not the action.
    if (error instanceof QccError) return { profiles: new Profiles(), tokens: new Tokens() };
    throw error;
  }
}

/** A profile also counts as the target of actions on its endpoints. */
function isWanted(row: AuditRow, { action, target, by }: Params<'config.audit'>): boolean {
  const isTarget = target === undefined || row.target === target || row.target.startsWith(`${target}/`);
  return isTarget && (action === undefined || row.action === action) && (by === undefined || row.by === by);
}

function entryOf(raw: Recorded, { profiles, tokens }: Nouns): AuditRow | undefined {
  const fact = upcast(raw);
  const { seq, at, by } = fact;
  const kind = kindOf(fact.stream);
  const before = kind === 'token' ? boundsBefore(fact, tokens) : beforeOf(fact, profiles);
  if (kind === 'profile') profiles.apply(fact);
  if (kind === 'token') tokens.apply(fact);
  const action = actionOf(fact);
  if (action === undefined) return undefined;
  // A pin that ends by itself, because its profile failed, is not the user's action.
  if (action === 'priority.release' && by !== 'cli') return undefined;
  const details = { ...timesTold(detailsOf(fact)), ...before };
  return { seq, at: iso(at), action, target: targetOf(fact), details, by };
}

function actionOf({ type, data }: Recorded): AuditAction | undefined {
  if (type === 'SettingChanged' && (data as { to: unknown }).to === null) return 'config.reset';
  return traitsOf(type).audited;
}

/** As a user names it: a setting, `profile`, `profile/endpoint`, a snapshot. */
function targetOf({ seq, stream, type, data }: Recorded): string {
  const { key, endpoint, to, source } = data as Readonly<Record<string, string | undefined>>;
  const kind = kindOf(stream);
  if (kind === 'profile') return endpoint === undefined ? nameOf(stream) : `${nameOf(stream)}/${endpoint}`;
  if (kind === 'endpoint' || kind === 'token') return nameOf(stream);
  if (type === 'SnapshotTaken') return `s${seq}`;
  return key ?? to ?? source ?? kind;
}

/** `from` and `to` of a change, where the fact itself holds only the new value. Empty where it holds both, or where the target is new. */
function beforeOf({ stream, type, data }: Recorded, profiles: Profiles): { from?: unknown; to?: unknown } {
  if (kindOf(stream) !== 'profile') return {};
  const profile = profiles.get(nameOf(stream));
  const {
    endpoint: id,
    changes,
    tier,
    description,
  } = data as {
    endpoint?: string;
    changes?: Readonly<Record<string, unknown>>;
    tier?: unknown;
    description?: unknown;
  };
  const endpoint = id === undefined ? undefined : profiles.endpoint(id);
  switch (type) {
    case 'TierAssigned':
      return { from: profile?.tier ?? null, to: tier };
    case 'ProfileDescribed':
      return { from: profile?.description ?? null, to: description };
    case 'ProfileMadeDefault':
      return { from: profiles.default, to: nameOf(stream) };
    case 'EndpointChanged': {
      const { secret: _, ...told } = changes ?? {};
      const before: Partial<KnownEndpoint> = endpoint ? { ...endpoint, ...adaptationOf(endpoint) } : {};
      const fields = Object.keys(told) as (keyof KnownEndpoint)[];
      return { from: Object.fromEntries(fields.map((field) => [field, before[field] ?? null])), to: told };
    }
    case 'EndpointRemoved':
      return { from: endpoint ? { name: endpoint.name, baseUrl: endpoint.baseUrl } : null, to: null };
    case 'ProfileRemoved':
      return {
        from: profile ? { tier: profile.tier, endpoints: profile.endpoints.map(({ name }) => name) } : null,
        to: null,
      };
    default:
      return {};
  }
}

function detailsOf({ type, data }: Recorded): object {
  if (type !== 'SnapshotTaken') return withoutReference(data);
  const { reason, description, hash } = data as { reason: string; description: string; hash: string };
  return { reason, description, hash };
}

/** What a token was bound to: its fact has the new bounds alone. */
function boundsBefore({ stream, type, data }: Recorded, tokens: Tokens): { from?: unknown; to?: unknown } {
  const known = tokens.get(nameOf(stream));
  if (type === 'TokenRevoked') return { from: 'valid', to: 'revoked' };
  if (type !== 'TokenChanged') return {};
  const { changes } = data as { readonly changes: Partial<TokenBounds> };
  const fields = Object.keys(changes) as (keyof TokenBounds)[];
  return { from: Object.fromEntries(fields.map((field) => [field, known?.[field] ?? null])), to: changes };
}

/** For people and programs, as every other time. */
function timesTold(details: object): object {
  const told = ([name, value]: readonly [string, unknown]) =>
    [name, /At$/.test(name) && typeof value === 'number' ? iso(value) : value] as const;
  return Object.fromEntries(Object.entries(details).map(told));
}

/** The name of a key in the vault is of no use to a reader. */
function withoutReference(data: object): object {
  const { secret: _, keyedHash: ___, ...rest } = data as { secret?: string; keyedHash?: string };
  if (!('changes' in rest) || typeof rest.changes !== 'object' || rest.changes === null) return rest;
  const { secret: __, ...changes } = rest.changes as { secret?: string };
  return { ...rest, changes };
}
