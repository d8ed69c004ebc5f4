/** `qcc config export, import`. */

import { resolve } from 'node:path';
import type { ChangeRow } from '../../contract/config.ts';
import type { Answer, Params } from '../../contract/operations.ts';
import { QccError, usage } from '../../errors/qcc-error.ts';
import { changeWordsOf } from '../../messages/changes.ts';
import { configWordsOf } from '../../messages/config.ts';
import { writeExport } from '../../platform/atomic-file.ts';
import { shellWord } from '../../platform/shell-word.ts';
import { visibleDocument } from '../../platform/visible.ts';
import { isTold, tellChange } from '../changed.ts';
import { becauseLines, changeLines } from '../changed-rows.ts';
import { type Context, confirmed, flag, isOn, withInstallation } from '../context.ts';
import { tellHiddenRulesIn } from '../endpoint/rules-told.ts';

const sources = ['qcc', 'fastcc', 'cc-switch'] as const;
type Source = (typeof sources)[number];

export async function exportTo(context: Context): Promise<undefined> {
  const [file = ''] = context.positionals;
  const withSecrets = isOn(context, 'with-secrets');
  const passphrase = withSecrets ? await passphraseFor(context, true) : undefined;
  const { document } = await withInstallation(context, ({ call }) =>
    call('config.export', withSecrets ? { withSecrets, ...(passphrase ? { passphrase } : {}) } : {}),
  );
  writeExport(file, `${visibleDocument(document)}\n`);
  const { profiles = [], settings = {} } = document as { profiles?: readonly unknown[]; settings?: object };
  return tellChange(context, {
    json: { file },
    data: () => context.out.done(context.words.applied(file)),
    now: (said) => said.exported(file, Object.keys(profiles).length, Object.keys(settings).length, withSecrets),
    next: (said) => [said.readIn, `qcc config import ${shellWord(file)}`],
  });
}

/** `QCC_PASSPHRASE`, or a prompt. A new passphrase is asked for twice. */
export async function passphraseFor(context: Context, isNew: boolean): Promise<string | undefined> {
  const said = configWordsOf(context.language);
  const given = context.env['QCC_PASSPHRASE'];
  if (given || !context.canAsk) return given;
  const { askSecret } = await import('../../terminal/prompt.ts');
  const typed = await askSecret(said.askPassphrase);
  if (isNew && typed !== (await askSecret(said.askAgain))) throw usage(said.passphrasesDiffer, context.words.whenSure);
  return typed;
}

export async function importFrom(context: Context): Promise<undefined> {
  const said = configWordsOf(context.language);
  const { out, json } = context;
  const params = await importParams(context);
  const ask = async (dryRun: boolean) => {
    try {
      return await withInstallation(context, ({ call }) => call('config.import', { ...params, dryRun }));
    } catch (error) {
      throw error instanceof QccError ? withCommand(error, commandOf(context)) : error;
    }
  };
  if (isOn(context, 'dry-run')) return show(context, await ask(true));
  const planned = isOn(context, 'yes') ? undefined : await ask(true);
  // What cannot be done, or has nothing to do, is told by the import itself: a question would be in vain.
  const isVain = (context.canAsk && planned?.changes.length === 0) || planned?.blocked === true;
  if (planned && !isVain) {
    for (const line of changeLines(context, planned.changes)) out.note(line);
    for (const lines of becauseLines(context, planned.leftOut)) out.note(...lines);
    await confirmed(context, () => changeWordsOf(context.language).askImport(planned.changes.length));
  }
  const done = await ask(false);
  // Who was asked has read the changes already.
  show(context, done, planned !== undefined && !isVain && isTold(context));
  if (json || done.snapshot === null) return undefined;
  await tellHiddenRulesIn(context, touchedBy(done.changes));
  return tellChange(context, {
    json: done,
    data: () => out.note(said.undoWith('qcc config rollback --last')),
    now: (told) => told.imported(done.changes.length),
    next: (told) => [told.back, 'qcc config rollback --last'],
  });
}

/** Profiles that are there now, and were not as they are. */
function touchedBy(changes: readonly ChangeRow[]): readonly string[] {
  const isThere = ({ path, to }: ChangeRow) => to !== null || path.split('/').length > 2;
  const names = changes.filter(isThere).map(({ path }) => /^profiles\/([^/]+)/.exec(path)?.[1]);
  return [...new Set(names.filter((one) => one !== undefined))];
}

/** As it was typed, without what only this run was to do. */
function commandOf(context: Context): string {
  const [file] = context.positionals;
  const from = flag(context, 'from');
  return [
    'qcc config import',
    ...(file === undefined ? [] : [shellWord(file)]),
    ...(from === undefined ? [] : [`--from ${from}`]),
  ].join(' ');
}

/** The log's side knows the text of a file, not its name: the command in a hint gets it here. */
function withCommand(error: QccError, command: string): QccError {
  const { code, params, exit } = error;
  const { count = 0, parts = '' } = params;
  switch (code) {
    case 'QCC_IMPORT_PARTIAL':
      return new QccError(code, { count, parts, command }, exit);
    case 'QCC_IMPORT_RACED':
    case 'QCC_PASSPHRASE_WRONG':
      return new QccError(code, { command }, exit);
    default:
      return error;
  }
}

async function importParams(context: Context): Promise<Params<'config.import'>> {
  const { words, env } = context;
  const [file] = context.positionals;
  const from = flag(context, 'from');
  if (from !== undefined && !isSource(from))
    throw usage(words.mustBe('--from', sources.join(', '), from), '--from qcc');
  if (file === undefined && (from === undefined || from === 'qcc'))
    throw usage(words.missing('FILE'), 'qcc config import FILE, or --from fastcc, or --from cc-switch');
  const { importSource } = await import('../../config/importers/import-source.ts');
  const { path: _, ...source } = importSource(file === undefined ? undefined : resolve(file), from, env);
  const needsPassphrase = source.text?.includes('"sealed"') === true;
  const passphrase = needsPassphrase ? await passphraseFor(context, false) : undefined;
  return {
    ...source,
    ...(from === undefined ? {} : { from }),
    ...(passphrase ? { passphrase } : {}),
    partial: isOn(context, 'partial'),
  };
}

function isSource(text: string): text is Source {
  return sources.some((source) => source === text);
}

function show(context: Context, answer: Answer<'config.import'>, isRead = false): undefined {
  const said = configWordsOf(context.language);
  const { out, words, json } = context;
  if (json) return void out.json(answer);
  if (answer.changes.length === 0) out.note(said.noDifference);
  if (!isRead) {
    for (const line of changeLines(context, answer.changes)) out.line(line);
    for (const lines of becauseLines(context, answer.leftOut)) out.warn(...lines);
  }
  if (answer.restart.length > 0) out.note(words.labelled(answer.restart.join(words.comma), words.restartNeeded));
  return undefined;
}
