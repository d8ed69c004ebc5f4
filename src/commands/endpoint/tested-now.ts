/** The test of an endpoint that was just added: the verdict in words, and what comes next. Nothing is recorded. */
import type { CheckRow } from '../../contract/endpoint.ts';
import type { Params } from '../../contract/operations.ts';
import { changeWordsOf } from '../../messages/changes.ts';
import { codeText } from '../../messages/codes.ts';
import type { ChangeWords } from '../../messages/en/changes.ts';
import type { Language } from '../../messages/messages.ts';
import { reasonText } from '../../messages/reasons.ts';
import { doneLine, isTold, typedName } from '../changed.ts';
import { type Context, isOn, withInstallation } from '../context.ts';

/** A person waits for the verdict; a script asks for it when it wants one. */
export function isTested(context: Context): boolean {
  return isTold(context) && !context.json && !context.env['CI'] && !isOn(context, 'no-test') && !isOn(context, 'auto');
}

/**
 * @param isGuided whether a question follows, which names what comes next
 * @returns whether all of them answer
 */
export async function testedNow(
  context: Context,
  which: Params<'endpoint.test'> & { readonly profile: string },
  isGuided = false,
): Promise<boolean> {
  const { language } = context;
  const said = changeWordsOf(language);
  context.out.note(said.testing);
  const { checks, endpoints } = await withInstallation(context, async ({ call }) => ({
    ...(await call('endpoint.list', { profile: which.profile })),
    ...(await call('endpoint.test', which)),
  }));
  for (const check of checks) {
    const row = endpoints.find(({ id }) => id === check.endpoint);
    const name = row?.name ?? check.endpoint;
    const typed = row ? typedName(row, endpoints) : check.endpoint;
    const isWell = check.verdict === 'success';
    const now = isWell
      ? said.testPassed(name, check.responseMs, check.model)
      : said.testFailed(name, whyOf(check, language));
    doneLine(
      context,
      now,
      isGuided ? undefined : nextOf(check, which.profile, typed, said),
      isWell ? 'done' : 'failed',
    );
  }
  return checks.every(({ verdict }) => verdict === 'success');
}

function whyOf({ verdict, error }: CheckRow, language: Language): string {
  return error === null ? codeText('verdicts', verdict, language) : reasonText(error, language);
}

function nextOf({ verdict }: CheckRow, profile: string, typed: string, said: ChangeWords): readonly [string, string] {
  switch (verdict) {
    case 'success':
      return [said.next, `qcc use ${profile}`];
    case 'invalid_key':
      return [said.next, `qcc endpoint update ${profile} ${typed} --api-key-stdin`];
    default:
      return [said.testAgain, `qcc endpoint test ${profile} ${typed}`];
  }
}
