/** On a terminal, the first line of `qcc history` tells of the incidents in what it shows. */
import type { Look } from '../../contract/moment.ts';
import type { Answer, Call } from '../../contract/operations.ts';
import { QccError } from '../../errors/qcc-error.ts';
import { incidentWordsOf } from '../../messages/incidents.ts';
import { type Context, flag } from '../context.ts';

// More than these are as good as counted.
const countedMost = 1_000;

export async function pointToIncidents(
  context: Context,
  call: Call,
  look: Look,
  { from, to }: Answer<'history.start'>,
): Promise<void> {
  const { out, json, language } = context;
  // Filtered facts are not the facts of whole incidents.
  if (json || !process.stdout.isTTY || from >= to || isFiltered(look)) return;
  const count = await countBetween(call, from, to);
  if (count === 0) return;
  const command = ['qcc incidents', ...['since', 'until', 'from-log'].flatMap((name) => given(context, name))].join(
    ' ',
  );
  // The command stands on its own line, because a wrapped one could not be copied.
  out.prose(2, out.paint('yellow', incidentWordsOf(language).inHistory(count)));
  out.line(`  ${command}`, '');
}

function isFiltered({ since: _, until: __, fromSeq: ___, toSeq: ____, limit: _____, ...filters }: Look): boolean {
  return Object.keys(filters).length > 0;
}

/** None when they cannot be counted: a gateway of an older version knows no incidents, and the history is shown all the same. */
async function countBetween(call: Call, fromSeq: number, toSeq: number): Promise<number> {
  try {
    return (await call('incidents.list', { fromSeq, toSeq, limit: countedMost })).incidents.length;
  } catch (error) {
    if (error instanceof QccError) return 0;
    throw error;
  }
}

function given(context: Context, name: string): readonly string[] {
  const value = flag(context, name);
  if (value === undefined) return [];
  return [`--${name}`, /^[\w.:/-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`];
}
