/** An error on its way to another process or thread, which throws it there. As it is thrown, little more than its message arrives. */
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

/** Its code may be none that this version knows: what it said stays what it is. */
export function errorOf({ code, message, hint, exit, params = {} }: ToldError): QccError {
  return Object.assign(new QccError('QCC_USAGE_INVALID', { text: message, hint }, exit), { code, params });
}
