import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bytesMax,
  delayMs,
  dueAt,
  inOrder,
  isDue,
  type Kept,
  mayBeQueued,
  placesAt,
  priorityOf,
  roomFor,
  type Waiting,
} from '../../machines/queue-policy.ts';
import type { RoutableEndpoint } from '../../machines/routing-view.ts';
import { later, minute, second, start } from '../support/given.ts';
import { routable } from '../support/routing-view.ts';

const messages = { method: 'POST', path: '/v1/messages', isPassthrough: false };

describe('a queueable request', () => {
  it('is a message, or a count of tokens', () => {
    expect(mayBeQueued(messages)).toBe(true);
    expect(mayBeQueued({ ...messages, path: '/v1/messages/count_tokens' })).toBe(true);
  });

  it('is not a batch, a file, or a list of models', () => {
    expect(mayBeQueued({ method: 'POST', path: '/v1/messages/batches', isPassthrough: true })).toBe(false);
    expect(mayBeQueued({ method: 'POST', path: '/v1/files', isPassthrough: true })).toBe(false);
    expect(mayBeQueued({ method: 'GET', path: '/v1/models', isPassthrough: false })).toBe(false);
  });
});

describe('the priority of a queued item', () => {
  const of = (asked: string | null, requestClass: string | null = null, path = '/v1/messages') =>
    priorityOf({ asked, requestClass, path });

  it('is the requested one', () => {
    expect([of('high'), of(' LOW '), of('normal', 'main')]).toEqual(['high', 'low', 'normal']);
  });

  it('depends on the kind of turn when the client sends it', () => {
    const classes = ['main', 'subagent', 'workflow', 'compaction', 'auxiliary', 'toString'];
    expect(classes.map((one) => of(null, one))).toEqual(['high', 'normal', 'normal', 'low', 'low', 'normal']);
  });

  it('is low for a count of tokens, and normal where nothing is known', () => {
    expect(of(null, null, '/v1/messages/count_tokens')).toBe('low');
    expect([of(null), of('urgent!!')]).toEqual(['normal', 'normal']);
  });
});

describe('the delay before a retry', () => {
  const delays = { baseDelayMs: 5 * second, maxDelayMs: 300 * second };

  it('of the fixed strategy is the base delay, of the immediate one none', () => {
    expect([0, 3].map((tries) => delayMs('fixed', tries, null, delays, 0.9))).toEqual([5_000, 5_000]);
    expect(delayMs('immediate', 4, null, delays, 0.9)).toBe(0);
  });

  it('of the exponential strategy doubles with each retry up to the maximum, with full jitter', () => {
    const whole = (tries: number) => delayMs('exponential', tries, null, delays, 1);
    expect([0, 1, 2, 5, 6, 60].map(whole)).toEqual([5_000, 10_000, 20_000, 160_000, 300_000, 300_000]);
    fc.assert(
      fc.property(fc.nat(80), fc.double({ min: 0, max: 1, noNaN: true }), (tries, dice) => {
        const drawn = delayMs('exponential', tries, null, delays, dice);
        expect(drawn).toBeGreaterThanOrEqual(0);
        expect(drawn).toBeLessThanOrEqual(whole(tries));
      }),
    );
  });

  it('is what the endpoint asks for, up to an hour', () => {
    expect(delayMs('exponential', 0, 42 * second, delays, 0)).toBe(42 * second);
    expect(delayMs('immediate', 0, 1_000 * minute, delays, 0)).toBe(60 * minute);
  });
});

const waiting = (id: string, more: Partial<Waiting> = {}): Waiting => ({
  id,
  priority: 'normal',
  enqueuedAt: start,
  nextRetryAt: start,
  since: start,
  tries: 0,
  within: null,
  ...more,
});

describe('the ordering of the queue', () => {
  const order = (items: readonly Waiting[], now: number) => inOrder(items, now).map(({ id }) => id);

  it('puts high before normal before low, and the first to come among equals', () => {
    const items = [
      waiting('a', { priority: 'low' }),
      waiting('b', { enqueuedAt: later(2) }),
      waiting('c', { enqueuedAt: later(1) }),
      waiting('d', { priority: 'high', enqueuedAt: later(3) }),
    ];
    expect(order(items, later(10))).toEqual(['d', 'c', 'b', 'a']);
  });

  it('raises an item’s priority by a step a minute', () => {
    const low = waiting('low', { priority: 'low' });
    const high = waiting('high', { priority: 'high', enqueuedAt: later(119 * second) });
    expect(order([high, low], later(119 * second))).toEqual(['high', 'low']);
    expect(order([high, low], later(2 * minute))).toEqual(['low', 'high']);
  });

  it('lets later items overtake an item for two minutes at most', () => {
    const priority = fc.constantFrom('high', 'normal', 'low');
    fc.assert(
      fc.property(priority, fc.array(priority, { maxLength: 20 }), (mine, others) => {
        const all = [
          ...others.map((one, i) => waiting(`o${i}`, { priority: one, enqueuedAt: later(1 + i) })),
          waiting('mine', { priority: mine }),
        ];
        expect(order(all, later(2 * minute))[0]).toBe('mine');
      }),
    );
  });

  it('selects items that are due: by time, or by news since the last failure', () => {
    const item = waiting('a', { nextRetryAt: later(minute), since: later(second) });
    expect(isDue(item, 0, later(30 * second))).toBe(false);
    expect(isDue(item, 0, later(minute))).toBe(true);
    expect(isDue(item, later(2 * second), later(3 * second))).toBe(true);
    expect(isDue(item, later(second), later(3 * second))).toBe(false);
  });

  it('spaces attempts after a failure, so that a flapping endpoint does not use them all up in seconds', () => {
    const again = (tries: number) =>
      dueAt(waiting('a', { nextRetryAt: later(minute), since: later(0), tries }), later(second));
    expect([0, 1, 2, 3, 4].map((tries) => (again(tries) - later(0)) / second)).toEqual([0, 2, 4, 8, 16]);
    expect(again(9)).toBe(later(minute));
    expect(dueAt(waiting('a', { nextRetryAt: later(second), tries: 4 }), later(500))).toBe(later(second));
  });
});

describe('the queue’s share of an endpoint', () => {
  const at = (endpoint: Partial<RoutableEndpoint>, busy = 0, isHalfOpenPermitFree = true, healthAware = true) =>
    placesAt(
      routable('a', { maxConcurrent: 64, ...endpoint }),
      { count: () => busy, isHalfOpenPermitFree: () => isHalfOpenPermitFree },
      healthAware,
      later(0),
    );

  it('is its room for further requests', () => {
    expect([at({}), at({}, 60), at({}, 70), at({ state: 'degraded' }, 60)]).toEqual([64, 4, 0, 4]);
  });

  it('is all of its room with health_aware off, unless it is quarantined or disabled', () => {
    const blind = (endpoint: Partial<RoutableEndpoint>) => at(endpoint, 0, true, false);
    expect([blind({ state: 'failed' }), blind({ state: 'recovering' })]).toEqual([64, 64]);
    expect([blind({ state: 'failed', held: true }), blind({ state: 'disabled' })]).toEqual([0, 0]);
  });

  it('is none while it is ejected, disabled, or paused', () => {
    expect([at({ state: 'failed' }), at({ state: 'disabled' })]).toEqual([0, 0]);
    expect([at({ state: 'degraded', until: later(1) }), at({ state: 'degraded', until: later(0) })]).toEqual([0, 64]);
  });

  it('is one while it is half-open, and follows slow start after that', () => {
    const recovering = (ramp: number, busy = 0, isHalfOpenPermitFree = true) =>
      at({ state: 'recovering', ramp }, busy, isHalfOpenPermitFree);
    expect([recovering(0), recovering(0, 0, false), recovering(0, 1)]).toEqual([1, 0, 0]);
    expect([recovering(0.1), recovering(0.1, 6), recovering(0.1, 9), recovering(0.5)]).toEqual([7, 1, 0, 32]);
  });
});

describe('room in the queue', () => {
  const kept = (id: string, isOver: boolean, since = start, bytes = 1): Kept => ({ id, isOver, since, bytes });

  it('exists below the maximum number of items', () => {
    expect(roomFor(1, [kept('a', false)], 2)).toEqual([]);
  });

  it('is made by forgetting finished items, the oldest first, and no more than needed', () => {
    const all = [kept('a', true, later(2)), kept('b', true, later(1)), kept('c', false)];
    expect(roomFor(1, all, 3)).toEqual(['b']);
  });

  it('is not made by forgetting open items', () => {
    expect(roomFor(1, [kept('a', false), kept('b', false)], 2)).toBeNull();
  });

  it('is limited in bytes too', () => {
    expect(roomFor(bytesMax, [kept('a', false)], 10)).toBeNull();
    expect(roomFor(bytesMax, [kept('a', true)], 10)).toEqual(['a']);
  });

  it('never costs an open item, nor a finished one when that does not help', () => {
    const one = fc.record({ isOver: fc.boolean(), since: fc.nat(), bytes: fc.nat(bytesMax) });
    fc.assert(
      fc.property(
        fc.array(one, { maxLength: 30 }),
        fc.nat(bytesMax),
        fc.integer({ min: 1, max: 40 }),
        (some, bytes, most) => {
          const all = some.map((kept, i) => ({ ...kept, id: String(i) }));
          const forgotten = roomFor(bytes, all, most);
          if (forgotten === null) return;
          expect(forgotten.every((id) => all.find((kept) => kept.id === id)?.isOver)).toBe(true);
          const left = all.filter(({ id }) => !forgotten.includes(id));
          expect(left.length).toBeLessThan(most);
          expect(left.reduce((sum, kept) => sum + kept.bytes, bytes)).toBeLessThanOrEqual(bytesMax);
        },
      ),
    );
  });
});
