/** The test of an endpoint that was just added: the verdict in words, and what comes next. Nothing is recorded. */
import type { Params } from '../../contract/operations.ts';
import { changeWordsOf } from '../../messages/changes.ts';
import { codeText } from '../../messages/codes.ts';
import { reasonText } from '../../messages/reasons.ts';
import { doneLine, isTold, typedName } from '../changed.ts';
import { type Context, isOn, withInstallation } from '../context.ts';

/** A person waits for the verdict; a script asks for it when it wants one. */
export function isTested(context: Context): boolean {
  return isTold(context) && !context.json && !context.env['CI'] && !isOn(context, 'no-test') && !isOn(context, 'auto');
}

/** @returns whether all of them answer */
export async function testedNow(
  context: Context,
  which: Params<'endpoint.test'> & { readonly profile: string },
): Promise<boolean> {
  const { language } = context;
  const said = changeWordsOf(language);
  context.out.note(said.testing);
  const { checks, endpoints } = await withInstallation(context, async ({ call }) => ({
    ...(await call('endpoint.list', { profile: which.profile })),
    ...(await call('endpoint.test', which)),
  }));
  for (const { endpoint, verdict, responseMs, model, error } of checks) {
    const row = endpoints.find(({ id }) => id === endpoint);
    const [name, typed] = row ? [row.name, typedName(row, endpoints)] : [endpoint, endpoint];
    if (verdict === 'success')
      doneLine(context, said.testPassed(name, responseMs, model), [said.next, `qcc use ${which.profile}`]);
    else {
      const why = error === null ? codeText('verdicts', verdict, language) : reasonText(error, language);
      const help =
        verdict === 'invalid_key'
          ? ([said.next, `qcc endpoint update ${which.profile} ${typed} --api-key-stdin`] as const)
          : ([said.testAgain, `qcc endpoint test ${which.profile} ${typed}`] as const);
      doneLine(context, said.testFailed(name, why), help, 'failed');
    }
  }
  return checks.every(({ verdict }) => verdict === 'success');
}
