/** All that can happen to the gateway's process and to its log. */
import type { Fact, Millis } from './fact.ts';

export type GatewayFact =
  | Fact<'GatewayStarted', { version: string; url: string; pid: number; epoch: string }>
  | Fact<'GatewayStopped', { reason: string }>
  /** Told by the next start: the process before it ended without a word. */
  | Fact<'GatewayFoundDead', { epoch: string }>
  | Fact<'LogSalvaged', { ranges: readonly (readonly [number, number])[]; kept: string }>
  | Fact<'FactsLost', { count: number; because: string }>
  | Fact<'Offline'>
  | Fact<'Online'>
  | Fact<'Slept', { forMs: Millis }>;
