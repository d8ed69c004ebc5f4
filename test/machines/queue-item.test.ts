import { describe, expect, it } from 'vitest';
import type { QueueFact } from '../../events/queue.ts';
import { reason } from '../../events/reason.ts';
import { itemStatus } from '../../machines/queue-item.ts';
import { nextOfItem } from '../../machines/queue-item-next.ts';
import { keptMs } from '../../machines/queue-policy.ts';
import { later, minute, second } from '../support/given.ts';
import {
  attempt,
  endpoint,
  enqueued,
  epoch,
  expiry,
  failing,
  givenItem,
  itemAfter,
  queued,
  retryFailed,
  started,
} from '../support/queue.ts';

const succeeded = (number: number): QueueFact => ({
  type: 'RetrySucceeded',
  data: { ...attempt(number), answer: 'answer', bytes: 7, status: 200, own: null, expiresAt: later(15 * minute) },
});
const abandoned = (number: number): QueueFact => ({
  type: 'RetryAbandoned',
  data: { ...attempt(number), because: 'gatewayDied' },
});
const died: QueueFact = {
  type: 'QueuedRequestDied',
  data: { because: 'retriesUsedUp', detail: reason('status', { status: 503, type: null }) },
};
const start = { type: 'Start', data: { endpoint, epoch } } as const;
const answered = (number: number, of = epoch) =>
  ({
    type: 'Answered',
    data: { attempt: number, epoch: of, answer: 'answer', bytes: 7, status: 200, own: null },
  }) as const;
const asked = (by: 'user' | 'client') => ({ type: 'Ask', data: { by } }) as const;

describe('an attempt of a queued item', () => {
  it('is recorded with the endpoint, this life of the gateway, and a number of its own', () => {
    givenItem(enqueued())
      .when(start)
      .records({ type: 'RetryStarted', data: { attempt: 1, epoch, endpoint } });
    givenItem(enqueued(), started(1), retryFailed(1))
      .when(start)
      .records({ type: 'RetryStarted', data: { attempt: 2, epoch, endpoint } });
  });

  it('that goes on at the next endpoint is a further attempt of the same retry', () => {
    const { state, when } = givenItem(enqueued(), started(1));
    when(start).records({ type: 'RetryStarted', data: { attempt: 2, epoch, endpoint } });
    expect(itemStatus(state).tries).toBe(1);
    expect(itemStatus(itemAfter(enqueued(), started(1), started(2))).tries).toBe(1);
    expect(itemStatus(itemAfter(enqueued(), started(1), retryFailed(1), started(2))).tries).toBe(2);
  });

  it('is not begun for a finished item, or one that may have been billed', () => {
    for (const end of [succeeded(1), abandoned(1), died])
      givenItem(enqueued(), started(1), end).when(start).recordsNothing();
  });

  it('that is answered keeps the answer for the time that the policy says', () => {
    givenItem(enqueued(), started(1))
      .when(answered(1), { at: minute })
      .records({
        type: 'RetrySucceeded',
        data: { ...attempt(1), answer: 'answer', bytes: 7, status: 200, own: null, expiresAt: later(16 * minute) },
      });
  });

  it('that fails is repeated after its delay, and the fact holds the delay', () => {
    givenItem(enqueued(), started(1))
      .when(failing(1), { policy: { baseDelayMs: 7 * second } })
      .records({
        type: 'RetryFailed',
        data: {
          ...attempt(1),
          failure: 'serverError',
          detail: reason('status', { status: 503, type: null }),
          retryable: true,
          delayMs: 7 * second,
          nextRetryAt: later(7 * second),
        },
      });
  });

  it('waits as long as the endpoint has asked for', () => {
    const { facts } = givenItem(enqueued({ strategy: 'immediate' }), started(1)).when(
      failing(1, { failure: 'rateLimited', retryAfterMs: 42 * second }),
    );
    expect(facts).toMatchObject([{ type: 'RetryFailed', data: { delayMs: 42 * second } }]);
  });

  it('is the last one when the limit is reached', () => {
    const twice = [enqueued({ maxAttempts: 2 }), started(1), retryFailed(1), started(2)];
    givenItem(...twice.slice(0, 2))
      .when(failing(1))
      .recordsTypes('RetryFailed');
    const { facts } = givenItem(...twice).when(failing(2));
    expect(facts).toMatchObject([
      { type: 'RetryFailed' },
      {
        type: 'QueuedRequestDied',
        data: { because: 'retriesUsedUp', detail: reason('status', { status: 503, type: null }) },
      },
    ]);
  });

  it('is not the last one while its client waits, however many there were', () => {
    const twice = [enqueued({ maxAttempts: 2 }), started(1), retryFailed(1), started(2)];
    givenItem(...twice)
      .when(failing(2, { isAwaited: true }))
      .recordsTypes('RetryFailed');
    const waits = [...twice, retryFailed(2)];
    givenItem(...waits)
      .when({ type: 'Unawaited', data: {} })
      .recordsTypes('QueuedRequestDied');
    givenItem(...waits.slice(0, 3))
      .when({ type: 'Unawaited', data: {} })
      .recordsNothing();
    givenItem(...twice)
      .when(failing(2, { isAwaited: true, failure: null }))
      .recordsTypes('RetryFailed', 'QueuedRequestDied');
  });

  it('is the last one when the request itself is rejected', () => {
    const { facts } = givenItem(enqueued(), started(1)).when(
      failing(1, { failure: null, detail: reason('refusedWith', { status: 400 }) }),
    );
    expect(facts).toMatchObject([
      { type: 'RetryFailed', data: { retryable: false } },
      { type: 'QueuedRequestDied', data: { because: 'refused' } },
    ]);
  });

  it('that ends after the lifetime of its request is the last one', () => {
    const { facts } = givenItem(enqueued(), started(1)).when(failing(1), { at: 16 * minute });
    expect(facts.at(-1)).toMatchObject({ type: 'QueuedRequestDied', data: { because: 'expired' } });
  });
});

describe('a result for a queued item', () => {
  const results = [answered(1), failing(1), { type: 'RetryAnswered', data: { ...attempt(1), status: 200 } } as const];

  it.each(results)('of an earlier attempt is late, and changes nothing: $type', (result) => {
    givenItem(enqueued(), started(1), started(2)).when(result).recordsNothing();
  });

  it('of another life of the gateway changes nothing', () => {
    givenItem(enqueued(), started(1)).when(answered(1, 'another life')).recordsNothing();
  });

  it('of an item that was cleared meanwhile changes nothing', () => {
    givenItem(enqueued(), started(1), { type: 'QueuedRequestCancelled', data: { because: reason('cleared') } })
      .when(answered(1))
      .recordsNothing();
  });
});

describe('after a crash', () => {
  const found = { type: 'Found', data: { epoch: 'the next life' } } as const;

  it('an item that was sent and has no known answer is unknown', () => {
    givenItem(enqueued(), started(1)).when(found).records(abandoned(1));
    expect(itemStatus(itemAfter(enqueued(), started(1), abandoned(1)))).toMatchObject({
      state: 'unknown',
      nextRetryAt: null,
    });
  });

  it('an item that was not sent waits as before', () => {
    givenItem(enqueued()).when(found).recordsNothing();
    givenItem(enqueued(), started(1), retryFailed(1)).when(found).recordsNothing();
  });

  it('an item that this life has sent is left alone', () => {
    givenItem(enqueued(), started(1)).when({ type: 'Found', data: { epoch } }).recordsNothing();
  });
});

describe('a request for another attempt', () => {
  it.each([
    ['waits', []],
    ['is dead', [started(1), retryFailed(1), died]],
    ['may have been billed', [started(1), abandoned(1)]],
  ] as const)('is accepted for an item that %s', (_, history) => {
    givenItem(enqueued(), ...history)
      .when(asked('user'), { at: minute })
      .records({ type: 'RetryAsked', data: { by: 'user', expiresAt: later(16 * minute) } });
  });

  it('grants all attempts anew to a person, and the remaining ones to a client', () => {
    const expiresAt = later(15 * minute);
    const after = (by: 'user' | 'client') =>
      itemStatus(itemAfter(enqueued(), started(1), abandoned(1), { type: 'RetryAsked', data: { by, expiresAt } }));
    expect(after('user')).toMatchObject({ state: 'waiting', tries: 0, nextRetryAt: later(0) });
    expect(after('client')).toMatchObject({ state: 'waiting', tries: 1, nextRetryAt: later(0) });
  });

  it('is rejected for an item that runs, is answered, or is cleared', () => {
    for (const history of [[started(1)], [started(1), succeeded(1)]])
      givenItem(enqueued(), ...history)
        .when(asked('user'))
        .recordsNothing();
    givenItem(enqueued(), { type: 'QueuedRequestCancelled', data: { because: reason('cleared') } })
      .when(asked('user'))
      .recordsNothing();
  });

  it.each(['expired', 'bodyLost'] as const)('is rejected for an item without a request to send: %s', (because) => {
    givenItem(enqueued(), { type: 'QueuedRequestDied', data: { because, detail: null } })
      .when(asked('user'))
      .recordsNothing();
  });
});

describe('a timer of a queued item', () => {
  it('that elapses ends a waiting item', () => {
    const { state, when } = givenItem(enqueued());
    when(expiry(state)).recordsTypes('TimerElapsed', 'QueuedRequestDied');
  });

  it('that elapses lets a running attempt end', () => {
    const { state, when } = givenItem(enqueued(), started(1));
    when(expiry(state)).recordsTypes('TimerElapsed');
  });

  it.each([
    ['answered', [started(1), succeeded(1)], 15 * minute],
    ['dead', [started(1), retryFailed(1), died], keptMs],
    ['unknown', [started(1), abandoned(1)], keptMs],
  ] as const)('that elapses makes the queue forget an item that is %s', (name, history, ms) => {
    const { state, when } = givenItem(enqueued(), ...history);
    expect(itemStatus(state)).toMatchObject({ state: name, timer: { dueAt: later(ms) } });
    when(expiry(state)).recordsTypes('TimerElapsed', 'QueuedRequestForgotten');
  });

  it('that was set anew moves nothing for the old instant', () => {
    const stale = expiry(itemAfter(enqueued()));
    givenItem(enqueued(), started(1), succeeded(1)).when(stale).recordsNothing();
  });
});

describe('a queued item', () => {
  it('is queued once', () => {
    givenItem(enqueued()).when({ type: 'RequestQueued', data: queued() }).recordsNothing();
  });

  it('can be forgotten only when it is finished', () => {
    const forgotten = { type: 'QueuedRequestForgotten', data: { because: 'room' } } as const;
    givenItem(enqueued()).when(forgotten).recordsNothing();
    givenItem(enqueued(), started(1), abandoned(1)).when(forgotten).recordsNothing();
    givenItem(enqueued(), started(1), succeeded(1)).when(forgotten).records(forgotten);
  });

  it('dies when its stored request cannot be read', () => {
    givenItem(enqueued())
      .when({ type: 'BodyLost', data: {} })
      .records({ type: 'QueuedRequestDied', data: { because: 'bodyLost', detail: null } });
  });

  it('names its next transition', () => {
    const steps = (...history: readonly QueueFact[]) => nextOfItem(itemAfter(...history)).map(({ on, to }) => [on, to]);
    expect(steps(enqueued())).toEqual([
      ['retry', 'retrying'],
      ['expiry', 'dead'],
    ]);
    expect(steps(enqueued(), started(1), abandoned(1))[0]?.[1]).toBe('waiting');
    expect(steps(enqueued(), started(1), succeeded(1))).toEqual([['expiry', 'forgotten']]);
  });
});
