/** Everything can be done by keyboard; `?` shows how. */
import { minuteMs } from '../../../events/units.ts';
import { changeLanguage, changeTheme, loadLaterWords } from '../live/choices.ts';
import { stepBy, stepToChange, stepToFact } from '../live/steps.ts';
import { backToNow, go, moment, place } from '../live/store.ts';
import { areKeysShown, KeysDialog } from '../parts/saying.ts';
import { elsewhere, mainViews } from '../place.ts';
import { loadLaterStyles } from '../views/lazy.tsx';
import { Keys } from './keys-dialog.tsx';

export function listenForKeys(): void {
  void Promise.all([loadLaterWords(), loadLaterStyles()]).then(() => {
    KeysDialog.value = Keys;
  });
  // They come after the first view: what drives the page from outside waits for them.
  document.documentElement.dataset['keys'] = 'on';
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
    if (perform(event)) event.preventDefault();
  });
}

/** A slider takes the arrows for itself, and nothing else. */
function isTyping({ target, key, shiftKey }: KeyboardEvent): boolean {
  if (!(target instanceof Element)) return false;
  if (target.matches('input[type="range"]')) return key.startsWith('Arrow') && !shiftKey;
  return target.matches('input, select, textarea');
}

/** @returns whether the key has a meaning here */
function perform(event: KeyboardEvent): boolean {
  const view = mainViews[Number(event.key) - 1];
  if (view && /^\d$/.test(event.key)) {
    go(elsewhere(place.value, view));
    return true;
  }
  const isPast = moment.value !== null || place.value.view === 'timeline';
  return whenever(event.key) || (isPast && inThePast(event));
}

function whenever(key: string): boolean {
  switch (key) {
    case '?':
      areKeysShown.value = !areKeysShown.value;
      return true;
    case 'Escape':
      if (areKeysShown.value) areKeysShown.value = false;
      else if (moment.value !== null) backToNow();
      return true;
    case 'd':
      changeTheme();
      return true;
    case 'l':
      void changeLanguage();
      return true;
    case '/':
      document.querySelector<HTMLElement>('main input, main select')?.focus();
      return true;
    default:
      return false;
  }
}

function inThePast({ key, shiftKey }: KeyboardEvent): boolean {
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowRight': {
      const by = key === 'ArrowLeft' ? -1 : 1;
      if (shiftKey) void stepToChange(by);
      else stepToFact(by);
      return true;
    }
    case '[':
    case ']':
      void stepBy(key === '[' ? -minuteMs : minuteMs);
      return true;
    default:
      return false;
  }
}
