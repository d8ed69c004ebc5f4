/** Help, from the manifest alone. */
import type { Command } from '../commands/command.ts';
import type { Language, Words } from '../messages/messages.ts';
import { widthOf } from '../terminal/width.ts';
import { wrapped } from '../terminal/wrap.ts';
import { globalFlags } from './manifest.ts';

type Row = readonly [string, string];

const lineWidth = 78;
// Up to this width a description fits beside the name; longer names get a line of their own.
const leftMost = 30;
const rightLeast = 20;

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
    Object.entries(flags).map(([flag, { alias, valueHint, says }]): Row => {
      const short = alias === undefined ? '    ' : `-${alias}, `;
      return [`${short}--${flag}${valueHint === undefined ? '' : ` ${valueHint}`}`, says[language]];
    });
  const everywhere: readonly Row[] = [
    ...flagRows(globalFlags),
    ...(isRoot ? [['-V, --version', words.showVersion] as const] : []),
  ];
  const sections: readonly (readonly [string, readonly string[]])[] = [
    [words.usage, [`  ${[name, ...tail].join(' ')}`]],
    [
      words.commands,
      listed(
        [
          ...Object.entries(command.sub ?? {}).map(([sub, one]): Row => [sub, one.title[language]]),
          ...(isRoot ? [['help [COMMAND]', words.helpOf] as const] : []),
        ],
        width,
      ),
    ],
    [words.flags, listed(flagRows(command.flags), width)],
    [words.examples, command.examples.map((one) => `  ${one}`)],
    [words.everywhere, listed(everywhere, width)],
  ];
  const title = isRoot ? `qcc - ${words.tagline}` : `${name} - ${command.title[language]}`;
  const shown = sections.filter(([, lines]) => lines.length > 0);
  return [wrapped(title, width, 2).join('\n'), ...shown.map(([head, lines]) => `${head}\n${lines.join('\n')}`)].join(
    '\n\n',
  );
}

/** Names on the left, descriptions on the right, never beyond the width. */
function listed(rows: readonly Row[], width: number): readonly string[] {
  const lengths = rows.map(([left]) => widthOf(left)).filter((length) => length <= leftMost);
  const left = Math.max(0, ...lengths);
  const room = width - left - 4;
  const indent = room < rightLeast ? 6 : left + 4;
  return rows.flatMap(([name, said]) => {
    const [first = '', ...more] = wrapped(said, width - indent, 0);
    const isBeside = room >= rightLeast && widthOf(name) <= left;
    const begin = isBeside ? [`  ${name.padEnd(left)}  ${first}`] : [`  ${name}`, `${' '.repeat(indent)}${first}`];
    return [...begin, ...more.map((line) => `${' '.repeat(indent)}${line}`)];
  });
}
