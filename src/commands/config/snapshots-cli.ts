/** `qcc config snapshot, snapshots, diff, rollback`. */
import { existsSync, statSync } from 'node:fs';
import { exportedDocument } from '../../config/importers/import-source.ts';
import type { ConfigMoment } from '../../contract/config.ts';
import type { Answer, Params } from '../../contract/operations.ts';
import { exitCodes, QccError, usage } from '../../errors/qcc-error.ts';
import { changeWordsOf } from '../../messages/changes.ts';
import { configWordsOf } from '../../messages/config.ts';
import { momentOf } from '../../messages/times.ts';
import { timeText } from '../../platform/time.ts';
import { isTold, tellChange } from '../changed.ts';
import { becauseLines, changeLines } from '../changed-rows.ts';
import { type Context, confirmed, isOn, withInstallation } from '../context.ts';
import { snapshotsOf } from '../missing.ts';
import { nowFor } from '../source.ts';

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
  const isVain = (context.canAsk && planned?.changes.length === 0) || isBlocked;
  if (planned && !isVain) {
    for (const line of changeLines(context, planned.changes)) out.note(line);
    for (const lines of becauseLines(context, planned.lost)) out.note(...lines);
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
    for (const lines of becauseLines(context, answer.lost)) out.warn(...lines);
  }
  if (answer.restart.length > 0) out.note(words.labelled(answer.restart.join(words.comma), words.restartNeeded));
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
