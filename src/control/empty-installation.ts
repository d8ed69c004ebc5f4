/** The installation of a home that does not exist: a query is answered as for an empty installation, and nothing is created. */
import { paths } from '../config/files/home.ts';
import type { Vault } from '../config/secrets/vault.ts';
import { type Answer, contract, type OperationName, type Params } from '../contract/operations.ts';
import { type Installation, policiesOf, settingsOf } from '../installation/installation.ts';
import { MemoryLog } from '../log/memory-log.ts';
import { realWorld } from '../platform/clock.ts';
import { Core } from '../runtime/core.ts';
import { operations } from './table.ts';

/** The operation needs a home. */
export class NeedsHome extends Error {}

const needed = (): never => {
  throw new NeedsHome('only a home has this');
};

export const noVault: Vault = {
  inKeychain: false,
  has: () => false,
  get: () => undefined,
  put: needed,
  putAll: needed,
  remove: needed,
  prepareRemoval: needed,
  mark: needed,
  ids: () => [],
  token: needed,
  seal: needed,
  unseal: needed,
  derive: needed,
};

function onlyAsks(name: OperationName, params: object): boolean {
  switch (contract[name].unmade) {
    case 'answered':
      return true;
    case 'answeredWithoutInput':
      return Object.keys(params).length === 0;
    case 'made':
      return 'dryRun' in params && params.dryRun === true;
  }
}

/** @param otherwise for an operation that stores something @throws {NeedsHome} */
export async function askOfNothing<Name extends OperationName>(
  home: string,
  name: Name,
  params: Params<Name>,
  otherwise: () => Promise<Answer<Name>>,
): Promise<Answer<Name>> {
  if (!onlyAsks(name, params)) return otherwise();
  const core = await Core.open(new MemoryLog(), realWorld, policiesOf());
  const installation: Installation = {
    home,
    paths: paths(home),
    created: false,
    core,
    vault: noVault,
    world: realWorld,
    settings: settingsOf(core),
    blobs: needed,
    close: async () => {},
  };
  const operation = operations(installation, undefined)[name] as
    | ((params: Params<Name>) => Promise<Answer<Name>>)
    | undefined;
  // An operation that only a running gateway answers is refused together with all others of its kind.
  return operation ? operation(params) : otherwise();
}
