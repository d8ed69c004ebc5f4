/** `qcc config audit`: who changed what, and when, with what was before. */
import { extname, resolve } from 'node:path';
import type { By } from '../../../events/fact.ts';
import type { ModelRule } from '../../../events/profile.ts';
import { auditActions } from '../../../events/trait.ts';
import { rulesText } from '../../../machines/model-map.ts';
import type { AuditRow } from '../../contract/config.ts';
import type { Answer, Params } from '../../contract/operations.ts';
import { configWordsOf } from '../../messages/config.ts';
import { reasonsAsSentences } from '../../messages/reasons.ts';
import { writeExport } from '../../platform/atomic-file.ts';
import { clockOf, dayOf, timeText, zoneOf } from '../../platform/time.ts';
import { visible, visibleDocument } from '../../platform/visible.ts';
import { tellChange } from '../changed.ts';
import { type Context, chosenFlag, flag, wholeFlag, withInstallation } from '../context.ts';
import { tellGaps } from '../gaps.ts';
import { type Names, namesOf } from '../names.ts';
import { pagedWhole } from '../pager.ts';
import { momentFlag } from '../source.ts';
import { tellSubject } from '../subject-line.ts';

const auditLimit = 50;
// Whom a fact of the audit may name as its cause.
const actors: readonly By[] = ['cli', 'gateway', 'traffic', 'probe', 'timer', 'retry'];
const numberWidth = 8;
// What the line says already, and what is usual with whatever is added: `--json` has all of it.
const untold: ReadonlySet<string> = new Set([
  ...['endpoint', 'key', 'name', 'hash', 'from', 'to', 'changes'],
  ...['auth', 'maskedKey', 'maxFailures', 'maxConcurrent', 'allowPlaintext', 'timeoutMs'],
]);

export async function audit(context: Context): Promise<number | undefined> {
  const { out, words, json } = context;
  const file = flag(context, 'export');
  const params = await auditParams(context, file !== undefined);
  const { names, ...answer } = await withInstallation(context, async ({ call }) => ({
    ...(await call('config.audit', params)),
    names: await namesOf(call),
  }));
  if (file !== undefined) writeExport(resolve(file), exported(file, answer.entries));
  if (file === undefined && !json) await pagedWhole(context, (page) => tellAudit(page, answer, names));
  else
    tellChange(context, {
      json: answer,
      data: () => out.done(words.applied(file ?? '')),
      now: (said) => said.entriesWritten(file ?? '', answer.entries.length),
    });
  return tellGaps(context, answer.gaps);
}

/** One line a change, newest first: the hour, its number, what was changed, how, and what it was before. */
function tellAudit(context: Context, { entries }: Answer<'config.audit'>, names: Names): void {
  const { out } = context;
  const said = configWordsOf(context.language);
  let day = '';
  for (const row of entries) {
    const at = Date.parse(row.at);
    if (dayOf(at) !== day) out.line(out.paint('dim', `── ${dayOf(at)} ${zoneOf(at)} ──`));
    day = dayOf(at);
    const [profile, endpoint = ''] = row.target.split('/');
    const known = names.at(row.seq)[endpoint];
    const details = detailsOf(row, said.keyChanged);
    tellSubject(out, {
      lead: out.paint('dim', `${clockOf(at)} ${`#${row.seq}`.padEnd(numberWidth)}`),
      // After a rename the profile of that time is the one to name.
      subject: known === undefined ? row.target : `${profile}/${known.slice(known.indexOf('/') + 1)}`,
      paint: (subject) => out.paint('bold', subject),
      sentence: [row.action, details, row.by === 'cli' ? '' : out.paint('dim', row.by)]
        .filter((part) => part !== '')
        .join('  '),
    });
  }
}

/** `2 → 0`, `weight: 100 → 50`, `baseUrl: https://…`: in the words of the fact, which `--json` has as well. */
function detailsOf({ action, details }: AuditRow, keyChanged: string): string {
  const { from, to } = details as { readonly from?: unknown; readonly to?: unknown };
  if (isRecord(from) && isRecord(to)) {
    const fields = Object.keys(to).map(
      (field) => `${field}: ${shownValue(from[field], field)} → ${shownValue(to[field], field)}`,
    );
    return fields.length > 0 ? fields.join(', ') : keyChanged;
  }
  if (from !== undefined && action !== 'endpoint.remove' && action !== 'profile.remove')
    return `${shownValue(from)} → ${shownValue(to)}`;
  const told = isRecord(from) ? from : details;
  return Object.entries(told)
    .filter(([name, value]) => !untold.has(name) && value !== null && value !== '')
    .map(([name, value]) => `${name}: ${shownValue(value, name)}`)
    .join(', ');
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** As the commands take it, where they do. */
function shownValue(value: unknown, name = ''): string {
  if (value === undefined || value === null || value === '') return '-';
  if (/At$/.test(name) && typeof value === 'string') return timeText(value);
  if (name === 'limit' && isRecord(value)) return `${value['usd']}/${value['per']}`;
  if (name === 'models' && Array.isArray(value)) return rulesText(value as readonly ModelRule[]) || '-';
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value.join(', ') || '-';
  return typeof value === 'object' ? JSON.stringify(value, reasonsAsSentences) : String(value);
}

async function auditParams(context: Context, all: boolean): Promise<Params<'config.audit'>> {
  const action = chosenFlag(context, 'action', auditActions);
  const limit = wholeFlag(context, 'limit') ?? (all ? Number.MAX_SAFE_INTEGER : auditLimit);
  // By the names that all commands have for them, or by those that this command had alone.
  const [from, to] = [await momentFlag(context, 'since', 'from'), await momentFlag(context, 'until', 'to')];
  const given = {
    limit,
    action,
    target: flag(context, 'target'),
    by: chosenFlag(context, 'by', actors),
    ...(from && ('seq' in from ? { fromSeq: from.seq } : { from: from.at })),
    ...(to && ('seq' in to ? { toSeq: to.seq } : { to: to.at })),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function exported(file: string, entries: readonly AuditRow[]): string {
  if (extname(file).toLowerCase() !== '.csv') return `${visibleDocument({ entries }, reasonsAsSentences)}\n`;
  const rows = entries.map((row) => [
    row.seq,
    row.at,
    row.by,
    row.action,
    row.target,
    JSON.stringify(row.details, reasonsAsSentences),
  ]);
  return [['seq', 'at', 'by', 'action', 'target', 'details'], ...rows]
    .map((cells) => `${cells.map((cell) => quoted(visible(String(cell)))).join(',')}\r\n`)
    .join('');
}

/** RFC 4180. */
function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
