/** Notifications. */
import type { LadderReason } from '../../../events/reason.ts';
import { shortSpan } from '../../platform/time.ts';
import { sayWhy } from './reasons.ts';

export const notifyWords = {
  failoverTitle: (to: string) => `switched to ${to}`,
  failover: (from: string, to: string, because: LadderReason) => `${from} → ${to}: ${sayWhy(because)}`,
  recoveryTitle: (to: string) => `back on ${to}`,
  recovery: (from: string, to: string, because: LadderReason) => `${from} → ${to}, back: ${sayWhy(because)}`,
  backInService: (to: string) => `${to} can answer again`,
  allDownTitle: 'no endpoint can answer',
  allDown: 'no endpoint of any profile is usable; see qcc health status',
  credentialTitle: (profile: string) => `an endpoint of ${profile} refuses its key`,
  billingTitle: (profile: string) => `an endpoint of ${profile} has no balance left`,
  credential: (profile: string, name: string, id: string) =>
    `${profile}, ${name}: its key was refused; qcc endpoint update ${profile} ${id} --api-key-stdin`,
  billing: (profile: string, name: string, id: string) =>
    `${profile}, ${name}: its balance is spent; top it up, then qcc health reset ${id}`,
  fleetLostTitle: 'the fleet’s server does not answer',
  fleetLost: 'for a minute nothing came from the fleet’s server; requests are served as before; see qcc fleet status',
  fleetBackTitle: 'the fleet’s server is back',
  fleetBack: (afterMs: number) => `the fleet’s server is back after ${shortSpan(afterMs)}`,
  testTitle: 'a test message',
  test: 'notifications arrive here',
  times: (count: number) => `(${count} times)`,
  more: (count: number) => `and ${count} more; see qcc history`,
};

export type NotifyWords = typeof notifyWords;
