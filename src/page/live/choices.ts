/** The reader's choices: light or dark, and the language. They are kept for the next time. */
import { effect, signal } from '@preact/signals';
import { type Language, textIn } from '../words/words.ts';
import { session, words } from './store.ts';

type Theme = 'light' | 'dark';

const themeKey = 'qcc-theme';
const languageKey = 'qcc-language';

/** Null: as the system has it. */
const theme = signal<Theme | null>(null);

export function followChoices(): void {
  const saved = localStorage.getItem(themeKey);
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
  localStorage.setItem(themeKey, theme.value);
}

/** The reader's, or else the gateway's. */
export async function loadWords(): Promise<void> {
  const saved = localStorage.getItem(languageKey);
  const wanted = saved === 'en' || saved === 'zh-CN' ? saved : session.value?.language;
  await speak(wanted ?? (navigator.language.startsWith('zh') ? 'zh-CN' : 'en'));
}

export async function changeLanguage(): Promise<void> {
  const wanted = words.value?.language === 'zh-CN' ? 'en' : 'zh-CN';
  localStorage.setItem(languageKey, wanted);
  await speak(wanted);
}

async function speak(language: Language): Promise<void> {
  words.value = await textIn(language);
  document.documentElement.lang = language;
}
