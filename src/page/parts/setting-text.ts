/** What each setting does, in the words of the papers. They are Markdown there: here the marks go. */
import { settingWords } from '../../messages/settings.ts';
import { text } from './text.ts';

export type SettingKeyText = keyof typeof settingWords;

export function settingText(key: string): string {
  if (!Object.hasOwn(settingWords, key)) return '';
  return settingWords[key as SettingKeyText][text().language]
    .replaceAll('`', '')
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1');
}
