/**
 * What is true of every fact of a type, whatever it says. The nouns' own tables,
 * in one: no reader of the log keeps a list of its own.
 */
import { type ConfigFact, configTraits } from './config.ts';
import { type EndpointFact, endpointTraits } from './endpoint.ts';
import { type GatewayFact, gatewayTraits } from './gateway.ts';
import { type PriorityFact, priorityTraits } from './priority.ts';
import { type ProfileFact, profileTraits } from './profile.ts';
import { type QueueFact, queueTraits } from './queue.ts';
import { type RequestFact, requestTraits } from './request.ts';
import { type TokenFact, tokenTraits } from './token.ts';
import { type FactTraits, plain } from './trait.ts';

/** All that can stand in a log. */
export type AnyFact =
  | ConfigFact
  | EndpointFact
  | GatewayFact
  | PriorityFact
  | ProfileFact
  | QueueFact
  | RequestFact
  | TokenFact;
export type FactType = AnyFact['type'];

export const factTraits: Readonly<Record<FactType, FactTraits>> = {
  ...configTraits,
  ...profileTraits,
  ...endpointTraits,
  ...priorityTraits,
  ...requestTraits,
  ...queueTraits,
  ...gatewayTraits,
  ...tokenTraits,
};

/** A type that this version does not know has none: the log of a newer one may be looked at. */
export function traitsOf(type: string): FactTraits {
  return Object.hasOwn(factTraits, type) ? factTraits[type as FactType] : plain;
}
