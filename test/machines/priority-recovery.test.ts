import { describe, expect, it } from 'vitest';
import type { PriorityFact } from '../../events/priority.ts';
import { reason } from '../../events/reason.ts';
import { nextOfPriority, priorityStatus, targetStateOfPriority, timerOfPriority } from '../../machines/priority.ts';
import {
  at,
  bad,
  givenLadder,
  good,
  ladder,
  ladderAfter,
  later,
  looked,
  minute,
  priorityPolicy,
  second,
} from '../support/given.ts';

const chosen: PriorityFact = { type: 'ActiveChosen', data: { profile: 'main' } };
const failedOver: PriorityFact = {
  type: 'FailedOver',
  data: { from: 'main', to: 'spare', because: reason('notUsable') },
};
const begun = (checks = 0, readyAt = later(minute), profile = 'main'): PriorityFact => ({
  type: 'RecoveryBegun',
  data: { profile, checks, readyAt },
});
const checked = (checks: number): PriorityFact => ({ type: 'RecoveryChecked', data: { profile: 'main', checks } });
const recovered = (checks: number): PriorityFact => ({
  type: 'Recovered',
  data: { from: 'spare', to: 'main', because: reason('checksPassed', { profile: 'main', checks }) },
});
const healthy: PriorityFact = { type: 'LadderHealthy', data: {} };
const pinned: PriorityFact = { type: 'SwitchedByHand', data: { from: 'main', to: 'spare', reason: 'maintenance' } };
const released: PriorityFact = { type: 'PinReleased', data: { because: reason('releasedByHand') } };

const away = [chosen, failedOver];
const both = ladder({ main: '1/1', spare: '1/1' });
const mainOut = ladder({ main: '0/1', spare: '1/1' });

describe('a more preferred profile that is available again', () => {
  it('is watched first', () => {
    givenLadder(...away)
      .when(looked, both)
      .records(begun());
    expect(priorityStatus(ladderAfter(...away, begun())).state).toBe('recovering');
  });

  it('passes its first check when a successful report is the reason', () => {
    givenLadder(...away)
      .when(good('main'), both)
      .records(begun(1));
  });

  it('collects successful reports of its own, and no others', () => {
    givenLadder(...away, begun())
      .when(good('main'), both, { at: second })
      .records(checked(1));
    givenLadder(...away, begun())
      .when(good('spare'), both, { at: second })
      .recordsNothing();
    givenLadder(...away, begun())
      .when(bad('main'), both, { at: second })
      .recordsNothing();
    givenLadder(...away, begun())
      .when(looked, both, { at: second })
      .recordsNothing();
  });

  it('is active again after its checks and its delay', () => {
    givenLadder(...away, begun(), checked(1))
      .when(good('main'), both, { at: minute })
      .records(checked(2), recovered(2), healthy);
  });

  it('is not active before its delay, however many checks it passes', () => {
    givenLadder(...away, begun(), checked(1))
      .when(good('main'), both, { at: minute - 1 })
      .records(checked(2));
  });

  it('is not active before its checks, however long it waits', () => {
    givenLadder(...away, begun())
      .when(good('main'), both, { at: 10 * minute })
      .records(checked(1));
  });

  it('is checked without a report when its delay is over', () => {
    const watching = ladderAfter(...away, begun());
    const timer = timerOfPriority(watching);
    expect(timer).toMatchObject({ name: 'recovery', dueAt: later(minute) });
    const elapsed: PriorityFact = { type: 'TimerElapsed', data: { name: 'recovery', gen: timer?.gen ?? 0 } };
    givenLadder(...away, begun(2))
      .when({ type: 'TimerElapsed', name: 'recovery', gen: timer?.gen ?? 0 }, both, { at: minute })
      .records(elapsed, recovered(2), healthy);
  });

  it('is not checked by a timer, however healthy it looks: silence is no success', () => {
    const gen = timerOfPriority(ladderAfter(...away, begun(1)))?.gen ?? 0;
    const elapsed: PriorityFact = { type: 'TimerElapsed', data: { name: 'recovery', gen } };
    givenLadder(...away, begun(1))
      .when({ type: 'TimerElapsed', name: 'recovery', gen }, both, { at: minute })
      .records(elapsed);
    expect(timerOfPriority(ladderAfter(...away, begun(1), at(minute, elapsed)))).toBeNull();
    givenLadder(...away, begun(1), at(minute, elapsed))
      .when(good('main'), both, { at: 10 * minute })
      .records(checked(2), recovered(2), healthy);
  });

  it('is no longer watched when it becomes unavailable', () => {
    givenLadder(...away, begun())
      .when(looked, mainOut)
      .records({ type: 'RecoveryStopped', data: { profile: 'main', because: reason('notUsable') } });
    const stopped = ladderAfter(...away, begun(), {
      type: 'RecoveryStopped',
      data: { profile: 'main', because: reason('notUsable') },
    });
    expect(priorityStatus(stopped)).toMatchObject({ state: 'degraded', recovery: null, timers: [] });
  });

  it('gives way to one that is preferred still more', () => {
    const watching = [
      chosen,
      { type: 'FailedOver', data: { from: 'main', to: 'last', because: reason('notUsable') } } as const,
      begun(1, later(minute), 'spare'),
    ];
    givenLadder(...watching)
      .when(looked, ladder({ main: '1/1', spare: '1/1', last: '1/1' }))
      .records(begun());
  });

  it('is degraded while some of its endpoints are ejected', () => {
    givenLadder(...away, begun(1))
      .when(good('main'), ladder({ main: '1/2', spare: '1/1' }), { at: minute })
      .records(checked(2), recovered(2));
    expect(priorityStatus(ladderAfter(...away, begun(1), recovered(2))).state).toBe('degraded');
  });
});

describe('with automatic recovery off', () => {
  const off = { policy: { autoRecovery: false } };

  it('a failover is not taken back', () => {
    givenLadder(...away)
      .when(good('main'), both, off)
      .recordsNothing();
  });

  it('a recovery in progress stops', () => {
    givenLadder(...away, begun())
      .when(looked, both, off)
      .records({ type: 'RecoveryStopped', data: { profile: 'main', because: reason('recoveryOff') } });
  });
});

describe('a manual switch', () => {
  it('pins', () => {
    givenLadder(chosen)
      .when({ type: 'SwitchByHand', to: 'spare', reason: 'maintenance' }, both)
      .records(pinned, {
        type: 'LadderDegraded',
        data: { because: reason('isNotFirst', { active: 'spare', first: 'main' }) },
      });
    expect(priorityStatus(ladderAfter(chosen, pinned))).toMatchObject({ active: 'spare', pinned: 'spare' });
  });

  it('holds against recovery', () => {
    givenLadder(chosen, pinned, { type: 'LadderDegraded', data: { because: reason('notUsable') } })
      .when(good('main'), both)
      .recordsNothing();
  });

  it('ends a recovery in progress', () => {
    givenLadder(...away, begun())
      .when({ type: 'SwitchByHand', to: 'spare', reason: 'stay' }, both)
      .recordsTypes('SwitchedByHand', 'LadderDegraded');
  });

  it('is not suppressed by a cooldown, and starts none', () => {
    givenLadder(...away)
      .when({ type: 'SwitchByHand', to: 'main', reason: 'back' }, both, { at: second })
      .recordsTypes('SwitchedByHand', 'LadderHealthy');
    expect(priorityStatus(ladderAfter(chosen, at(second, pinned))).lastSwitchAt).toBeNull();
  });

  it('ends by hand, and the ladder recovers by its rules', () => {
    givenLadder(chosen, pinned).when({ type: 'ReleasePin' }, both).records(released, begun());
    givenLadder(chosen).when({ type: 'ReleasePin' }, both).recordsNothing();
  });

  it('ends when the pinned profile fails', () => {
    givenLadder(chosen, pinned)
      .when(looked, ladder({ main: '1/1', spare: '0!/1' }))
      .recordsTypes('PinReleased', 'FailedOver', 'LadderHealthy');
    const failed = ladderAfter(chosen, pinned, {
      type: 'FailedOver',
      data: { from: 'spare', to: 'main', because: reason('notUsable') },
    });
    expect(priorityStatus(failed)).toMatchObject({ active: 'main', pinned: null });
  });
});

describe('a timer of the ladder', () => {
  it('that is not armed moves nothing', () => {
    givenLadder(...away, begun())
      .when({ type: 'TimerElapsed', name: 'recovery', gen: 99 }, both, { at: minute })
      .recordsNothing();
    givenLadder(chosen).when({ type: 'TimerElapsed', name: 'heldBack', gen: 0 }, both).recordsNothing();
  });

  it('is the earlier of two', () => {
    const held: PriorityFact = {
      type: 'SwitchHeldBack',
      data: { wanted: 'last', because: 'cooldown', until: later(second) },
    };
    expect(timerOfPriority(ladderAfter(...away, begun(), held))).toMatchObject({ name: 'heldBack' });
    expect(timerOfPriority(ladderAfter(...away, begun(0, later(0)), held))).toMatchObject({ name: 'recovery' });
    expect(timerOfPriority(ladderAfter(...away))).toBeNull();
  });
});

describe('the status of the ladder', () => {
  const nexts = (...history: PriorityFact[]) =>
    nextOfPriority(ladderAfter(...history), priorityPolicy).map(({ on, to, at: when }) => [on, to, when]);

  it('names its next transition, and when', () => {
    const held: PriorityFact = {
      type: 'SwitchHeldBack',
      data: { wanted: 'spare', because: 'cooldown', until: later(minute) },
    };
    expect(nexts(chosen)).toEqual([['failures', 'degraded', null]]);
    expect(nexts(...away, begun())).toContainEqual(['recovery', 'healthy', later(minute)]);
    expect(nexts(chosen, held)).toEqual([['switch allowed', 'degraded', later(minute)]]);
    expect(nexts(chosen, { type: 'AllOut', data: { because: reason('notUsable') } })).toContainEqual([
      'an endpoint comes back',
      'degraded',
      null,
    ]);
  });

  it('knows the target state of a decision', () => {
    const landing: readonly PriorityFact[] = [
      begun(),
      { type: 'RecoveryStopped', data: { profile: 'main', because: reason('notUsable') } },
      { type: 'LadderDegraded', data: { because: reason('notUsable') } },
      healthy,
      { type: 'AllOut', data: { because: reason('notUsable') } },
      { type: 'BackInService', data: { to: 'main' } },
    ];
    for (const fact of landing)
      expect(targetStateOfPriority(fact)).toBe(priorityStatus(ladderAfter(chosen, fact)).state);
    expect(targetStateOfPriority(released)).toBeNull();
  });
});
