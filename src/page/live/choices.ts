/** The reader's choices: light or dark, and the language. They are kept for the next time. */
import { effect, signal } from '@preact/signals';
import { firstTextIn, type Language, type LaterText, laterTextIn, type PageText } from '../words/words.ts';
import { session, words } from './store.ts';

type Theme = 'light' | 'dark';

const themeKey = 'qcc-theme';
const languageKey = 'qcc-language';

/** Null: as the system has it. */
const theme = signal<Theme | null>(null);

/** A browser may forbid a page to keep anything: then a choice holds as long as the page. */
function kept(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // It is chosen all the same.
  }
}

export function followChoices(): void {
  const saved = kept(themeKey);
  theme.value = saved === 'light' || saved === 'dark' ? saved : null;
  effect(() => {
    const { dataset } = document.documentElement;
    if (theme.value) dataset['theme'] = theme.value;
    else delete dataset['theme'];
  });
}

export function changeTheme(): void {
  const isDark = theme.value === null ? matchMedia('(prefers-color-scheme: dark)').matches : theme.value === 'dark';
  theme.value = isDark ? 'light' : 'dark';
  keep(themeKey, theme.value);
}

/** The words that will most likely be spoken: asked for while the ticket is on its way. */
export async function foreseenWords(): Promise<void> {
  await firstTextIn(wantedLanguage() ?? ownLanguage()).catch(() => {});
}

function wantedLanguage(): Language | undefined {
  const saved = kept(languageKey);
  return saved === 'en' || saved === 'zh-CN' ? saved : session.value?.language;
}

function ownLanguage(): Language {
  return navigator.language.startsWith('zh') ? 'zh-CN' : 'en';
}

/** The reader's, or else the gateway's. */
export async function loadWords(): Promise<void> {
  await speak(wantedLanguage() ?? ownLanguage());
}

export async function changeLanguage(): Promise<void> {
  const wanted = words.value?.language === 'zh-CN' ? 'en' : 'zh-CN';
  keep(languageKey, wanted);
  await speak(wanted);
}

let later: LaterText | null = null;

/** The words of the views that are not the first. */
export async function loadLaterWords(): Promise<void> {
  if (later || !words.value) return;
  await speak(words.value.language, true);
}

async function speak(language: Language, withLater = later !== null): Promise<void> {
  const [first, more] = await Promise.all([firstTextIn(language), withLater ? laterTextIn(language) : null]);
  later = more;
  // What is not there yet is asked for by no view that is drawn.
  const [views, story] = [
    { ...first.views, ...more?.views },
    { ...first.story, ...more?.story },
  ];
  words.value = { ...first, ...more, views, story } as PageText;
  document.documentElement.lang = language;
}
