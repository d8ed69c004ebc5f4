/**
 * Writes the tables of settings in `docs/configuration.md` and its translation out of the settings themselves:
 * `node --import tsx scripts/settings-docs.ts`. Which table a setting stands in is the papers' own; a test holds them to this.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  defaultOf,
  isSettingKey,
  needsRestart,
  type SettingKey,
  shortRangeOf,
} from '../src/config/settings/settings.ts';
import { settingWords } from '../src/messages/settings.ts';

const papers = { en: 'docs/configuration.md', 'zh-CN': 'docs/zh-CN/configuration.md' } as const;
type Language = keyof typeof papers;

/** The paper with every row of a setting as the settings have it now. */
export function withSettings(paper: string, language: Language): string {
  return paper.replaceAll(/^\| `([a-z]+\.[a-z_]+)` \|.*\|$/gm, (row, name: string) =>
    isSettingKey(name) && cellsIn(row) > 2 ? rowOf(name, language, cellsIn(row)) : row,
  );
}

/** The head of a table of its values has two. */
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
