/** What is asked for a new endpoint: where it is, then its key. */
import { parseBaseUrl } from '../../config/network/base-url.ts';
import { presetOf, presets } from '../../config/network/presets.ts';
import { type EndpointOptions, type EndpointRow, endpointRanges } from '../../contract/endpoint.ts';
import type { Params } from '../../contract/operations.ts';
import { holdsVendorKey } from '../../errors/key-shape.ts';
import { exitCodes, QccError } from '../../errors/qcc-error.ts';
import { changeWordsOf } from '../../messages/changes.ts';
import { inLanguage } from '../../messages/errors.ts';
import { type Context, withInstallation } from '../context.ts';

/**
 * @param leave what the way out is called, where there is one
 * @returns undefined when the person took the way out
 * @throws {QccError} for an address that can be none, before the key is asked for
 */
export async function askEndpoint(
  context: Context,
  given: EndpointOptions,
  leave?: string,
): Promise<EndpointOptions | undefined> {
  const isPlaced = given.baseUrl !== undefined || given.preset !== undefined;
  const where = isPlaced ? {} : await askAddress(context, given, leave);
  if (!where) return undefined;
  const options = { ...given, ...where };
  checkAddress(options);
  if (options.key !== undefined) return options;
  const { askSecret } = await import('../../terminal/prompt.ts');
  return { ...options, key: (await askSecret(context.words.askKey)).trim() };
}

export function checkAddress({ baseUrl, preset, allowPlaintext = false }: EndpointOptions): void {
  if (preset !== undefined) presetOf(preset);
  if (baseUrl !== undefined) parseBaseUrl(baseUrl, { allowPlaintext });
}

async function askAddress(
  context: Context,
  given: EndpointOptions,
  leave: string | undefined,
): Promise<EndpointOptions | undefined> {
  const { words } = context;
  const { choose } = await import('../../terminal/prompt.ts');
  const how = await choose(words.chooseHow, [
    { value: 'hand', label: words.byHand },
    { value: 'preset', label: words.fromPreset },
    ...(leave === undefined ? [] : [{ value: 'leave', label: leave }]),
  ]);
  if (how === 'leave') return undefined;
  return how === 'hand' ? { baseUrl: await askUrl(context, given) } : { preset: await askPreset(context) };
}

export async function askPreset({ words }: Context): Promise<string> {
  const { choose } = await import('../../terminal/prompt.ts');
  return choose(
    words.askPreset,
    presets.map(({ id, name, baseUrl }) => ({ value: id, label: name, hint: baseUrl })),
  );
}

/** What can be no address is said at once, and it is asked for again. */
export async function askUrl({ words, language }: Context, given: EndpointOptions): Promise<string> {
  const { askText } = await import('../../terminal/prompt.ts');
  return askText(words.askUrl, {
    check: (baseUrl) => {
      // The error of the command names a flag, which is no way out of a prompt.
      if (holdsVendorKey(baseUrl)) return changeWordsOf(language).keyIsNext;
      try {
        checkAddress({ ...given, baseUrl });
        return undefined;
      } catch (error) {
        return inLanguage(error as Parameters<typeof inLanguage>[0], language).message;
      }
    },
  });
}

type Reused = Pick<Params<'endpoint.copy'>, 'from' | 'ids' | 'weight' | 'priority'>;

/** An endpoint of another profile that this one does not have yet. Undefined when there is none, or another way is taken. */
export async function askReuse(context: Context, profile: string): Promise<Reused | undefined> {
  const { words, language } = context;
  const others = await reusable(context, profile);
  if (others.length === 0) return undefined;
  const { choose } = await import('../../terminal/prompt.ts');
  const how = await choose(words.chooseHow, [
    { value: 'own', label: `${words.byHand} / ${words.fromPreset}` },
    { value: 'copy', label: words.fromProfile },
  ]);
  if (how === 'own') return undefined;
  const id = await choose(
    words.fromProfile,
    others.map((row) => ({ value: row.id, label: `${row.profile}/${row.name}`, hint: row.baseUrl })),
  );
  const chosen = others.find((row) => row.id === id);
  if (!chosen) return undefined;
  const said = changeWordsOf(language);
  return {
    from: chosen.profile,
    ids: [id],
    weight: await askNumber(context, said.askWeight, 'weight', chosen.weight),
    priority: await askNumber(context, said.askPriority, 'priority', chosen.priority),
  };
}

/** Of two with the same address and the same key, as far as it is shown, the second one would be refused. */
async function reusable(context: Context, profile: string): Promise<readonly EndpointRow[]> {
  return withInstallation(context, async ({ call }) => {
    const { profiles } = await call('profile.list', {});
    const rows = await Promise.all(profiles.map(({ name }) => call('endpoint.list', { profile: name })));
    const all = rows.flatMap(({ endpoints }) => endpoints);
    const own = all.filter((row) => row.profile === profile);
    return all.filter(
      (row) => row.profile !== profile && !own.some((one) => one.baseUrl === row.baseUrl && one.key === row.key),
    );
  });
}

async function askNumber(
  { language }: Context,
  label: string,
  name: 'weight' | 'priority',
  standard: number,
): Promise<number> {
  const { askText } = await import('../../terminal/prompt.ts');
  const [min, max] = endpointRanges[name];
  const wrongIn = (text: string) => {
    const value = text.trim() === '' ? standard : Number(text);
    if (Number.isInteger(value) && value >= min && value <= max) return undefined;
    return new QccError('QCC_ENDPOINT_INVALID', { name, min, max, value: text.trim() }, exitCodes.usage);
  };
  const check = (text: string) => {
    const wrong = wrongIn(text);
    return wrong && inLanguage(wrong, language).message;
  };
  const typed = (await askText(label, { standard: String(standard), check })).trim();
  const wrong = wrongIn(typed);
  if (wrong) throw wrong;
  return typed === '' ? standard : Number(typed);
}
