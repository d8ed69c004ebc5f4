/** Arguments that were not typed, asked for at a terminal: from a list where there is one. */
import { exitCodes, QccError, usage } from '../errors/qcc-error.ts';
import { timeText } from '../platform/time.ts';
import type { Argument, Command } from './command.ts';
import { type Context, withInstallation } from './context.ts';

interface Option {
  readonly value: string;
  readonly label: string;
  readonly hint?: string;
}

/** All required arguments: what was typed, and what is asked for now. @throws {QccError} when there is nothing to choose from */
export async function filled(command: Command, context: Context): Promise<readonly string[]> {
  const wanted = command.positionals ?? [];
  const given = [...context.positionals];
  for (const argument of wanted.slice(given.length, command.required ?? wanted.length))
    given.push(await asked(context, argument, given));
  return given;
}

async function asked(context: Context, argument: Argument, before: readonly string[]): Promise<string> {
  const { askText, choose } = await import('../terminal/prompt.ts');
  const label = labelOf(context, argument);
  const options = await optionsFor(context, argument, before);
  if (options) return choose(label, options);
  // A secret is not typed visibly: `-` makes the command itself ask for it.
  if (argument.name === 'VALUE' && (await isSecret(before[0] ?? ''))) return '-';
  const typed = (await askText(label)).trim();
  if (typed === '') throw usage(context.words.missing(argument.name), `qcc ${context.path.join(' ')} --help`);
  return typed;
}

async function isSecret(key: string): Promise<boolean> {
  const { isSecretSetting, settingKey } = await import('../config/settings/settings.ts');
  return isSecretSetting(settingKey(key));
}

function labelOf({ words }: Context, { name, offers }: Argument): string {
  switch (offers) {
    case 'profiles':
      return words.chooseProfile;
    case 'endpoints':
      return words.chooseEndpoint;
    case 'tiers':
      return words.tier;
    default:
      return { NAME: words.name, TEXT: words.description, VALUE: words.value }[name] ?? name;
  }
}

/** Undefined for what is free text. */
async function optionsFor(
  context: Context,
  { name, offers }: Argument,
  before: readonly string[],
): Promise<readonly Option[] | undefined> {
  switch (offers) {
    case 'profiles':
      return profilesOf(context);
    case 'endpoints':
      return endpointsOf(context, before[0]);
    case 'queueItems':
      return queueItemsOf(context);
    case 'snapshots':
      return snapshotsOf(context);
    case 'tiers':
      return plain(['primary', 'secondary', 'fallback', 'none']);
    case 'settings':
      return plain((await import('../config/settings/settings.ts')).settingKeys);
    case 'machines':
      return [...plain(['endpoint', 'priority', 'queueItem', 'gateway']), ...(await endpointsOf(context, undefined))];
    default:
      return /^[a-z]/.test(name) ? plain(name.split('|')) : undefined;
  }
}

const plain = (values: readonly string[]) => values.map((value) => ({ value, label: value }));

async function profilesOf(context: Context): Promise<readonly Option[]> {
  const { profiles } = await withInstallation(context, ({ call }) => call('profile.list', {}));
  if (profiles.length === 0)
    throw new QccError('QCC_PROFILE_NONE', { text: context.words.noProfiles }, exitCodes.notFound);
  return profiles.map(({ name, description }) => ({ value: name, label: name, hint: description }));
}

/** @throws {QccError} also when there is no such profile */
async function endpointsOf(context: Context, profile: string | undefined): Promise<readonly Option[]> {
  const rows = await withInstallation(context, async ({ call }) =>
    profile === undefined
      ? (await call('health.status', {})).endpoints
      : (await call('endpoint.list', { profile })).endpoints,
  );
  if (rows.length === 0)
    throw new QccError(
      'QCC_ENDPOINT_NONE',
      { text: context.words.noEndpoints, hint: profile === undefined ? 'qcc init' : `qcc endpoint add ${profile}` },
      exitCodes.notFound,
    );
  return rows.map((row) => ({
    value: row.id,
    label: profile === undefined ? `${row.profile}/${row.name}` : row.name,
    hint: row.id,
  }));
}

async function queueItemsOf(context: Context): Promise<readonly Option[]> {
  const { items } = await withInstallation(context, ({ call }) => call('queue.list', {}));
  if (items.length === 0)
    throw new QccError('QCC_QUEUE_EMPTY', { text: context.words.queueIsEmpty }, exitCodes.notFound);
  return items.map(({ id, state, model }) => ({ value: id, label: id, hint: `${state} ${model ?? ''}`.trim() }));
}

export async function snapshotsOf(context: Context): Promise<readonly Option[] | undefined> {
  const { snapshots } = await withInstallation(context, ({ call }) => call('config.snapshots', {}));
  return snapshots.length === 0
    ? undefined
    : snapshots.map(({ id, at, description }) => ({ value: id, label: id, hint: `${timeText(at)} ${description}` }));
}

/** A profile for a hint: the active one, the default one, or any. Undefined when there is none yet. */
export async function someProfile(context: Context): Promise<string | undefined> {
  const { profiles } = await withInstallation(context, ({ call }) => call('profile.list', {}));
  return (profiles.find((one) => one.active || one.default) ?? profiles[0])?.name;
}

/** The profile of a command that can go without one. Undefined where there is no person to ask. */
export async function chosenProfile(context: Context): Promise<string | undefined> {
  if (!context.canAsk) return undefined;
  const { choose } = await import('../terminal/prompt.ts');
  return choose(context.words.chooseProfile, await profilesOf(context));
}
