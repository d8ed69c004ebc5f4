/** An installation in memory: the real core and the real operations, over a log and a vault that are no files. */

import { paths } from '../../src/config/files/home.ts';
import type { Vault } from '../../src/config/secrets/vault.ts';
import type { Settings } from '../../src/config/settings/settings.ts';
import { effective } from '../../src/config/settings/settings.ts';
import { Json } from '../../src/contract/json.ts';
import type { Answer, Call, OperationName } from '../../src/contract/operations.ts';
import { operations } from '../../src/control/table.ts';
import type { Installation } from '../../src/installation/installation.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';
import { endpointPolicy, priorityPolicy, queuePolicy } from '../../src/policies/policies.ts';
import { type Blobs, openBlobs } from '../../src/retry-queue/blobs.ts';
import { Core } from '../../src/runtime/core.ts';
import type { State } from '../../src/runtime/state.ts';
import { temporaryHome } from './home.ts';
import { FakeWorld } from './world.ts';

export class MemoryVault implements Vault {
  readonly inKeychain = false;
  readonly secrets = new Map<string, string>();
  async put(id: string, plain: string) {
    this.secrets.set(id, plain);
  }
  async putAll(secrets: Iterable<readonly [id: string, plain: string]>) {
    for (const [id, plain] of secrets) this.secrets.set(id, plain);
  }
  has(id: string) {
    return this.secrets.has(id);
  }
  get(id: string) {
    return this.secrets.get(id);
  }
  async remove(id: string) {
    this.secrets.delete(id);
  }
  prepareRemoval(ids: readonly string[]) {
    const commit = () => {
      for (const id of ids) this.secrets.delete(id);
    };
    return { commit, abandon: () => {} };
  }
  mark() {
    const before = [...this.secrets];
    const undo = () => {
      this.secrets.clear();
      for (const [id, plain] of before) this.secrets.set(id, plain);
    };
    return { undo, forget: () => {} };
  }
  ids() {
    return [...this.secrets.keys()];
  }
  token() {
    return 'qcc_test';
  }
  seal(text: string) {
    return text;
  }
  derive(purpose: string) {
    return Buffer.from(purpose);
  }
  unseal(text: string) {
    return text;
  }
}

const settingsIn = (state: State): Settings => effective(state.settings, {}).settings;

export async function memoryInstallation() {
  const world = new FakeWorld();
  const vault = new MemoryVault();
  const core = await Core.open(new MemoryLog(), world, (state) => ({
    endpoint: (id) => endpointPolicy(settingsIn(state), state.profiles.endpoint(id)),
    priority: () => priorityPolicy(settingsIn(state)),
    queue: () => queuePolicy(settingsIn(state)),
  }));
  let blobs: Promise<Blobs> | undefined;
  const installation: Installation = {
    home: '/nowhere',
    paths: paths('/nowhere'),
    created: false,
    core,
    vault,
    world,
    settings: () => settingsIn(core.state),
    // The one thing that is files: who asks for it gets a folder of its own.
    blobs: () => {
      blobs ??= openBlobs(temporaryHome(), vault.derive('bodies'));
      return blobs;
    },
    close: async () => {},
  };
  const table = operations(installation, undefined) as Record<string, (params: unknown) => unknown>;
  const call: Call = async <Name extends OperationName>(name: Name, params: unknown) => {
    world.pass(1);
    const answer = await table[name]?.(params);
    return (answer instanceof Json ? JSON.parse(answer.text) : answer) as Answer<Name>;
  };
  return { installation, core, vault, world, call, configuration: () => core.state.configuration() };
}
