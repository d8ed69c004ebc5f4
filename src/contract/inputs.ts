/**
 * Validates the input of each operation when it runs: a script or an older command may send anything over the socket, and invalid input is
 * the caller's error, never a crash, and is never stored. Both ways in share this validation.
 */
import * as v from 'valibot';
import { exitCodes, QccError } from '../errors/qcc-error.ts';
import { isReserved, keyMessage, nameMax } from './fields.ts';
import { contract, type OperationName, type Params } from './operations.ts';

const deepest = 32;

/** @throws {QccError} `QCC_INPUT_INVALID` with the reason, without the input; `QCC_INPUT_KEY` */
export function inputOf<Name extends OperationName>(operation: Name, given: unknown): Params<Name> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw notInput(operation);
  const strange = strangeIn(given, '', 0);
  if (strange !== undefined) throw invalid(operation, strange, 'another name');
  const form = contract[operation].input as v.GenericSchema<unknown, Params<Name>>;
  const result = v.safeParse(form, withoutUndefined(given));
  if (result.success) return result.output;
  const [issue] = result.issues;
  // For an unknown field, Valibot's own message would repeat its content.
  const path = (issue.path ?? []).map(({ key }) => String(key)).join('.');
  if (issue.message === keyMessage) throw keyGiven(path);
  const wanted = issue.type === 'strict_object' ? expectedOf(issue) : issue.message;
  throw path === '' ? notInput(operation) : invalid(operation, path, wanted);
}

function expectedOf({ expected }: v.BaseIssue<unknown>): string {
  if (expected === 'never') return 'left out: it is not known';
  return expected === 'Object' ? 'an object' : 'given';
}

/** As over the socket, where undefined values are not sent. */
function withoutUndefined(given: object): object {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** True for a name of the object prototype, or nesting that is deeper than any input. */
function strangeIn(given: unknown, path: string, depth: number): string | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  if (depth > deepest) return path;
  for (const [name, value] of Object.entries(given)) {
    const here = path === '' ? name : `${path}.${name}`;
    if (!Array.isArray(given) && isReserved(name)) return here;
    const found = strangeIn(value, here, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The input is no object at all. */
export function notInput(operation: string): QccError {
  return invalid(operation, 'its input', 'an object in JSON');
}

function invalid(operation: string, path: string, wanted: string): QccError {
  const field = path.slice(0, nameMax);
  return new QccError('QCC_INPUT_INVALID', { operation, field, wanted }, exitCodes.usage);
}

export function keyGiven(field: string): QccError {
  return new QccError('QCC_INPUT_KEY', { field }, exitCodes.usage);
}
