/** An error on its way to another process or thread, which throws it there. Thrown directly, little more than its message would arrive. */
import { type ErrorParams, type ExitCode, QccError } from './qcc-error.ts';

export interface ToldError {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly exit: ExitCode;
  readonly params?: ErrorParams;
}

export function toldOf({ code, message, hint, exit, params }: QccError): ToldError {
  return { code, message, hint, exit, params };
}

/** Its code may be unknown to this version: its text stays as it is. */
export function errorOf({ code, message, hint, exit, params = {} }: ToldError): QccError {
  return Object.assign(new QccError('QCC_USAGE_INVALID', { text: message, hint }, exit), { code, params });
}
