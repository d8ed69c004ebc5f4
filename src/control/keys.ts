/**
 * Which keys the vault keeps: those of the endpoints that are there, and those that the last import or rollback has put
 * aside, so that it can be undone. A key that a person removes is destroyed at once, wherever it is referred to.
 */
import type { EndpointId } from '../../events/ids.ts';
import { secretsOf } from '../projections/configuration.ts';
import type { Installation } from './installation.ts';

type Keys = Pick<Installation, 'core' | 'vault'>;

/** Those that an import or a rollback would leave without anybody who needs them, as things stand before it. */
export function secretsInUse({ core: { state } }: Keys): readonly string[] {
  const aside = state.snapshots.automatic();
  return [...secretsOf(state.configuration()), ...(aside ? secretsOf(aside.configuration) : [])];
}

/** Destroys those of `before` that nobody needs any more. */
export async function forgetUnused(keys: Keys, before: readonly string[]): Promise<void> {
  const used = new Set(secretsInUse(keys));
  for (const secret of new Set(before)) {
    if (!used.has(secret) && keys.vault.has(secret)) await keys.vault.remove(secret);
  }
}

/** Destroys every key that these endpoints ever had here, but for one that one of them has just got. */
export async function destroyKeys(
  { core: { state }, vault }: Keys,
  endpoints: readonly { readonly id: EndpointId; readonly secret: string }[],
  but?: string,
): Promise<void> {
  const ids = new Set(endpoints.map(({ id }) => id));
  const before = state.snapshots
    .all()
    .flatMap(({ configuration }) => configuration.profiles.flatMap((profile) => profile.endpoints))
    .filter(({ id }) => ids.has(id));
  for (const secret of new Set([...endpoints, ...before].map((endpoint) => endpoint.secret))) {
    if (secret !== but && vault.has(secret)) await vault.remove(secret);
  }
}
