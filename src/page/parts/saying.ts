/** What stands over the views for a while: the line at the bottom that tells what an action came to, and the list of keys. */
import { signal } from '@preact/signals';
import type { FunctionComponent } from 'preact';

// Long enough to be read twice.
const shownMs = 6_000;

export const areKeysShown = signal(false);
/** It is loaded with the keys. */
export const KeysDialog = signal<FunctionComponent<Record<never, never>> | null>(null);
export const said = signal<{ readonly sentence: string; readonly kind: 'good' | 'bad' } | null>(null);
let timer: ReturnType<typeof setTimeout> | undefined;

export function say(sentence: string, kind: 'good' | 'bad' = 'good'): void {
  said.value = { sentence, kind };
  clearTimeout(timer);
  timer = setTimeout(() => {
    said.value = null;
  }, shownMs);
}
