/** The one line at the bottom that tells what an action came to. */
import { signal } from '@preact/signals';

// Long enough to be read twice.
const shownMs = 6_000;

export const said = signal<{ readonly sentence: string; readonly kind: 'good' | 'bad' } | null>(null);
let timer: ReturnType<typeof setTimeout> | undefined;

export function say(sentence: string, kind: 'good' | 'bad' = 'good'): void {
  said.value = { sentence, kind };
  clearTimeout(timer);
  timer = setTimeout(() => {
    said.value = null;
  }, shownMs);
}
