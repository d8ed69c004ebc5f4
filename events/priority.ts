/** All that can happen to the ladder: which profile is active, and why it changed. */
import type { Fact, Millis } from './fact.ts';
import type { LadderReason, Reason } from './reason.ts';
import { bad, deed, good, plain, type TraitsOf } from './trait.ts';

export type HeldBecause = 'cooldown' | 'hourlyLimit' | 'off';

/** Of a switch by hand: what a person wrote, that they wrote nothing, or at which other gateway they did it. */
export type ReasonGiven = string | Reason<'byHand'> | Reason<'byGateway'>;

export type PriorityFact =
  /** The first profile, or the next one after the active profile was removed. */
  | Fact<'ActiveChosen', { profile: string | null }>
  | Fact<'FailedOver', { from: string; to: string; because: LadderReason }>
  | Fact<'Recovered', { from: string; to: string; because: LadderReason }>
  | Fact<'SwitchedByHand', { from: string | null; to: string; reason: ReasonGiven }>
  | Fact<'PinReleased', { because: LadderReason }>
  | Fact<'SwitchHeldBack', { wanted: string; because: HeldBecause; until: Millis | null }>
  /** The active profile had no usable endpoint at a look: one more of the reports that a switch needs. */
  | Fact<'ActiveDoubted', { profile: string; reports: number }>
  | Fact<'ActiveTrusted', { profile: string }>
  | Fact<'RecoveryBegun', { profile: string; checks: number; readyAt: Millis }>
  | Fact<'RecoveryChecked', { profile: string; checks: number }>
  | Fact<'RecoveryStopped', { profile: string; because: LadderReason }>
  | Fact<'LadderDegraded', { because: LadderReason }>
  | Fact<'LadderHealthy'>
  | Fact<'AllOut', { because: LadderReason }>
  | Fact<'BackInService', { to: string }>
  | Fact<'TimerElapsed', { name: 'recovery' | 'heldBack'; gen: number }>;

export const priorityTraits: TraitsOf<PriorityFact> = {
  TimerElapsed: plain,
  ActiveChosen: plain,
  FailedOver: bad,
  Recovered: good,
  SwitchedByHand: deed('priority.switch'),
  PinReleased: deed('priority.release'),
  SwitchHeldBack: bad,
  ActiveDoubted: bad,
  ActiveTrusted: good,
  RecoveryBegun: plain,
  RecoveryChecked: plain,
  RecoveryStopped: plain,
  LadderDegraded: plain,
  LadderHealthy: good,
  AllOut: bad,
  BackInService: good,
};
