/** What may stand next on a command line: from the manifest and the names of this home alone, because a key press waits for it. */
import { homePath, paths } from '../config/files/home.ts';
import { type KnownName, readNames } from '../config/files/names.ts';
import { flagWords } from '../messages/help.ts';
import { type Language, languageOf, type Words, wordsOf } from '../messages/messages.ts';
import { visible } from '../platform/visible.ts';
import { type Command, globalFlags, root } from './manifest.ts';

export interface Candidate {
  readonly name: string;
  readonly said: string;
}

interface Setting {
  readonly language: Language;
  readonly words: Words;
  readonly names: readonly KnownName[];
}

/** The last word is the one that is being typed, behind a `=`: some shells drop an empty argument. */
export async function complete(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly string[]> {
  const language = languageOf(undefined, env);
  const setting = { language, words: wordsOf(language), names: namesOf(env) };
  const found = await candidates(argv.slice(0, -1), (argv.at(-1) ?? '').slice(1), setting);
  // What cannot be typed is no candidate, and what is said about one stays on its line.
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

/** Those that begin as what is typed does. */
export async function candidates(
  before: readonly string[],
  typed: string,
  setting: Setting,
): Promise<readonly Candidate[]> {
  const all = await fitting(before, typed, setting);
  return all.filter(({ name }) => name.startsWith(typed));
}

async function fitting(before: readonly string[], typed: string, setting: Setting): Promise<readonly Candidate[]> {
  const { command, path, positionals, pending, isBehindDashes } = walk(before);
  if (isBehindDashes) return [];
  if (pending !== undefined) return valuesOf(path, pending, setting);
  if (typed.startsWith('-')) return flagsOf(path, command, setting.language);
  const subs = positionals.length === 0 ? Object.entries(command.sub ?? {}) : [];
  const slot = command.positionals?.[positionals.length];
  return [
    ...subs.map(([name, one]) => ({ name, said: setting.words[one.words] })),
    ...(slot === undefined ? [] : await placed(slot, { path, positionals }, setting)),
  ];
}

/** Where the words lead: which command, what it has got, and the flag that still wants a value. */
function walk(words: readonly string[]) {
  let command: Command = root;
  const path: string[] = [];
  const positionals: string[] = [];
  let pending: string | undefined;
  for (const word of words) {
    if (word === '--') return { command, path, positionals, pending: undefined, isBehindDashes: true };
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
    if (sub) {
      command = sub;
      path.push(word);
    } else positionals.push(word);
  }
  return { command, path, positionals, pending, isBehindDashes: false };
}

function wantsValue(command: Command, word: string): string | undefined {
  const name = word.replace(/^--?/, '');
  const flags = Object.entries({ ...globalFlags, ...command.flags });
  const [flag, found] = flags.find(([one, { alias }]) => one === name || alias === name) ?? [];
  return found?.type === 'string' ? flag : undefined;
}

function flagsOf(path: readonly string[], command: Command, language: Language): readonly Candidate[] {
  return Object.keys({ ...command.flags, ...globalFlags }).map((flag) => ({
    name: `--${flag}`,
    said: flagWords(path, flag)?.[language] ?? '',
  }));
}

const ofProfiles = ['profile', 'from-profile'];

async function valuesOf(path: readonly string[], flag: string, { names }: Setting): Promise<readonly Candidate[]> {
  if (ofProfiles.includes(flag)) return profiles(names);
  if (flag === 'preset') {
    const { presets } = await import('../config/network/presets.ts');
    return presets.map(({ id, name }) => ({ name: id, said: name }));
  }
  if (flag === 'set') return keys();
  const value = flagWords(path, flag)?.value ?? '';
  return /^[a-z]/.test(value) ? alternatives(value) : [];
}

// Their ids are those of endpoints; the queue has ids of its own, and the configuration too.
const ofEndpoints = ['endpoint', 'health'];
// What is added has no name yet.
const named = ['use', 'default', 'remove'];

interface Place {
  readonly path: readonly string[];
  readonly positionals: readonly string[];
}

/** By what the argument is called in the help. */
async function placed(slot: string, { path, positionals }: Place, { names }: Setting): Promise<readonly Candidate[]> {
  const [group = ''] = path;
  switch (slot) {
    case 'NAME':
      return named.includes(group) ? profiles(names) : [];
    case 'PROFILE':
      return profiles(names);
    case 'ID':
      return ofEndpoints.includes(group) ? endpoints(names, positionals[0]) : [];
    case 'REQUEST|ENDPOINT':
      return endpoints(names, undefined);
    case 'KIND|ID':
      return [...alternatives(kinds.join('|')), ...endpoints(names, undefined)];
    case 'TIER':
      return alternatives('primary|secondary|fallback|none');
    case 'KEY':
      return keys();
    default:
      // `bash|zsh`: what may be said is what it is called.
      return /^[a-z]/.test(slot) ? alternatives(slot) : [];
  }
}

/** Of the machines; a test holds them against the charts, which completion must not load. */
export const kinds: readonly string[] = ['endpoint', 'priority', 'queueItem', 'gateway'];

function alternatives(text: string): readonly Candidate[] {
  return text.split('|').map((name) => ({ name, said: '' }));
}

function profiles(names: readonly KnownName[]): readonly Candidate[] {
  return names.map(({ profile, endpoints: { length } }) => ({ name: profile, said: String(length) }));
}

/** Of one profile, when one is named before. */
function endpoints(names: readonly KnownName[], profile: string | undefined): readonly Candidate[] {
  const among = names.filter((one) => profile === undefined || one.profile === profile);
  return among.flatMap((one) => one.endpoints.map(({ id, name }) => ({ name: id, said: `${one.profile}/${name}` })));
}

async function keys(): Promise<readonly Candidate[]> {
  const { settingKeys } = await import('../config/settings/settings.ts');
  return settingKeys.map((name) => ({ name, said: '' }));
}
