/**
 * Writes the table of vendors in `docs/vendors.md` and its translation out of the presets: `npm run papers`. A test holds the papers to
 * this; what stands around the table is written by hand.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ruleText } from '../machines/model-map.ts';
import { type Preset, presets } from '../src/config/network/presets.ts';

const papers = { en: 'docs/vendors.md', 'zh-CN': 'docs/zh-CN/vendors.md' } as const;
type Language = keyof typeof papers;

const words = {
  en: { none: 'none: names go as they come', source: 'documentation' },
  'zh-CN': { none: '无：模型名原样发送', source: '文档' },
} as const;

/** The paper with a row for every preset, as the presets are now. */
export function withVendors(paper: string, language: Language): string {
  const lines = paper.split('\n');
  const isRow = (line: string) => /^\| `[a-z][a-z0-9-]*` \|/.test(line);
  const first = lines.findIndex(isRow);
  if (first < 0) throw new Error('the table of vendors is not there');
  const rows = presets.map((preset) => rowOf(preset, language));
  const rest = lines.filter((line) => !isRow(line));
  return [...rest.slice(0, first), ...rows, ...rest.slice(first)].join('\n');
}

function rowOf({ id, name, table }: Preset, language: Language): string {
  const { none, source } = words[language];
  const rules = table ? table.models.map((rule) => `\`${ruleText(rule)}\``).join(', ') : none;
  const read = table ? `[${source}](${table.source}), ${table.checkedAt}` : '–';
  return `| \`${id}\` | ${name} | ${rules} | ${read} |`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [language, path] of Object.entries(papers))
    writeFileSync(path, withVendors(readFileSync(path, 'utf8'), language as Language));
}
