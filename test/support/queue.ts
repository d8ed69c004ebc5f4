/** Sentences about queue items: given what happened, when this is reported, exactly these facts are recorded. */

import { expect } from 'vitest';
import type { Millis } from '../../events/fact.ts';
import type { QueuedRequest, QueueFact } from '../../events/queue.ts';
import { reason } from '../../events/reason.ts';
import { fold, initialOf } from '../../machines/fold.ts';
import { type QueueItemSnapshot, queueItemChart, timerOfItem } from '../../machines/queue-item.ts';
import { decideQueueItem, type QueueAsk } from '../../machines/queue-item-decisions.ts';
import type { QueuePolicy } from '../../machines/queue-policy.ts';
import { later, minute, second } from './given.ts';
import { queuePolicy } from './world.ts';

/** A request of a session that came at the start, may be tried again in five seconds, and is worthless after 15 minutes. */
export function queued(more: Partial<QueuedRequest> = {}): QueuedRequest {
  return {
    request: '019adf00-0000-7000-8000-0123456789ab',
    body: 'body',
    bytes: 100,
    method: 'POST',
    path: '/v1/messages?beta=true',
    within: null,
    session: 's',
    model: 'claude-test',
    stream: true,
    requestHash: 'hash',
    priority: 'normal',
    strategy: 'fixed',
    maxAttempts: 2,
    nextRetryAt: later(5 * second),
    expiresAt: later(15 * minute),
    because: reason('noEndpointUsable'),
    ...more,
  };
}

export const endpoint = '11111111';
export const epoch = 'this life';
export const attempt = (number: number) => ({ attempt: number, epoch });

export const enqueued = (more: Partial<QueuedRequest> = {}): QueueFact => ({
  type: 'RequestQueued',
  data: queued(more),
});
export const started = (number: number): QueueFact => ({
  type: 'RetryStarted',
  data: { ...attempt(number), endpoint },
});
export const retryFailed = (number: number, nextRetryAt: Millis = later(0)): QueueFact => ({
  type: 'RetryFailed',
  data: {
    ...attempt(number),
    failure: 'serverError',
    detail: reason('status', { status: 503, type: null }),
    retryable: true,
    delayMs: 0,
    nextRetryAt,
  },
});
export const failing = (
  number: number,
  more: Partial<Extract<QueueAsk, { type: 'Failed' }>['data']> = {},
): QueueAsk => ({
  type: 'Failed',
  data: {
    ...attempt(number),
    failure: 'serverError',
    retryAfterMs: null,
    detail: reason('status', { status: 503, type: null }),
    isAwaited: false,
    ...more,
  },
});

export function itemAfter(...history: readonly QueueFact[]): QueueItemSnapshot {
  return history.reduce(
    (state, fact) => fold(queueItemChart, state, { ...fact, at: later(0) }),
    initialOf(queueItemChart),
  );
}

export const expiry = (snapshot: QueueItemSnapshot): QueueAsk => ({
  type: 'TimerElapsed',
  data: { name: 'expiry', gen: timerOfItem(snapshot)?.gen ?? -1 },
});

interface Setting {
  readonly at?: Millis;
  readonly dice?: number;
  readonly policy?: Partial<QueuePolicy>;
}

export function givenItem(...history: readonly QueueFact[]) {
  const state = itemAfter(...history);
  const decided = (ask: QueueAsk, { at = 0, dice = 0.5, policy = {} }: Setting = {}) =>
    decideQueueItem(state, ask, { now: later(at), dice }, { ...queuePolicy, ...policy });
  return {
    state,
    when: (ask: QueueAsk, setting?: Setting) => {
      const facts = decided(ask, setting);
      return {
        records: (...expected: readonly QueueFact[]) => expect(facts).toEqual(expected),
        recordsNothing: () => expect(facts).toEqual([]),
        recordsTypes: (...expected: readonly QueueFact['type'][]) =>
          expect(facts.map(({ type }) => type)).toEqual(expected),
        facts,
      };
    },
  };
}
