/** Every operation by its name: the control socket calls it, and so does a command without a gateway. */

import { configHandlers } from '../commands/config/operation.ts';
import { dashboardHandlers } from '../commands/dashboard/operation.ts';
import { endpointHandlers } from '../commands/endpoint/operation.ts';
import { fleetHandlers } from '../commands/fleet/operation.ts';
import type { Handlers } from '../commands/handler.ts';
import { healthHandlers } from '../commands/health/operation.ts';
import {
  debugHandlers,
  historyHandlers,
  incidentHandlers,
  incidentsHandlers,
  routeHandlers,
  statsHandlers,
  whatIfHandlers,
} from '../commands/history/operation.ts';
import { notifyHandlers } from '../commands/notify/operation.ts';
import { priorityHandlers } from '../commands/priority/operation.ts';
import { profileHandlers } from '../commands/profile/operation.ts';
import { queueHandlers } from '../commands/queue/operation.ts';
import { tokenHandlers } from '../commands/token/operation.ts';
import { inputOf } from '../contract/inputs.ts';
import type { Json } from '../contract/json.ts';
import { type Answer, contract, type OperationName, type Params } from '../contract/operations.ts';
import type { Installation } from '../installation/installation.ts';
import type { LiveSide } from '../installation/live-side.ts';
import { gatewayHandlers } from './gateway-operation.ts';

const handlers: Handlers<typeof contract> = {
  ...profileHandlers,
  ...endpointHandlers,
  ...priorityHandlers,
  ...healthHandlers,
  ...queueHandlers,
  ...configHandlers,
  ...historyHandlers,
  ...whatIfHandlers,
  ...incidentHandlers,
  ...incidentsHandlers,
  ...routeHandlers,
  ...statsHandlers,
  ...debugHandlers,
  ...gatewayHandlers,
  ...notifyHandlers,
  ...dashboardHandlers,
  ...tokenHandlers,
  ...fleetHandlers,
};

type Table = { readonly [Name in OperationName]: (params: Params<Name>) => Promise<Answer<Name> | Json> };
type Handler = (it: Installation, params: object, live: LiveSide | undefined) => unknown;

/** @param live undefined while no gateway runs; then the operations that need one are not there */
export function operations(it: Installation, live: LiveSide | undefined): Partial<Table> {
  const alone = oneAfterTheOther();
  const names = (Object.keys(contract) as OperationName[]).filter((name) => live || !contract[name].needsGateway);
  const bound = names.map((name) => {
    const handler = handlers[name] as Handler;
    // Always a promise: over the socket and in process, an error arrives in the same way.
    const operation = async (params: unknown) => {
      const input = inputOf(name, params);
      const work = () => handler(it, input, live);
      return contract[name].alone ? alone(work) : work();
    };
    return [name, operation] as const;
  });
  return Object.fromEntries(bound) as Partial<Table>;
}

function oneAfterTheOther(): (work: () => unknown) => Promise<unknown> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
}
