/** What the tables of `qcc proxy stats --by token` and `--by gateway` share: the question, the file, and what is told of it. */
import type { Answer } from '../../contract/operations.ts';
import { changeWordsOf } from '../../messages/changes.ts';
import { writeExport } from '../../platform/atomic-file.ts';
import { visibleDocument } from '../../platform/visible.ts';
import { doneLine, isTold } from '../changed.ts';
import { type Context, flag, withInstallation } from '../context.ts';
import { instantFlag } from '../source.ts';

type Grouped = 'stats.tokens' | 'stats.gateways';

export async function tellGrouped<Name extends Grouped>(
  context: Context,
  name: Name,
  { rows, table }: { readonly rows: (answer: Answer<Name>) => number; readonly table: (answer: Answer<Name>) => void },
): Promise<undefined> {
  const since = await instantFlag(context, 'since');
  const asked: Promise<unknown> = withInstallation(context, ({ call }) =>
    call(name as Grouped, since === undefined ? {} : { since }),
  );
  const answer = (await asked) as Answer<Name>;
  const file = flag(context, 'export');
  if (file !== undefined) writeExport(file, `${visibleDocument(answer)}\n`);
  if (context.json) return void context.out.json(answer);
  table(answer);
  if (file !== undefined && isTold(context))
    doneLine(context, changeWordsOf(context.language).statsWritten(file, rows(answer)));
  return undefined;
}
