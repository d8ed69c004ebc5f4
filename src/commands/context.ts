/** What a command is run with: its parsed arguments and its output. */
import { resolve } from 'node:path';
import type { Connect, Connection } from '../contract/operations.ts';
import { exitCodes, QccError, usage } from '../errors/qcc-error.ts';
import type { Language, Words } from '../messages/messages.ts';
import { nearest } from '../platform/nearest.ts';
import type { Output } from '../terminal/output.ts';

export interface Context {
  readonly path: readonly string[];
  readonly positionals: readonly string[];
  readonly rest: readonly string[];
  readonly flags: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly words: Words;
  readonly language: Language;
  readonly json: boolean;
  readonly out: Output;
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly connect: Connect;
  /** Whether there is a person to prompt. */
  readonly canAsk: boolean;
}

export function flag(context: Context, name: string): string | undefined {
  const value = context.flags[name];
  return typeof value === 'string' ? value : undefined;
}

/** All values of a flag that may be given more than once. */
export function listFlag(context: Context, name: string): readonly string[] {
  const value = context.flags[name];
  return Array.isArray(value) ? (value as readonly string[]) : [];
}

export function isOn(context: Context, name: string): boolean {
  return context.flags[name] === true;
}

/** @throws {QccError} usage, when it is not a number */
export function numberFlag(context: Context, name: string): number | undefined {
  const text = flag(context, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value))
    throw usage(context.words.mustBeNumber(`--${name}`, text), `qcc ${context.path.join(' ')} --help`);
  return value;
}

/** A count: a whole number from 1. @throws {QccError} usage */
export function countFlag(context: Context, name: string): number | undefined {
  const value = numberFlag(context, name);
  if (value === undefined || (Number.isInteger(value) && value > 0)) return value;
  throw usage(
    context.words.mustBeCount(`--${name}`, flag(context, name) ?? ''),
    `qcc ${context.path.join(' ')} --help`,
  );
}

/** A whole number from 0. @throws {QccError} usage */
export function wholeFlag(context: Context, name: string): number | undefined {
  const value = numberFlag(context, name);
  if (value === undefined || (Number.isInteger(value) && value >= 0)) return value;
  throw usage(context.words.mustCount(`--${name}`, flag(context, name) ?? ''), `--${name} 20`);
}

const portMax = 65_535;

/** @throws {QccError} usage */
export function portFlag(context: Context): number | undefined {
  const port = numberFlag(context, 'port');
  if (port === undefined || (Number.isInteger(port) && port >= 0 && port <= portMax)) return port;
  throw usage(context.words.mustBePort(portMax, flag(context, 'port') ?? ''), '--port 7860');
}

/** An argument that names a file or a folder. An empty one would be where the shell stands. @throws {QccError} usage */
export function pathArgument({ positionals, words, path }: Context, name: string): string {
  const [given = ''] = positionals;
  if (given === '') throw usage(words.missing(name), words.seeHelp(`qcc ${path.join(' ')}`));
  return resolve(given);
}

/** One of a few values. @throws {QccError} usage, with the value that may be meant */
export function chosenFlag<Value extends string>(
  context: Context,
  name: string,
  values: readonly Value[],
): Value | undefined {
  const given = flag(context, name);
  const found = values.find((value) => value === given);
  if (given === undefined || found !== undefined) return found;
  const near = nearest(given, values);
  throw usage(
    context.words.mustBe(`--${name}`, values.join(', '), given),
    near === undefined ? `--${name} ${values[0]}` : context.words.didYouMean(`--${name} ${near}`),
  );
}

/** Opens the installation, does the work, and closes it in every case. */
export async function withInstallation<T>(
  context: Context,
  work: (connection: Connection) => Promise<T>,
  needGateway = false,
): Promise<T> {
  const connection = await context.connect({ home: context.home, needGateway });
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}

/**
 * Destructive commands ask for confirmation.
 * @param ask finds the subject of the prompt, and throws when it does not exist, so that no prompt is in vain
 * @throws {QccError} usage, without a terminal to ask on
 */
export async function confirmed(context: Context, ask: () => string | Promise<string>): Promise<void> {
  if (isOn(context, 'yes')) return;
  // Without a terminal, too: --yes is of no use for what does not exist.
  const question = await ask();
  if (!context.canAsk) throw new QccError('QCC_USAGE_CONFIRM', { text: context.words.needsYes }, exitCodes.usage);
  const { confirm } = await import('../terminal/prompt.ts');
  if (!(await confirm(question, context.words)))
    throw new QccError(
      'QCC_USAGE_DECLINED',
      { text: context.words.stopped, hint: context.words.whenSure },
      exitCodes.interrupted,
    );
}
