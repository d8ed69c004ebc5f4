/** How a change is confirmed: at a terminal, one line states the result and the next command. */

import { changeWordsOf } from '../messages/changes.ts';
import { codeText } from '../messages/codes.ts';
import type { ChangeWords } from '../messages/en/changes.ts';
import { widthOf } from '../terminal/width.ts';
import { type Context, isOn } from './context.ts';

export interface Change {
  /** For `--json`. */
  readonly json: unknown;
  /** The output into a pipe, and for a user who wants no messages. */
  readonly data: () => void;
  readonly now: (said: ChangeWords) => string;
  readonly next?: (said: ChangeWords) => readonly [label: string, command: string];
}

export function tellChange(context: Context, { json, data, now, next }: Change): undefined {
  if (context.json) return void context.out.json(json);
  if (!isTold(context)) return void data();
  const said = changeWordsOf(context.language);
  doneLine(context, now(said), next?.(said));
}

/**
 * Confirms new values of settings; without any, or for a program, the whole table is printed.
 * @param set the settings that were given, by their names
 * @param see the command that shows all of them
 */
export function tellSettings(
  context: Context,
  json: unknown,
  {
    rows,
    set,
    see,
  }: {
    readonly rows: readonly (readonly [name: string, value: string])[];
    readonly set: Readonly<Record<string, unknown>>;
    readonly see: string;
  },
): undefined {
  const table = () => context.out.table(['', context.words.value], rows);
  const made = Object.entries(set);
  if (made.length === 0 && !context.json) return void table();
  return tellChange(context, {
    json,
    data: table,
    now: () => made.map(([key, value]) => `${key} = ${value}`).join(context.words.comma),
    next: (said) => [said.see, see],
  });
}

/** Whether the user sees messages of success. */
export function isTold(context: Context): boolean {
  return process.stdout.isTTY === true && !isOn(context, 'quiet');
}

/** A command that does not fit beside the sentence is printed below it. */
export function doneLine(
  { out, words }: Context,
  now: string,
  next?: readonly [label: string, command: string],
  outcome: 'done' | 'failed' = 'done',
): void {
  const head = `${outcome === 'done' ? out.paint('green', '✓') : out.paint('red', '✗')} ${now}`;
  if (next === undefined) return void out.prose(2, head);
  const [label, command] = next;
  const what = words.labelled(label, command);
  if (widthOf(`✓ ${now} - ${what}`) <= out.columns) return void out.line(`${head} - ${what}`);
  out.prose(2, head);
  out.command(`  ${what}`);
}

interface Named {
  readonly id: string;
  readonly name: string;
}

/** The text to type for an endpoint: its name if that is unambiguous, otherwise its id. */
export function typedName({ id, name }: Named, among: readonly Named[]): string {
  const isOwn = among.every((one) => one.id === id || !(one.name === name || one.id.startsWith(name.toLowerCase())));
  return isOwn && /^[\p{L}\p{N}_][\p{L}\p{N}_.:@+-]*$/u.test(name) ? name : id;
}

export function stateText(context: Context, state: string): string {
  return codeText('states', state, context.language);
}
