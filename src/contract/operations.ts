/**
 * Every operation that a command can call: its input, its answer, and its effect on a home. One table for both ways: over the control
 * socket while a gateway runs, in this process while none does. Shapes are those of the command line's contract; times are ISO 8601 in UTC.
 */
import { configContract } from './config.ts';
import { dashboardContract } from './dashboard.ts';
import { debugContract } from './debug.ts';
import { endpointContract } from './endpoint.ts';
import { fleetContract } from './fleet.ts';
import { gatewayContract } from './gateway.ts';
import { healthContract } from './health.ts';
import { historyContract } from './history.ts';
import { incidentContract } from './incident.ts';
import { incidentsContract } from './incidents.ts';
import { notifyContract } from './notify.ts';
import type { AnswerOf, ParamsOf } from './operation.ts';
import { priorityContract } from './priority.ts';
import { profileContract } from './profile.ts';
import { queueContract } from './queue.ts';
import { routeContract } from './route.ts';
import { statsContract } from './stats.ts';
import { tokenContract } from './token.ts';
import { whatIfContract } from './what-if.ts';

export const contract = {
  ...profileContract,
  ...endpointContract,
  ...priorityContract,
  ...healthContract,
  ...queueContract,
  ...configContract,
  ...historyContract,
  ...whatIfContract,
  ...incidentContract,
  ...incidentsContract,
  ...routeContract,
  ...statsContract,
  ...debugContract,
  ...gatewayContract,
  ...notifyContract,
  ...dashboardContract,
  ...tokenContract,
  ...fleetContract,
};

type Contract = typeof contract;
export type OperationName = keyof Contract;
type Signatures = {
  readonly [Name in OperationName]: {
    readonly params: ParamsOf<Contract[Name]>;
    readonly answer: AnswerOf<Contract[Name]>;
  };
};
export type Params<Name extends OperationName> = Signatures[Name]['params'];
export type Answer<Name extends OperationName> = Signatures[Name]['answer'];

/** How a command calls an operation: it cannot tell whether the gateway or its own process answers. */
export type Call = <Name extends OperationName>(name: Name, params: Params<Name>) => Promise<Answer<Name>>;

export interface Connection {
  readonly call: Call;
  readonly viaGateway: boolean;
  close(): Promise<void>;
}

/**
 * Opens access to a home: over the control socket while a gateway runs, otherwise in the command's own process.
 * @throws {QccError} `QCC_GATEWAY_DOWN` when a gateway is needed and none runs; `QCC_LOG_LOCKED` when another command holds the log for too
 * long
 */
export type Connect = (options: { readonly home: string; readonly needGateway?: boolean }) => Promise<Connection>;
