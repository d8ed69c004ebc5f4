/**
 * Questions to a person at a terminal. Loaded only when one is asked. Not by consola's `prompt`: it is an older copy of the same
 * package, which can hide nothing that is typed, and asks on stdout, where data goes.
 */
import { confirm as askConfirm, cancel, isCancel, password, select, text } from '@clack/prompts';
import { exitCodes, QccError } from '../errors/qcc-error.ts';
import type { Words } from '../messages/messages.ts';
import { visible } from '../platform/visible.ts';

// Prompts are no data: they go where messages go.
const output = process.stderr;

function answered<T>(value: T): Exclude<T, symbol> {
  if (!isCancel(value)) return value as Exclude<T, symbol>;
  cancel('^C', { output });
  throw new QccError('QCC_USAGE_INTERRUPTED', 'interrupted', 'nothing was done', exitCodes.interrupted);
}

export async function confirm(message: string, words: Words): Promise<boolean> {
  return answered(
    await askConfirm({ message: visible(message), active: words.yes, inactive: words.no, initialValue: false, output }),
  );
}

export async function choose(
  message: string,
  options: readonly { readonly value: string; readonly label: string; readonly hint?: string }[],
  signal?: AbortSignal,
): Promise<string> {
  const shown = options.map(({ value, label, hint }) => ({
    value,
    label: visible(label),
    ...(hint === undefined ? {} : { hint: visible(hint) }),
  }));
  return answered(await select({ message: visible(message), options: shown, output, ...(signal ? { signal } : {}) }));
}

export async function askText(message: string): Promise<string> {
  return answered(await text({ message: visible(message), output }));
}

/** What is typed is not shown. */
export async function askSecret(message: string): Promise<string> {
  return answered(await password({ message: visible(message), output }));
}
