/**
 * Writes the tables of commands in `docs/commands.md` and its translation from the manifests: `npm run papers`. The document decides which
 * table the commands of a noun are in: a comment above its head names the nouns (the folders in `src/commands/`). A test verifies the
 * documents.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command, Commands, Flag } from '../src/commands/command.ts';
import type { Language } from '../src/messages/messages.ts';

const papers: Readonly<Record<Language, string>> = { en: 'docs/commands.md', 'zh-CN': 'docs/zh-CN/commands.md' };
const folder = join(import.meta.dirname, '../src/commands');
const keyFlags: Readonly<Record<Language, string>> = { en: 'key flags', 'zh-CN': '密钥选项' };

type Nouns = ReadonlyMap<string, Commands>;

/** By noun, the commands as they are typed after `qcc`. */
export async function manifestsByNoun(): Promise<Nouns> {
  const all = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const found = all.flatMap(({ name }) => (readdirSync(join(folder, name)).includes('manifest.ts') ? [name] : []));
  return new Map(await Promise.all(found.map(async (noun) => [noun, await commandsOf(noun)] as const)));
}

async function commandsOf(noun: string): Promise<Commands> {
  const { bare, ...groups } = (await import(`../src/commands/${noun}/manifest.ts`)) as Readonly<
    Record<string, Commands> & { readonly bare?: Command }
  >;
  return Object.assign({}, bare === undefined ? {} : { '': bare }, ...Object.values(groups)) as Commands;
}

/** The document with the rows of every command from its present manifest. @throws when a noun is in no table */
export function withCommands(paper: string, language: Language, nouns: Nouns): string {
  const told = new Set<string>();
  const written = paper.replaceAll(
    /(<!-- commands: ([a-z ]+) -->\n\n\|.*\|\n\|[-|]+\|\n)(?:\|.*\|\n)*/g,
    (_, head: string, names: string) => {
      const rows = names.split(' ').flatMap((noun) => {
        told.add(noun);
        return rowsOf(nouns.get(noun) ?? {}, [], language);
      });
      return head + rows.map((row) => `${row}\n`).join('');
    },
  );
  const missing = [...nouns.keys()].filter((noun) => !told.has(noun));
  if (missing.length > 0) throw new Error(`no table has the commands of: ${missing.join(', ')}`);
  return written;
}

function rowsOf(commands: Commands, above: readonly string[], language: Language): readonly string[] {
  return Object.entries(commands).flatMap(([name, command]) => {
    const path = name === '' ? above : [...above, name];
    return [...(command.load ? rowsOfOne(command, path, language) : []), ...rowsOf(command.sub ?? {}, path, language)];
  });
}

/** One for the command, and one for each thing that it does by its flags alone. */
function rowsOfOne(command: Command, path: readonly string[], language: Language): readonly string[] {
  const { positionals = [], required = positionals.length, forms = {}, about, title } = command;
  const places = positionals.map(({ name }, i) => (i < required ? name : `[${name}]`));
  const called = ['qcc', ...path].join(' ');
  const usage = [called, ...places, ...(command.passesOn ? ['[-- …]'] : [])].join(' ');
  const inForms = Object.keys(forms).join(' ');
  const flags = Object.entries(command.flags ?? {}).filter(([flag]) => !inForms.includes(`--${flag}`));
  return [
    row(code(usage), flagCells(flags, language), (about ?? title)[language]),
    ...Object.entries(forms).map(([form, said]) => row(code(`${called} ${form}`), '', said[language])),
  ];
}

/** The ways to give a key are described once, below the table of profiles. */
function flagCells(flags: readonly (readonly [string, Flag])[], language: Language): string {
  const cells = flags.map(([flag, one]) => (flag.startsWith('api-key') ? keyFlags[language] : flagCell(flag, one)));
  return [...new Set(cells)].join(', ');
}

function flagCell(flag: string, { alias, valueHint, multiple }: Flag): string {
  const long = code([`--${flag}`, ...(valueHint === undefined ? [] : [valueHint])].join(' '));
  return `${long}${alias === undefined ? '' : `/${code(`-${alias}`)}`}${multiple ? ' …' : ''}`;
}

const code = (text: string) => `\`${text}\``;
const row = (...cells: readonly string[]) =>
  `|${cells.map((cell) => (cell === '' ? ' ' : ` ${cell.replaceAll('|', '\\|')} `)).join('|')}|`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const nouns = await manifestsByNoun();
  for (const [language, path] of Object.entries(papers)) {
    writeFileSync(path, withCommands(readFileSync(path, 'utf8'), language as Language, nouns));
  }
}
