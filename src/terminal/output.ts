/** The one file that prints. Data goes to stdout; everything else, by consola, to stderr. */
import { once } from 'node:events';
import { type ConsolaInstance, createConsola } from 'consola/basic';
import { exitCodes, QccError } from '../errors/qcc-error.ts';
import { inLanguage } from '../messages/errors.ts';
import { type Language, wordsOf } from '../messages/messages.ts';
import { reasonsAsSentences } from '../messages/reasons.ts';
import { visibleJson } from '../platform/visible.ts';
import { type TableShape, tableLines } from './table.ts';
import { print, type Style, styled } from './terminal.ts';
import { wrapped } from './wrap.ts';

const clearScreen = '\u001b[H\u001b[2J';

export interface Output {
  readonly colour: boolean;
  readonly columns: number;
  /** Lines of data. What looks like two lines inside of one stays one. */
  line(...lines: readonly string[]): void;
  /** That something was done, for people: on stdout, where a human answer is looked for, and nothing with `--quiet`. */
  done(text: string): void;
  json(value: unknown): void;
  /** Data that is not ours: into a file or a pipe as it is, on a terminal as text that it does not obey. */
  bytes(bytes: Buffer): void;
  /** Sentences of data, a line each: where the terminal is narrower, one goes on below, that many cells in. */
  prose(indent: number, ...lines: readonly string[]): void;
  table(heads: readonly string[], rows: readonly (readonly string[])[], shape?: TableShape): void;
  /** Where a terminal shows it, the screen is empty again. */
  clear(): void;
  note(...lines: readonly string[]): void;
  warn(...lines: readonly string[]): void;
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
  const say = consolaFor(quiet ? warnings : messages);
  // Into a file or a pipe everything goes, however wide it is.
  const columns = process.stdout.columns || Number.POSITIVE_INFINITY;
  const paint = (style: Style, text: string) => (colour ? styled(style, text) : text);
  const line = (...lines: readonly string[]) => print(stdout, ...lines);
  const tell = (level: (first: string, ...more: string[]) => void, message: string, more: readonly string[]) => {
    const [first = '', ...below] = wrapped(message, columnsBeside(), 2);
    level(first, ...below, ...more);
  };
  return {
    colour,
    columns,
    line,
    done: quiet ? () => {} : line,
    paint,
    json: (value) => line(visibleJson(value, reasonsAsSentences)),
    bytes: (bytes) => {
      if (process.stdout.isTTY) line(...bytes.toString('utf8').split('\n'));
      else process.stdout.write(bytes);
    },
    prose: (indent, ...lines) => line(...lines.flatMap((one) => wrapped(one, columns, indent))),
    table: (heads, rows, shape) => {
      const page = { columns, paintHead: (head: string) => paint('dim', head) };
      line(...tableLines(heads, rows, page, shape));
    },
    clear: () => {
      if (process.stdout.isTTY) process.stdout.write(clearScreen);
    },
    settle: async () => {
      // A reader that goes away meanwhile reads no more: that ends the waiting too.
      if ((stdout as NodeJS.WriteStream).writableNeedDrain) await once(stdout, 'drain').catch(() => {});
    },
    // What follows the message is a command: broken by us, it could not be copied.
    note: (first = '', ...more) => tell(say.log, first, more),
    warn: (first = '', ...more) => tell(say.warn, first, more),
  };
}

// Levels of consola: errors are said at each of them.
const warnings = 1;
const messages = 3;

function consolaFor(level: number): ConsolaInstance {
  return createConsola({
    stdout: process.stderr,
    stderr: process.stderr,
    level,
    formatOptions: { date: false, colors: false },
    // A message is the message: no label of a logger in front of it.
    reporters: [{ log: ({ args }) => print(process.stderr, ...args.map(String)) }],
  });
}

// Of the terminal beside the data, which may be another one, or none.
const columnsBeside = () => process.stderr.columns || Number.POSITIVE_INFINITY;

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
  const { code, exit, below } = known;
  const { message, hint } = inLanguage(known, language);
  const label = wordsOf(language).error;
  const say = consolaFor(warnings);
  if (json) say.error(visibleJson({ error: { code, message: [message, ...below].join('\n'), hint } }));
  else {
    const [said = '', ...more] = wrapped(`${colour ? styled('red', label) : label}${message}`, columnsBeside(), 2);
    say.error(said, ...more, ...below, `  ${hint}`);
  }
  if (process.env['QCC_DEBUG'] === '1' && error instanceof Error) {
    const [first = '', ...frames] = (error.stack ?? '').split('\n');
    say.error(first, ...frames);
  }
  return exit;
}
