/** How checks of endpoints are printed: `qcc endpoint test`, `qcc health check` and `qcc health test`. */
import type { CheckRow } from '../../contract/endpoint.ts';
import type { Params } from '../../contract/operations.ts';
import { exitCodes } from '../../errors/qcc-error.ts';
import { codeText } from '../../messages/codes.ts';
import { reasonText } from '../../messages/reasons.ts';
import { typedName } from '../changed.ts';
import { type Context, isOn, withInstallation } from '../context.ts';
import { someProfile } from '../missing.ts';

export function testProfile(context: Context): Promise<number> {
  const [profile = '', id] = context.positionals;
  return tested(context, { profile, ...(id === undefined ? {} : { id }) });
}

/** Probes from this process; records nothing. */
export async function tested(context: Context, which: Params<'endpoint.test'>): Promise<number> {
  const { checks } = await withInstallation(context, ({ call }) => call('endpoint.test', which));
  return shown(context, checks, which.profile);
}

/**
 * The exit code says whether all checks passed.
 * @param profile the profile without checks
 */
export async function shown(context: Context, checks: readonly CheckRow[], profile?: string): Promise<number> {
  if (context.json) context.out.json({ checks });
  else if (checks.length === 0) await noteNoEndpoints(context, profile);
  else checkTable(context, checks);
  return checks.every(({ verdict }) => verdict === 'success') ? exitCodes.done : exitCodes.checkFailed;
}

/** Names a profile that an endpoint can be added to; without any profile, the setup. */
export async function noteNoEndpoints(context: Context, profile?: string): Promise<undefined> {
  const name = profile ?? (await someProfile(context));
  context.out.note(context.words.noEndpoints, name === undefined ? '  qcc init' : `  qcc endpoint add ${name}`);
}

const named = ({ endpoint, name }: CheckRow) => ({ id: endpoint, name });

/** Endpoints are called what is typed for them. */
function checkTable(context: Context, checks: readonly CheckRow[]): void {
  const { out, words, language } = context;
  const isVerbose = isOn(context, 'verbose');
  const typed = ({ endpoint, name, profile }: CheckRow) =>
    typedName({ id: endpoint, name }, checks.filter((one) => one.profile === profile).map(named));
  const more = isVerbose ? ['TTFT', words.score, words.tokens] : [];
  out.table(
    [words.profile, words.name, ...(isVerbose ? [words.id] : []), words.verdict, 'ms', ...more, words.model, words.why],
    checks.map((row) => [
      row.profile,
      typed(row),
      ...(isVerbose ? [row.endpoint] : []),
      verdictOf(context, row),
      String(row.responseMs),
      ...(isVerbose ? [row.ttftMs === null ? '-' : String(row.ttftMs), String(row.score), String(row.tokens)] : []),
      row.model ?? '-',
      reasonText(row.error ?? '', language),
    ]),
    { optional: [words.tokens, words.score, 'TTFT', words.model], wrapsLast: true },
  );
}

export function verdictOf({ out, language }: Context, { verdict }: Pick<CheckRow, 'verdict'>): string {
  return out.paint(verdict === 'success' ? 'green' : 'red', codeText('verdicts', verdict, language));
}
