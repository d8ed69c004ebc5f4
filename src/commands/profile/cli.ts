/** `qcc add, list, default, describe, remove`. */

import type { ProfileRow } from '../../contract/profile.ts';
import { usage } from '../../errors/qcc-error.ts';
import { changeWordsOf } from '../../messages/changes.ts';
import { tellChange } from '../changed.ts';
import { type Context, confirmed, flag, withInstallation } from '../context.ts';
import { askEndpoint } from '../endpoint/asked.ts';
import { tellHiddenRulesIn } from '../endpoint/rules-told.ts';
import { isTested, testedNow } from '../endpoint/tested-now.ts';
import { endpointOptions, tierOf } from '../options.ts';

export async function add(context: Context): Promise<undefined> {
  const [name = ''] = context.positionals;
  const tier = tierOf(flag(context, 'tier'), context.words, `qcc add ${name} --tier primary`);
  const given = await endpointOptions(context);
  const endpoint = context.canAsk
    ? ((await askEndpoint(context, given, changeWordsOf(context.language).later)) ?? given)
    : given;
  if (Object.keys(endpoint).length > 0 && endpoint.baseUrl === undefined && endpoint.preset === undefined)
    throw usage(context.words.needsUrl, '--base-url URL, or --preset ID');
  const description = flag(context, 'description');
  const row = await withInstallation(context, ({ call }) =>
    call('profile.add', {
      name,
      ...(description === undefined ? {} : { description }),
      ...(tier === undefined ? {} : { tier }),
      ...(Object.keys(endpoint).length > 0 ? { endpoint } : {}),
    }),
  );
  const hint = `qcc endpoint add ${name} --base-url URL --api-key-stdin`;
  const tests = row.endpoints > 0 && isTested(context);
  tellChange(context, {
    json: row,
    data: () => {
      table(context, [row]);
      if (row.endpoints === 0) context.out.note(hint);
    },
    now: (said) => said.profileAdded(row.name, row.endpoints, row.tier),
    ...(tests
      ? {}
      : {
          next: (said) =>
            row.endpoints === 0 ? [said.next, `qcc endpoint add ${name}`] : [said.test, `qcc endpoint test ${name}`],
        }),
  });
  await tellHiddenRulesIn(context, row.endpoints > 0 ? [name] : []);
  if (tests) await testedNow(context, { profile: name });
  return undefined;
}

export async function list(context: Context): Promise<undefined> {
  const { words, out, json } = context;
  const { profiles } = await withInstallation(context, ({ call }) => call('profile.list', {}));
  if (json) return void out.json({ profiles });
  if (profiles.length === 0) return void out.note(words.noProfiles, '  qcc init');
  table(context, profiles);
  return undefined;
}

function table({ out, words }: Context, profiles: readonly ProfileRow[]): void {
  const rows = profiles.map((row) => [
    row.active ? out.paint('green', '●') : ' ',
    row.default ? `${row.name} *` : row.name,
    row.tier ?? '-',
    String(row.endpoints),
    row.description,
  ]);
  out.table(['', words.name, words.tier, words.endpoints, words.description], rows);
}

export async function makeDefault(context: Context): Promise<undefined> {
  const [name = ''] = context.positionals;
  const row = await withInstallation(context, ({ call }) => call('profile.default', { name }));
  return tellChange(context, {
    json: row,
    data: () => table(context, [row]),
    now: (said) => said.profileIsDefault(row.name),
    next: (said) => [said.see, 'qcc list'],
  });
}

export async function describe(context: Context): Promise<undefined> {
  const [name = '', description = ''] = context.positionals;
  const row = await withInstallation(context, ({ call }) => call('profile.describe', { name, description }));
  return tellChange(context, {
    json: row,
    data: () => table(context, [row]),
    now: (said) => said.profileDescribed(row.name, row.description),
    next: (said) => [said.see, 'qcc list'],
  });
}

export async function remove(context: Context): Promise<undefined> {
  const [name = ''] = context.positionals;
  await confirmed(context, async () => {
    const { profiles } = await withInstallation(context, async ({ call }) => {
      // Lists the existing profiles when there is no such profile.
      await call('endpoint.list', { profile: name });
      return call('profile.list', {});
    });
    const found = profiles.find((one) => one.name === name);
    return changeWordsOf(context.language).askRemoveProfile(name, found?.endpoints ?? 0, found?.active === true);
  });
  const row = await withInstallation(context, ({ call }) => call('profile.remove', { name }));
  return tellChange(context, {
    json: row,
    data: () => table(context, [row]),
    now: (said) => said.profileRemoved(row.name, row.endpoints),
    next: (said) => [said.see, 'qcc list'],
  });
}
