/** Steps through the past: by fact, by change, by time. */

import { withOptions } from '../place.ts';
import { ask, clock, go, look, moment, place, present } from './store.ts';

// A step looks at so many facts for the next change; beyond, it stops there.
const lookedAt = 400;

/** Facts that say what was seen, and change no state by themselves. */
const quiet: ReadonlySet<string> = new Set([
  'AttemptSucceeded',
  'AttemptFailed',
  'ProbeSucceeded',
  'ProbeFailed',
  'ProbeNoted',
  'RequestServed',
  'RequestCancelled',
  'TimerElapsed',
  'LimitsSeen',
]);

export function stepToFact(by: number): void {
  showMoment(here() + by);
}

/** To the next fact that changed something, or the one before. */
export async function stepToChange(by: number): Promise<void> {
  const from = here();
  const span =
    by < 0 ? { fromSeq: Math.max(0, from - lookedAt), toSeq: from } : { fromSeq: from + 1, toSeq: from + 1 + lookedAt };
  const { facts } = await ask('history.read', span);
  const changes = facts.filter(({ type }) => !quiet.has(type));
  const found = by < 0 ? changes.at(-1) : changes[0];
  if (found) showMoment(found.seq);
  else showMoment(by < 0 ? span.fromSeq : span.toSeq - 1);
}

export async function stepBy(ms: number): Promise<void> {
  await showInstant(clock.value + ms);
}

/** The moment after the last fact before an instant. */
export async function showInstant(at: number): Promise<void> {
  const { seq } = await ask('dashboard.state', { moment: { at } });
  showMoment(seq);
}

/** The newest moment is now. */
export function showMoment(seq: number): void {
  const last = present.value?.seq ?? 0;
  if (seq >= last) look({ at: null });
  // The first step into the past can be gone back from.
  else if (moment.value === null) go(withOptions(place.value, { at: String(Math.max(1, seq)) }));
  else look({ at: String(Math.max(1, seq)) });
}

function here(): number {
  return moment.value ?? present.value?.seq ?? 0;
}
