/** Every operation by its name: what the control socket and a command without a gateway both call. */

import { getSetting, listSettings, resetSettings, setSetting } from '../commands/config/operation.ts';
import { diffConfigurations, listSnapshots, rollBack, takeSnapshot } from '../commands/config/snapshots-operation.ts';
import { exportConfig, importConfig } from '../commands/config/transfer-operation.ts';
import {
  addEndpoint,
  copyEndpoints,
  listEndpoints,
  removeEndpoint,
  resetHealth,
  switchEndpoint,
  updateEndpoint,
} from '../commands/endpoint/operation.ts';
import { testEndpoints } from '../commands/endpoint/test-operation.ts';
import {
  checkHealth,
  configureHealth,
  healthHistory,
  healthMetrics,
  healthStatus,
} from '../commands/health/operation.ts';
import { compactHistory, measureHistory, verifyHistory } from '../commands/history/log-care-operation.ts';
import { asker, headOfHistory, readStats, showMachines } from '../commands/history/operation.ts';
import { testNotifications } from '../commands/notify/operation.ts';
import { releasePin, setPolicy, showLadder, switchByHand, switchHistory } from '../commands/priority/operation.ts';
import { addProfile, listProfiles, makeDefault, removeProfile, setTier } from '../commands/profile/operation.ts';
import {
  clearQueue,
  configQueue,
  listQueue,
  queuedAnswer,
  queueStatus,
  retryAllQueued,
  retryQueued,
  showQueued,
} from '../commands/queue/operation.ts';
import { inputOf } from '../contract/inputs.ts';
import type { Json } from '../contract/json.ts';
import type { Answer, OperationName, Params } from '../contract/operations.ts';
import { validate } from '../diagnostics/validation.ts';
import { questionNames } from '../history/questions.ts';
import { clientToken } from '../installation/client-token.ts';
import { freezeHome } from '../installation/frozen-home.ts';
import type { Installation } from '../installation/installation.ts';
import type { LiveSide } from '../installation/live-side.ts';

/** A `Json` is the answer as well, made elsewhere. */
type Given<Name extends OperationName> = Answer<Name> | Json;
type Table = { readonly [Name in OperationName]: (params: Params<Name>) => Given<Name> | Promise<Given<Name>> };

/** @param live undefined while no gateway runs; then `proxy.*` are not asked. */
export function operations(it: Installation, live: LiveSide | undefined): Partial<Table> {
  const table = unchecked(it, live);
  const alone = oneAfterTheOther();
  const checked = Object.entries(table).map(([name, operation]) => [
    name,
    // A promise whatever happens: over the socket and in process a mistake is met in the same way.
    async (params: unknown) => {
      const input = inputOf(name as OperationName, params);
      const work = () => (operation as (input: unknown) => unknown)(input);
      // A copy of the home has no command in it that is half done.
      return changes.has(name as OperationName) || name === 'home.freeze' ? alone(work) : work();
    },
  ]);
  return Object.fromEntries(checked) as Partial<Table>;
}

/**
 * What an operation that changes something does where nobody has made a home yet: `makesHome` keeps something, unless it only tries
 * (`dryRun`); `findsNothing` finds nothing to change, and says so; `showsWithoutInput` tells the settings as they are, unless it is
 * given some.
 */
type WithoutHome = 'makesHome' | 'findsNothing' | 'showsWithoutInput';

/** What promises that something is on the disk. What it has looked at must still be so when it is done: one at a time. */
export const changes: ReadonlyMap<OperationName, WithoutHome> = new Map<OperationName, WithoutHome>([
  ['profile.add', 'makesHome'],
  ['profile.default', 'findsNothing'],
  ['profile.remove', 'findsNothing'],
  ['endpoint.add', 'findsNothing'],
  ['endpoint.copy', 'findsNothing'],
  ['endpoint.update', 'findsNothing'],
  ['endpoint.remove', 'findsNothing'],
  ['endpoint.enable', 'findsNothing'],
  ['endpoint.disable', 'findsNothing'],
  ['priority.set', 'findsNothing'],
  ['priority.switch', 'findsNothing'],
  ['priority.release', 'findsNothing'],
  ['priority.policy', 'showsWithoutInput'],
  ['health.config', 'showsWithoutInput'],
  ['health.reset', 'findsNothing'],
  ['queue.retry', 'findsNothing'],
  ['queue.retryAll', 'findsNothing'],
  ['queue.clear', 'makesHome'],
  ['queue.config', 'showsWithoutInput'],
  ['config.set', 'makesHome'],
  ['config.reset', 'makesHome'],
  ['config.import', 'makesHome'],
  ['config.snapshot', 'makesHome'],
  ['config.rollback', 'findsNothing'],
]);

function oneAfterTheOther(): (work: () => unknown) => Promise<unknown> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
}

function unchecked(it: Installation, live: LiveSide | undefined): Partial<Table> {
  const running = live !== undefined;
  return {
    'home.init': () => ({ home: it.home, created: it.created, keychain: it.vault.inKeychain }),
    'notify.test': (params) => testNotifications(it, params),
    'profile.add': (params) => addProfile(it, params),
    'profile.list': () => listProfiles(it),
    'profile.default': (params) => makeDefault(it, params),
    'profile.remove': (params) => removeProfile(it, params),
    'endpoint.add': (params) => addEndpoint(it, params),
    'endpoint.copy': (params) => copyEndpoints(it, params),
    'endpoint.update': (params) => updateEndpoint(it, params),
    'endpoint.list': (params) => listEndpoints(it, params),
    'endpoint.remove': (params) => removeEndpoint(it, params),
    'endpoint.enable': (params) => switchEndpoint(it, params, 'EndpointEnabled'),
    'endpoint.disable': (params) => switchEndpoint(it, params, 'EndpointDisabled'),
    'endpoint.test': (params) => testEndpoints(it, params),
    'stats.read': (params) => readStats(it, params, live?.replay),
    'priority.set': (params) => setTier(it, params),
    'priority.list': () => showLadder(it),
    'priority.switch': (params) => switchByHand(it, params),
    'priority.release': () => releasePin(it),
    'priority.history': (params) => switchHistory(it, params),
    'priority.policy': (params) => setPolicy(it, params),
    'health.status': () => healthStatus(it, live),
    'health.metrics': (params) => healthMetrics(it, params, live),
    'health.history': (params) => healthHistory(it, params, live?.replay),
    'health.config': (params) => configureHealth(it, params),
    'health.reset': (params) => resetHealth(it, params),
    'queue.status': () => queueStatus(it),
    'queue.list': (params) => listQueue(it, params),
    'queue.show': (params) => showQueued(it, params),
    'queue.answer': (params) => queuedAnswer(it, params),
    'queue.retry': (params) => retryQueued(it, params),
    'queue.retryAll': () => retryAllQueued(it),
    'queue.clear': (params) => clearQueue(it, params),
    'queue.config': (params) => configQueue(it, params),
    'config.get': (params) => getSetting(it, params),
    'config.set': (params) => setSetting(it, params, running),
    'config.list': () => listSettings(it),
    'config.reset': (params) => resetSettings(it, params),
    ...Object.fromEntries(questionNames.map((name) => [name, asker(it, name, live?.replay)])),
    'history.verify': () => verifyHistory(it, live?.replay),
    'history.stats': () => measureHistory(it, live?.replay),
    'history.compact': () => compactHistory(it),
    'history.head': () => headOfHistory(it),
    'config.export': (params) => exportConfig(it, params),
    'config.import': (params) => importConfig(it, params, running),
    'config.validate': (params) => validate(it, params, live),
    'home.freeze': () => freezeHome(it),
    'config.snapshot': (params) => takeSnapshot(it, params),
    'config.snapshots': () => listSnapshots(it),
    'config.diff': (params) => diffConfigurations(it, params, live?.replay),
    'config.rollback': (params) => rollBack(it, params, live),
    'debug.machines': (params) => showMachines(it, params, live?.inFlight()),
    'client.settings': () => clientToken(it, live?.url),
    ...(live ? { 'health.check': (params) => checkHealth(it, params, live) } : {}),
    ...(live ? { 'proxy.status': () => live.status(), 'proxy.stop': ({ graceMs }) => live.stop(graceMs) } : {}),
  } satisfies Partial<Table>;
}
