/** A field that an operation refuses, by the name under which it was typed: `expiresInMs` says nothing to a person who wrote `--expires`. */
import type { Command } from '../commands/command.ts';
import { exitCodes, QccError } from '../errors/qcc-error.ts';
import { shortSpan } from '../platform/time.ts';

/** The same error where it is another one, or is about all of the input. */
export function asTyped(error: unknown, command: Command, path: readonly string[]): unknown {
  if (!(error instanceof QccError && error.code === 'QCC_INPUT_INVALID')) return error;
  const { operation = '', field = '', wanted = '' } = error.params as Readonly<Record<string, string>>;
  // An argument may be called otherwise than its field: which of them it is, is told by the field's name still, and nothing by the operation's.
  const typed = typedName(command, squashed(field)) ?? field;
  if (typed.includes(' ')) return error;
  const params = { operation, field: typed, wanted: inUnits(field, wanted), command: ['qcc', ...path].join(' ') };
  return new QccError('QCC_INPUT_INVALID', params, exitCodes.usage);
}

/** `limit.usd` is `--limit-usd`, `names.0` is `--name`, and `expiresInMs` begins as `--expires` does. */
function typedName({ flags = {}, positionals = [] }: Command, field: string): string | undefined {
  const names = [
    ...positionals.map(({ name }) => ({ name, typed: name })),
    ...Object.keys(flags).map((name) => ({ name, typed: `--${name}` })),
  ];
  const fitting = names.filter(({ name }) => field.startsWith(squashed(name)));
  return fitting.sort((one, other) => other.name.length - one.name.length)[0]?.typed;
}

function squashed(name: string): string {
  return name.replaceAll(/[^a-z]/gi, '').toLowerCase();
}

function inUnits(field: string, wanted: string): string {
  const [, from, to] = /^from (\d+) to (\d+)$/.exec(wanted) ?? [];
  if (!field.endsWith('Ms') || from === undefined || to === undefined) return wanted;
  return `from ${spanOf(Number(from))} to ${spanOf(Number(to))}`;
}

/** As it can be typed. */
function spanOf(ms: number): string {
  return ms < 1_000 ? `${ms}ms` : shortSpan(ms).replace('min', 'm').replace(' ', '');
}
