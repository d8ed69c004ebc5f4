/**
 * Which keys the vault keeps: those of the endpoints that are there, and those that the last import or rollback has put
 * aside, so that it can be undone. A key that a person removes is destroyed at once, wherever it is referred to.
 */
import type { EndpointId } from '../../events/ids.ts';
import { suspendedError } from '../log/level-database.ts';
import { secretsOf } from '../projections/configuration.ts';
import type { Installation } from './installation.ts';

type Keys = Pick<Installation, 'core' | 'vault'>;

/** Those that an import or a rollback would leave without anybody who needs them, as things stand before it. */
export function secretsInUse({ core: { state } }: Keys): readonly string[] {
  const aside = state.snapshots.automatic();
  return [...secretsOf(state.configuration()), ...(aside ? secretsOf(aside.configuration) : [])];
}

/** After commands that a life before had accepted, and had not come to the end of: keys that no fact names any more. */
export async function forgetUnnamed({ core, vault }: Keys): Promise<void> {
  await forgetUnused({ core, vault }, vault.ids().filter(isOfEndpoint));
}

/** An endpoint's id, with what tells a later key of it from an earlier one. */
function isOfEndpoint(id: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{8})?$/.test(id);
}

/** Destroys those of `before` that nobody needs any more. */
export async function forgetUnused(keys: Keys, before: readonly string[]): Promise<void> {
  const used = new Set(secretsInUse(keys));
  for (const secret of new Set(before)) {
    if (!used.has(secret) && keys.vault.has(secret)) await keys.vault.remove(secret);
  }
}

/** Every key that these endpoints ever had here: to be destroyed when they go, or get another one. */
export function keysOf(
  { core: { state }, vault }: Keys,
  endpoints: readonly { readonly id: EndpointId; readonly secret: string }[],
): readonly string[] {
  const ids = new Set(endpoints.map(({ id }) => id));
  const before = state.snapshots
    .all()
    .flatMap(({ configuration }) => configuration.profiles.flatMap((profile) => profile.endpoints))
    .filter(({ id }) => ids.has(id));
  return [...new Set([...endpoints, ...before].map(({ secret }) => secret))].filter((secret) => vault.has(secret));
}

interface KeyChanges {
  /** There before `work`: a fact names no key that is not on the disk. */
  readonly put?: readonly (readonly [id: string, plain: string])[];
  /** Destroyed after it. */
  readonly remove?: readonly string[];
}

/**
 * Keys and facts as one: when `work` fails, the vault is as it was, and when it has not, nothing is left that a full disk could keep
 * from being done. What `work` itself puts into the vault is taken back with the rest.
 * @throws {QccError} `QCC_LOG_SUSPENDED`, and nothing was done
 */
export async function withKeys<T>(
  { core, vault }: Keys,
  { put = [], remove = [] }: KeyChanges,
  work: () => Promise<T>,
): Promise<T> {
  // Keys are not touched for what could not be written down.
  if (core.log.state !== 'open') throw suspendedError('it waits for the disk');
  const mark = vault.mark();
  let done: T;
  try {
    await vault.putAll(put);
    const removal = vault.prepareRemoval(remove);
    try {
      done = await work();
    } catch (error) {
      removal.abandon();
      throw error;
    }
    removal.commit();
  } catch (error) {
    mark.undo();
    throw error;
  }
  mark.forget();
  return done;
}
