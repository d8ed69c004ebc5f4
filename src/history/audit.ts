/** What people have done, out of the log: who, when, to what, and what was before. */
import type { Recorded } from '../../events/fact.ts';
import { kindOf, nameOf } from '../../events/ids.ts';
import { type AuditAction, traitsOf } from '../../events/traits.ts';
import type { AuditRow } from '../control/config-operations.ts';
import type { Answer, Params } from '../control/operations.ts';
import { iso } from '../control/rows.ts';
import type { ReadableLog } from '../log/log.ts';

const limitDefault = 100;

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
  const { seq, at, by } = fact;
  const action = actionOf(fact);
  if (action === undefined) return undefined;
  // A pin that ends by itself, because its profile failed, is nobody's deed.
  if (action === 'priority.release' && by !== 'cli') return undefined;
  return { seq, at: iso(at), action, target: targetOf(fact), details: detailsOf(fact), by };
}

function actionOf({ type, data }: Recorded): AuditAction | undefined {
  if (type === 'SettingChanged' && (data as { to: unknown }).to === null) return 'config.reset';
  return traitsOf(type).audited;
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
