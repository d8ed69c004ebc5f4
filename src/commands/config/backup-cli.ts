/** `qcc config backup, restore`. */
import type { Backup } from '../../backup/manifest.ts';
import { configWordsOf } from '../../messages/config.ts';
import { shellWord } from '../../platform/shell-word.ts';
import { sized } from '../../platform/size.ts';
import { type Change, tellChange } from '../changed.ts';
import { type Context, pathArgument, withInstallation } from '../context.ts';
import { backUp, restore } from './backup-operation.ts';

export async function backup(context: Context): Promise<undefined> {
  const file = pathArgument(context, 'FILE');
  const made = await withInstallation(context, ({ call }) => backUp(call, file));
  return show(
    context,
    made,
    (said) => said.backedUp(file, made.facts, sized(made.bytes)),
    (said) => [said.restoreIt, `QCC_HOME=${shellWord(`${context.home}-2`)} qcc config restore ${shellWord(file)}`],
  );
}

export async function restoreFrom(context: Context): Promise<undefined> {
  const file = pathArgument(context, 'FILE');
  const made = await restore(file, context.home);
  return show(
    context,
    made,
    (said) => said.homeRestored(context.home, made.facts),
    (said) => [said.next, 'qcc proxy start'],
  );
}

function show(
  context: Context,
  { file, facts, bytes, keys }: Backup,
  now: Change['now'],
  next: NonNullable<Change['next']>,
): undefined {
  const { out, language } = context;
  const said = configWordsOf(language);
  tellChange(context, {
    json: { file, facts, bytes, keys },
    data: () => out.done(`${file}  ${facts} ${said.facts}  ${bytes} ${said.bytes}`),
    now,
    next,
  });
  out.note(keys ? said.backupHasKeys : said.backupNeedsKeychain);
}
