/** What a view asks the gateway for. While it is asked again, the former answer stands. */
import { type Signal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Answer, OperationName, Params } from '../../contract/operations.ts';
import { ask, link, sentenceOf } from './store.ts';

export interface Asked<Value> {
  readonly value: Value | null;
  /** In the reader's words. */
  readonly error: string | null;
  /** The value is that of an earlier question. */
  readonly isOld: boolean;
}

/** An answer that was asked ahead, by the question's name and parameters; undefined where there is none. */
let takeAhead: (key: string) => Promise<unknown> | undefined = () => undefined;

export function takeFrom(take: typeof takeAhead): void {
  takeAhead = take;
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
    const ahead = takeAhead(JSON.stringify([name, params])) as Promise<Answer<Name>> | undefined;
    (ahead ?? ask(name, params, stop.signal))
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
