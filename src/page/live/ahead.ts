/** For a link under the pointer: what its view will ask is asked when the pointer rests there, or at once when it is pressed. */
import type { OperationName, Params } from '../../contract/operations.ts';
import { takeFrom } from './asked.ts';
import { ownFacts } from './source.ts';
import { ask } from './store.ts';

// Between a pointer's coming to rest on a link and the click there is about a tenth of a second.
const restMs = 50;
// What was asked ahead is as good as asked now for so long.
const freshMs = 5_000;
let ahead: { readonly key: string; readonly at: number; readonly answer: Promise<unknown> } | null = null;
let resting: ReturnType<typeof setTimeout> | undefined;

const isFresh = (key: string) => ahead?.key === key && Date.now() - ahead.at < freshMs;

export function askAhead<Name extends OperationName>(name: Name, params: Params<Name>): void {
  clearTimeout(resting);
  resting = setTimeout(() => askNow(name, params), restMs);
}

export function askNow<Name extends OperationName>(name: Name, params: Params<Name>): void {
  clearTimeout(resting);
  const key = JSON.stringify([name, params]);
  if (ownFacts() || isFresh(key)) return;
  const answer = ask(name, params);
  // Its view asks again, and tells.
  answer.catch(() => {
    if (ahead?.answer === answer) ahead = null;
  });
  ahead = { key, at: Date.now(), answer };
}

takeFrom((key) => {
  const found = isFresh(key) ? ahead?.answer : undefined;
  ahead = null;
  return found;
});
