import { describe, expect, it } from 'vitest';
import type { PriorityFact } from '../../events/priority.ts';
import { type LadderReason, reason } from '../../events/reason.ts';
import { priorityStatus } from '../../machines/priority.ts';
import {
  at,
  bad,
  givenLadder,
  good,
  hour,
  ladder,
  ladderAfter,
  later,
  looked,
  minute,
  second,
} from '../support/given.ts';

const chosen = (profile: string | null): PriorityFact => ({ type: 'ActiveChosen', data: { profile } });
const doubted = (profile: string, reports: number): PriorityFact => ({
  type: 'ActiveDoubted',
  data: { profile, reports },
});
const degraded = (because: LadderReason = reason('someOut', { profile: 'main' })): PriorityFact => ({
  type: 'LadderDegraded',
  data: { because },
});
const failedOver = (from: string, to: string, because: LadderReason = reason('notUsable')): PriorityFact => ({
  type: 'FailedOver',
  data: { from, to, because },
});
const inReports = (profile: string, reports: number) => reason('unusableInRow', { profile, reports });
const heldBack = (
  because: 'cooldown' | 'hourlyLimit' | 'off',
  until: number | null,
  wanted = 'spare',
): PriorityFact => ({
  type: 'SwitchHeldBack',
  data: { wanted, because, until },
});

const mainOut = ladder({ main: '0/1', spare: '1/1', last: '1/1' });
const doubtedTwice = [chosen('main'), degraded(), doubted('main', 1), doubted('main', 2)];

describe('the active profile', () => {
  it('is the most preferred one at first', () => {
    givenLadder()
      .when(looked, ladder({ main: '1/1', spare: '1/1' }))
      .records(chosen('main'));
  });

  it('is none on an empty ladder, which is no failure', () => {
    givenLadder().when(looked, ladder({})).recordsNothing();
    givenLadder(chosen('main')).when(looked, ladder({})).records(chosen(null));
  });

  it('of an installation without endpoints has not failed', () => {
    givenLadder()
      .when(looked, ladder({ main: '0/0' }))
      .records(chosen('main'));
  });

  it('is chosen anew when it was removed', () => {
    givenLadder(chosen('main'))
      .when(looked, ladder({ spare: '1/1', last: '1/1' }))
      .records(chosen('spare'));
  });

  it('loses its pin when it was removed', () => {
    const pinned: PriorityFact = { type: 'SwitchedByHand', data: { from: 'main', to: 'spare', reason: 'try' } };
    givenLadder(chosen('main'), pinned)
      .when(looked, ladder({ main: '1/1' }))
      .records({ type: 'PinReleased', data: { because: reason('profileGone', { profile: 'spare' }) } }, chosen('main'));
  });

  it('stays while nothing is wrong, and nothing is recorded', () => {
    const whole = ladder({ main: '2/2', spare: '1/1' });
    givenLadder(chosen('main')).when(good('main'), whole).recordsNothing();
    givenLadder(chosen('main')).when(looked, whole).recordsNothing();
    givenLadder(chosen('main')).when(bad('main'), whole).recordsNothing();
  });
});

describe('a profile without an available endpoint', () => {
  it('is doubted by each report, and left at the third', () => {
    givenLadder(chosen('main')).when(bad('main'), mainOut).records(doubted('main', 1), degraded());
    givenLadder(...doubtedTwice.slice(0, 3))
      .when(bad('main'), mainOut)
      .records(doubted('main', 2));
    givenLadder(...doubtedTwice)
      .when(bad('main'), mainOut)
      .records(failedOver('main', 'spare', inReports('main', 3)));
  });

  it('is left at once when all its failures are certain', () => {
    givenLadder(chosen('main'))
      .when(looked, ladder({ main: '0!/1', spare: '1/1' }))
      .records(failedOver('main', 'spare', reason('allOutForCertain', { profile: 'main' })));
  });

  it('is not doubted by a look, nor by reports about others', () => {
    givenLadder(...doubtedTwice)
      .when(looked, mainOut)
      .recordsNothing();
    givenLadder(...doubtedTwice)
      .when(bad('spare'), mainOut)
      .recordsNothing();
  });

  it('is trusted again when one of its endpoints is available', () => {
    givenLadder(...doubtedTwice)
      .when(looked, ladder({ main: '1/1', spare: '1/1' }))
      .records({ type: 'ActiveTrusted', data: { profile: 'main' } }, { type: 'LadderHealthy', data: {} });
  });

  it('is left for the next available one down the ladder', () => {
    givenLadder(...doubtedTwice)
      .when(bad('main'), ladder({ main: '0/1', spare: '0/2', last: '1/1' }))
      .records(failedOver('main', 'last', inReports('main', 3)));
  });

  it('is left for one above it when none below can answer', () => {
    givenLadder(chosen('main'), failedOver('main', 'last'))
      .when(looked, ladder({ main: '0/1', spare: '1/1', last: '0!/1' }), { at: hour })
      .recordsTypes('FailedOver');
  });

  it('is not left when no other could do better', () => {
    givenLadder(...doubtedTwice)
      .when(bad('main'), ladder({ main: '0/1', spare: '0/1' }))
      .records(doubted('main', 3), { type: 'AllOut', data: { because: reason('nothingUsable') } });
  });
});

describe('a switch is suppressed', () => {
  const out = ladder({ main: '0/1', spare: '0!/1', last: '1/1' });
  const justSwitched = [chosen('main'), failedOver('main', 'spare')];

  it('within the cooldown of the last one, with the instant of its end', () => {
    givenLadder(...justSwitched)
      .when(looked, out, { at: minute })
      .records(heldBack('cooldown', later(5 * minute), 'last'));
  });

  it('with one record only', () => {
    givenLadder(...justSwitched, at(minute, heldBack('cooldown', later(5 * minute), 'last')))
      .when(bad('spare'), out, { at: 2 * minute })
      .recordsNothing();
  });

  it('until its time: then it is made without a further report', () => {
    const held = [...justSwitched, at(minute, heldBack('cooldown', later(5 * minute), 'last'))];
    const { gen = 0, dueAt } = priorityStatus(ladderAfter(...held)).timers[0] ?? {};
    expect(dueAt).toBe(later(5 * minute));
    givenLadder(...held)
      .when({ type: 'TimerElapsed', name: 'heldBack', gen }, out, { at: 5 * minute })
      .recordsTypes('TimerElapsed', 'FailedOver');
  });

  it('no longer when the active profile can answer again', () => {
    const held = ladderAfter(...justSwitched, heldBack('cooldown', later(5 * minute), 'last'), {
      type: 'ActiveTrusted',
      data: { profile: 'spare' },
    });
    expect(priorityStatus(held)).toMatchObject({ held: null, timers: [], doubts: 0 });
  });

  it('above the hourly limit, until the oldest failover is an hour ago', () => {
    const limit = { policy: { maxPerHour: 2, cooldownMs: 0 } };
    const two = [chosen('main'), at(0, failedOver('main', 'spare')), at(minute, failedOver('spare', 'main'))];
    const mainOutForCertain = ladder({ main: '0!/1', spare: '1/1' });
    givenLadder(...two)
      .when(looked, mainOutForCertain, { at: 2 * minute, ...limit })
      .records(heldBack('hourlyLimit', later(hour)));
    givenLadder(...two)
      .when(looked, mainOutForCertain, { at: hour, ...limit })
      .recordsTypes('FailedOver');
  });

  it('with automatic failover off, for as long as it is off', () => {
    const off = { policy: { auto: false } };
    givenLadder(...doubtedTwice)
      .when(bad('main'), mainOut, off)
      .records(doubted('main', 3), heldBack('off', null));
    givenLadder(...doubtedTwice, doubted('main', 3), heldBack('off', null))
      .when(bad('main'), mainOut, off)
      .recordsNothing();
    givenLadder(...doubtedTwice, doubted('main', 3), heldBack('off', null))
      .when(looked, mainOut)
      .recordsTypes('FailedOver');
  });

  it('with another record when the reason changes', () => {
    givenLadder(...doubtedTwice, doubted('main', 3), heldBack('off', null))
      .when(looked, ladder({ main: '0/1', spare: '0/1', last: '1/1' }), { policy: { auto: false } })
      .records(heldBack('off', null, 'last'));
  });

  it('by failovers of the last hour, not by recoveries', () => {
    const recovered: PriorityFact = {
      type: 'Recovered',
      data: { from: 'spare', to: 'main', because: reason('notUsable') },
    };
    const status = priorityStatus(ladderAfter(chosen('main'), failedOver('main', 'spare'), at(second, recovered)));
    expect(status).toMatchObject({ failoversAt: [later(0)], lastSwitchAt: later(second) });
  });
});

describe('the whole ladder', () => {
  const allOut: PriorityFact = { type: 'AllOut', data: { because: reason('nothingUsable') } };

  it('fails when no profile can answer, which is recorded once', () => {
    const nobody = ladder({ main: '0/1', spare: '0/1' });
    givenLadder(chosen('main')).when(looked, nobody).records(allOut);
    givenLadder(chosen('main'), allOut).when(looked, nobody).recordsNothing();
  });

  it('is back in service when one can', () => {
    givenLadder(chosen('main'), allOut)
      .when(looked, ladder({ main: '1/1', spare: '0/1' }))
      .records({ type: 'BackInService', data: { to: 'main' } }, { type: 'LadderHealthy', data: {} });
    givenLadder(chosen('main'), allOut)
      .when(looked, ladder({ main: '1/2', spare: '0/1' }))
      .records({ type: 'BackInService', data: { to: 'main' } });
  });

  it('is degraded while some endpoint of the active profile is ejected', () => {
    givenLadder(chosen('main'))
      .when(looked, ladder({ main: '1/2', spare: '1/1' }))
      .records(degraded());
    givenLadder(chosen('main'), degraded())
      .when(looked, ladder({ main: '2/2', spare: '1/1' }))
      .records({ type: 'LadderHealthy', data: {} });
  });

  it('ignores ejections below the active profile', () => {
    givenLadder(chosen('main'))
      .when(looked, ladder({ main: '1/1', spare: '0/1' }))
      .recordsNothing();
  });
});
