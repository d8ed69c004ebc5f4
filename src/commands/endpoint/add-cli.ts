/** `qcc endpoint add`: what was not said is asked for, and what was added is tested. */
import type { EndpointRow } from '../../contract/endpoint.ts';
import type { Params } from '../../contract/operations.ts';
import { usage } from '../../errors/qcc-error.ts';
import { tellChange, typedName } from '../changed.ts';
import { type Context, flag, isOn, withInstallation } from '../context.ts';
import { endpointOptions } from '../options.ts';
import { askEndpoint, askReuse } from './asked.ts';
import { endpointTable } from './cli.ts';
import { tellHiddenRules, tellPresetTable } from './rules-told.ts';
import { isTested, testedNow } from './tested-now.ts';

export async function add(context: Context): Promise<undefined> {
  const [profile = ''] = context.positionals;
  const canAsk = context.canAsk && !isOn(context, 'auto');
  // What it is about is found before anything is asked.
  if (canAsk) await withInstallation(context, ({ call }) => call('endpoint.list', { profile }));
  const given = await endpointOptions(context);
  const from = flag(context, 'from-profile');
  if (from !== undefined) return copy(context, { ...given, profile, from });
  const isPlaced = given.baseUrl !== undefined || given.preset !== undefined;
  const reused = canAsk && !isPlaced ? await askReuse(context, profile) : undefined;
  if (reused) return copy(context, { ...given, profile, ...reused });
  const options = (canAsk ? await askEndpoint(context, given) : given) ?? given;
  if (options.baseUrl === undefined && options.preset === undefined)
    throw usage(context.words.needsUrl, '--base-url URL, --preset ID, or --from-profile NAME');
  if (options.key === undefined) throw usage(context.words.needsKey, '--api-key-stdin, or --api-key-env NAME');
  const row = await withInstallation(context, ({ call }) => call('endpoint.add', { profile, ...options }));
  return tellAdded(context, row, [row], profile);
}

async function copy(context: Context, params: Params<'endpoint.copy'>): Promise<undefined> {
  const { added } = await withInstallation(context, ({ call }) => call('endpoint.copy', params));
  return tellAdded(context, added.length === 1 && added[0] ? added[0] : { added }, added, params.profile);
}

async function tellAdded(
  context: Context,
  json: unknown,
  added: readonly EndpointRow[],
  profile: string,
): Promise<undefined> {
  const { endpoints } = await withInstallation(context, ({ call }) => call('endpoint.list', { profile }));
  const [only] = added;
  const isOne = added.length === 1 && only;
  const tests = isTested(context);
  tellChange(context, {
    json,
    data: () => endpointTable(context, added, false),
    now: (said) =>
      isOne
        ? said.endpointAdded(only.name, profile, only.weight)
        : said.endpointsAdded(added.map(({ name }) => name).join(context.words.comma), profile),
    ...(tests
      ? {}
      : {
          next: (said) => [said.test, `qcc endpoint test ${profile}${isOne ? ` ${typedName(only, endpoints)}` : ''}`],
        }),
  });
  for (const row of added) {
    tellPresetTable(context, row, typedName(row, endpoints));
    tellHiddenRules(context, row, typedName(row, endpoints));
  }
  if (!tests) return;
  for (const { id } of added) await testedNow(context, { profile, id });
}
