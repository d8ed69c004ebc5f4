/** All that can happen to the ladder: which profile is active, and why it changed. */
import type { Fact, Millis } from './fact.ts';

export type HeldBecause = 'cooldown' | 'hourlyLimit' | 'off';

export type PriorityFact =
  /** The first profile, or the next one after the active profile was removed. */
  | Fact<'ActiveChosen', { profile: string | null }>
  | Fact<'FailedOver', { from: string; to: string; because: string }>
  | Fact<'Recovered', { from: string; to: string; because: string }>
  | Fact<'SwitchedByHand', { from: string | null; to: string; reason: string }>
  | Fact<'PinReleased', { because: string }>
  | Fact<'SwitchHeldBack', { wanted: string; because: HeldBecause; until: Millis | null }>
  /** The active profile had no usable endpoint when somebody looked: one more of the reports that a switch needs. */
  | Fact<'ActiveDoubted', { profile: string; reports: number }>
  | Fact<'ActiveTrusted', { profile: string }>
  | Fact<'RecoveryBegun', { profile: string; checks: number; readyAt: Millis }>
  | Fact<'RecoveryChecked', { profile: string; checks: number }>
  | Fact<'RecoveryStopped', { profile: string; because: string }>
  | Fact<'LadderDegraded', { because: string }>
  | Fact<'LadderHealthy'>
  | Fact<'AllOut', { because: string }>
  | Fact<'BackInService', { to: string }>
  | Fact<'TimerElapsed', { name: 'recovery' | 'heldBack'; gen: number }>;
