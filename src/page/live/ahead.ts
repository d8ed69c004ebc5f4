/**
 * For a link: what its view will ask is asked when the pointer or the focus rests there, or at once when it is pressed. Once it is clicked, the
 * former view stands until the answer is there, or until that takes long: the next one is drawn whole, and no empty page before it.
 */
import type { OperationName, Params } from '../../contract/operations.ts';
import { placeOf } from '../place.ts';
import { keep, takeFrom } from './asked.ts';
import { ownFacts } from './source.ts';
import { ask, go, place } from './store.ts';

// Between a pointer's coming to rest on a link and the click there is about a tenth of a second.
const restMs = 50;
// What was asked ahead is as good as asked now for so long.
const freshMs = 5_000;
// Who waits longer sees the view that was chosen, and that it has nothing yet.
const patienceMs = 100;
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
  answer.then(
    (value) => keep(key, value),
    // Its view asks again, and tells.
    () => {
      if (ahead?.answer === answer) ahead = null;
    },
  );
  ahead = { key, at: Date.now(), answer };
}

/** For a click on a link whose view asks this. A click that opens another tab is the browser's. */
export function goAhead<Name extends OperationName>(
  event: MouseEvent & { readonly currentTarget: HTMLAnchorElement },
  name: Name,
  params: Params<Name>,
): void {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button !== 0) return;
  event.preventDefault();
  const to = placeOf(event.currentTarget.hash);
  const from = place.value;
  askNow(name, params);
  const arrive = () => {
    if (place.value === from) go(to);
  };
  void Promise.race([ahead?.answer, new Promise((resolve) => setTimeout(resolve, patienceMs))]).then(arrive, arrive);
}

takeFrom((key) => {
  const found = isFresh(key) ? ahead?.answer : undefined;
  ahead = null;
  return found;
});
