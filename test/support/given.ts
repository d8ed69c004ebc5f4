/** Sentences about machines: given what happened, when this is reported, exactly these facts are recorded. */
import { expect } from 'vitest';
import type { AttemptFailure, EndpointFact, EndpointReport, Failure } from '../../events/endpoint.ts';
import type { Millis } from '../../events/fact.ts';
import type { PriorityFact } from '../../events/priority.ts';
import { checkVerdictOf } from '../../machines/classify.ts';
import { type EndpointSnapshot, endpointChart } from '../../machines/endpoint.ts';
import { decideEndpoint } from '../../machines/endpoint-decisions.ts';
import type { EndpointPolicy, Recent } from '../../machines/endpoint-policy.ts';
import { fold, initialOf } from '../../machines/fold.ts';
import { type PrioritySnapshot, priorityChart } from '../../machines/priority.ts';
import {
  decidePriority,
  type LadderLook,
  type PriorityAsk,
  type PriorityPolicy,
} from '../../machines/priority-policy.ts';

export const second = 1_000;
export const minute = 60 * second;
export const hour = 60 * minute;

/** The instant that every sentence counts from. */
export const start = Date.UTC(2026, 0, 1, 12);
/** An instant of a sentence: so long after its start. */
export const later = (ms: Millis): Millis => start + ms;

// ------------------------------------------------------------------------------------------------ endpoints

export const endpointPolicy: EndpointPolicy = {
  maxFailures: 3,
  backoffBaseMs: 10 * second,
  backoffMaxMs: 5 * minute,
  slowStartMs: minute,
  credentialIntervalMs: 10 * minute,
  probing: false,
};

/** Statistics that say nothing. */
export const quiet: Recent = { attempts: 0, failures: 0, medianTtftMs: null };

/** Dice in the middle: the jitter of ±20 % is 0. */
const fairDice = 0.5;

interface EndpointSetting {
  /** So long after the start. */
  readonly at?: Millis;
  readonly dice?: number;
  readonly policy?: Partial<EndpointPolicy>;
  readonly recent?: Partial<Recent>;
}

/** A fact of the past with its instant, `ms` after the start. Facts without one happened at the start. */
export const at = <F>(ms: Millis, fact: F) => ({ at: ms, fact });
type Dated<F> = F | { readonly at: Millis; readonly fact: F };

function dated<F extends object>(one: Dated<F>): { readonly at: Millis; readonly fact: F } {
  return 'fact' in one ? one : { at: 0, fact: one };
}

export function endpointAfter(...history: readonly Dated<EndpointFact>[]): EndpointSnapshot {
  return history
    .map(dated)
    .reduce(
      (state, { at: ms, fact }) => fold(endpointChart, state, { ...fact, at: later(ms) }),
      initialOf(endpointChart),
    );
}

export function given(...history: readonly Dated<EndpointFact>[]) {
  const state = endpointAfter(...history);
  return {
    when: (report: EndpointReport, setting: EndpointSetting = {}) =>
      sentence(
        decideEndpoint(
          state,
          report,
          { now: later(setting.at ?? 0), dice: setting.dice ?? fairDice },
          { ...endpointPolicy, ...setting.policy },
          { ...quiet, ...setting.recent },
        ),
      ),
  };
}

export function failed(
  failure: Failure,
  more: Partial<AttemptFailure> = {},
): EndpointReport & { type: 'AttemptFailed' } {
  const silent = {
    status: null,
    request: null,
    retryAfterMs: null,
    resetAt: null,
    maybeBilled: false,
    detail: null,
  };
  return { type: 'AttemptFailed', data: { failure, ...silent, ...more } };
}

export function answered(ttftMs: Millis | null = 300): EndpointReport {
  return { type: 'AttemptSucceeded', data: { request: 'r', ttfbMs: 200, ttftMs } };
}

export const probed: EndpointReport = {
  type: 'ProbeSucceeded',
  data: { responseMs: 400, ttftMs: 300, score: 90, model: 'm', tokens: 1 },
};

export function probeFailed(failure: Failure): EndpointReport {
  return { type: 'ProbeFailed', data: { verdict: checkVerdictOf(failure), failure, detail: null, responseMs: 400 } };
}

/** What another gateway of the fleet says. */
export function heard(
  member: string,
  seq: number,
  because: Failure,
  more: Partial<Extract<EndpointReport, { type: 'FailureHeard' }>['data']> = {},
): EndpointReport & { type: 'FailureHeard' } {
  const data = {
    member,
    name: member,
    seq,
    because,
    status: null,
    saidAt: start,
    heardAt: start,
    until: later(minute),
  };
  return { type: 'FailureHeard', data: { ...data, ...more } };
}

/** The timer that this state has armed, elapsed. */
export function elapsed({ context: { timer } }: EndpointSnapshot): EndpointReport {
  if (!timer) throw new Error('no timer is armed');
  return { type: 'TimerElapsed', data: { name: timer.name, gen: timer.gen } };
}

// --------------------------------------------------------------------------------------------- the priority group

export const priorityPolicy: PriorityPolicy = {
  auto: true,
  autoRecovery: true,
  failureThreshold: 3,
  recoveryChecks: 2,
  cooldownMs: 5 * minute,
  recoveryDelayMs: minute,
  maxPerHour: 10,
  healthAware: true,
};

interface LadderSetting {
  readonly at?: Millis;
  readonly policy?: Partial<PriorityPolicy>;
}

/**
 * A rung of the ladder: `2/3` has three endpoints, two of them usable; `0!/1` is out for certain, and so is `0/0+1`, whose only endpoint is disabled.
 */
export function rung(name: string, text: string): LadderLook['profiles'][number] {
  const [, usable, mark, enabled, disabled = '0'] = /^(\d+)(!?)\/(\d+)(?:\+(\d+))?$/.exec(text) ?? [];
  return {
    name,
    tier: null,
    usable: Number(usable),
    enabled: Number(enabled),
    endpoints: Number(enabled) + Number(disabled),
    certain: mark === '!' || (enabled === '0' && disabled !== '0'),
  };
}

export function ladder(rungs: Readonly<Record<string, string>>): LadderLook {
  return { profiles: Object.entries(rungs).map(([name, text]) => rung(name, text)) };
}

export function ladderAfter(...history: readonly Dated<PriorityFact>[]): PrioritySnapshot {
  return history
    .map(dated)
    .reduce(
      (state, { at: ms, fact }) => fold(priorityChart, state, { ...fact, at: later(ms) }),
      initialOf(priorityChart),
    );
}

export function givenLadder(...history: readonly Dated<PriorityFact>[]) {
  const state = ladderAfter(...history);
  return {
    when: (ask: PriorityAsk, look: LadderLook, setting: LadderSetting = {}) =>
      sentence(
        decidePriority(
          state,
          ask,
          look,
          { now: later(setting.at ?? 0), dice: fairDice },
          { ...priorityPolicy, ...setting.policy },
        ),
      ),
  };
}

export const looked: PriorityAsk = { type: 'Looked', report: null };
export const good = (profile: string): PriorityAsk => ({
  type: 'Looked',
  report: { profile, good: true },
});
export const bad = (profile: string): PriorityAsk => ({
  type: 'Looked',
  report: { profile, good: false },
});

// ------------------------------------------------------------------------------------------------ the sentence

function sentence<F extends EndpointFact | PriorityFact>(facts: readonly F[]) {
  return {
    records: (...expected: readonly F[]) => expect(facts).toEqual(expected),
    recordsNothing: () => expect(facts).toEqual([]),
    /** Only the types: where the data is another sentence's matter. */
    recordsTypes: (...expected: readonly F['type'][]) => expect(facts.map(({ type }) => type)).toEqual(expected),
    facts,
  };
}
