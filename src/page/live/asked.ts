/** What a view asks the gateway for. While it is asked again, the former answer stands. */
import { type Signal, useSignal } from '@preact/signals';
import { useLayoutEffect } from 'preact/hooks';
import type { Answer, OperationName, Params } from '../../contract/operations.ts';
import { whenPainted } from './painted.ts';
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

// Of the views that were looked at last. A page of requests has some hundred kilobytes.
const formerMax = 12;
/** Answers by their questions: a view that is come back to shows the former one until it has a new one. */
const former = new Map<string, unknown>();

/** A view that asks so begins with it. */
export function keep(question: string, value: unknown): void {
  former.delete(question);
  former.set(question, value);
  const [oldest] = former.keys();
  if (former.size > formerMax && oldest !== undefined) former.delete(oldest);
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
  const question = JSON.stringify([name, params]);
  const known = (former.get(question) ?? null) as Answer<Name> | null;
  const answer = useSignal<Asked<Answer<Name>>>({ value: known, error: null, isOld: params !== null });
  const key = JSON.stringify([params, again]);
  // Asked before the view is painted, and not a frame later.
  useLayoutEffect(() => {
    if (params === null) return;
    const stop = new AbortController();
    const { value: before, isOld } = answer.value;
    // A view that has just been drawn so is not drawn once more.
    if (!isOld || (known ?? before) !== before) answer.value = { ...answer.value, value: known ?? before, isOld: true };
    const begin = () => {
      const ahead = takeAhead(question) as Promise<Answer<Name>> | undefined;
      // Not broken off when the view is left: that would close the connection that the next view asks on, and the answer is kept.
      (ahead ?? ask(name, params))
        .then((value) => {
          keep(question, value);
          if (!stop.signal.aborted) answer.value = { value, error: null, isOld: false };
        })
        .catch(async (error: unknown) => {
          if (stop.signal.aborted || link.value === 'expired') return;
          const sentence = await sentenceOf(error);
          answer.value = { ...answer.value, error: sentence, isOld: false };
        });
    };
    // To ask costs the browser milliseconds. A former answer is seen first.
    if (known === null) begin();
    else stop.signal.addEventListener('abort', whenPainted(begin));
    return () => stop.abort();
    // The parameters are told apart by what they say.
  }, [name, key]);
  return answer;
}
