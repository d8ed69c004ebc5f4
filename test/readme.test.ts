/** The papers say what the program does: their commands, flags, settings, exit codes and links are looked up in it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { manifestsByNoun, withCommands } from '../scripts/commands-docs.ts';
import { withSettings } from '../scripts/settings-docs.ts';
import { withVendors } from '../scripts/vendors-docs.ts';
import { globalFlags, root } from '../src/cli/manifest.ts';
import type { Command } from '../src/commands/command.ts';
import { effective, settingKeys } from '../src/config/settings/settings.ts';
import { exitCodes } from '../src/errors/qcc-error.ts';

const guides = readdirSync('docs').filter((name) => name.endsWith('.md'));
const translations = readdirSync('docs/zh-CN').map((name) => `docs/zh-CN/${name}`);
const papers = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...guides.map((name) => `docs/${name}`),
  ...translations,
];

const read = (path: string) => readFileSync(path, 'utf8');

describe.each(papers)('%s', (paper) => {
  const text = read(paper);

  it('names only existing commands, arguments and flags', () => {
    const faults = commandsIn(text).flatMap((line) => faultOf(line) ?? []);
    expect(faults).toEqual([]);
  });

  it('names only existing npm scripts', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...text.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  it('links only to existing files and headings', () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !isThere(paper, link))).toEqual([]);
  });
});

describe.each(['docs/configuration.md', 'docs/zh-CN/configuration.md'])('%s', (paper) => {
  // A setting's row has its default and range; that of a file has neither.
  const tabled = rowsOf(read(paper)).filter(({ length }) => length > 2);
  const rows = new Map(tabled.map(([name = '', value = '']) => [bare(name), value]));
  const { settings } = effective(new Map(), {});

  it.each(settingKeys)('has %s with its default', (key) => {
    expect(rows.get(key)).toBe(settings[key] === '' ? '–' : `\`${settings[key]}\``);
  });

  it('has each setting’s own description (npm run papers)', () => {
    const language = paper.includes('zh-CN') ? 'zh-CN' : 'en';
    expect(read(paper)).toBe(withSettings(read(paper), language));
  });

  it('has no removed setting', () => {
    const named = [...rows.keys()].filter((name) => /^[a-z]+\.[a-z_]+$/.test(name));
    expect(named.filter((name) => !settingKeys.some((key) => key === name))).toEqual([]);
  });
});

describe.each(['docs/vendors.md', 'docs/zh-CN/vendors.md'])('%s', (paper) => {
  it('has a row for every preset, with its rules, their source and the day: npm run papers', () => {
    const language = paper.includes('zh-CN') ? 'zh-CN' : 'en';
    expect(withVendors(read(paper), language)).toBe(read(paper));
  });
});

describe.each(['docs/commands.md', 'docs/zh-CN/commands.md'])('%s', (paper) => {
  const text = read(paper);

  it('has every exit code', () => {
    const codes = rowsOf(text).flatMap(([code = '']) => (/^\d+$/.test(code) ? [Number(code)] : []));
    expect(codes).toEqual(Object.values(exitCodes).sort((a, b) => a - b));
  });

  it('has each command’s own description (npm run papers)', async () => {
    const language = paper.includes('zh-CN') ? 'zh-CN' : 'en';
    expect(text).toBe(withCommands(text, language, await manifestsByNoun()));
  });
});

// The glossary gives both languages itself, and charts have the names of facts alone.
const translated = guides.filter((name) => !['glossary.md', 'charts.md'].includes(name));

describe.each(translated)('docs/zh-CN/%s', (name) => {
  it('matches its English version: as many headings and rows, and the same code', () => {
    const shape = (text: string) => ({
      headings: [...text.matchAll(/^#+ /gm)].map(([mark]) => mark),
      // Only what is no word of a language: code and numbers.
      rows: rowsOf(text).flatMap(([first = '']) => /^(\d+|`[^`]+`)/.exec(first)?.[0] ?? []),
      code: fencedIn(text).map((line) => line.replace(/\s+#.*$/, '')),
    });
    expect(shape(read(`docs/zh-CN/${name}`))).toEqual(shape(read(`docs/${name}`)));
  });
});

function fencedIn(text: string): readonly string[] {
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, lines = '']) => lines.trimEnd().split('\n'));
}

/** Table rows as cells; an escaped bar belongs to its cell. */
function rowsOf(text: string): readonly (readonly string[])[] {
  return [...text.matchAll(/^\|(.*)\|$/gm)].map(([, row = '']) =>
    row.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|')),
  );
}

function bare(cell: string): string {
  return cell.replaceAll('`', '');
}

/** What stands in fences and between backquotes, one `qcc …` each. */
function commandsIn(text: string): readonly string[] {
  const spans = [...text.matchAll(/(?<!`)`([^`\n]+)`(?!`)/g)].map(([, span = '']) => span.replaceAll('\\|', '|'));
  return [...fencedIn(text), ...spans]
    .flatMap((code) => code.split(/ [|<>] /))
    .flatMap((code) =>
      [...code.matchAll(/(?:^|[\s(&])(qcc(?: [^#&;()"]+)?)(?=$|[#&;()"])/g)].map(([, line = '']) => line.trim()),
    );
}

/** Undefined when the program would take it; otherwise what is wrong with it. */
function faultOf(line: string): string | undefined {
  // A message of the gateway begins with its name too.
  if (line.startsWith('qcc:') || line === 'qcc --version') return undefined;
  const words = line.split(/\s+/).slice(1);
  let command: Command = root;
  let word = words[0];
  while (word !== undefined && command.sub && Object.hasOwn(command.sub, word)) {
    command = command.sub[word] ?? command;
    words.shift();
    word = words[0];
  }
  const flags = { ...globalFlags, ...command.flags };
  const positionals: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const given = words[i] ?? '';
    if (given === '--' || given.startsWith('[--')) break;
    if (given === '-' || !given.startsWith('-')) {
      positionals.push(given);
      continue;
    }
    const name = given.replace(/^--?/, '').split('=')[0] ?? '';
    const known = Object.entries(flags).find(([flag, { alias }]) => flag === name || alias === name);
    if (!known) return `${line}: there is no ${given}`;
    // In a list of flags (`qcc proxy logs --lines`) the value may be left out.
    if (known[1].type === 'string' && !given.includes('=')) i++;
  }
  const max = command.positionals?.length ?? 0;
  return positionals.length > max ? `${line}: "${positionals[max]}" is too much` : undefined;
}

function isThere(paper: string, link: string): boolean {
  const [path = '', heading] = link.split('#');
  const file = path === '' ? paper : join(dirname(paper), path);
  if (!existsSync(file)) return false;
  if (heading === undefined) return true;
  return [...read(file).matchAll(/^#+ (.+)$/gm)].some(([, title = '']) => anchorOf(title) === heading);
}

function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} -]/gu, '')
    .replaceAll(' ', '-');
}
