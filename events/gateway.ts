/** All that can happen to the gateway's process and to its log. */
import type { Fact, Millis } from './fact.ts';
import { bad, plain, type TraitsOf } from './trait.ts';

/**
 * Facts that were numbered and cannot be read: a hole, or bytes that are not those that were written. Both ends included. `since`: the
 * instant of the fact before them; null where it was not looked up.
 */
export type FactsLost = Fact<
  'FactsLost',
  { from: number; to: number; because: 'missing' | 'checksum'; since: Millis | null }
>;

/** A repair made a new log: what it could not bring back, and what the old one is kept as. */
export type LogSalvaged = Fact<'LogSalvaged', { ranges: readonly (readonly [number, number])[]; kept: string }>;

export type GatewayFact =
  | Fact<'GatewayStarted', { version: string; url: string; pid: number; epoch: string }>
  | Fact<'GatewayStopped', { reason: string }>
  /**
   * Told by the next start: the process before it ended without a word. What it wrote is certain until `certainUntil`, the instant of
   * its last fact on record; of what ended after it nothing may be known. Null in older facts.
   */
  | Fact<'GatewayFoundDead', { epoch: string; certainUntil: Millis | null }>
  | LogSalvaged
  | FactsLost
  | Fact<'Offline'>
  | Fact<'Online'>
  | Fact<'Slept', { forMs: Millis }>;

export const gatewayTraits: TraitsOf<GatewayFact> = {
  GatewayStarted: plain,
  GatewayStopped: plain,
  GatewayFoundDead: bad,
  LogSalvaged: plain,
  FactsLost: bad,
  Offline: plain,
  Online: plain,
  Slept: plain,
};
