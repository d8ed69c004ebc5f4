/** All output of commands. Data goes to stdout; everything else, by consola, to stderr. */
import { once } from 'node:events';
import { type ConsolaInstance, createConsola } from 'consola/basic';
import { Misuse } from '../errors/misuse.ts';
import { QccError, usage } from '../errors/qcc-error.ts';
import { inLanguage } from '../messages/errors.ts';
import { type Language, wordsOf } from '../messages/messages.ts';
import { reasonsAsSentences } from '../messages/reasons.ts';
import { visibleJson } from '../platform/visible.ts';
import { type TableShape, tableLines } from './table.ts';
import { print, type Style, styled } from './terminal.ts';
import { wrapped, wrappedCommand } from './wrap.ts';

const clearScreen = '\u001b[H\u001b[2J';

export interface Output {
  readonly colour: boolean;
  readonly columns: number;
  /** Lines of data. A line break inside a line is escaped. */
  line(...lines: readonly string[]): void;
  /** A confirmation for people: on stdout, where a human answer is expected, and omitted with `--quiet`. */
  done(text: string): void;
  json(value: unknown): void;
  /** Foreign data: unchanged into a file or a pipe, and with visible control characters on a terminal. */
  bytes(bytes: Buffer): void;
  /** Lines with a command to copy: what does not fit goes on below as a shell reads it. */
  command(...lines: readonly string[]): void;
  /** Sentences of data, a line each: on a narrow terminal they continue below, indented by that many cells. */
  prose(indent: number, ...lines: readonly string[]): void;
  table(heads: readonly string[], rows: readonly (readonly string[])[], shape?: TableShape): void;
  /** Clears the screen, on a terminal. */
  clear(): void;
  note(...lines: readonly string[]): void;
  warn(...lines: readonly string[]): void;
  paint(style: Style, text: string): string;
  /** Waits until the reader has consumed the output: long output waits after each thousand lines. */
  settle(): Promise<void>;
}

/** @param stream where data goes; default stdout */
export function makeOutput(options: {
  readonly colour: boolean;
  readonly quiet: boolean;
  readonly stream?: NodeJS.WritableStream;
}): Output {
  const { colour, quiet } = options;
  const stdout = options.stream ?? process.stdout;
  const say = consolaFor(quiet ? warnings : messages);
  // Output into a file or a pipe is never truncated.
  const columns = process.stdout.columns || Number.POSITIVE_INFINITY;
  const paint = (style: Style, text: string) => (colour ? styled(style, text) : text);
  const line = (...lines: readonly string[]) => print(stdout, ...lines);
  const tell = (level: (first: string, ...more: string[]) => void, message: string, more: readonly string[]) => {
    const [first = '', ...below] = wrapped(message, columnsBeside(), 2);
    level(first, ...below, ...more.flatMap((one) => wrappedCommand(one, columnsBeside())));
  };
  return {
    colour,
    columns,
    line,
    done: quiet ? () => {} : (text) => line(...wrapped(text, columns, 2)),
    paint,
    json: (value) => line(visibleJson(value, reasonsAsSentences)),
    bytes: (bytes) => {
      if (process.stdout.isTTY) line(...bytes.toString('utf8').split('\n'));
      else process.stdout.write(bytes);
    },
    command: (...lines) => line(...lines.flatMap((one) => wrappedCommand(one, columns))),
    prose: (indent, ...lines) => line(...lines.flatMap((one) => wrapped(one, columns, indent))),
    table: (heads, rows, shape) => {
      const page = { columns, paintHead: (head: string) => paint('dim', head) };
      line(...tableLines(heads, rows, page, shape));
    },
    clear: () => {
      if (process.stdout.isTTY) process.stdout.write(clearScreen);
    },
    settle: async () => {
      // The reader may close the pipe meanwhile: that ends the wait, too.
      if ((stdout as NodeJS.WriteStream).writableNeedDrain) await once(stdout, 'drain').catch(() => {});
    },
    note: (first = '', ...more) => tell(say.log, first, more),
    warn: (first = '', ...more) => tell(say.warn, first, more),
  };
}

// Levels of consola: errors are shown at each of them.
const warnings = 1;
const messages = 3;

function consolaFor(level: number): ConsolaInstance {
  return createConsola({
    stdout: process.stderr,
    stderr: process.stderr,
    level,
    formatOptions: { date: false, colors: false },
    // Messages appear without a logger's label.
    reporters: [{ log: ({ args }) => print(process.stderr, ...args.map(String)) }],
  });
}

// The terminal for messages, which may differ from the one for data, or be missing.
const columnsBeside = () => process.stderr.columns || Number.POSITIVE_INFINITY;

interface Telling {
  readonly json: boolean;
  readonly language: Language;
  /** The width of stderr. */
  readonly colour: boolean;
}

function knownOf(error: unknown): QccError {
  if (error instanceof QccError) return error;
  if (error instanceof Misuse) return usage(error.message, error.hint);
  const text = error instanceof Error ? error.message : String(error);
  return new QccError('QCC_COMMAND_FAULT', { message: text, text });
}

/** The error, and the next command. With --json, one object; with QCC_DEBUG=1, the stack too. */
export function printError(error: unknown, { json, language, colour }: Telling): number {
  const known = knownOf(error);
  const { code, exit, below } = known;
  const { message, hint } = inLanguage(known, language);
  const label = wordsOf(language).error;
  const say = consolaFor(warnings);
  if (json) say.error(visibleJson({ error: { code, message: [message, ...below].join('\n'), hint } }));
  else {
    const [said = '', ...more] = wrapped(`${colour ? styled('red', label) : label}${message}`, columnsBeside(), 2);
    say.error(said, ...more, ...below, ...wrappedCommand(`  ${hint}`, columnsBeside()));
  }
  if (process.env['QCC_DEBUG'] === '1' && error instanceof Error) {
    const [first = '', ...frames] = (error.stack ?? '').split('\n');
    say.error(first, ...frames);
  }
  return exit;
}
