/**
 * Writes the tables of settings in `docs/configuration.md` and its translation out of the settings themselves:
 * `npm run papers`. Which table a setting stands in is the papers' own: a new one comes behind the last of its group.
 * A test holds the papers to this.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  defaultOf,
  isSettingKey,
  needsRestart,
  type SettingKey,
  settingKeys,
  shortRangeOf,
} from '../src/config/settings/settings.ts';
import { settingWords } from '../src/messages/settings.ts';

const papers = { en: 'docs/configuration.md', 'zh-CN': 'docs/zh-CN/configuration.md' } as const;
type Language = keyof typeof papers;

/** The paper with a row for every setting, as the settings have it now, and with none for a setting that is gone. */
export function withSettings(paper: string, language: Language): string {
  const lines = paper.split('\n').flatMap((line) => {
    const name = settingIn(line);
    if (name === undefined || cellsIn(line) <= 2) return [line];
    return isSettingKey(name) ? [rowOf(name, language, cellsIn(line))] : [];
  });
  for (const key of settingKeys) {
    if (lines.some((line) => settingIn(line) === key && cellsIn(line) > 2)) continue;
    const last = lines.findLastIndex((line) => cellsIn(line) > 2 && groupOf(settingIn(line)) === groupOf(key));
    if (last < 0) throw new Error(`no table has settings like ${key}`);
    lines.splice(last + 1, 0, rowOf(key, language, cellsIn(lines[last] ?? '')));
  }
  return lines.join('\n');
}

const settingIn = (line: string) => /^\| `([a-z]+\.[a-z_]+)` \|.*\|$/.exec(line)?.[1];
const groupOf = (name: string | undefined) => name?.split('.')[0];

/** The head of a table of values has two columns. */
function cellsIn(row: string): number {
  return row.split(/(?<!\\)\|/).length - 2;
}

function rowOf(key: SettingKey, language: Language, cells: number): string {
  const value = defaultOf(key);
  const restart = language === 'en' ? '*restart*. ' : '重启。';
  const about = `${needsRestart(key) ? restart : ''}${settingWords[key][language]}`;
  const row = [`\`${key}\``, value === '' ? '–' : `\`${value}\``, shortRangeOf(key, language), about];
  return `| ${row.slice(0, cells).join(' | ')} |`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [language, path] of Object.entries(papers)) {
    writeFileSync(path, withSettings(readFileSync(path, 'utf8'), language as Language));
  }
}
