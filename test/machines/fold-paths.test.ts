/** Every path through every chart: no transition that nothing takes, no state that nothing leaves. */
import { describe, expect, it } from 'vitest';
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import type { EndpointFact } from '../../events/endpoint.ts';
import type { GatewayFact } from '../../events/gateway.ts';
import type { PriorityFact } from '../../events/priority.ts';
import type { QueueFact } from '../../events/queue.ts';
import { reason } from '../../events/reason.ts';
import { endpointChart } from '../../machines/endpoint.ts';
import { gatewayChart } from '../../machines/gateway.ts';
import { priorityChart } from '../../machines/priority.ts';
import { queueItemChart } from '../../machines/queue-item.ts';
import { answered, failed, later, minute, probed, probeFailed, start } from '../support/given.ts';
import { walked } from '../support/paths.ts';
import { queued } from '../support/queue.ts';

const endpointFacts: readonly EndpointFact[] = [
  failed('timeout'),
  probeFailed('timeout'),
  answered(),
  probed,
  { type: 'EndpointDegraded', data: { because: 'slow', until: null } },
  { type: 'EndpointPaused', data: { because: 'overloaded', until: later(minute), belief: 'inferred', times: 1 } },
  {
    type: 'EndpointFailed',
    data: { because: 'timeout', until: later(minute), belief: 'inferred', times: 1, held: false },
  },
  { type: 'EndpointRecovering', data: { ramp: 0, nextAt: null } },
  { type: 'EndpointRecovering', data: { ramp: 0.1, nextAt: later(minute) } },
  { type: 'EndpointRecovered', data: {} },
  { type: 'ModelNotFound', data: { model: 'm', until: later(minute), request: null } },
  { type: 'ModelFound', data: { model: 'm', request: null } },
  {
    type: 'CapabilityMissing',
    data: { model: 'm', what: 'speed', limit: null, evidence: 'extraInput', until: later(minute), request: null },
  },
  { type: 'CapabilityForgotten', data: { what: null } },
  { type: 'CountRefused', data: { until: later(minute), request: null } },
  { type: 'BodyRefused', data: { bytes: 1, until: later(minute), request: null } },
  {
    type: 'ProbeNoted',
    data: {
      depth: 'api',
      verdict: 'failure',
      responseMs: 1,
      ttftMs: null,
      score: 0,
      model: null,
      tokens: 0,
      detail: null,
      isForLooks: true,
    },
  },
  {
    type: 'FailureHeard',
    data: {
      member: 'b',
      name: 'b',
      seq: 1,
      because: 'quota',
      status: 429,
      saidAt: start,
      heardAt: start,
      until: later(minute),
    },
  },
  { type: 'HearsayLifted', data: { by: 'c', name: 'c', of: [{ member: 'b', seq: 1 }], heardAt: start } },
  { type: 'HearsayExpired', data: { before: later(minute) } },
  { type: 'HearsayForgotten', data: { member: null, deafUntil: later(minute) } },
  { type: 'EndpointReset', data: {} },
  { type: 'KeyChanged', data: {} },
  { type: 'EndpointDisabled', data: {} },
];

const priorityFacts: readonly PriorityFact[] = [
  { type: 'ActiveChosen', data: { profile: 'main' } },
  { type: 'FailedOver', data: { from: 'main', to: 'spare', because: reason('notUsable') } },
  { type: 'Recovered', data: { from: 'spare', to: 'main', because: reason('notUsable') } },
  { type: 'SwitchedByHand', data: { from: 'main', to: 'spare', reason: '…' } },
  { type: 'PinReleased', data: { because: reason('notUsable') } },
  { type: 'SwitchHeldBack', data: { wanted: 'spare', because: 'cooldown', until: later(minute) } },
  { type: 'ActiveDoubted', data: { profile: 'main', reports: 1 } },
  { type: 'ActiveTrusted', data: { profile: 'main' } },
  { type: 'RecoveryBegun', data: { profile: 'main', checks: 0, readyAt: later(minute) } },
  { type: 'RecoveryChecked', data: { profile: 'main', checks: 1 } },
  { type: 'RecoveryStopped', data: { profile: 'main', because: reason('notUsable') } },
  { type: 'LadderDegraded', data: { because: reason('notUsable') } },
  { type: 'LadderHealthy', data: {} },
  { type: 'AllOut', data: { because: reason('notUsable') } },
  { type: 'BackInService', data: { to: 'main' } },
];

const gatewayFacts: readonly GatewayFact[] = [
  { type: 'GatewayStarted', data: { version: '1.0.0', url: 'http://127.0.0.1:1', pid: 1, epoch: 'e' } },
  { type: 'GatewayStopped', data: { reason: '…' } },
  { type: 'GatewayFoundDead', data: { epoch: 'e', certainUntil: null } },
  { type: 'Offline', data: {} },
  { type: 'Online', data: {} },
  { type: 'Slept', data: { forMs: 1_000 } },
  { type: 'FleetJoined', data: { member: 'aa', name: 'a', epoch: 1, from: 0 } },
  { type: 'FleetLeft', data: { member: 'aa' } },
  { type: 'SwitchShared', data: { era: 1, token: 1 } },
  {
    type: 'SwitchHeard',
    data: { era: 1, token: 2, member: 'bb', name: 'b', to: 'main', isKnown: true },
  },
];

const first = { attempt: 1, epoch: 'e' };
const queueFacts: readonly QueueFact[] = [
  { type: 'RequestQueued', data: queued() },
  { type: 'RetryStarted', data: { ...first, endpoint: '11111111' } },
  ...[first, { ...first, attempt: 2 }, { ...first, epoch: 'another' }].flatMap((name): readonly QueueFact[] => [
    { type: 'RetryAnswered', data: { ...name, status: 200 } },
    {
      type: 'RetrySucceeded',
      data: { ...name, answer: 'a', bytes: 1, status: 200, own: null, expiresAt: later(minute) },
    },
    { type: 'RetryAbandoned', data: { ...name, because: 'gatewayDied' } },
    {
      type: 'RetryFailed',
      data: { ...name, failure: 'timeout', detail: null, retryable: true, delayMs: 0, nextRetryAt: start },
    },
  ]),
  { type: 'RetryAsked', data: { by: 'user', expiresAt: later(minute) } },
  { type: 'AnswerCollected', data: { by: 'r' } },
  { type: 'QueuedRequestDied', data: { because: 'retriesUsedUp', detail: null } },
  { type: 'QueuedRequestCancelled', data: { because: reason('cleared') } },
];

type Armed = { readonly name: string; readonly gen: number };
const armedOf = ({ context }: AnyMachineSnapshot): readonly Armed[] =>
  context.timers ?? (context.timer ? [context.timer] : []);

/** All facts, and of each armed timer its end and that of the one before. */
const told = (facts: readonly { type: string; data: object }[]) => (snapshot: AnyMachineSnapshot) => {
  const ends = armedOf(snapshot).flatMap(({ name, gen }) =>
    [gen, gen - 1].map((one) => ({ type: 'TimerElapsed', data: { name, gen: one } })),
  );
  return [...facts, ...ends].map((fact) => ({ ...fact, at: start }));
};

type Facts = readonly { type: string; data: object }[];
const charts: readonly [string, AnyStateMachine, Facts, readonly string[], readonly string[]][] = [
  ['endpoint', endpointChart, endpointFacts, ['healthy', 'degraded', 'failed', 'recovering', 'disabled'], []],
  ['priority', priorityChart, priorityFacts, ['healthy', 'degraded', 'recovering', 'failed'], []],
  ['gateway', gatewayChart, gatewayFacts, ['stopped', 'online', 'offline'], []],
  [
    'queue item',
    queueItemChart,
    queueFacts,
    ['waiting', 'retrying', 'answered', 'dead', 'unknown', 'cancelled'],
    ['answered', 'cancelled'],
  ],
];

describe.each(charts)('the %s chart', (_, chart, facts, states, ends) => {
  // Guards look at timers, and at which attempt runs.
  const paths = walked(chart, told(facts), (snapshot) => [
    armedOf(snapshot)
      .map(({ name }) => name)
      .sort(),
    (snapshot.context as { attempt?: number }).attempt,
  ]);

  it('has no transition without a path', () => {
    expect(paths.missing).toEqual([]);
  });

  it('is entered and left at each of its states that are not final', () => {
    expect([...paths.states].sort()).toEqual([...states].sort());
    expect([...paths.left, ...ends].sort()).toEqual([...states].sort());
  });
});
