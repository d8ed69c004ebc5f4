/** All that can happen to the gateway's process and to its log. */
import type { Fact, Millis } from './fact.ts';

/** Facts that were numbered and cannot be read: a hole, or bytes that are not those that were written. Both ends included. */
export type FactsLost = Fact<'FactsLost', { from: number; to: number; because: 'missing' | 'checksum' }>;

export type GatewayFact =
  | Fact<'GatewayStarted', { version: string; url: string; pid: number; epoch: string }>
  | Fact<'GatewayStopped', { reason: string }>
  /** Told by the next start: the process before it ended without a word. */
  | Fact<'GatewayFoundDead', { epoch: string }>
  | Fact<'LogSalvaged', { ranges: readonly (readonly [number, number])[]; kept: string }>
  | FactsLost
  | Fact<'Offline'>
  | Fact<'Online'>
  | Fact<'Slept', { forMs: Millis }>;
