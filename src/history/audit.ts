/** What people have done, out of the log: who, when, to what, and what was before. */
import type { Recorded } from '../../events/fact.ts';
import { kindOf, nameOf } from '../../events/ids.ts';
import type { AuditAction, AuditRow } from '../control/config-operations.ts';
import type { Answer, Params } from '../control/operations.ts';
import { iso } from '../control/rows.ts';
import type { ReadableLog } from '../log/log.ts';

const limitDefault = 100;

/** By the type of the fact. What follows from these by itself is in the history, and is nobody's deed. */
const actions: Readonly<Record<string, AuditAction>> = {
  ProfileAdded: 'profile.add',
  ProfileDescribed: 'profile.update',
  ProfileRemoved: 'profile.remove',
  ProfileMadeDefault: 'profile.default',
  TierAssigned: 'priority.set',
  EndpointAdded: 'endpoint.add',
  EndpointChanged: 'endpoint.update',
  EndpointRemoved: 'endpoint.remove',
  EndpointEnabled: 'endpoint.enable',
  EndpointDisabled: 'endpoint.disable',
  EndpointReset: 'health.reset',
  SwitchedByHand: 'priority.switch',
  PinReleased: 'priority.release',
  SnapshotTaken: 'config.snapshot',
  ConfigRolledBack: 'config.rollback',
  ConfigImported: 'config.import',
};

export async function readAudit(log: ReadableLog, params: Params<'config.audit'>): Promise<Answer<'config.audit'>> {
  const { limit = limitDefault, from, to = Number.POSITIVE_INFINITY } = params;
  let kept: AuditRow[] = [];
  for await (const facts of log.read(from === undefined ? log.tail : await log.seqAt(from))) {
    const rows = facts.filter(({ at }) => at < to).flatMap((fact) => entryOf(fact) ?? []);
    kept.push(...rows.filter((row) => isWanted(row, params)));
    if (kept.length > 2 * limit) kept = kept.slice(-limit);
    if ((facts.at(-1)?.at ?? 0) >= to) break;
  }
  return { entries: kept.slice(-limit).reverse() };
}

/** A profile is also the target of what was done to its endpoints. */
function isWanted(row: AuditRow, { action, target, by }: Params<'config.audit'>): boolean {
  const isTarget = target === undefined || row.target === target || row.target.startsWith(`${target}/`);
  return isTarget && (action === undefined || row.action === action) && (by === undefined || row.by === by);
}

function entryOf(fact: Recorded): AuditRow | undefined {
  const { seq, at, type, by } = fact;
  const action = type === 'SettingChanged' ? settingAction(fact) : own(type);
  if (action === undefined) return undefined;
  // A pin that ends by itself, because its profile failed, is nobody's deed.
  if (action === 'priority.release' && by !== 'cli') return undefined;
  return { seq, at: iso(at), action, target: targetOf(fact), details: detailsOf(fact), by };
}

function own(type: string): AuditAction | undefined {
  return Object.hasOwn(actions, type) ? actions[type] : undefined;
}

function settingAction({ data }: Recorded): AuditAction {
  return (data as { to: unknown }).to === null ? 'config.reset' : 'config.set';
}

/** As one names it: a setting, `profile`, `profile/endpoint`, a snapshot. */
function targetOf({ seq, stream, type, data }: Recorded): string {
  const { key, endpoint, to, source } = data as Readonly<Record<string, string | undefined>>;
  const kind = kindOf(stream);
  if (kind === 'profile') return endpoint === undefined ? nameOf(stream) : `${nameOf(stream)}/${endpoint}`;
  if (kind === 'endpoint') return nameOf(stream);
  if (type === 'SnapshotTaken') return `s${seq}`;
  return key ?? to ?? source ?? kind;
}

function detailsOf({ type, data }: Recorded): object {
  if (type !== 'SnapshotTaken') return withoutReference(data);
  const { reason, description, hash } = data as { reason: string; description: string; hash: string };
  return { reason, description, hash };
}

/** The name of a key in the vault tells nobody anything. */
function withoutReference(data: object): object {
  const { secret: _, ...rest } = data as { secret?: string };
  if (!('changes' in rest) || typeof rest.changes !== 'object' || rest.changes === null) return rest;
  const { secret: __, ...changes } = rest.changes as { secret?: string };
  return { ...rest, changes };
}
