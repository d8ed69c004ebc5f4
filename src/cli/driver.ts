/** The command line's driver: finds the command, validates its arguments strictly, loads that one command, and runs it. */
import { parseArgs } from 'node:util';
import type { Command, Commands } from '../commands/command.ts';
import type { Context } from '../commands/context.ts';
import { type ExitCode, exitCodes } from '../errors/exit-codes.ts';
import { Misuse } from '../errors/misuse.ts';
import { type Language, languageOf, type Words, wordsOf } from '../messages/messages.ts';
import { nearest } from '../platform/nearest.ts';
import { closeMask } from '../platform/umask.ts';
import { print, printFields } from '../terminal/terminal.ts';
import { globalFlags, root } from './manifest.ts';
import { commandsMeant } from './meant.ts';
import { usageOf } from './usage.ts';

interface Found {
  readonly command: Command;
  readonly path: readonly string[];
  readonly args: readonly string[];
}

/** Walks down the manifest. Global flags may stand anywhere on the way. */
function find(argv: readonly string[], words: Words): Found {
  let command = root;
  const path: string[] = [];
  const before: string[] = [];
  let at = 0;
  for (; at < argv.length && command.sub; at++) {
    const word = argv[at] as string;
    if (word === '--') break;
    if (word.startsWith('-')) {
      if (isFlagOf(command, word) || !mayBelong(command, word)) break;
      const given = argv.slice(at, at + wordsOfFlag(word));
      before.push(...given);
      at += given.length - 1;
      continue;
    }
    const sub = subOf(command, word);
    if (!sub) {
      // `qcc debug endpoint`: a word that is no sub-command may be the argument of a command that has both.
      if (command.positionals) break;
      throw unknown(word, command.sub, ['qcc', ...path].join(' '), words);
    }
    command = sub;
    path.push(word);
  }
  return { command, path, args: [...before, ...argv.slice(at)] };
}

function unknown(word: string, known: Commands, name: string, words: Words): Misuse {
  const meant = commandsMeant(word, known, name);
  return new Misuse(
    words.unknownCommand(word),
    meant.length === 0 ? words.seeHelp(name) : words.didYouMean(meant.join(words.comma)),
  );
}

function isFlagOf(command: Pick<Command, 'flags'>, word: string): boolean {
  const name = word.replace(/^--?/, '').split('=')[0] ?? '';
  return Object.entries(command.flags ?? {}).some(([flag, { alias }]) => flag === name || alias === name);
}

/** To every command, or to one below this one. A mistyped flag belongs to none, and is the error to report: not the word after it. */
function mayBelong(command: Command, word: string): boolean {
  const below = Object.values(command.sub ?? {});
  return isFlagOf({ flags: globalFlags }, word) || below.some((one) => isFlagOf(one, word) || mayBelong(one, word));
}

/** A global flag with a value takes the next word, too. */
function wordsOfFlag(word: string): number {
  return !word.includes('=') && globalFlags[word.replace(/^--/, '')]?.type === 'string' ? 2 : 1;
}

function subOf({ sub }: Command, word: string): Command | undefined {
  return sub && Object.hasOwn(sub, word) ? sub[word] : undefined;
}

interface Parsed {
  readonly flags: Context['flags'];
  readonly positionals: readonly string[];
  readonly rest: readonly string[];
}

/** @param canAsk whether a person can be asked for the arguments that are missing */
function parse({ command, path, args }: Found, words: Words, canAsk: (flags: Context['flags']) => boolean): Parsed {
  const name = ['qcc', ...path].join(' ');
  const dashes = args.indexOf('--');
  const own = dashes < 0 ? args : args.slice(0, dashes);
  const after = dashes < 0 ? [] : args.slice(dashes + 1);
  const flags = { ...globalFlags, ...command.flags };
  const options = Object.fromEntries(
    Object.entries(flags).map(([flag, { type, alias, multiple = false }]) => [
      flag,
      alias === undefined ? { type, multiple } : { type, multiple, short: alias },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({
      args: joined(own, options),
      options,
      strict: true,
      allowPositionals: true,
    });
    const given = positionals.map((one) => (one.startsWith(dash) ? `-${one.slice(1)}` : one));
    const all = command.passesOn ? given : [...given, ...after];
    const mayLack = values['help'] === true || canAsk(values as Parsed['flags']);
    checkCount(all, command, name, words, mayLack);
    refuseEmpty(values, all, command, name, words);
    return { flags: values as Parsed['flags'], positionals: all, rest: command.passesOn ? after : [] };
  } catch (error) {
    if (error instanceof Misuse) throw error;
    throw translated(error as Error & { code?: string }, Object.keys(flags), { name, ...command }, words);
  }
}

// Replaces the dash of a word that is no flag, until it is parsed.
const dash = '\0';

/** `--since -15m`, `history diff -1h now`: a word that begins with a dash and a digit is a value, or an argument. */
function joined(args: readonly string[], options: Readonly<Record<string, { readonly type: string }>>): string[] {
  const all: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const word = args[at] as string;
    const next = args[at + 1];
    const takes = word.startsWith('--') && options[word.slice(2)]?.type === 'string';
    if (takes && next !== undefined && /^-\d/.test(next)) {
      all.push(`${word}=${next}`);
      at++;
    } else all.push(/^-\d/.test(word) ? `${dash}${word.slice(1)}` : word);
  }
  return all;
}

function checkCount(given: readonly string[], command: Command, name: string, words: Words, mayLack: boolean): void {
  const wanted = command.positionals ?? [];
  const extra = given[wanted.length];
  if (extra !== undefined) throw new Misuse(words.tooMany(extra), words.seeHelp(name));
  const missing = wanted[given.length];
  if (!mayLack && missing !== undefined && given.length < (command.required ?? wanted.length))
    throw new Misuse(words.missing(missing.name), words.seeHelp(name));
}

// An empty one would be the folder in which the shell stands, or every address.
const neverEmpty: ReadonlySet<string> = new Set(['FILE', 'FOLDER', 'DIR', 'HOST']);

/** What a script has in a variable that is not set. */
function refuseEmpty(
  values: Readonly<Record<string, unknown>>,
  given: readonly string[],
  { flags = {}, positionals = [] }: Command,
  name: string,
  words: Words,
): void {
  const flag = Object.keys(values).find((one) => values[one] === '' && neverEmpty.has(flags[one]?.valueHint ?? ''));
  if (flag !== undefined) throw new Misuse(words.needsValue(`--${flag}`), words.seeHelp(name));
  const at = given.findIndex((one, i) => one === '' && neverEmpty.has(positionals[i]?.name ?? ''));
  if (at >= 0) throw new Misuse(words.missing(positionals[at]?.name ?? ''), words.seeHelp(name));
}

function translated(
  error: Error & { code?: string },
  flags: readonly string[],
  { name, passesOn = false }: { readonly name: string; readonly passesOn?: boolean },
  words: Words,
): Misuse {
  const flag = /'(-{1,2}[^'\s=<]+)/.exec(error.message)?.[1] ?? '';
  if (error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const near = nearest(flag.replace(/^-+/, ''), flags);
    const otherwise = passesOn ? words.passOn(`${name} -- ${flag}`) : words.seeHelp(name);
    return new Misuse(words.unknownFlag(flag), near === undefined ? otherwise : words.didYouMean(`--${near}`));
  }
  return new Misuse(
    flag === '' ? error.message : words.needsValue(/(--[\w-]+)/.exec(error.message)?.[1] ?? flag),
    words.seeHelp(name),
  );
}

/** Runs one command line; returns the exit code. */
export async function runCli(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  closeMask();
  const own = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
  const json = own.includes('--json');
  const language: Language = languageOf(langFlag(own), env);
  const words = wordsOf(language);
  try {
    const found = find(asksForHelp(argv), words);
    const parsed = parse(found, words, (flags) => canAskPerson(flags, env));
    refuseLanguage(parsed.flags['lang'], words);
    if (parsed.flags['help'] || !found.command.load)
      return await help(found, { words, language }, parsed.flags['help'] === true);
    return await run(found, parsed, { json, language, words, own, env });
  } catch (error) {
    const { printError } = await import('../terminal/output.ts');
    return printError(error, { json, language, colour: wantsColour(process.stderr, own, env) });
  }
}

/** `qcc help proxy start` is `qcc proxy start --help`. */
function asksForHelp(argv: readonly string[]): readonly string[] {
  const at = argv.findIndex((word) => !word.startsWith('-'));
  return argv[at] === 'help' ? [...argv.slice(0, at), ...argv.slice(at + 1), '--help'] : argv;
}

function refuseLanguage(lang: Context['flags'][string], words: Words): void {
  if (lang === undefined || lang === 'en' || lang === 'zh-CN') return;
  throw new Misuse(words.mustBe('--lang', 'en, zh-CN', String(lang)), '--lang zh-CN');
}

function langFlag(argv: readonly string[]): string | undefined {
  const at = argv.findIndex((word) => word === '--lang' || word.startsWith('--lang='));
  return at < 0 ? undefined : (argv[at]?.split('=')[1] ?? argv[at + 1]);
}

async function help(
  { command, path }: Found,
  telling: { readonly words: Words; readonly language: Language },
  asked: boolean,
): Promise<ExitCode> {
  const columns = process.stdout.columns || Number.POSITIVE_INFINITY;
  const lines = usageOf(path, command, { ...telling, columns }).split('\n');
  if (asked || path.length === 0) {
    print(process.stdout, ...lines);
    return exitCodes.done;
  }
  // A group without its sub-command is a usage error, and prints its help. Not by consola, which help does not load.
  print(process.stderr, ...lines);
  return exitCodes.usage;
}

interface Setting {
  readonly json: boolean;
  readonly language: Language;
  readonly words: Words;
  /** The words before any `--`. */
  readonly own: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

async function run({ command, path }: Found, { flags, positionals, rest }: Parsed, setting: Setting): Promise<number> {
  const { json, language, words, own, env } = setting;
  const [{ makeOutput }, { homePath }] = await Promise.all([
    import('../terminal/output.ts'),
    import('../config/files/home.ts'),
  ]);
  const canAsk = canAskPerson(flags, env);
  const out = makeOutput({ colour: wantsColour(process.stdout, own, env), quiet: flags['quiet'] === true });
  const context: Context = {
    path,
    positionals,
    rest,
    flags,
    words,
    language,
    json,
    out,
    home: homePath(env),
    env,
    connect: async (options) => (await import('../control/client.ts')).connect(options),
    canAsk,
  };
  const work = await command.load?.();
  const lacks = canAsk && positionals.length < (command.required ?? command.positionals?.length ?? 0);
  const all = lacks ? await (await import('../commands/missing.ts')).filled(command, context) : positionals;
  const code = await work?.({ ...context, positionals: all }).catch(async (error: unknown) => {
    throw (await import('./typed-fields.ts')).asTyped(error, command, path);
  });
  if (path.length === 0 && code === undefined) return help({ command, path, args: [] }, { words, language }, true);
  return code ?? exitCodes.done;
}

/** Colour on a terminal only, for each stream separately; `NO_COLOR` and `FORCE_COLOR` as everywhere. */
function wantsColour(
  stream: NodeJS.WriteStream,
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if (argv.includes('--no-color') || env['NO_COLOR']) return false;
  if (env['FORCE_COLOR']) return env['FORCE_COLOR'] !== '0';
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}

/** Whether there is a person to prompt. */
function canAskPerson(flags: Context['flags'], env: Setting['env']): boolean {
  const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  return isTerminal && !flags['no-input'] && !flags['yes'] && !env['CI'] && !flags['json'];
}

/** The whole program: `process.argv` in, an exit code out. */
export async function main(): Promise<void> {
  const argv = process.argv.slice(2);
  // The reader of the output may stop early (`| head`): that is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCodes.done);
    // A full disk behind `>`: a reader of that file must not take it for the whole answer.
    print(process.stderr, wordsOf(languageOf(langFlag(argv), process.env)).cannotPrint(error.code ?? error.name));
    process.exit(exitCodes.failed);
  });
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
    const { version } = await import('../platform/version.ts');
    print(process.stdout, version);
    return;
  }
  if (argv[0] === '__complete') {
    const { complete } = await import('./complete.ts');
    const lines = await complete(argv.slice(1), process.env);
    printFields(process.stdout, ...lines.map((line) => line.split('\t')));
    return;
  }
  process.exitCode = await runCli(argv, process.env);
}
