/**
 * Which keys the vault keeps: those of existing endpoints, and those that the last import or rollback has put aside, so that it can be
 * undone. A key that the user removes is destroyed at once, wherever it is referred to.
 */
import type { EndpointId } from '../../events/ids.ts';
import { suspendedError } from '../log/level-database.ts';
import { secretsOf } from '../projections/configuration.ts';
import type { Installation } from './installation.ts';

type Keys = Pick<Installation, 'core' | 'vault'>;

/** The keys in use before an import or rollback, of which it may leave some without an endpoint. */
export function secretsInUse({ core: { state } }: Keys): readonly string[] {
  const aside = state.snapshots.automatic();
  return [...secretsOf(state.configuration()), ...(aside ? secretsOf(aside.configuration) : [])];
}

/** Destroys keys that no fact names: a former life may have accepted commands and ended before it finished them. */
export async function forgetUnnamed({ core, vault }: Keys): Promise<void> {
  await forgetUnused({ core, vault }, vault.ids().filter(isOfEndpoint));
}

/** An endpoint's id, with a suffix that tells a later key from an earlier one. */
function isOfEndpoint(id: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{8})?$/.test(id);
}

/** Destroys those of `before` that are not in use any more. */
export async function forgetUnused(keys: Keys, before: readonly string[]): Promise<void> {
  const used = new Set(secretsInUse(keys));
  for (const secret of new Set(before)) {
    if (!used.has(secret) && keys.vault.has(secret)) await keys.vault.remove(secret);
  }
}

/** Every key that these endpoints ever had here: to be destroyed when the endpoints go, or get another key. */
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
  /** Stored before `work`: a fact names no key that is not on the disk. */
  readonly put?: readonly (readonly [id: string, plain: string])[];
  /** Destroyed after `work`. */
  readonly remove?: readonly string[];
}

/**
 * Keys and facts change as one: when `work` fails, the vault is as it was; when it succeeds, no step is left that a full disk could
 * prevent. What `work` itself puts into the vault is undone with the rest.
 * @throws {QccError} `QCC_LOG_SUSPENDED`, and nothing was done
 */
export async function withKeys<T>(
  { core, vault }: Keys,
  { put = [], remove = [] }: KeyChanges,
  work: () => Promise<T>,
): Promise<T> {
  // Keys do not change for a command whose facts cannot be written.
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
