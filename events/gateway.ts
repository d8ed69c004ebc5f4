/** All that can happen to the gateway's process and to its log. */
import type { Fact, Millis } from './fact.ts';
import { bad, good, plain, type TraitsOf } from './trait.ts';

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
  | Fact<'Slept', { forMs: Millis }>
  /**
   * It is a member of a fleet from here on. `member` is derived from the key that it signs with; `epoch` is the instant of its first joining
   * under that key. A gateway whose log went back joins anew, as another member. What it tells begins after the fact `from`.
   */
  | Fact<'FleetJoined', { member: string; name: string; epoch: Millis; from: number }>
  | Fact<'FleetLeft', { member: string }>
  /** For a minute nothing came through the fleet's engine. Requests do not notice. */
  | Fact<'FleetLost'>
  | Fact<'FleetBack', { afterMs: Millis }>
  /** A switch by hand is one of the whole fleet's from here on. `token` is its number in the fleet, since `era`: a lower one is refused. */
  | Fact<'SwitchShared', { era: Millis; token: number }>
  /** One at another gateway. `to`: null when the pin was released there, or when no profile here has that name, which `isKnown` tells. */
  | Fact<
      'SwitchHeard',
      { era: Millis; token: number; member: string; name: string; to: string | null; isKnown: boolean }
    >
  /** What a person did here while the gateways were apart gives way to what was done at another one. Null: the pin was released. */
  | Fact<'Overruled', { name: string; wanted: string | null; to: string | null }>;

export const gatewayTraits: TraitsOf<GatewayFact> = {
  GatewayStarted: plain,
  GatewayStopped: plain,
  GatewayFoundDead: bad,
  LogSalvaged: plain,
  FactsLost: bad,
  Offline: plain,
  Online: plain,
  Slept: plain,
  FleetJoined: plain,
  FleetLeft: plain,
  FleetLost: bad,
  FleetBack: good,
  SwitchShared: plain,
  SwitchHeard: plain,
  Overruled: bad,
};
