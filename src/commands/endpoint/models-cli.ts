/** `qcc endpoint models`: what an endpoint calls the models, and whether it has them. */
import type { ModelRow } from '../../contract/endpoint.ts';
import { exitCodes } from '../../errors/qcc-error.ts';
import { changeWordsOf } from '../../messages/changes.ts';
import { reasonText } from '../../messages/reasons.ts';
import { type Context, isOn, withInstallation } from '../context.ts';
import { verdictOf } from './checks-cli.ts';

export async function models(context: Context): Promise<number> {
  const [profile = '', id = ''] = context.positionals;
  const test = !isOn(context, 'no-test');
  const answer = await withInstallation(context, ({ call }) => call('endpoint.models', { profile, id, test }));
  if (context.json) context.out.json(answer);
  else if (answer.models.length > 0) modelTable(context, answer.models);
  else noteNoTable(context, profile, id);
  const failed = answer.models.some(({ check }) => check !== null && check.verdict !== 'success');
  return failed ? exitCodes.checkFailed : exitCodes.done;
}

function modelTable(context: Context, rows: readonly ModelRow[]): void {
  const { out, words, language } = context;
  out.table(
    [words.model, words.askedAs, words.verdict, 'ms', words.why],
    rows.map((row) => [
      row.from,
      row.to ?? '-',
      row.check === null ? '-' : verdictOf(context, row.check),
      row.check === null ? '-' : String(row.check.responseMs),
      whyOf(row, context),
    ]),
    { wrapsLast: true },
  );

  function whyOf({ to, hidden, check }: ModelRow, { language: spoken }: Context): string {
    const said = changeWordsOf(spoken);
    if (hidden) return said.ruleHidden;
    if (to === null) return said.modelExcluded;
    return reasonText(check?.error ?? '', language);
  }
}

function noteNoTable(context: Context, profile: string, id: string): void {
  const said = changeWordsOf(context.language);
  context.out.note(said.noTable, `  qcc endpoint update ${profile} ${id} --model 'haiku=NAME' --model '*=NAME'`);
}
