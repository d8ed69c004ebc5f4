/**
 * What is true of every fact of a type, whatever it says. One row a type: the compiler asks for it when a fact is added,
 * and no reader of the log keeps a list of its own.
 */
import type { ConfigFact } from './config.ts';
import type { EndpointFact } from './endpoint.ts';
import type { GatewayFact } from './gateway.ts';
import type { PriorityFact } from './priority.ts';
import type { ProfileFact } from './profile.ts';
import type { QueueFact } from './queue.ts';
import type { RequestFact } from './request.ts';

/** All that can stand in a log. */
export type AnyFact = ConfigFact | EndpointFact | GatewayFact | PriorityFact | ProfileFact | QueueFact | RequestFact;
export type FactType = AnyFact['type'];

/** What a person did, in the words of the command. */
export const auditActions = [
  'profile.add',
  'profile.update',
  'profile.remove',
  'profile.default',
  'priority.set',
  'priority.switch',
  'priority.release',
  'endpoint.add',
  'endpoint.update',
  'endpoint.remove',
  'endpoint.enable',
  'endpoint.disable',
  'health.reset',
  'config.set',
  'config.reset',
  'config.snapshot',
  'config.rollback',
  'config.import',
] as const;
export type AuditAction = (typeof auditActions)[number];

export interface FactTraits {
  /** How it is coloured: bad news, good news, or neither. */
  readonly tone: 'bad' | 'good' | 'plain';
  /** A rule of a machine decided it; nothing outside reported it. */
  readonly decision?: true;
  /** A person's deed, for the audit; `SettingChanged` that takes a value away is `config.reset`. */
  readonly audited?: AuditAction;
  /** A refusal of the endpoint's credential, told once, ends with it. */
  readonly endsRefusal?: true;
}

const plain: FactTraits = { tone: 'plain' };
const bad: FactTraits = { tone: 'bad' };
const good: FactTraits = { tone: 'good' };
const deed = (audited: AuditAction): FactTraits => ({ tone: 'plain', audited });

export const factTraits: Readonly<Record<FactType, FactTraits>> = {
  SettingChanged: deed('config.set'),
  SnapshotTaken: deed('config.snapshot'),
  ConfigRolledBack: deed('config.rollback'),
  ConfigImported: deed('config.import'),

  ProfileAdded: deed('profile.add'),
  ProfileDescribed: deed('profile.update'),
  ProfileRemoved: deed('profile.remove'),
  ProfileMadeDefault: deed('profile.default'),
  TierAssigned: deed('priority.set'),
  EndpointAdded: deed('endpoint.add'),
  EndpointChanged: deed('endpoint.update'),
  EndpointRemoved: deed('endpoint.remove'),

  AttemptFailed: bad,
  AttemptSucceeded: plain,
  ProbeSucceeded: plain,
  ProbeFailed: bad,
  ProbeNoted: plain,
  ModelNotFound: bad,
  ModelFound: good,
  LimitsSeen: plain,
  EndpointEnabled: { ...deed('endpoint.enable'), endsRefusal: true },
  EndpointDisabled: deed('endpoint.disable'),
  EndpointReset: { ...deed('health.reset'), endsRefusal: true },
  KeyChanged: { ...plain, endsRefusal: true },
  TimerElapsed: plain,
  EndpointDegraded: { ...plain, decision: true },
  EndpointPaused: { ...plain, decision: true },
  EndpointFailed: { ...bad, decision: true },
  EndpointRecovering: { ...plain, decision: true },
  EndpointRecovered: { ...good, decision: true, endsRefusal: true },
  WeightAdjusted: plain,

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

  RequestServed: plain,
  RequestFailed: bad,
  RequestCancelled: plain,
  AnswerBroken: bad,

  RequestQueued: plain,
  RetryStarted: plain,
  RetryAnswered: plain,
  RetrySucceeded: plain,
  RetryFailed: bad,
  RetryAbandoned: plain,
  RetryAsked: plain,
  AnswerCollected: plain,
  QueuedRequestDied: bad,
  QueuedRequestCancelled: plain,
  QueuedRequestForgotten: plain,

  GatewayStarted: plain,
  GatewayStopped: plain,
  GatewayFoundDead: bad,
  LogSalvaged: plain,
  FactsLost: bad,
  Offline: plain,
  Online: plain,
  Slept: plain,
};

/** A type that this version does not know has none: the log of a newer one may be looked at. */
export function traitsOf(type: string): FactTraits {
  return Object.hasOwn(factTraits, type) ? factTraits[type as FactType] : plain;
}
