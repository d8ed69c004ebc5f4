/** `qcc config snapshot, snapshots, diff, rollback, audit`. */
import { existsSync, statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import type { By } from '../../../events/fact.ts';
import { auditActions } from '../../../events/trait.ts';
import { exportedDocument } from '../../config/importers/import-source.ts';
import type { AuditRow, ConfigMoment } from '../../contract/config.ts';
import type { Answer, Params } from '../../contract/operations.ts';
import { exitCodes, QccError, usage } from '../../errors/qcc-error.ts';
import { changeWordsOf } from '../../messages/changes.ts';
import { configWordsOf } from '../../messages/config.ts';
import { reasonsAsSentences } from '../../messages/reasons.ts';
import { momentOf } from '../../messages/times.ts';
import { writeExport } from '../../platform/atomic-file.ts';
import { timeText } from '../../platform/time.ts';
import { visible, visibleDocument } from '../../platform/visible.ts';
import { isTold, tellChange } from '../changed.ts';
import { becauseLines, changeLines } from '../changed-rows.ts';
import { type Context, chosenFlag, confirmed, flag, isOn, numberFlag, withInstallation } from '../context.ts';
import { tellGaps } from '../gaps.ts';
import { snapshotsOf } from '../missing.ts';
import { momentFlag, nowFor } from '../source.ts';

const auditLimit = 50;
// Whom a fact of the audit may name as its cause.
const actors: readonly By[] = ['cli', 'gateway', 'traffic', 'probe', 'timer', 'retry'];

export async function snapshot(context: Context): Promise<undefined> {
  const [description = ''] = context.positionals;
  const row = await withInstallation(context, ({ call }) => call('config.snapshot', { description }));
  return tellChange(context, {
    json: row,
    data: () => context.out.line(`${row.id}  ${row.description}`.trimEnd()),
    now: (said) => said.snapshotTaken(row.id, row.description),
    next: (said) => [said.goBack, `qcc config rollback ${row.id}`],
  });
}

export async function snapshots(context: Context): Promise<undefined> {
  const said = configWordsOf(context.language);
  const { out, words, json } = context;
  const answer = await withInstallation(context, ({ call }) => call('config.snapshots', {}));
  if (json) return void out.json(answer);
  if (answer.snapshots.length === 0) return void out.note(said.noSnapshots, '  qcc config snapshot');
  out.table(
    [words.id, words.at, words.kind, words.description],
    answer.snapshots.map((row) => [row.id, timeText(row.at), said[`taken_${row.reason}`], row.description]),
  );
  return undefined;
}

export async function diff(context: Context): Promise<undefined> {
  const said = configWordsOf(context.language);
  const [a = '', b] = context.positionals;
  const from = await configMoment(context, a);
  const to: ConfigMoment = b === undefined ? { now: true } : await configMoment(context, b);
  const answer = await withInstallation(context, ({ call }) => call('config.diff', { from, to }));
  if (context.json) return void context.out.json(answer);
  if (answer.changes.length === 0) context.out.note(said.noDifference);
  for (const line of changeLines(context, answer.changes)) context.out.line(line);
  return undefined;
}

export async function rollback(context: Context): Promise<undefined> {
  const said = configWordsOf(context.language);
  const { out, json } = context;
  const to = await rollbackTarget(context);
  const partial = isOn(context, 'partial');
  const ask = (dryRun: boolean) =>
    withInstallation(context, ({ call }) => call('config.rollback', { to, partial, dryRun }));
  if (isOn(context, 'dry-run')) return show(context, await ask(true));
  const planned = isOn(context, 'yes') ? undefined : await ask(true);
  // What cannot be done, or has nothing to do, is told by the rollback itself: a question would be in vain.
  const isBlocked = !partial && planned?.lost.some(({ blocks }) => blocks) === true;
  const isVain = context.canAsk && (planned?.changes.length === 0 || isBlocked);
  if (planned && !isVain) {
    for (const line of [...changeLines(context, planned.changes), ...becauseLines(context, planned.lost)])
      out.note(line);
    await confirmed(context, () => changeWordsOf(context.language).askRollback(planned.to, planned.changes.length));
  }
  const done = await ask(false);
  // Who was asked has read the changes already.
  show(context, done, planned !== undefined && !isVain && isTold(context));
  if (json || done.snapshot === null) return undefined;
  return tellChange(context, {
    json: done,
    data: () => out.note(said.undoWith('qcc config rollback --last')),
    now: (told) => told.rolledBack(done.to, done.changes.length),
    next: (told) => [told.back, 'qcc config rollback --last'],
  });
}

async function rollbackTarget(context: Context): Promise<Params<'config.rollback'>['to']> {
  const said = configWordsOf(context.language);
  const { words } = context;
  const [given] = context.positionals;
  const last = isOn(context, 'last');
  if (last && given !== undefined)
    throw usage(words.takesNone('--last', given), `qcc config rollback --last, or qcc config rollback ${given}`);
  if (last) return { last: true };
  const id = given ?? (await chosenSnapshot(context));
  if (id === undefined) throw usage(words.missing('ID'), 'qcc config snapshots, or qcc config rollback --last');
  const moment = await configMoment(context, id);
  if ('document' in moment) throw usage(said.noMoment(id), `qcc config import ${id}`);
  return moment;
}

async function chosenSnapshot(context: Context): Promise<string | undefined> {
  const taken = context.canAsk ? await snapshotsOf(context) : undefined;
  if (!taken) return undefined;
  const { choose } = await import('../../terminal/prompt.ts');
  return choose(configWordsOf(context.language).chooseSnapshot, taken);
}

function show(context: Context, answer: Answer<'config.rollback'>, isRead = false): undefined {
  const said = configWordsOf(context.language);
  const { out, words, json } = context;
  if (json) return void out.json(answer);
  if (answer.changes.length === 0) out.note(said.noDifference);
  if (!isRead) {
    for (const line of changeLines(context, answer.changes)) out.line(line);
    for (const line of becauseLines(context, answer.lost)) out.warn(line);
  }
  if (answer.restart.length > 0) out.note(`${answer.restart.join(', ')}: ${words.restartNeeded}`);
  return undefined;
}

/**
 * `now`, a snapshot (`s12`), a fact (`#12`), an exported file, or a time.
 * @throws {QccError} `QCC_SNAPSHOT_UNKNOWN` for any other text, which can only mean a snapshot
 */
async function configMoment(context: Context, text: string): Promise<ConfigMoment> {
  if (text === 'now') return { now: true };
  if (/^s\d+$/.test(text)) return { snapshot: text };
  if (existsSync(text) && statSync(text).isFile()) return { document: exportedDocument(text) };
  const now = await nowFor(context, text);
  try {
    return momentOf(text, now, context.words);
  } catch {
    throw new QccError('QCC_SNAPSHOT_UNKNOWN', { id: text }, exitCodes.notFound);
  }
}

export async function audit(context: Context): Promise<number | undefined> {
  const { out, words, json } = context;
  const file = flag(context, 'export');
  const params = await auditParams(context, file !== undefined);
  const answer = await withInstallation(context, ({ call }) => call('config.audit', params));
  if (file !== undefined) writeExport(resolve(file), exported(file, answer.entries));
  if (file === undefined && !json) auditTable(context, answer);
  else
    tellChange(context, {
      json: answer,
      data: () => out.done(words.applied(file ?? '')),
      now: (said) => said.entriesWritten(file ?? '', answer.entries.length),
    });
  return tellGaps(context, answer.gaps);
}

function auditTable({ out, words, language }: Context, answer: Answer<'config.audit'>): void {
  const said = configWordsOf(language);
  out.table(
    ['#', words.at, said.by, said.action, said.target, said.details],
    answer.entries.map((row) => [
      String(row.seq),
      timeText(row.at),
      row.by,
      row.action,
      row.target,
      JSON.stringify(row.details, reasonsAsSentences),
    ]),
  );
}

async function auditParams(context: Context, all: boolean): Promise<Params<'config.audit'>> {
  const action = chosenFlag(context, 'action', auditActions);
  const limit = numberFlag(context, 'limit') ?? (all ? Number.MAX_SAFE_INTEGER : auditLimit);
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
