/**
 * What a command is made of: what it is called, what it takes, and what the help and the papers say of it. Data alone, so that help
 * and mistakes load nothing else. Both languages stand side by side: what lacks one does not compile.
 *
 * citty types the flags. Parsing and help are ours: citty takes unknown flags and superfluous arguments without a word, and its
 * help knows one language and no width.
 */
import type { ArgDef } from 'citty';
import type { Language } from '../messages/messages.ts';
import type { Context } from './context.ts';

export type Said = Readonly<Record<Language, string>>;

interface FlagParts {
  readonly says: Said;
  readonly alias?: string;
  /** It may be given more than once: all that was given counts. */
  readonly multiple?: true;
}
/** With a value, and what the value is called in the help. */
interface Option extends FlagParts, Required<Pick<ArgDef, 'valueHint'>> {
  readonly type: 'string';
}
interface Toggle extends FlagParts {
  readonly type: 'boolean';
  readonly valueHint?: undefined;
}
/** A place on the command line, as it is called in the help. */
export interface Argument {
  readonly name: string;
  /** What completion offers there. Without it, the alternatives that the name itself holds (`bash|zsh`), if it does. */
  readonly offers?: 'profiles' | 'endpoints' | 'machines' | 'settings' | 'tiers';
}

export type Flag = Option | Toggle;
export type Flags = Readonly<Record<string, Flag>>;

interface Told {
  /** In lists of commands. */
  readonly title: Said;
  /** As they are typed. */
  readonly examples: readonly [string, ...string[]];
  readonly positionals?: readonly Argument[];
  /** How many of the positionals must be there. Default: all. */
  readonly required?: number;
  /** Everything after `--` belongs to another program. */
  readonly passesOn?: boolean;
  readonly flags?: Flags;
  /** In the papers, where the title does not say enough. */
  readonly about?: Said;
  /** In the papers: what the command does with these flags or arguments, when that is another thing. */
  readonly forms?: Readonly<Record<string, Said>>;
}
interface Group {
  readonly sub: Commands;
  readonly load?: undefined;
}
interface Runs {
  /** The exit code, or nothing for 0. */
  readonly load: () => Promise<(context: Context) => Promise<number | undefined>>;
  readonly sub?: Commands;
}

export type Command = Told & (Group | Runs);
export type Commands = Readonly<Record<string, Command>>;

export const say = (en: string, zh: string): Said => ({ en, 'zh-CN': zh });

export const argument = (name: string, offers?: Argument['offers']): Argument =>
  offers === undefined ? { name } : { name, offers };

export const option = (
  valueHint: string,
  en: string,
  zh: string,
  more: Pick<Option, 'alias' | 'multiple'> = {},
): Option => ({ type: 'string', valueHint, says: say(en, zh), ...more });

export const toggle = (en: string, zh: string, more: Pick<Toggle, 'alias'> = {}): Toggle => ({
  type: 'boolean',
  says: say(en, zh),
  ...more,
});
