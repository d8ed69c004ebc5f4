/** Completion of a command line: from the manifest and the names of this home alone, because a key press waits for it. */
import type { Argument, Command } from '../commands/command.ts';
import { homePath, paths } from '../config/files/home.ts';
import { type KnownName, readNames, readSnapshots, readTokens } from '../config/files/names.ts';
import { type Language, languageOf } from '../messages/messages.ts';
import { visible } from '../platform/visible.ts';
import { globalFlags, root } from './manifest.ts';

export interface Candidate {
  readonly name: string;
  readonly said: string;
}

type Names = readonly KnownName[];

interface Setting {
  readonly language: Language;
  readonly names: Names;
  /** Read when they are asked for. */
  readonly snapshots: () => readonly Candidate[];
  readonly tokens: () => readonly Candidate[];
}

/** The last word is the one that is being typed, prefixed with `=`: some shells drop an empty argument. */
export async function complete(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly string[]> {
  const language = languageOf(undefined, env);
  const setting = { language, names: namesOf(env), snapshots: () => snapshotsOf(env), tokens: () => tokensOf(env) };
  const found = await candidates(argv.slice(0, -1), (argv.at(-1) ?? '').slice(1), setting);
  // Text that cannot be typed is no candidate, and a description stays on its candidate's line.
  return found.filter(isTyped).map(({ name, said }) => (said === '' ? name : `${name}\t${visible(said)}`));
}

const isTyped = ({ name }: Candidate) => name !== '' && visible(name) === name && !/\s/.test(name);

function namesOf(env: Readonly<Record<string, string | undefined>>): readonly KnownName[] {
  try {
    return readNames(paths(homePath(env)).names);
  } catch {
    return [];
  }
}

/** Newest first, as `qcc config snapshots` lists them. */
function snapshotsOf(env: Readonly<Record<string, string | undefined>>): readonly Candidate[] {
  try {
    const known = readSnapshots(paths(homePath(env)).snapshots);
    return known.map(({ id, description }) => ({ name: id, said: description })).reverse();
  } catch {
    return [];
  }
}

function tokensOf(env: Readonly<Record<string, string | undefined>>): readonly Candidate[] {
  try {
    return readTokens(paths(homePath(env)).tokens).map((name) => ({ name, said: '' }));
  } catch {
    return [];
  }
}

/** The candidates that begin with the typed text. */
export async function candidates(
  before: readonly string[],
  typed: string,
  setting: Setting,
): Promise<readonly Candidate[]> {
  const all = await fitting(before, typed, setting);
  return all.filter(({ name }) => name.startsWith(typed));
}

async function fitting(before: readonly string[], typed: string, setting: Setting): Promise<readonly Candidate[]> {
  const { command, positionals, pending, isBehindDashes } = walk(before);
  if (isBehindDashes) return [];
  if (pending !== undefined) return valuesOf(command, pending, setting);
  if (typed.startsWith('-')) return flagsOf(command, setting.language);
  const subs = positionals.length === 0 ? Object.entries(command.sub ?? {}) : [];
  const slot = command.positionals?.[positionals.length];
  return [
    ...subs.map(([name, one]) => ({ name, said: one.title[setting.language] })),
    ...(slot === undefined ? [] : await placed(slot, positionals, setting)),
  ];
}

/** Where the words lead: the command, its arguments so far, and the flag that still needs a value. */
function walk(words: readonly string[]) {
  let command: Command = root;
  const positionals: string[] = [];
  let pending: string | undefined;
  for (const word of words) {
    if (word === '--') return { command, positionals, pending: undefined, isBehindDashes: true };
    if (pending !== undefined) {
      pending = undefined;
      continue;
    }
    if (word.startsWith('-')) {
      pending = wantsValue(command, word);
      continue;
    }
    const sub: Command | undefined =
      positionals.length === 0 && command.sub && Object.hasOwn(command.sub, word) ? command.sub[word] : undefined;
    if (sub) command = sub;
    else positionals.push(word);
  }
  return { command, positionals, pending, isBehindDashes: false };
}

function wantsValue(command: Command, word: string): string | undefined {
  const name = word.replace(/^--?/, '');
  const flags = Object.entries({ ...globalFlags, ...command.flags });
  const [flag, found] = flags.find(([one, { alias }]) => one === name || alias === name) ?? [];
  return found?.type === 'string' ? flag : undefined;
}

function flagsOf(command: Command, language: Language): readonly Candidate[] {
  return Object.entries({ ...command.flags, ...globalFlags }).map(([flag, { says }]) => ({
    name: `--${flag}`,
    said: says[language],
  }));
}

const ofProfiles = ['profile', 'from-profile'];

async function valuesOf(command: Command, flag: string, { names, tokens }: Setting): Promise<readonly Candidate[]> {
  if (ofProfiles.includes(flag)) return profiles(names);
  if (flag === 'token') return tokens();
  if (flag === 'preset') {
    const { presets } = await import('../config/network/presets.ts');
    return presets.map(({ id, name }) => ({ name: id, said: name }));
  }
  if (flag === 'set') return keys();
  if (flag === 'type') {
    const { factTraits } = await import('../../events/traits.ts');
    return alternatives(Object.keys(factTraits).join('|'));
  }
  const value = { ...globalFlags, ...command.flags }[flag]?.valueHint ?? '';
  return /^[a-z]/.test(value) ? alternatives(value) : [];
}

async function placed(
  argument: Argument,
  positionals: readonly string[],
  { names, snapshots, tokens }: Setting,
): Promise<readonly Candidate[]> {
  switch (argument.offers) {
    case 'profiles':
      return profiles(names);
    case 'endpoints':
      return endpoints(names, positionals[0]);
    case 'machines':
      return [...alternatives(kinds.join('|')), ...endpoints(names, undefined)];
    case 'tiers':
      return alternatives('primary|secondary|fallback|none');
    case 'settings':
      return keys();
    case 'snapshots':
      return snapshots();
    case 'tokens':
      return tokens();
    case 'settingValues':
      return settingValues(positionals[0] ?? '');
    default:
      // `bash|zsh`: the name lists the alternatives.
      return /^[a-z]/.test(argument.name) ? alternatives(argument.name) : [];
  }
}

/** States of the machines; a test compares them with the charts, which completion must not load. */
export const kinds: readonly string[] = ['endpoint', 'priority', 'queueItem', 'gateway'];

function alternatives(text: string): readonly Candidate[] {
  return text.split('|').map((name) => ({ name, said: '' }));
}

function profiles(names: readonly KnownName[]): readonly Candidate[] {
  return names.map(({ profile, endpoints: { length } }) => ({ name: profile, said: String(length) }));
}

/** Of one profile, when a profile precedes it. */
function endpoints(names: readonly KnownName[], profile: string | undefined): readonly Candidate[] {
  const among = names.filter((one) => profile === undefined || one.profile === profile);
  return among.flatMap((one) => one.endpoints.map(({ id, name }) => ({ name: id, said: `${one.profile}/${name}` })));
}

async function settingValues(key: string): Promise<readonly Candidate[]> {
  const { isSettingKey, optionsOf } = await import('../config/settings/settings.ts');
  return isSettingKey(key) ? optionsOf(key).map((name) => ({ name, said: '' })) : [];
}

async function keys(): Promise<readonly Candidate[]> {
  const { settingKeys } = await import('../config/settings/settings.ts');
  return settingKeys.map((name) => ({ name, said: '' }));
}
