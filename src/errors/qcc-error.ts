/** The one error that qcc shows to people: the problem, and the command that helps. No error repeats text that looks like a key. */
import { errorsEn } from '../messages/errors/en.ts';
import type { ErrorCode, ErrorParamsOf } from '../messages/errors/params.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { withoutKeys } from './key-shape.ts';

export { type ExitCode, exitCodes };

/** Any error, in the form of the control socket. */
export type ErrorParams = Readonly<Record<string, string | number>>;

/** The parts of an error: its code, its parameters, and lines of a log with details. */
type Given = {
  [Code in ErrorCode]: [code: Code, params: ErrorParamsOf[Code], exit?: ExitCode, below?: readonly string[]];
}[ErrorCode];

/** It is put into words when it is shown. Its `message` and its `hint` are English: for logs, and for the control socket. */
export class QccError extends Error {
  /** `QCC_NOUN_PROBLEM`: stable, never translated. */
  readonly code: string;
  /** The next command to run. */
  readonly hint: string;
  readonly exit: ExitCode;
  /** The parameters of the message: with the code, all that a translation needs. */
  readonly params: ErrorParams;
  /** Lines of a log with details. The message itself is one line. */
  readonly below: readonly string[];

  constructor(...[code, params, exit = exitCodes.failed, below = []]: Given) {
    const words = errorsEn[code] as { message(params: object): string; hint(params: object): string };
    super(withoutKeys(words.message(params)));
    this.code = code;
    this.hint = withoutKeys(words.hint(params));
    this.exit = exit;
    this.params = paramsWithoutKeys(params as ErrorParams);
    this.below = below.map(withoutKeys);
  }
}

function paramsWithoutKeys(params: ErrorParams): ErrorParams {
  const told = Object.entries(params).map(([name, value]) => [
    name,
    typeof value === 'string' ? withoutKeys(value) : value,
  ]);
  return told.every(([name, value]) => params[String(name)] === value) ? params : Object.fromEntries(told);
}

/** A request that cannot be understood. */
export function usage(message: string, hint: string): QccError {
  return new QccError('QCC_USAGE_INVALID', { text: message, hint }, exitCodes.usage);
}
