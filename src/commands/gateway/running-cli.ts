/** `qcc proxy running`: the requests that run at this moment, which no fact tells of yet. */
import type { RunningRow } from '../../contract/gateway.ts';
import { codeText } from '../../messages/codes.ts';
import { shortSpan } from '../../platform/time.ts';
import { type Context, wholeFlag, withInstallation } from '../context.ts';
import { namesOf } from '../names.ts';
import { watched } from '../watch.ts';

// As the history prints a request: the end of its id, because the beginning is the time.
const idShown = 8;

export function running(context: Context): Promise<undefined> {
  return watched(context, async () => {
    const { out, words, json } = context;
    const limit = wholeFlag(context, 'limit');
    const { answer, names } = await withInstallation(
      context,
      async ({ call }) => ({
        answer: await call('proxy.running', limit === undefined ? {} : { limit }),
        names: json ? {} : (await namesOf(call)).latest,
      }),
      true,
    );
    if (json) return void out.json(answer);
    if (answer.requests.length === 0) out.note(words.nothingRuns);
    else table(context, answer.requests, names);
    if (answer.leftOut > 0) out.note(words.runningLeftOut(answer.leftOut));
    return undefined;
  });
}

function table(
  { out, words, language }: Context,
  rows: readonly RunningRow[],
  names: Readonly<Record<string, string>>,
) {
  out.table(
    [words.request, words.runs, words.state, words.attempts, words.bytes, words.name, words.model, words.session],
    rows.map(({ request, startedAt, state, attempts, bytes, endpoint, model, session }) => [
      request.slice(-idShown),
      shortSpan(Math.max(0, Date.now() - Date.parse(startedAt))),
      codeText('running', state, language),
      String(attempts),
      String(bytes),
      endpoint === null ? '-' : (names[endpoint] ?? endpoint),
      model ?? '-',
      session ?? '-',
    ]),
    { optional: [words.session, words.bytes, words.model, words.attempts] },
  );
}
