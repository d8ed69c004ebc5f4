/**
 * Prompts at a terminal. Loaded on demand. Not consola's `prompt`: it bundles an older copy of the same package, which cannot hide input,
 * and asks on stdout, where data goes.
 */
import { confirm as askConfirm, cancel, isCancel, password, select, text } from '@clack/prompts';
import { exitCodes, QccError } from '../errors/qcc-error.ts';
import type { Words } from '../messages/messages.ts';
import { visible } from '../platform/visible.ts';
import { wrapped } from './wrap.ts';

// Prompts are not data: they go where messages go.
const output = process.stderr;

// How one chooses, in no language.
const keys = '↑/↓, Enter';
// Clack begins the line of what is wrong with its corner, and does not wrap it.
const cornerWidth = 3;

function answered<T>(value: T): Exclude<T, symbol> {
  if (!isCancel(value)) return value as Exclude<T, symbol>;
  cancel('^C', { output });
  throw new QccError('QCC_USAGE_INTERRUPTED', { text: 'interrupted', hint: 'nothing was done' }, exitCodes.interrupted);
}

/** @param isUsual whether Enter alone means yes */
export async function confirm(message: string, words: Words, isUsual = false): Promise<boolean> {
  return answered(
    await askConfirm({
      message: visible(message),
      active: words.yes,
      inactive: words.no,
      initialValue: isUsual,
      output,
    }),
  );
}

export async function choose(
  message: string,
  options: readonly { readonly value: string; readonly label: string; readonly hint?: string }[],
): Promise<string> {
  const shown = options.map(({ value, label, hint }) => ({
    value,
    label: visible(label),
    ...(hint === undefined ? {} : { hint: visible(hint) }),
  }));
  // Not clack's own instructions, which are English; the first option stands there with its hint until it is left.
  const [first, ...others] = shown;
  const told = first && !first.hint ? [{ ...first, hint: keys }, ...others] : shown;
  return answered(await select({ message: visible(message), options: told, showInstructions: false, output }));
}

/**
 * @param standard what Enter alone answers. It is shown, but is no text to be erased: what is typed would stand behind it.
 * @param check what is wrong with the text that was typed; it is then asked for again
 */
export async function askText(
  message: string,
  { standard, check }: { readonly standard?: string; readonly check?: (text: string) => string | undefined } = {},
): Promise<string> {
  const validate = check && ((typed: string | undefined) => below(check(typed ?? '')));
  const given = {
    ...(standard === undefined ? {} : { placeholder: visible(standard), defaultValue: standard }),
    ...(validate ? { validate } : {}),
  };
  return answered(await text({ message: visible(message), input: process.stdin, output, ...given })) ?? '';
}

function below(wrong: string | undefined): string | undefined {
  if (wrong === undefined) return undefined;
  return wrapped(visible(wrong), (output.columns || Number.POSITIVE_INFINITY) - cornerWidth, 0).join(
    `\n${' '.repeat(cornerWidth)}`,
  );
}

/** Hidden input. */
export async function askSecret(message: string): Promise<string> {
  return answered(await password({ message: visible(message), output }));
}
