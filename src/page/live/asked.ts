/** What a view asks the gateway for. While it is asked again, the former answer stands. */
import { type Signal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Answer, OperationName, Params } from '../../contract/operations.ts';
import { ownFacts } from './source.ts';
import { ask, link, sentenceOf } from './store.ts';

export interface Asked<Value> {
  readonly value: Value | null;
  /** In the reader's words. */
  readonly error: string | null;
  /** The value is that of an earlier question. */
  readonly isOld: boolean;
}

// Between a pointer's coming to rest on a link and the click there is about a tenth of a second.
const restMs = 50;
// What was asked ahead is as good as asked now for so long.
const freshMs = 5_000;
let ahead: { readonly key: string; readonly at: number; readonly answer: Promise<unknown> } | null = null;
let resting: ReturnType<typeof setTimeout> | undefined;

/** For a link under the pointer: what its view will ask is asked when the pointer rests there. */
export function askAhead<Name extends OperationName>(name: Name, params: Params<Name>): void {
  clearTimeout(resting);
  const key = JSON.stringify([name, params]);
  if (ownFacts() || (ahead?.key === key && Date.now() - ahead.at < freshMs)) return;
  resting = setTimeout(() => {
    const answer = ask(name, params);
    // Its view asks again, and tells.
    answer.catch(() => {
      if (ahead?.answer === answer) ahead = null;
    });
    ahead = { key, at: Date.now(), answer };
  }, restMs);
}

function asked<Name extends OperationName>(
  name: Name,
  params: Params<Name>,
  signal: AbortSignal,
): Promise<Answer<Name>> {
  const found = ahead;
  ahead = null;
  const isIt = found?.key === JSON.stringify([name, params]) && Date.now() - found.at < freshMs;
  return isIt ? (found.answer as Promise<Answer<Name>>) : ask(name, params, signal);
}

/**
 * @param params null asks nothing yet
 * @param again is asked again when this changes
 */
export function useAsked<Name extends OperationName>(
  name: Name,
  params: Params<Name> | null,
  again: unknown = null,
): Signal<Asked<Answer<Name>>> {
  const answer = useSignal<Asked<Answer<Name>>>({ value: null, error: null, isOld: false });
  const key = JSON.stringify([params, again]);
  useEffect(() => {
    if (params === null) return;
    const stop = new AbortController();
    answer.value = { ...answer.value, isOld: true };
    asked(name, params, stop.signal)
      .then((value) => {
        if (!stop.signal.aborted) answer.value = { value, error: null, isOld: false };
      })
      .catch(async (error: unknown) => {
        if (stop.signal.aborted || link.value === 'expired') return;
        const sentence = await sentenceOf(error);
        answer.value = { ...answer.value, error: sentence, isOld: false };
      });
    return () => stop.abort();
    // The parameters are told apart by what they say.
  }, [name, key]);
  return answer;
}
