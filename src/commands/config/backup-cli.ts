/** `qcc config backup, restore`. */
import { resolve } from 'node:path';
import type { Backup } from '../../backup/manifest.ts';
import { configWordsOf } from '../../messages/config.ts';
import { type Context, withInstallation } from '../context.ts';
import { backUp, restore } from './backup-operation.ts';

export async function backup(context: Context): Promise<undefined> {
  const file = resolve(context.positionals[0] ?? '');
  show(context, await withInstallation(context, ({ call }) => backUp(call, file)));
  return undefined;
}

export async function restoreFrom(context: Context): Promise<undefined> {
  const file = resolve(context.positionals[0] ?? '');
  show(context, await restore(file, context.home));
  return undefined;
}

function show({ out, language, json }: Context, { file, facts, bytes, keys }: Backup): void {
  if (json) out.json({ file, facts, bytes, keys });
  else out.done(`${file}  ${facts} ${configWordsOf(language).facts}  ${bytes} ${configWordsOf(language).bytes}`);
  out.note(keys ? configWordsOf(language).backupHasKeys : configWordsOf(language).backupNeedsKeychain);
}
