/** The page of an incident, in one file: it opens the facts that stand beside it, and then begins as the served page does. */

import { QccError } from '../errors/qcc-error.ts';
import { toldOf } from '../errors/told-error.ts';
import { inLanguage } from '../messages/errors.ts';
import { Refused } from '../page/live/gateway.ts';
import { answerFromOwn } from '../page/live/source.ts';
import { openOwnFacts } from './own-facts.ts';

async function begin(): Promise<void> {
  const text = document.querySelector('#facts')?.textContent ?? '';
  const { state, call } = await openOwnFacts(text, decodeURIComponent(location.pathname.split('/').at(-1) ?? ''));
  answerFromOwn({
    state,
    call: (name, params) =>
      call(name, params).catch((error: unknown) => {
        throw error instanceof QccError ? new Refused(toldOf(error)) : error;
      }),
  });
  await import('../page/app/main.tsx');
}

/** In both languages: the page that has the reader's is not there. */
function tell(error: unknown): void {
  const told = error instanceof QccError ? toldOf(error) : null;
  const known = told && ({ ...told, params: told.params ?? {} } as unknown as Parameters<typeof inLanguage>[0]);
  const sentences = known ? (['en', 'zh-CN'] as const).map((one) => inLanguage(known, one).message) : [String(error)];
  const main = document.createElement('main');
  main.append(...sentences.map((sentence) => Object.assign(document.createElement('p'), { textContent: sentence })));
  document.querySelector('#page')?.append(main);
}

begin().catch(tell);
