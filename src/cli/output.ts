/** The one file that prints. Data goes to stdout; everything else, by consola, to stderr. */
import { once } from 'node:events';
import { styleText } from 'node:util';
import { createConsola } from 'consola/basic';
import { exitCodes, QccError } from '../errors.ts';
import { inLanguage } from './error-words.ts';
import { widthOf } from './width.ts';
import { type Language, wordsOf } from './words.ts';

const escapeCharacter = String.fromCharCode(27);
const escapes = new RegExp(`(${escapeCharacter}\\[[0-9;]*m)`);

const clearScreen = `${escapeCharacter}[H${escapeCharacter}[2J`;

type Style = Parameters<typeof styleText>[0];

export interface Output {
  readonly colour: boolean;
  readonly columns: number;
  /** A line of data. */
  line(text: string): void;
  /** That something was done, for people: on stdout, where a human answer is looked for, and nothing with `--quiet`. */
  done(text: string): void;
  json(value: unknown): void;
  /** Data that is not ours, as it is. */
  bytes(bytes: Buffer): void;
  table(heads: readonly string[], rows: readonly (readonly string[])[]): void;
  /** Where a terminal shows it, the screen is empty again. */
  clear(): void;
  note(text: string): void;
  warn(text: string): void;
  paint(style: Style, text: string): string;
  /** Waits until the reader has taken what was printed: who prints a million lines does so after each thousand. */
  settle(): Promise<void>;
}

/** @param stream where data goes; stdout when it is not said */
export function makeOutput(options: {
  readonly colour: boolean;
  readonly quiet: boolean;
  readonly stream?: NodeJS.WritableStream;
}): Output {
  const { colour, quiet } = options;
  const stdout = options.stream ?? process.stdout;
  const say = createConsola({
    stdout: process.stderr,
    stderr: process.stderr,
    level: quiet ? 1 : 3,
    formatOptions: { date: false, colors: false },
    // A message is the message: no label of a logger in front of it.
    reporters: [{ log: ({ args }) => void process.stderr.write(`${args.join(' ')}\n`) }],
  });
  // Into a file or a pipe everything goes, however wide it is.
  const columns = process.stdout.columns || Number.POSITIVE_INFINITY;
  const paint = (style: Style, text: string) => (colour ? styleText(style, text, { validateStream: false }) : text);
  const line = (text: string) => void stdout.write(`${text}\n`);
  return {
    colour,
    columns,
    line,
    done: quiet ? () => {} : line,
    paint,
    json: (value) => line(JSON.stringify(value)),
    bytes: (bytes) => void process.stdout.write(bytes),
    table: (heads, rows) => {
      for (const row of tableLines(heads, rows, columns, (head) => paint('dim', head))) line(row);
    },
    clear: () => {
      if (process.stdout.isTTY) process.stdout.write(clearScreen);
    },
    settle: async () => {
      // Whoever goes away meanwhile reads no more: that ends the waiting too.
      if ((stdout as NodeJS.WriteStream).writableNeedDrain) await once(stdout, 'drain').catch(() => {});
    },
    note: (text) => say.log(text),
    warn: (text) => say.warn(text),
  };
}

/** Columns as wide as what stands in them; what does not fit the terminal is cut from the last one. */
export function tableLines(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number,
  paintHead: (text: string) => string,
): readonly string[] {
  const widths = heads.map((head, i) => Math.max(widthOf(head), ...rows.map((row) => widthOf(row[i] ?? ''))));
  const laid = (cells: readonly string[]) =>
    cut(
      cells
        .map((cell, i) => cell + ' '.repeat(Math.max(0, (widths[i] ?? 0) - widthOf(cell))))
        .join('  ')
        .trimEnd(),
      columns,
    );
  return [paintHead(laid(heads)), ...rows.map(laid)];
}

/** Cut by what is seen: escapes take no cells, are never cut in two, and none is left open. */
export function cut(line: string, columns: number): string {
  if (widthOf(line) <= columns) return line;
  let kept = '';
  let cells = 0;
  for (const piece of line.split(escapes)) {
    if (piece.startsWith(escapeCharacter)) {
      kept += piece;
      continue;
    }
    for (const character of piece) {
      const width = widthOf(character);
      if (cells + width > columns - 1)
        return `${kept}…${line.includes(escapeCharacter) ? `${escapeCharacter}[0m` : ''}`;
      kept += character;
      cells += width;
    }
  }
  return kept;
}

interface Telling {
  readonly json: boolean;
  readonly language: Language;
  /** Of stderr. */
  readonly colour: boolean;
}

/** What is wrong, and the next command. With --json, one object; with QCC_DEBUG=1, the stack too. */
export function printError(error: unknown, { json, language, colour }: Telling): number {
  const known =
    error instanceof QccError
      ? error
      : new QccError(
          'QCC_COMMAND_FAULT',
          error instanceof Error ? error.message : String(error),
          'QCC_DEBUG=1 shows where',
          exitCodes.failed,
          { message: error instanceof Error ? error.message : String(error) },
        );
  const { code, exit } = known;
  const { message, hint } = inLanguage(known, language);
  const label = wordsOf(language).error;
  if (json) process.stderr.write(`${JSON.stringify({ error: { code, message, hint } })}\n`);
  else
    process.stderr.write(
      `${colour ? styleText('red', label, { validateStream: false }) : label}${message}\n  ${hint}\n`,
    );
  if (process.env['QCC_DEBUG'] === '1' && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return exit;
}
