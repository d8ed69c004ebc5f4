/** A configuration as a store holds it: as a tree that can be merged, and as the document of an export, with keys only under a passphrase. */
import type { ModelRule } from '../../../events/profile.ts';
import { rulesText } from '../../../machines/model-map.ts';
import { type ExportedProfile, readDocument, saltOf, writeDocument } from '../../config/importers/document.ts';
import { isSecretSetting, isSettingKey, type SettingKey, shownSetting } from '../../config/settings/settings.ts';
import type { ChangeRow } from '../../contract/config.ts';
import { maskKey } from '../../errors/key-shape.ts';
import { changesBetween, isTree, type Tree } from './three-way.ts';

type Node = Parameters<typeof isTree>[0];

/** What nothing was set up in. */
export const noTree: Tree = new Map([
  ['settings', new Map()],
  ['profiles', new Map()],
]);

/** @param passphrase undefined: without the keys that it may hold @throws {QccError} as `readDocument` */
export async function treeOf(document: object, passphrase: string | undefined): Promise<Tree> {
  const { secrets: _, ...open } = document as { readonly secrets?: unknown };
  const {
    settings,
    profiles,
    default: first,
  } = await readDocument(passphrase === undefined ? open : document, passphrase);
  return new Map<string, NonNullable<Node>>([
    ['settings', new Map(Object.entries(settings))],
    ...(first === null ? [] : [['default', first] as const]),
    ['profiles', new Map(profiles.map(({ name, endpoints, ...profile }) => [name, profileTree(profile, endpoints)]))],
  ]);
}

function profileTree(profile: object, endpoints: readonly { readonly id?: string }[]): Tree {
  const all = endpoints.map(({ id = '', ...endpoint }) => [id, fieldsTree(endpoint)] as const);
  return new Map([...fieldsTree(profile), ['endpoints', new Map(all)]]);
}

function fieldsTree(fields: object): Map<string, NonNullable<Node>> {
  return new Map(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/**
 * @param passphrase undefined: without keys
 * @param like the document before it: under the same passphrase, its key is derived once
 */
export function documentOf(tree: Tree, passphrase: string | undefined, like: object = {}): Promise<object> {
  const settings = Object.entries(plain(tree.get('settings')) as Record<string, string>);
  const isSecret = ([key]: readonly [string, unknown]) => isSettingKey(key) && isSecretSetting(key);
  const first = tree.get('default');
  const keys: [string, string][] = [];
  const profiles = [...nounsIn(tree, 'profiles')].map(([name, profile]) => {
    const { endpoints: _, ...fields } = plain(profile) as Record<string, unknown>;
    const endpoints = [...nounsIn(profile, 'endpoints')].map(([id, endpoint]) => {
      const { key, ...rest } = plain(endpoint) as Record<string, unknown>;
      if (typeof key === 'string') keys.push([id, key]);
      return { id, ...rest };
    });
    return { name, ...fields, default: name === first, endpoints } as unknown as ExportedProfile;
  });
  const secrets = {
    plain: { endpoints: Object.fromEntries(keys), settings: Object.fromEntries(settings.filter(isSecret)) },
    passphrase: passphrase ?? '',
    salt: saltOf(like),
  };
  const open = Object.fromEntries(settings.filter((one) => !isSecret(one)));
  return writeDocument(open, profiles, passphrase === undefined ? null : secrets);
}

export function nounsIn(tree: Node, name: string): ReadonlyMap<string, Tree> {
  const nouns = isTree(tree) ? tree.get(name) : undefined;
  return isTree(nouns) ? (nouns as ReadonlyMap<string, Tree>) : new Map();
}

function plain(node: Node): unknown {
  return isTree(node) ? Object.fromEntries([...node].map(([name, one]) => [name, plain(one)])) : node;
}

/** Ids of all endpoints. */
export function endpointsIn(tree: Tree): readonly string[] {
  return [...nounsIn(tree, 'profiles').values()].flatMap((profile) => [...nounsIn(profile, 'endpoints').keys()]);
}

/** With these endpoints of another tree, in profiles that are here and do not have them. */
export function withEndpoints(tree: Tree, from: Tree, ids: readonly string[]): Tree {
  const profiles = new Map(nounsIn(tree, 'profiles'));
  for (const [name, profile] of profiles) {
    const own = nounsIn(profile, 'endpoints');
    const more = [...nounsIn(nounsIn(from, 'profiles').get(name), 'endpoints')];
    const missing = more.filter(([id]) => ids.includes(id) && !own.has(id));
    if (missing.length > 0) profiles.set(name, new Map([...profile, ['endpoints', new Map([...own, ...missing])]]));
  }
  return new Map([...tree, ['profiles', profiles]]);
}

/**
 * A store without a key for an endpoint says nothing of it, and neither does a side that may not read its keys: in a comparison it has the
 * other's.
 */
export function withKeysOf(tree: Tree, ...others: readonly Tree[]): Tree {
  const keyOf = (profile: string, id: string) =>
    others.map((other) => nounsIn(nounsIn(other, 'profiles').get(profile), 'endpoints').get(id)?.get('key'));
  const profiles = [...nounsIn(tree, 'profiles')].map(([name, profile]) => {
    const endpoints = [...nounsIn(profile, 'endpoints')].map(([id, endpoint]) => {
      const key = endpoint.get('key') ?? keyOf(name, id).find((one) => one !== undefined);
      return [id, key === undefined ? endpoint : new Map([...endpoint, ['key', key]])] as const;
    });
    return [name, new Map([...profile, ['endpoints', new Map(endpoints)]])] as const;
  });
  return new Map([...tree, ['profiles', new Map(profiles)]]);
}

/** Profiles and endpoints of the one that the other does not have, by their paths. */
export function removedFrom(from: Tree, to: Tree): readonly string[] {
  const gone = changesBetween(from, to).filter((change) => change.to === undefined && isTree(change.from));
  return gone.map(({ path }) => path.join('/'));
}

/** As changes are shown everywhere; keys are masked. */
export function changeRows(from: Tree, to: Tree): readonly ChangeRow[] {
  return changesBetween(from, to).map((change) => ({
    path: change.path.join('/'),
    from: shown(change.path, change.from),
    to: shown(change.path, change.to),
  }));
}

export function shown(path: readonly string[], node: Node): unknown {
  if (node === undefined) return null;
  if (isTree(node)) return shownNoun(path, node);
  const name = path.at(-1) ?? '';
  if (path[0] === 'settings') return shownSetting(name as SettingKey, node as string);
  if (name === 'key') return maskKey(String(node));
  return name === 'models' ? rulesText(node as readonly ModelRule[]) : node;
}

function shownNoun(path: readonly string[], noun: Tree): unknown {
  const fields = [...noun].map(([name, one]) => [name, shown([...path, name], one)] as const);
  // A list of endpoints is shown by their addresses.
  return path.at(-1) === 'endpoints'
    ? fields.map(([id, one]) => ({ id, ...(one as object) }))
    : Object.fromEntries(fields);
}
