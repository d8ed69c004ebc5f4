/** Help, from the manifest alone. */
import type { Command, Flag } from '../commands/command.ts';
import type { Language, Words } from '../messages/messages.ts';
import { widthOf } from '../terminal/width.ts';
import { wrapped, wrappedCommand } from '../terminal/wrap.ts';
import { globalFlags, sections } from './manifest.ts';

type Row = readonly [string, string];

const lineWidth = 78;
// Up to this width a description fits beside the name; longer names get a line of their own.
const leftMost = 30;
const rightLeast = 20;
// Further in than a flag, which stands behind the room for its short form.
const belowIndent = 10;

export interface Page {
  readonly words: Words;
  readonly language: Language;
  /** The terminal's width, up to the width of a page. */
  readonly columns: number;
}

export function usageOf(path: readonly string[], command: Command, { words, language, columns }: Page): string {
  const width = Math.min(lineWidth, columns);
  const name = ['qcc', ...path].join(' ');
  const positionals = (command.positionals ?? []).map(({ name: one }, i) =>
    i < (command.required ?? command.positionals?.length ?? 0) ? one : `[${one}]`,
  );
  const tail = [
    ...positionals,
    ...(command.sub ? [command.load ? '[COMMAND]' : 'COMMAND'] : []),
    ...(command.passesOn ? ['[-- …]'] : []),
  ];
  const isRoot = path.length === 0;
  const flagRows = (flags: Command['flags'] = {}) =>
    Object.entries(flags).map(([flag, one]): Row => {
      const short = one.alias === undefined ? '    ' : `-${one.alias}, `;
      return [
        `${short}--${flag}${one.valueHint === undefined ? '' : ` ${one.valueHint}`}`,
        flagSaid(one, words, language),
      ];
    });
  const everywhere: readonly Row[] = [
    ...flagRows(globalFlags),
    ...(isRoot ? [['-V, --version', words.showVersion] as const] : []),
  ];
  const parts: readonly Section[] = [
    [words.usage, [`  ${[name, ...tail].join(' ')}`]],
    ...(isRoot ? underHeadings : oneList)(command, { words, language, columns: width }),
    [words.flags, listed(flagRows(command.flags), width)],
    [words.examples, command.examples.flatMap((one) => wrappedCommand(`  ${one}`, columns))],
    [words.everywhere, listed(everywhere, width)],
  ];
  const title = isRoot ? `qcc - ${words.tagline}` : `${name} - ${command.title[language]}`;
  const shown = parts.filter(([, lines]) => lines.length > 0);
  return [wrapped(title, width, 2).join('\n'), ...shown.map(([head, lines]) => `${head}\n${lines.join('\n')}`)].join(
    '\n\n',
  );
}

type Section = readonly [head: string, lines: readonly string[]];

function flagSaid(flag: Flag, words: Words, language: Language): string {
  const said = flag.says[language];
  return flag.type === 'boolean' || flag.default === undefined
    ? said
    : said + words.byDefault(flag.default, flag.setting);
}

function oneList({ sub = {} }: Command, { words, language, columns }: Page): readonly Section[] {
  return [[words.commands, listed(rowsOf(Object.entries(sub), language), columns)]];
}

/** The commands of `qcc` itself are too many for one list. */
function underHeadings({ sub = {} }: Command, { words, language, columns }: Page): readonly Section[] {
  const help: Row = ['help [COMMAND]', words.helpOf];
  const groups = sections.map(([head, names], i): readonly [string, readonly Row[]] => {
    const rows = rowsOf(
      names.flatMap((name) => (sub[name] ? [[name, sub[name]] as const] : [])),
      language,
    );
    return [head[language], i === sections.length - 1 ? [...rows, help] : rows];
  });
  const left = leftOf(groups.flatMap(([, rows]) => rows));
  return groups.map(([head, rows]) => [head, listed(rows, columns, left)]);
}

function rowsOf(commands: readonly (readonly [string, Command])[], language: Language): readonly Row[] {
  return commands.map(([name, { title }]) => [name, title[language]]);
}

function leftOf(rows: readonly Row[]): number {
  return Math.max(0, ...rows.map(([left]) => widthOf(left)).filter((length) => length <= leftMost));
}

/** Names on the left, descriptions on the right, never beyond the width. */
function listed(rows: readonly Row[], width: number, left = leftOf(rows)): readonly string[] {
  const room = width - left - 4;
  const indent = room < rightLeast ? belowIndent : left + 4;
  return rows.flatMap(([name, said]) => {
    const [first = '', ...more] = wrapped(said, width - indent, 0);
    const isBeside = room >= rightLeast && widthOf(name) <= left;
    const begin = isBeside ? [`  ${name.padEnd(left)}  ${first}`] : [`  ${name}`, `${' '.repeat(indent)}${first}`];
    return [...begin, ...more.map((line) => `${' '.repeat(indent)}${line}`)];
  });
}
