/** The installation of a home that nobody has made: whoever only asks is answered as of an empty one, and nothing comes to be. */
import { paths } from '../config/home.ts';
import type { Vault } from '../config/vault.ts';
import { MemoryLog } from '../log/memory-log.ts';
import { realWorld } from '../runtime/clock.ts';
import { Core } from '../runtime/core.ts';
import { type Installation, policiesOf, settingsOf } from './installation.ts';
import type { Answer, OperationName, Params } from './operations.ts';
import { operations } from './table.ts';

/** What an operation wanted can only be given by a home. */
export class NeedsHome extends Error {}

const needed = (): never => {
  throw new NeedsHome('only a home has this');
};

const noVault: Vault = {
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

/** They keep nothing. */
const reading: ReadonlySet<OperationName> = new Set<OperationName>([
  'notify.test',
  'profile.list',
  'endpoint.list',
  'endpoint.test',
  'stats.read',
  'priority.list',
  'priority.history',
  'health.status',
  'health.metrics',
  'health.history',
  'queue.status',
  'queue.list',
  'queue.show',
  'queue.answer',
  'config.get',
  'config.list',
  'config.audit',
  'config.at',
  'config.diff',
  'config.export',
  'config.snapshots',
  'config.validate',
  'capsule.begin',
  'capsule.facts',
  'client.settings',
  'debug.machines',
  'health.checks',
  'health.since',
  'stats.since',
  'history.at',
  'history.diff',
  'history.explain',
  'history.filters',
  'history.head',
  'history.page',
  'history.read',
  'history.start',
  'history.stats',
  'history.verify',
  'history.whatIf',
]);

/** @param otherwise for an operation that keeps something @throws {NeedsHome} */
export async function askOfNothing<Name extends OperationName>(
  home: string,
  name: Name,
  params: Params<Name>,
  otherwise: () => Promise<Answer<Name>>,
): Promise<Answer<Name>> {
  if (!reading.has(name)) return otherwise();
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
  const operation = operations(installation, undefined)[name] as (params: Params<Name>) => Promise<Answer<Name>>;
  return operation(params);
}
