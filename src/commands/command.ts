/**
 * What a command is made of: its name, its arguments, and its texts in the help and in the documentation. It is data alone, so that help
 * and usage errors load nothing else. Both languages stand side by side: a command that lacks one does not compile.
 *
 * citty types the flags. Parsing and help are ours: citty accepts unknown flags and superfluous arguments silently, and its help has one
 * language and a fixed width.
 */
import type { ArgDef } from 'citty';
import type { Language } from '../messages/messages.ts';
import type { Context } from './context.ts';

export type Said = Readonly<Record<Language, string>>;

interface FlagParts {
  readonly says: Said;
  readonly alias?: string;
  /** The flag may be given more than once; all values count. */
  readonly multiple?: true;
  /** What holds without the flag, as it would be typed. */
  readonly default?: string;
  /** The setting that holds without the flag; `default` is then the setting's default. */
  readonly setting?: string;
}
/** The flag takes a value; this is the value's name in the help. */
interface Option extends FlagParts, Required<Pick<ArgDef, 'valueHint'>> {
  readonly type: 'string';
}
interface Toggle extends FlagParts {
  readonly type: 'boolean';
  readonly valueHint?: undefined;
}
/** A positional argument, under its name in the help. */
export interface Argument {
  readonly name: string;
  /** What completion offers for it. Default: the alternatives in the name itself (`bash|zsh`), if it has any. */
  readonly offers?:
    | 'profiles'
    | 'endpoints'
    | 'machines'
    | 'queueItems'
    | 'settings'
    | 'settingValues'
    | 'snapshots'
    | 'tokens'
    | 'tiers';
}

export type Flag = Option | Toggle;
export type Flags = Readonly<Record<string, Flag>>;

interface Told {
  /** Shown in lists of commands. */
  readonly title: Said;
  /** In the order in which they are typed. */
  readonly examples: readonly [string, ...string[]];
  readonly positionals?: readonly Argument[];
  /** How many of the positional arguments are required. Default: all. */
  readonly required?: number;
  /** Everything after `--` belongs to another program. */
  readonly passesOn?: boolean;
  readonly flags?: Flags;
  /** For the documentation, where the title does not say enough. */
  readonly about?: Said;
  /** For the documentation: what the command does with these flags or arguments, where that differs from its title. */
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
  more: Pick<Option, 'alias' | 'multiple' | 'default' | 'setting'> = {},
): Option => ({ type: 'string', valueHint, says: say(en, zh), ...more });

export const toggle = (en: string, zh: string, more: Pick<Toggle, 'alias'> = {}): Toggle => ({
  type: 'boolean',
  says: say(en, zh),
  ...more,
});
